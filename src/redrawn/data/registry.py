"""The registry of datasets: `data/datasets.yml`, checked before anything is read.

A dataset is a file of the checkout (`path`), of an installed package (`package` and `path` in it), or of the
internet (`url`, kept as `path` in the user's cache once `redrawn data fetch` was asked for it). All are held
to their SHA-256, so that a result can say which bytes it is from.
"""

import hashlib
import importlib.util
import os
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PACKAGED = Path(__file__).resolve().parents[1] / "_checkout"
"""What an installed wheel carries of the checkout."""


class DataError(Exception):
    """A dataset that is missing, unknown, or not what its checksum says."""


class Dataset(BaseModel):
    """One dataset and its terms."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: str
    path: str
    package: str | None = None
    url: str | None = Field(default=None, pattern=r"^https?://")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(gt=0)
    licence: str
    source: str
    citation: str

    @property
    def file(self) -> Path:
        """Return where the file lies on this machine."""
        if self.url:
            return cache() / self.path
        if self.package is None:
            return _root() / "data" / self.path
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise DataError(f"{self.id}: needs the package {self.package}, which is not installed")
        return Path(spec.submodule_search_locations[0]) / self.path

    @property
    def cure(self) -> str:
        """Say how to get the right file."""
        if self.url:
            return f"`redrawn data fetch {self.id}` gets it"
        return f"restore it with {'pip' if self.package else 'git'}"


def cache() -> Path:
    """Return the folder of fetched datasets: `REDRAWN_DATA`, or the user's cache."""
    if named := os.environ.get("REDRAWN_DATA"):
        return Path(named)
    import pooch  # brings requests along, which nothing else needs

    return Path(pooch.os_cache("redrawn"))


def _root() -> Path:
    if named := os.environ.get("REDRAWN_ROOT"):
        return Path(named)
    return PACKAGED if PACKAGED.is_dir() else Path(__file__).resolve().parents[3]


def load() -> dict[str, Dataset]:
    """Return every dataset by id.

    Raises:
        DataError: the registry is not valid; the message names the entry and field.

    """
    path = _root() / "data" / "datasets.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    datasets = {}
    for name, entry in entries.items():
        try:
            datasets[name] = Dataset(id=name, **entry)
        except (ValidationError, TypeError) as error:
            raise DataError(f"{path.name}: {name}: {error}") from error
    return datasets


def checksums(ids) -> dict[str, str]:
    """Return the registered SHA-256 of each dataset of `ids`."""
    if not ids:
        return {}
    known = load()
    if unknown := set(ids) - set(known):
        raise DataError(f"datasets.yml has no {', '.join(sorted(unknown))}")
    return {name: known[name].sha256 for name in ids}


def verify(dataset: Dataset) -> Path:
    """Return the dataset's file once its checksum fits.

    Raises:
        DataError: it is missing or differs.

    """
    file = dataset.file
    if not file.is_file():
        raise DataError(f"{dataset.id}: {file} is missing; {dataset.cure}")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != dataset.sha256:
        raise DataError(
            f"{dataset.id}: {file} has SHA-256 {found[:12]}…, expected {dataset.sha256[:12]}…; "
            f"{dataset.cure}"
        )
    return file


def get(name: str) -> Dataset:
    """Return the registered dataset of that id.

    Raises:
        DataError: there is none.

    """
    known = load()
    if name not in known:
        raise DataError(f"datasets.yml has no {name!r}; it has {', '.join(sorted(known))}")
    return known[name]


def path_of(name: str) -> Path:
    """Return the checked file of a registered dataset; raises as `verify` does."""
    return verify(get(name))


def fetch(dataset: Dataset) -> Path:
    """Get a dataset's file from the internet unless it is here and right; return it.

    Raises:
        DataError: it does not come from the internet, could not be had, or is not what its checksum says. Then
            a file that was there before is as it was.

    """
    if dataset.url is None:
        raise DataError(f"{dataset.id} is no download; {dataset.cure}")
    import pooch

    try:
        pooch.retrieve(
            dataset.url,
            f"sha256:{dataset.sha256}",
            fname=dataset.file.name,
            path=dataset.file.parent,
            progressbar=True,
        )
    except ValueError as error:  # pooch has thrown away what came
        raise DataError(
            f"{dataset.id}: what {dataset.url} sent is not the registered file (its SHA-256 differs); "
            "try again, or see whether the file was replaced there"
        ) from error
    except OSError as error:  # what requests raises is one
        raise DataError(f"{dataset.id}: {dataset.url} could not be had: {error}") from error
    return verify(dataset)
