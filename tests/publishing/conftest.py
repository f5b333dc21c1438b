"""Fixtures: the hand-made release (``handmade.py``) and the small signed city (``signedcity.py``)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sdc.model.release import Release

sys.path.insert(0, str(Path(__file__).parent))
from handmade import make_release
from signedcity import City, city_in


@pytest.fixture
def release() -> Release:
    """Six areas by five uses, with X, - and merged areas."""
    return make_release()


@pytest.fixture
def build() -> Callable[..., Release]:
    """``build(*tables, **info)``: a release made to order."""
    return make_release


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The small city, released once in a run by the command line, in surroundings of its own."""
    return city_in(tmp_path_factory.mktemp("kanaria-folder"))
