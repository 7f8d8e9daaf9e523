"""A chapter's run as a research object: its files, and an `ro-crate-metadata.json` that describes them."""

from pathlib import Path

from rocrate.model.softwareapplication import SoftwareApplication
from rocrate.rocrate import ROCrate

from redrawn.book.catalogue import Catalogue
from redrawn.book.metadata import LICENCE, MEDIA
from redrawn.book.status import ChapterState

JSON = "application/json"


def describe(state: ChapterState, catalogue: Catalogue, folder: Path) -> None:
    """Write `ro-crate-metadata.json` into `folder`, which holds the run's published files."""
    chapter, run = state.chapter, state.run
    crate = ROCrate()
    crate.name = f"Redrawn: {chapter.title}, profile {run.profile}, seed {run.seed}"
    crate.description = chapter.question.strip()
    crate.datePublished = run.provenance.started
    crate.license = LICENCE
    papers = {
        p: crate.add_jsonld(
            {
                "@id": catalogue.papers[p].link or f"#{p}",
                "@type": "ScholarlyArticle",
                "name": catalogue.papers[p].title,
            }
        )
        for p in chapter.papers
    }
    crate.root_dataset["citation"] = list(papers.values())
    software = SoftwareApplication(crate, "https://pypi.org/project/torch/", {
        "name": "torch", "softwareVersion": run.provenance.versions["torch"],
    })  # fmt: skip
    crate.add(software)
    results = [
        _file(crate, folder, "record.json", "What was measured, and where"),
        _file(crate, folder, f"{chapter.slug}.ipynb", "The executed chapter", "application/x-ipynb+json"),
    ]
    for figure in run.figures:
        for ext, media in {**MEDIA, "json": JSON}.items():
            found = _file(crate, folder, f"{figure.id}.{ext}", figure.caption, media)
            found["isBasedOn"] = papers[chapter.paper_of(figure.id)]
            if ext in figure.sha256:
                found["sha256"] = figure.sha256[ext]
            results.append(found)
    crate.add_jsonld(
        {
            "@id": f"#run-{run.key[:12]}",
            "@type": "CreateAction",
            "name": f"redrawn run {chapter.slug} --profile {run.profile} --seed {run.seed}",
            "startTime": run.provenance.started,
            "instrument": {"@id": software.id},
            "result": [{"@id": found.id} for found in results],
        }
    )
    crate.metadata.write(folder)


def _file(crate: ROCrate, folder: Path, name: str, about: str, media: str = JSON):
    return crate.add_file(
        folder / name, name,
        properties={
            "name": name, "description": about, "encodingFormat": media,
            "contentSize": str((folder / name).stat().st_size),
        },
    )  # fmt: skip
