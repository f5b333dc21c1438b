"""Whole release packages, attacked from their files: tables linked, areas laid over mesh cells."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import smallcity
from attacker import Attack, Key, Seen, Tree
from packages import Package, Want, mesh_box, sweep

import sdc
from sdc.disclosure.certificate import verify_certificate
from sdc.disclosure.staged import check_staged
from sdc.errors import NotProven
from sdc.pipeline.run import Result, run_release
from sdc.publishing.readback import table_faults

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "release.toml"


def truth(result: Result, attack: Attack, names: Sequence[str]) -> dict[Key, int]:
    """True values of all places the tables hold, for the wants alone; the attacker never sees them."""
    out = {}
    for table in (b.table for b in result.safe.system.blocks):
        if (table.within or table.name) not in names:
            continue
        i = names.index(table.within or table.name)
        for place, value in np.ndenumerate(table.value):
            cell = tuple(d.codes[k] for d, k in zip(table.dims, place, strict=True))
            if not table.within or cell in attack.tables[i].groups:
                out[attack.key(cell, i)] = int(value)
    return out


def wants_of(attack: Attack, value: dict[Key, int], min_count: int) -> list[Want]:
    """Every X has another value; every primary may reach the threshold and may be less than it is.

    Of a class that is counted in a group only the second is promised.
    """
    out: list[Want] = []
    grouped = {attack.key(c, i) for i, t in enumerate(attack.tables) for c in t.grouped}
    for key in sorted(attack.variables):
        v = value[key]
        if key in grouped and not 0 < v < min_count:
            continue
        if 0 < v < min_count:
            low = max(v - 1, attack.least)
            out += [(key, ((">=", min_count),)), (key, (("<=", low),))]
        else:
            out.append((key, ((">=", v + 1), ("<=", v - 1))))
    return out


def primaries_are_hidden(attack: Attack, value: dict[Key, int], min_count: int) -> bool:
    return all(k in attack.variables for k, v in value.items() if 0 < v < min_count)


@pytest.mark.parametrize(
    ("code", "south", "west"),
    [("533935992", 35.658333, 139.74375), ("52353680", 34.983333, 135.75)],
)
def test_mesh_cells_are_drawn_where_they_lie(code: str, south: float, west: float) -> None:
    # 5339 is 53/1.5 N 139 E; 35 adds 3/12 and 5/8 of a degree; 99 adds 9/120 and 9/80; quadrant 2 is
    # the south-east one, 22.5" further east. 5235-36-80 the same way.
    bounds = mesh_box(code).bounds
    assert bounds[:2] == pytest.approx((west, south), abs=1e-6)


def test_a_sweep_says_what_no_table_reaches() -> None:
    # Rows 2 and 12, columns 3 and 11: the first place holds 0 to 2.
    trees = {"area": Tree.flat(["a", "b"]), "use": Tree.flat(["u", "v"])}
    number = {
        ("a", "TOTAL"): 2, ("b", "TOTAL"): 12, ("TOTAL", "u"): 3, ("TOTAL", "v"): 11,
        ("TOTAL", "TOTAL"): 14,
    }  # fmt: skip
    hidden = {(a, u) for a in "ab" for u in "uv"}
    attack = Attack(Seen(("area", "use"), number, hidden), trees)
    key = attack.key(("a", "u"))
    reach: list[Want] = [(key, ((">=", 2),)), (key, (("<=", 0),))]
    beyond: Want = (key, ((">=", 3),))
    found = sweep(attack, [*reach, beyond])
    assert found.unmet == [beyond]
    assert found.tables >= 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_release(smallcity.write(tmp_path_factory.mktemp("small")))


SMALL = ("use_structure", "use_mesh")


@pytest.mark.xdist_group("small-city")
def test_nothing_follows_in_a_small_city(small: Result) -> None:
    assert small.path is not None
    package = Package.read(small.path)
    assert set(package.tables) == set(SMALL)
    attack = package.attack(SMALL, joint=("areas", "mesh", "use"))
    value = truth(small, attack, SMALL)
    assert primaries_are_hidden(attack, value, 3)
    assert sum(0 < v < 3 for v in value.values()) > 20
    assert sweep(attack, wants_of(attack, value, 3), hint=value).unmet == []


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The small city where each area counts its rare uses together."""
    path = smallcity.write(tmp_path_factory.mktemp("grouped"))
    text = path.read_text(encoding="utf-8")
    order = 'order = ["merge", "suppress"]'
    by_area = 'order = ["collapse", "suppress"]\ncollapse.use = { where = "areas" }'
    assert text.count(order) == 1
    text = text.replace(order, by_area).replace(
        '[treatment.merge]\nmin_count = 10\nwithin = "any"\n', ""
    )
    path.write_text(text, encoding="utf-8")
    return run_release(path)


@pytest.mark.xdist_group("small-city")
def test_nothing_follows_where_areas_collapse_for_themselves(grouped: Result) -> None:
    assert grouped.path is not None
    package = Package.read(grouped.path)
    attack = package.attack(SMALL, joint=("areas", "mesh", "use"))
    own = package.tables["use_structure"]
    # some areas print a group, others all classes: 441 is empty here and a number or X there
    assert own.groups
    assert own.grouped
    assert {c[0] for c in own.grouped} < {c[0] for c in own.number if c[0].startswith("0829")}
    value = truth(grouped, attack, SMALL)
    assert primaries_are_hidden(attack, value, 3)
    assert any(0 < value[attack.key(c)] < 3 for c in own.grouped)
    # what the sums say is true, or the attack would miss something
    for cell, parts in own.groups.items():
        assert value[attack.key(cell)] == sum(value[attack.key(p)] for p in parts)
    assert sweep(attack, wants_of(attack, value, 3), hint=value).unmet == []


