"""One run to be made: a chapter at one profile, seed and device, and what it needs of a machine."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from redrawn.book import key, paths, record
from redrawn.book.declaration import Chapter


@dataclass(frozen=True)
class Job:
    """What the workflow engine is told of a run; `seconds` and `mem_mb` are the chapter's declared needs."""

    name: str
    slug: str
    profile: str
    seed: int
    device: str
    seconds: int
    mem_mb: int
    gpu: int

    @classmethod
    def of(cls, chapter: Chapter, profile: str, seed: int, device: str) -> "Job":
        """Return the job that runs `chapter`."""
        need = chapter.needs[profile]
        name = paths.run_name(chapter.slug, seed)
        return cls(name, chapter.slug, profile, seed, device, need.seconds, need.mem_mb, need.gpu)

    def usual_seconds(self) -> float:
        """Return how long the accepted run took; the declared seconds where there is none, or a damaged one."""
        with contextlib.suppress(record.RecordError):  # it is `check`'s to tell of
            if accepted := record.load(paths.baseline_path(self.profile, self.slug)):
                return accepted.provenance.wall_seconds
        return self.seconds

    def marker(self, kind: str) -> Path:
        """Return the job's file of a kind: `progress`, `done` or `log`."""
        return paths.jobs_dir(self.profile) / f"{self.name}.{kind}"

    def succeeded(self) -> bool:
        """Say whether the run has a whole record that is not a failure, whatever its key."""
        found = self._record()
        return found is not None and found.status == "ok"

    def is_fresh(self, chapter: Chapter) -> bool:
        """Say whether the run's record is whole, succeeded, and has today's key."""
        folder = paths.run_dir(self.profile, self.slug, self.seed)
        found = self._record()
        return (
            found is not None
            and found.status == "ok"
            and (folder / "chapter.ipynb").is_file()
            and all((folder / "figures" / f"{f.id}.svg").is_file() for f in found.figures)
            and found.key == key.run_key(chapter, self.profile, self.seed, self.device)
        )

    def _record(self) -> record.Record | None:
        try:
            return record.load(paths.run_dir(self.profile, self.slug, self.seed) / "record.json")
        except record.RecordError:
            return None
