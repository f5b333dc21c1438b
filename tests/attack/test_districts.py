"""Areas, mesh cells and school districts of the same buildings, attacked from what is printed.

What can meet is told by hand, or from the published shapes: nothing is taken from the tool's crossing.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from pathlib import Path

import crossedcity as city
import geopandas as gpd
import numpy as np
import pytest
import shapely
import smallcity
from attacker import Attack, Cell, Seen, Tree
from crossedcity import LEDGER, MESH, SCHOOL, table
from packages import Package, mesh_box, sweep
from test_packages import primaries_are_hidden, truth, wants_of

import sdc
from sdc.config import read_config
from sdc.errors import InputError
from sdc.pipeline.demand import demands_of
from sdc.pipeline.geography import _with_parts, load_places
from sdc.pipeline.geography import crossing as crossing_of
from sdc.pipeline.run import Result, run_release

M1, M2 = "54400000", "54400010"
QUARTERS = {("w", M1, "s2"): 2, ("w", M2, "s1"): 5, ("e", M1, "s1"): 6, ("e", M2, "s2"): 7}
"""Areas west and east, cells south and north, and two districts of two opposite quarters each."""
NAMES = ("areas", "mesh", "school")


def read(result: Result) -> Package:
    assert result.path is not None
    assert result.safe.report.passed
    return Package.read(result.path)


def over(package: Package, possible: Mapping[tuple[str, ...], Collection[Cell]]) -> Attack:
    """All tables of a package over the places of its geographies that can hold a unit."""
    tables = list(package.tables.values())
    trees = {n: package.trees[n] for t in tables for n in t.names}
    names = sorted(trees)
    attack = Attack(tables, trees, most=1000, joint=names, possible=possible)
    for codes, atom in attack.atoms.items():
        # a place that no table prints can be asked for like any other
        attack.variables[tuple(sorted(zip(names, codes, strict=True)))] = atom
    return attack


def key(**codes: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(codes.items()))


def quarters(folder: Path, **more: str) -> Path:
    half = {"w": [(0.0, 0.0, 0.5, 2.0)], "e": [(0.5, 0.0, 1.0, 2.0)]}
    city.polygons(folder / "areas.gpkg", "code", half)
    opposite = {
        "s1": [(0.0, 1.0, 0.5, 2.0), (0.5, 0.0, 1.0, 1.0)],
        "s2": [(0.0, 0.0, 0.5, 1.0), (0.5, 1.0, 1.0, 2.0)],
    }
    city.polygons(folder / "schools.gpkg", "id", opposite)
    place = {("w", M1): (0.2, 0.4), ("w", M2): (0.2, 1.6), ("e", M1): (0.7, 0.4),
             ("e", M2): (0.7, 1.6)}  # fmt: skip
    units = {place[a, m]: n for (a, m, _), n in QUARTERS.items()}
    tables = [table("areas"), table("mesh"), table("none", "school")]
    return city.write(folder, units, tables, more=MESH + SCHOOL, **more)


def margins() -> tuple[sdc.Table, ...]:
    """What the quarters come to: west 7, east 13; south 8, north 12; districts 11 and 9."""
    codes = (["e", "w"], [M1, M2], ["s1", "s2"])
    dims = [sdc.Hierarchy.flat(n, c) for n, c in zip(NAMES, codes, strict=True)]
    out = []
    for axis, dim in enumerate(dims):
        leaf = [sum(n for q, n in QUARTERS.items() if q[axis] == c) for c in codes[axis]]
        value = sdc.aggregate(np.array(leaf, dtype=np.int64), (dim,))
        out.append(sdc.Table(dim.name, (dim,), value))
    return tuple(out)


def crossing(every: bool) -> sdc.Crossing:
    """The four quarters, or all eight combinations: each two of their codes meet in some quarter."""
    place = {"e": 0, "w": 1, M1: 0, M2: 1, "s1": 0, "s2": 1}
    four = sorted([place[c] for c in q] for q in QUARTERS)
    eight = list(itertools.product((0, 1), repeat=3))
    for one, two in itertools.combinations(range(3), 2):
        assert len({(q[one], q[two]) for q in four}) == 4
    return sdc.Crossing(NAMES, np.array(eight if every else four, dtype=np.int64))


@pytest.mark.parametrize(("every", "safe"), [(True, True), (False, False)])
def test_only_the_triple_shows_that_three_margins_give_a_quarter_away(
    every: bool, safe: bool
) -> None:
    """West + south - first district = 7 + 8 - 11 = 4: twice the quarter in the south-west.

    No printed number is below 3. Over all combinations that quarter could hold 0 to 7.
    """
    system = sdc.system_of(margins(), crossings=[crossing(every)])
    rules = sdc.Rules(min_count=3, owners=False)
    nothing = np.zeros(system.n, dtype=bool)
    plan = sdc.Plan(demands_of(system, rules), nothing, "by hand")
    assert sdc.audit(system, plan, rules).passed is safe
    tables = [
        Seen(("areas",), {("e",): 13, ("w",): 7, ("TOTAL",): 20}, set()),
        Seen(("mesh",), {(M1,): 8, (M2,): 12, ("TOTAL",): 20}, set()),
        Seen(("school",), {("s1",): 11, ("s2",): 9, ("TOTAL",): 20}, set()),
    ]
    trees = {n: Tree.flat(sorted({q[i] for q in QUARTERS})) for i, n in enumerate(NAMES)}
    possible = {} if every else {NAMES: set(QUARTERS)}
    attack = Attack(tables, trees, most=1000, joint=NAMES, possible=possible)
    own = key(areas="w", mesh=M1, school="s2")
    attack.variables[own] = attack.atoms["w", M1, "s2"]
    assert attack.allows(own, at_least=3) is safe
    assert attack.allows(own, at_most=1) is safe


def test_three_geographies_are_released_over_their_common_ground(tmp_path: Path) -> None:
    result = run_release(quarters(tmp_path))
    attack = over(read(result), {NAMES: set(QUARTERS)})
    assert any(t.hidden for t in attack.tables)
    assert set(attack.atoms) == set(QUARTERS)
    own = key(areas="w", mesh=M1, school="s2")
    assert attack.allows(own, at_least=3)
    assert attack.allows(own, at_most=1)


SLIVER = {("a", "s1"): 11, ("b", "s1"): 2, ("b", "s2"): 7}
"""The first district, like the southern cell, is area a and a strip of b: 13 - 11 = 2."""


def sliver(folder: Path, *tables: str, **more: str) -> Path:
    city.polygons(folder / "areas.gpkg", "code", {"a": [(0, 0, 1, 0.8)], "b": [(0, 0.8, 1, 2)]})
    city.polygons(folder / "schools.gpkg", "id", {"s1": [(0, 0, 1, 1)], "s2": [(0, 1, 1, 2)]})
    units = {(0.5, 0.4): 11, (0.5, 0.9): 2, (0.5, 1.5): 7}
    return city.write(folder, units, tables, **more)


def test_what_lies_between_an_area_and_a_district_is_hidden(tmp_path: Path) -> None:
    alone = read(run_release(sliver(tmp_path, table("none", "school"), more=SCHOOL, id="alone")))
    assert alone.tables["by_school"].number == {("s1",): 13, ("s2",): 7, ("TOTAL",): 20}
    both = sliver(tmp_path, table("areas"), table("none", "school"), more=SCHOOL, id="both")
    package = read(run_release(both))
    assert package.tables["by_areas"].hidden | package.tables["by_school"].hidden
    attack = over(package, {("areas", "school"): set(SLIVER)})
    own = key(areas="b", school="s1")
    assert attack.allows(own, at_least=3)
    assert attack.allows(own, at_most=1)


@pytest.mark.parametrize("second", ["mesh", "school"])
def test_a_release_by_other_places_stands_beside_an_earlier_one(
    second: str, tmp_path: Path
) -> None:
    first = read(run_release(sliver(tmp_path, table("areas"), more=LEDGER, id="first")))
    assert first.tables["by_areas"].number == {("a",): 11, ("b",): 9, ("082996",): 20}
    more, rows = (MESH, table("mesh")) if second == "mesh" else (SCHOOL, table("none", "school"))
    later = read(run_release(sliver(tmp_path, rows, more=more + LEDGER, id="later")))
    assert len(later.tables[f"by_{second}"].hidden) == 2
    # the two packages together: the strip of 2 can hold 3 and 1
    both = Package(tmp_path, {**first.tables, **later.tables}, {**first.trees, **later.trees})
    south, north = (M1, M2) if second == "mesh" else ("s1", "s2")
    meeting = {("a", south), ("b", south), ("b", north)}
    attack = over(both, {("areas", second): meeting})
    own = key(**{"areas": "b", second: south})
    assert attack.allows(own, at_least=3)
    assert attack.allows(own, at_most=1)


def test_districts_that_an_earlier_release_used_must_be_there(tmp_path: Path) -> None:
    run_release(sliver(tmp_path, table("none", "school"), more=SCHOOL + LEDGER, id="first"))
    later = sliver(tmp_path, table("areas"), more=LEDGER, id="later")
    with pytest.raises(InputError, match="school") as stop:
        run_release(later)
    assert stop.value.code == "ledger-columns"


def test_ground_in_no_district_is_counted_and_no_record_is_lost(tmp_path: Path) -> None:
    config = sliver(tmp_path, table("none", "school"), more=SCHOOL)
    city.polygons(tmp_path / "schools.gpkg", "id", {"s1": [(0, 0, 1, 1)]})
    package = read(run_release(config))
    assert package.tables["by_school"].number == {("OUTSIDE",): 7, ("s1",): 13, ("TOTAL",): 20}
    city.polygons(tmp_path / "schools.gpkg", "id", {"OUTSIDE": [(0, 0, 1, 1)]})
    with pytest.raises(InputError) as stop:
        run_release(config)
    assert stop.value.code == "district-code"


def test_a_table_by_area_and_district_knows_where_they_cannot_meet(tmp_path: Path) -> None:
    """a and s2 share no ground: 0 in print says nothing that a map does not say."""
    package = read(run_release(sliver(tmp_path, table("areas", "school"), more=SCHOOL)))
    own = package.tables["by_areas_school"]
    assert ("b", "s1") in own.hidden
    attack = over(package, {("areas", "school"): set(SLIVER)})
    place = attack.key(("b", "s1"))
    assert attack.allows(place, at_least=3)
    assert attack.allows(place, at_most=1)


def with_districts(config: Path) -> dict[str, shapely.Geometry]:
    """Six districts over the small city, none of whose borders is one of an area; a third table."""
    west, south, wide, high = 141.503, 30.203, 4 * 0.0063, 3 * 0.0047
    across, up = (0.0, 0.37, 0.71, 1.0), (0.0, 0.45, 1.0)
    boxes = {
        f"D{i}{j}": shapely.box(
            west + across[i] * wide, south + up[j] * high,
            west + across[i + 1] * wide, south + up[j + 1] * high,
        )
        for i in range(3) for j in range(2)
    }  # fmt: skip
    frame = gpd.GeoDataFrame({"id": list(boxes)}, geometry=list(boxes.values()), crs="EPSG:6668")
    frame.to_file(config.parent / "schools.gpkg")
    text = config.read_text("utf-8").replace("[rules.counts]", SCHOOL + "[rules.counts]")
    text = text.replace("[treatment]\n", table("none", "school", "use") + "[treatment]\n", 1)
    config.write_text(text, encoding="utf-8")
    return boxes


@pytest.mark.nightly
def test_nothing_follows_in_a_small_city_with_districts(tmp_path: Path) -> None:
    config = smallcity.write(tmp_path)
    boxes = with_districts(config)
    result = run_release(config)
    package = read(result)
    names = ("use_structure", "use_mesh", "by_school_use")
    assert set(package.tables) == set(names)
    meeting = {
        (area, cell, code)
        for area, shape in package.shapes().items()
        for cell in package.trees["mesh"].leaves
        for code, district in boxes.items()
        if shape.intersection(mesh_box(cell)).intersects(district)
    }
    tables = [package.tables[n] for n in names]
    trees = {n: package.trees[n] for t in tables for n in t.names}
    attack = Attack(tables, trees, most=1000, joint=(*NAMES, "use"), possible={NAMES: meeting})
    value = truth(result, attack, names)
    assert primaries_are_hidden(attack, value, 3)
    assert any(k == "school" for key in attack.variables for k, _ in key)
    assert sweep(attack, wants_of(attack, value, 3), hint=value).unmet == []


def test_districts_may_be_all_the_ground_there_is(tmp_path: Path) -> None:
    """Then who lies in none of them is set aside, as with areas: 7 of the 20."""
    config = sliver(tmp_path, table("none", "school"), more=SCHOOL)
    city.polygons(tmp_path / "schools.gpkg", "id", {"s1": [(0, 0, 1, 0.8)], "s2": [(0, 0.8, 1, 1)]})
    text = config.read_text("utf-8")
    areas = '[geography.areas]\npath = "areas.gpkg"\ncode = "code"\n'
    assert areas in text
    config.write_text(text.replace(areas, ""), encoding="utf-8")
    result = run_release(config)
    own = read(result).tables["by_school"]
    assert own.hidden == {("s1",), ("s2",)} | (own.hidden & {("TOTAL",)})
    (aside,) = result.safe.prepared.aside
    assert len(aside.rows) == 7


def test_records_with_some_of_the_geographies_keep_their_places(tmp_path: Path) -> None:
    """A building on a border, in area e by its point and in the cell and district of w by theirs."""
    places = load_places(read_config(quarters(tmp_path)), lambda: (0.0, 0.0, 0.0, 0.0))
    place = {"e": 0, "w": 1, M1: 0, M2: 1, "s1": 0, "s2": 1}
    four = {tuple(place[c] for c in q) for q in QUARTERS}

    def met(name: str, names: tuple[str, ...], *rows: tuple[int, ...]) -> set[tuple[int, ...]]:
        dims = {n: places.hierarchy(n) for n in names}
        at = np.array(rows, dtype=np.int64).reshape(-1, len(names))
        coded = sdc.Coded(name, dims, {n: at[:, k] for k, n in enumerate(names)})
        (found,) = crossing_of(places, [coded], NAMES)
        assert found.names == NAMES
        return {tuple(r) for r in found.pairs.tolist()}

    assert met("buildings", NAMES) == four
    assert met("buildings", NAMES, (0, 0, 1)) == {*four, (0, 0, 1)}
    # every pair of an area and a cell is there already
    assert met("land", NAMES[:2], (0, 0), (0, 1), (1, 0)) == four


def test_a_part_that_no_place_has_gets_one() -> None:
    atoms = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 1]])
    found = _with_parts(atoms, [0, 1], np.array([[0, 1], [1, 0]]))
    assert found.tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 1], [1, 1, 1]]
