"""Releases that look safe and are not: the tool refuses them and finds others that hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from attacker import Attack, Seen, Tree
from oracles import ORACLES, Cell, Oracle, flat, linked, mesh_against_area, pair_of_ones, table
from typer.testing import CliRunner

import sdc
from sdc import cli
from sdc.model.release import Figure
from sdc.pipeline.engine import _plain_info
from sdc.pipeline.finished import refuse_unproven, table_text
from sdc.publishing.derived import derive
from sdc.sensitivity import problem as demands_of

every = pytest.mark.parametrize("oracle", ORACLES, ids=lambda o: o.name)


def plan_by_hand(oracle: Oracle, system: sdc.System, level: str) -> sdc.Plan:
    """The oracle's pattern, as somebody might have drawn it."""
    hidden = np.zeros(system.n, dtype=bool)
    for block in system.blocks:
        for cell in oracle.pattern.get(block.table.name, ()):
            hidden[block.index[_at(block.table, cell)]] = True
    return sdc.Plan(demands_of(system, oracle.rules(level)), hidden, "by hand")


def _at(table: sdc.Table, cell: Cell) -> tuple[int, ...]:
    return tuple(d.position(c) for d, c in zip(table.dims, cell, strict=True))


def attack(oracle: Oracle, system: sdc.System, plan: sdc.Plan, folder: Path) -> Attack:
    """What a stranger makes of the printed tables."""
    seen, trees = [], {}
    for shown in sdc.apply(system, plan).tables:
        path = folder / f"{shown.name}.csv"
        path.write_text(table_text(shown), encoding="utf-8", newline="")
        seen.append(Seen.read(path, [d.name for d in shown.dims]))
        for d in shown.dims:
            up = [d.codes[i] if i >= 0 else "" for i in d.parents]
            trees[d.name] = Tree(dict(zip(d.codes, up, strict=True)))
    return Attack(
        seen, trees, least=oracle.least, most=1000, joint=oracle.joint, possible=oracle.meeting
    )


@every
def test_the_pattern_leaks_and_is_refused(oracle: Oracle, tmp_path: Path) -> None:
    system = oracle.system()
    names = [t.name for t in oracle.tables]
    stranger = attack(oracle, system, plan_by_hand(oracle, system, "interval"), tmp_path)
    for (name, cell), expected in oracle.finds.items():
        assert stranger.interval(cell, names.index(name)) == expected
    for level in oracle.refused:
        plan = plan_by_hand(oracle, system, level)
        report = sdc.audit(system, plan, oracle.rules(level))
        assert not report.passed
        with pytest.raises(sdc.DisclosureFound) as stop:
            refuse_unproven(system, report)
        assert stop.value.exit_status == 4
        with pytest.raises(sdc.DisclosureFound):
            sdc.release(system, plan, report, ground="test")
    for level in oracle.allowed:
        plan = plan_by_hand(oracle, system, level)
        assert sdc.audit(system, plan, oracle.rules(level)).passed, level


@every
def test_the_tool_finds_a_pattern_that_holds(oracle: Oracle, tmp_path: Path) -> None:
    system = oracle.system()
    plan = sdc.protect(system, oracle.rules())
    report = sdc.audit(system, plan, oracle.rules())
    assert report.passed
    sdc.release(system, plan, report, ground="test")
    stranger = attack(oracle, system, plan, tmp_path)
    asked = 0
    for i, own in enumerate(oracle.tables):
        for place, value in np.ndenumerate(own.value):
            cell = tuple(d.codes[k] for d, k in zip(own.dims, place, strict=True))
            key = stranger.key(cell, i)
            if cell in stranger.tables[i].hidden:
                # Nothing that is marked X is printed elsewhere, and none has one value.
                assert key in stranger.variables
                low, high = stranger.interval(cell, i)
                assert low < high, cell
            if 0 < value < oracle.min_count:
                asked += 1
                assert stranger.allows(key, at_least=oracle.min_count), cell
                least = int(value) - 1 if oracle.least == 0 else 1
                assert stranger.allows(key, at_most=least), cell
    assert asked


@pytest.mark.parametrize("owners", [False, True])
def test_each_of_the_linked_tables_is_safe_alone(owners: bool) -> None:
    # To readers A can be 4, because B can be 0: A + B = 4. Who owns one of the two units of B knows
    # that A is 3 at most. Of the sizes any can be 4 while each other one keeps a unit.
    for name, safe in (("county", not owners), ("size", True)):
        whole = linked()
        (own,) = (t for t in whole.tables if t.name == name)
        alone = Oracle(name, (own,), {name: whole.pattern[name]}, {}, 4, owners=owners)
        system = alone.system()
        plan = plan_by_hand(alone, system, "interval")
        assert sdc.audit(system, plan, alone.rules()).passed == safe


def test_the_table_of_areas_is_safe_without_the_mesh() -> None:
    whole = mesh_against_area()
    alone = Oracle("areas", whole.tables[:1], {"areas": whole.pattern["areas"]}, {}, 3)
    system = alone.system()
    assert sdc.audit(system, plan_by_hand(alone, system, "interval"), alone.rules()).passed


