"""The hand-made release as fixtures; how it is made stands in ``handmade.py`` beside this file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sdc.model.release import Release

sys.path.insert(0, str(Path(__file__).parent))
from handmade import make_release


@pytest.fixture
def release() -> Release:
    """Six areas by five uses, with X, - and merged areas."""
    return make_release()


@pytest.fixture
def build() -> Callable[..., Release]:
    """``build(*tables, **info)``: a release made to order."""
    return make_release
