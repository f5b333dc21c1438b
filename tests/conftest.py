"""Where the tests find real data, and the reason they give where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data, or a skip with its reason."""
    folder = os.environ.get("SDC_REAL_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SDC_REAL_DATA does not name a folder with real data")
    return Path(folder)