@pytest.mark.parametrize(("partner", "safe"), [(2, False), (3, True)])
def test_a_lone_pair_needs_two_more_than_the_threshold_less_one(partner: int, safe: bool) -> None:
    # m = 2 X in one line with zeros printed need a hidden sum of k + m - 1 = 3 + 1 = 4: the other
    # one is at least 1, so that 1 + 2 leaves at most 2, and 1 + 3 leaves 3.
    own = table("t", (flat("use", "u1 u2 u3"),), [1, partner, 9])
    oracle = Oracle("pair", (own,), {"t": [("u1",), ("u2",)]}, {}, 3, zeros="show", least=1)
    system = oracle.system()
    plan = plan_by_hand(oracle, system, "interval")
    assert sdc.audit(system, plan, oracle.rules()).passed is safe


def test_a_zero_that_must_be_printed_cannot_be_the_partner() -> None:
    own = table("t", (flat("use", "u1 u2 u3 u4"),), [2, 0, 9, 8])
    oracle = Oracle("zero", (own,), {"t": [("u1",), ("u2",)]}, {}, 3, zeros="show")
    with pytest.raises(sdc.InputError):
        plan_by_hand(oracle, oracle.system(), "interval")


def test_a_class_that_only_the_difference_of_two_tables_shows(tmp_path: Path) -> None:
    # 00-19 / 20-39 hold 10 / 12 and 00-24 / 25-39 hold 11 / 11: 20-24 is 11 - 10 = 1.
    tables = (
        table("by20", (flat("by20", "00-19 20-39"),), [10, 12]),
        table("by25", (flat("by25", "00-24 25-39"),), [11, 11]),
    )
    met = (("00-19", "00-24"), ("20-39", "00-24"), ("20-39", "25-39"))
    names = ("by20", "by25")
    oracle = Oracle("difference", tables, {}, {}, 3, joint=names, meeting={names: met})
    system = oracle.system()
    stranger = attack(oracle, system, sdc.protect(system, oracle.rules()), tmp_path)
    between = stranger.atoms["20-39", "00-24"]
    solver = stranger.solver()
    stranger.model.maximize(between)
    solver.solve(stranger.model)
    assert solver.value(between) >= 3


def _audit_command(oracle: Oracle, folder: Path, *more: str) -> int:
    """Exit status of ``sdc audit`` for the oracle's first table as it would be printed."""
    system = oracle.system()
    shown = sdc.apply(system, plan_by_hand(oracle, system, "interval")).tables[0]
    (folder / "t.csv").write_text(table_text(shown), encoding="utf-8", newline="")
    words = ["audit", str(folder / "t.csv"), *more]
    for d in shown.dims:
        up = [d.codes[p] if p >= 0 else "" for p in d.parents]
        rows = [f"{c},{p},{c}" for c, p in zip(d.codes, up, strict=True)]
        text = "\n".join(["code,parent,label", *rows]) + "\n"
        (folder / f"{d.name}.csv").write_text(text, encoding="utf-8")
        words += ["--hierarchy", f"{d.name}={folder / d.name}.csv"]
    return CliRunner().invoke(cli.app, words).exit_code


@pytest.mark.parametrize(
    ("oracle", "options", "status"),
    [
        (ORACLES[0], ["--min-count", "3"], 4),
        (ORACLES[0], [], 4),
        (pair_of_ones(), ["--zeros", "show"], 4),
        (pair_of_ones(), ["--zeros", "hide"], 0),
        (ORACLES[7], ["--min-count", "3", "--zeros", "show"], 4),  # 1 … 1 with a zero excluded
        (ORACLES[7], [], 0),
    ],
    ids=["bridge", "bridge-exact", "ones-shown", "ones-hidden", "zero-known", "zero-hidden"],
)
def test_the_audit_command(oracle: Oracle, options: list[str], status: int, tmp_path: Path) -> None:
    assert _audit_command(oracle, tmp_path, *options) == status


@pytest.mark.parametrize(("decimals", "most"), [(1, 1000), (0, 100)])
def test_percentages_give_counts_back_and_are_hidden_with_them(decimals: int, most: int) -> None:
    # A step of 0.1 % (1 %) is at most one unit of 1,000 (100): every rounded share belongs to one
    # count, so that a share beside a hidden count would be the count.
    rng = np.random.default_rng(7)
    rest = most - (1 + 2 + 9 + 14 + 0 + 6)
    counts = [1, 2, 9, 14, 0, 6, rest]
    for _ in range(50):
        value, total = int(rng.integers(0, most + 1)), most
        share = round(100 * value / total, decimals)
        fits = [v for v in range(total + 1) if round(100 * v / total, decimals) == share]
        assert fits == [value]
    uses = flat("use", "u1 u2 u3 u4 u5 u6 u7")
    own = table("t", (uses,), counts)
    system, rules = sdc.system_of([own]), sdc.Rules(min_count=3)
    plan = sdc.protect(system, rules)
    opened = sdc.Release(
        _plain_info(system, "test"), sdc.apply(system, plan), sdc.audit(system, plan, rules),
        figures=(Figure("share", "share", "t", "use", decimals=decimals),),
    )  # fmt: skip
    made = derive(opened.tables, opened.figures[0]).quotients
    hidden = plan.hidden[system.blocks[0].index]
    assert hidden.sum() >= 2
    for code, x, value in zip(uses.codes, hidden, own.value.tolist(), strict=True):
        text = made[(code,)].text
        # Round half up by whole numbers: floor(2 * 100 * value * 10^d / total + 1) / 2.
        tenths = (2 * 100 * value * 10**decimals + most) // (2 * most)
        plain = f"{tenths / 10**decimals:.{decimals}f}"
        assert text == ("X" if x else "-" if value == 0 else plain)
