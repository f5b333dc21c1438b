"""大阪: buildings by the 18 uses, on two mesh levels and by town; the official census table."""

from __future__ import annotations

import csv
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from city import SAMPLES, osaka

import sdc
from sdc.config import read_config
from sdc.model.release import Geography, Merge, ReleaseInfo
from sdc.model.states import State
from sdc.pipeline.engine import _plain_info
from sdc.pipeline.prepare import Prepared, prepare
from sdc.pipeline.protecting import Options, protect_file
from sdc.pipeline.run import make_safe, silent
from sdc.publishing.csvfile import csv_files
from sdc.readers.tables import read_census, read_table

pytestmark = pytest.mark.real


def rows_of(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def buildings(real_data: Path) -> list[dict[str, str]]:
    return rows_of(real_data / "osaka_buildings" / "buildings.csv")


def mesh_code(lat: str, lon: str, *, half: bool) -> str:
    """JIS X 0410 in exact fractions: 40' x 1 degree, 8 x 8, 10 x 10, quadrants from the south-west."""
    y, x = Fraction(lat) * Fraction(3, 2), Fraction(lon) - 100
    parts = [f"{int(y):02d}{int(x):02d}"]
    for size in (8, 10):
        y, x = y % 1 * size, x % 1 * size
        parts.append(f"{int(y)}{int(x)}")
    if half:
        y, x = y % 1 * 2, x % 1 * 2
        parts.append(str(1 + 2 * int(y) + int(x)))
    return "".join(parts)


def test_uses_on_two_mesh_levels_are_one_system(
    real_data: Path, buildings: list[dict[str, str]], tmp_path: Path
) -> None:
    # 3,969 buildings have no use: a blank is 461 不明 by the map.
    config = read_config(osaka(tmp_path, real_data, column="usage", mapping={"": "461"}))
    safe = make_safe(config)
    (table,) = (b.table for b in safe.system.blocks)
    mesh, use = table.dims
    counted: Counter[tuple[str, str]] = Counter()
    for row in buildings:
        for code in (row["usage"] or "461", "TOTAL"):
            for half in (False, True):
                counted[mesh_code(row["lat"], row["lon"], half=half), code] += 1
    for (code, kind), count in counted.items():
        assert table.value[mesh.position(code), use.position(kind)] == count
    levels = {len(c) for c in mesh.codes if c != mesh.codes[mesh.root]}
    assert levels == {8, 9}
    # Nothing else is filled: every level adds up to all buildings.
    total = use.position("TOTAL")
    for digits in (8, 9):
        own = [i for i, c in enumerate(mesh.codes) if len(c) == digits and c.isdigit()]
        assert int(table.value[own, total].sum()) == len(buildings) == 11_684
    # The delivery file's own 1 km mesh, given by file, agrees for 99.93 % of the centroids.
    same = sum(mesh_code(r["lat"], r["lon"], half=False) == r["mesh3_file"] for r in buildings)
    assert same / len(buildings) == pytest.approx(0.9993, abs=5e-5)
    assert safe.report.passed
    shown = safe.published.tables[0]
    small = (table.value > 0) & (table.value < 3)
    assert small.any()
    assert (shown.state[small] == State.HIDDEN).all()


def prepared(folder: Path, real_data: Path, mapping: dict[str, str]) -> Prepared:
    path = osaka(folder, real_data, column="detailed_usage", mapping=mapping)
    return prepare(read_config(path), silent)


def test_codes_outside_the_list_are_refused_or_led_into_it(
    real_data: Path, buildings: list[dict[str, str]], tmp_path: Path
) -> None:
    # The column of detailed uses holds codes such as 1120, none of them among the 18.
    with pytest.raises(sdc.InputError) as told:
        prepared(tmp_path, real_data, {})
    named = {f.value for f in told.value.findings}
    assert "1120" in named
    assert all(f.row is not None for f in told.value.findings)
    pairs = Counter((r["detailed_usage"], r["usage"] or "461") for r in buildings)
    mapping = {fine: use for (fine, use), _ in sorted(pairs.items(), key=lambda p: p[1])}
    read = prepared(tmp_path, real_data, mapping).coded["buildings"]
    dim = read.dims["use"]
    counts = zip([dim.codes[i] for i in dim.leaves], read.count(["use"]).tolist(), strict=True)
    ours = {code: n for code, n in counts if n}
    assert ours == Counter(mapping[r["detailed_usage"]] for r in buildings)


def test_town_by_use_from_a_finished_table(buildings: list[dict[str, str]], tmp_path: Path) -> None:
    # There are no polygons of towns: the city hands over a finished table, one row a cell.
    counted = Counter((r["town"], r["usage"]) for r in buildings if r["usage"])
    assert len(counted) == 488
    assert sum(v < 3 for v in counted.values()) == 179
    path = tmp_path / "cells.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(["town", "use", "value"])
        out.writerows((*cell, n) for cell, n in sorted(counted.items()))
    use = sdc.read_hierarchy(SAMPLES / "uses.csv", "use")
    table = read_table(path, hierarchies={"use": use})
    assert [len(d.leaves) for d in table.dims] == [107, 18]
    assert int(table.value.max()) == 7_715
    options = Options(hierarchies={"use": SAMPLES / "uses.csv"}, min_count=3, budget=0.05)
    outcome = protect_file(path, tmp_path / "out", options)
    summary = json.loads((outcome.folder / "internal" / "summary.json").read_text("utf-8"))
    assert summary["proven"] is True
    assert summary["n_primary"] == int(((table.value > 0) & (table.value < 3)).sum()) >= 179
    printed = {(r["town"], r["use"]): r["value"] for r in rows_of(outcome.folder / "table.csv")}
    assert len(printed) == 108 * 19
    for place, value in np.ndenumerate(table.value):
        cell = tuple(d.codes[i] for d, i in zip(table.dims, place, strict=True))
        assert printed[cell] in (
            ("X",) if 0 < value < 3 else ("X", "-" if value == 0 else str(value))
        )


def test_census_merges_come_out_as_they_came_in(real_data: Path) -> None:
    path = real_data / "osaka_census2020" / "tblT001082C27.csv"
    census = read_census(path)
    people = {c: int(v) for c, v in zip(census.codes, census.value[:, 0], strict=True)}
    name = dict(zip(census.codes, census.names, strict=True))
    gone = census.destination
    leaves = {
        c for c, leaf in zip(census.codes, census.leaves, strict=True) if leaf and c not in gone
    }
    # A few areas were added to the subtotal of a town, which then holds people of no chome.
    towns = set(gone.values()) - leaves
    inner = {t: sum(people[c] for c in leaves if c.startswith(t)) for t in towns}
    counts = {c: people[c] for c in leaves} | {t: people[t] - inner[t] for t in towns}
    areas = sdc.Hierarchy.flat("areas", sorted(counts), labels=name)
    table = sdc.Table(
        "people", (areas,),
        sdc.aggregate(np.array([counts[areas.codes[i]] for i in areas.leaves]), [areas]),
    )  # fmt: skip
    assert int(table.value.max()) == sum(people[c] for c in census.codes if len(c) == 5)
    shapes = gpd.GeoDataFrame(
        {"code": sorted(counts), "name": [name[c] for c in sorted(counts)]},
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(len(counts))],
        crs="EPSG:6674",
    )
    rules = sdc.Rules(min_count=2)
    system = sdc.system_of([table])
    plan = sdc.protect(system, rules)
    info: ReleaseInfo = _plain_info(system, "統計法")
    release = sdc.Release(
        info, sdc.apply(system, plan), sdc.audit(system, plan, rules),
        geographies={"areas": Geography("areas", "areas", shapes)},
        merges=tuple(Merge(a, b, name[a], name[b]) for a, b in sorted(gone.items())),
    )  # fmt: skip
    files = dict(csv_files(release))
    ours = {
        r["areas"]: r
        for r in csv.DictReader(files["data/people.csv"].decode("utf-8-sig").splitlines())
    }
    official = rows_of(path, "cp932")[1:]
    touched = [r for r in official if r["HTKSYORI"] != "0"]
    assert sum(r["HTKSYORI"] == "2" for r in touched) == 192
    for row in touched:
        own = ours[row["KEY_CODE"]]
        for column in ("HTKSYORI", "HTKSAKI", "GASSAN"):
            assert own[column] == row[column], row["KEY_CODE"]
        if row["HTKSYORI"] == "2":
            assert (own["value"], own["status"]) == ("X", "M")
    mergers = csv.DictReader(files["data/mergers.csv"].decode("utf-8-sig").splitlines())
    assert {(r["source"], r["target"]) for r in mergers} == set(gone.items())
    assert len(gone) == 192
    untouched = {r["KEY_CODE"] for r in official} - {r["KEY_CODE"] for r in touched}
    assert all(ours[c]["HTKSYORI"] == "0" for c in untouched & set(ours))