def other(files: dict[str, bytes], path: str, old: str, new: str) -> dict[str, bytes]:
    """The files with one text replaced."""
    text = files[path].decode("utf-8-sig")
    assert text.count(old) == 1, (old, text.count(old))
    return {**files, path: b"\xef\xbb\xbf" + text.replace(old, new).encode()}


@pytest.mark.xdist_group("small-city")
def test_every_checker_adds_up_the_groups(grouped: Result) -> None:
    """Two readers of the witnesses, and the one of the totals, that share no code."""
    assert grouped.path is not None
    folder = grouped.path
    files = {f"data/{p.name}": p.read_bytes() for p in (folder / "data").glob("*.csv")}
    witness = (folder.with_name("small.internal") / "witness.npz").read_bytes()
    held = verify_certificate(files, witness, min_count=3)
    assert check_staged(files, witness).promises == held.promises
    assert held.owners
    assert table_faults(files) == ()
    rows = files["data/use_structure.csv"].decode("utf-8-sig").splitlines(keepends=True)
    group = next(r for r in rows if '"other:TOTAL"' in r and ',"A",' in r and '"TOTAL"' in r)
    number = group.split(",")[6]
    gone = next(r for r in rows if ',"G",' in r)
    told = next(
        r for r in files["data/collapses.csv"].decode().splitlines(keepends=True) if "082" in r
    )
    table, listed = "data/use_structure.csv", "data/collapses.csv"
    more = group.replace(f",{number},", f",{int(number) + 1},")
    wrong = {
        "a group that is one more": other(files, table, group, more),
        "a group that is missing": other(files, table, group, ""),
        "a grouped class with a number": other(files, table, gone, gone.replace(',,"G"', ',7,"A"')),
        "a class that nobody says is grouped": other(files, listed, told, ""),
    }
    for changed in wrong.values():
        for check in (check_staged, verify_certificate):
            with pytest.raises(NotProven):
                check(changed, witness)
    assert table_faults(wrong["a group that is one more"])
    assert table_faults(wrong["a group that is missing"])


def printed_too(package: Package, attack: Attack, key: Key, value: int) -> Attack:
    """The same release with one number more."""
    tables = dict(package.tables)
    for i, name in enumerate(SMALL):
        own = tables[name]
        shown = {c: value for c in own.hidden if attack.key(c, i) == key}
        tables[name] = Seen(
            own.names, own.number | shown, own.hidden - set(shown), own.grouped, own.groups
        )
    more = Package(package.folder, tables, package.trees)
    return more.attack(SMALL, joint=("areas", "mesh", "use"))


@pytest.mark.xdist_group("small-city")
@pytest.mark.parametrize(("city", "tries"), [("small", 8), ("grouped", 12)])
def test_the_stranger_notices_one_number_too_many(
    city: str, tries: int, request: pytest.FixtureRequest
) -> None:
    """Print one hidden place after the other: some must betray others, or the test tests nothing."""
    result: Result = request.getfixturevalue(city)
    assert result.path is not None
    package = Package.read(result.path)
    attack = package.attack(SMALL, joint=("areas", "mesh", "use"))
    value = truth(result, attack, SMALL)
    noticed = 0
    for key in [k for k in sorted(attack.variables) if value[k] >= 3][:tries]:
        weaker = printed_too(package, attack, key, value[key])
        noticed += bool(sweep(weaker, wants_of(weaker, value, 3), hint=value).unmet)
    assert noticed


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The sample city's release, made once in a run."""
    folder = tmp_path_factory.mktemp("sample") / "samples"
    shutil.copytree(SAMPLE.parent, folder, ignore=shutil.ignore_patterns("releases"))
    return run_release(folder / SAMPLE.name)


@pytest.mark.nightly
@pytest.mark.xdist_group("sample")
@pytest.mark.parametrize(
    ("names", "joint"),
    [
        (("use", "use_structure", "use_mesh"), ("areas", "mesh", "use")),
        (("residents", "residents_mesh"), ("areas", "mesh", "sex", "age")),
        (("floor_area",), ()),
    ],
    ids=["buildings", "residents", "floor area"],
)
def test_nothing_follows_in_the_sample_city(
    sample: Result, names: tuple[str, ...], joint: tuple[str, ...]
) -> None:
    assert sample.path is not None
    package = Package.read(sample.path)
    attack = package.attack(names, joint=joint)
    value = truth(sample, attack, names)
    wants = wants_of(attack, value, 3)
    if names == ("floor_area",):
        # Square metres: what is promised depends on the contributors; every X must have two values.
        wants = [(k, ((">=", value[k] + 1), ("<=", value[k] - 1))) for k in attack.variables]
    else:
        assert primaries_are_hidden(attack, value, 3)
    assert wants
    assert sweep(attack, wants, hint=value).unmet == []


@pytest.mark.nightly
@pytest.mark.xdist_group("sample")
def test_the_sample_package_verifies(sample: Result) -> None:
    assert sample.path is not None
    sdc.verify_package(sample.path)
    assert sample.safe.report.passed
