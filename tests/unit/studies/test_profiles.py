"""Every study has settings for every profile, of one kind."""

from importlib import import_module
from pkgutil import walk_packages

import pytest

from redrawn import studies
from redrawn.book import paths

NAMES = [found.name for found in walk_packages(studies.__path__, f"{studies.__name__}.")]
SETTINGS = {
    name.removeprefix(f"{studies.__name__}."): found
    for name in NAMES
    if (found := getattr(import_module(name), "SETTINGS", None)) is not None
}


def test_studies_are_found():
    assert {"grokking.edge", "adaptive_optimizers.norms"} <= set(SETTINGS)


@pytest.mark.parametrize("study", SETTINGS)
def test_every_profile_has_settings_of_one_kind(study):
    found = SETTINGS[study]
    assert set(found) == set(paths.PROFILES)
    assert len({type(each) for each in found.values()}) == 1
