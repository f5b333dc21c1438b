"""A municipal table of 3,000 cells, protected at the default level from the files of a city."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sdc.pipeline.protecting import Options, protect_file


@pytest.mark.real
def test_three_thousand_cells_are_proven(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "bench" / "3k"
    trees = {name: folder / f"{name}.csv" for name in ("area", "use")}
    options = Options(hierarchies=trees, min_count=4)
    outcome = protect_file(folder / "cells.csv", tmp_path / "out", options)
    summary = json.loads((outcome.folder / "internal" / "summary.json").read_text("utf-8"))
    assert summary["proven"] is True
    assert summary["level"] == "interval"
    assert (summary["n_cells"], summary["n_primary"]) == (3_000, 546)
    assert summary["cost_complementary"] > 0
    with (outcome.folder / "table.csv").open(encoding="utf-8", newline="") as handle:
        values = [r["value"] for r in csv.DictReader(handle)]
    assert len(values) == 3_000
    assert values.count("X") == 546 + summary["n_complementary"]
    assert not {"1", "2", "3"} & set(values)
