"""What is decided from the data before the tables exist has no place at rule-aware."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sdc.config import read_config
from sdc.errors import RulesError
from sdc.pipeline.again import require_fixed

SCHEME = "uses_scheme_landuse.csv"
SAMPLES = Path(__file__).parents[1] / "data" / "samples"
FIRST = (SAMPLES / "first.toml").read_text(encoding="utf-8")
AWARE = FIRST.replace("min_count = 3 ", 'protection = "rule-aware"\nmin_count = 3 ', 1)
MERGE = FIRST[FIRST.index("[treatment.merge]") : FIRST.index("[treatment.suppress]")]
FIXED = AWARE.replace(MERGE, "").replace('"merge", ', "")


def written(folder: Path, text: str) -> Path:
    for name in ("buildings.csv", "uses.csv", "uses_map.csv", "areas.gpkg", SCHEME):
        shutil.copy(SAMPLES / name, folder / name)
    path = folder / "release.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_collapse_by_a_scheme_is_fixed(tmp_path: Path) -> None:
    require_fixed(read_config(written(tmp_path, FIXED)))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (AWARE, "treatment.order"),
        (FIXED.replace('["collapse", "suppress"]', '"auto"'), "treatment.order"),
    ],
)
def test_merging_and_the_planner_are_refused(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(RulesError, match="rule-aware") as caught:
        require_fixed(read_config(written(tmp_path, text)))
    assert named in caught.value.en


def test_other_levels_are_free(tmp_path: Path) -> None:
    require_fixed(read_config(written(tmp_path, FIRST)))
