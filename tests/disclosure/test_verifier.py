"""The page on which "safe" rests accepts exactly what holds, and misses what a reader of files loses."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from othersolver import cp_model
from smallcases import Case, Exact, grid_problem, kept
from test_forged import nothing_promised, packed, unpacked
from test_staged import crossed, pair_of_tables, proven, square

from sdc.disclosure.adding import Part, Refused
from sdc.disclosure.certificate import PACKAGE, parts_of, verify_certificate
from sdc.disclosure.certified import read_witness
from sdc.disclosure.verifier import verify
from sdc.errors import NotProven
from sdc.model.system import Level

HOUSE = Path(__file__).parents[2] / "sdc" / "disclosure"


@pytest.mark.parametrize(("name", "lines"), [("verifier", 82), ("adding", 130)])
def test_it_is_a_page_and_imports_python_alone(name: str, lines: int) -> None:
    text = (HOUSE / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= lines
    nodes = list(ast.walk(ast.parse(text)))
    found = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
    assert not [n for n in nodes if isinstance(n, ast.Import)]
    assert {m for m in found if m not in sys.stdlib_module_names and "." not in str(m)} == set()
    assert found - {"collections", "collections.abc", "itertools", "typing"} <= {
        "sdc.disclosure.adding"
    }
    # Whole numbers that are added and compared: no other arithmetic, no floating point.
    used = {type(n.op) for n in nodes if isinstance(n, ast.BinOp | ast.AugAssign)}
    assert used <= {ast.Add, ast.Sub, ast.Mult, ast.BitAnd, ast.BitOr}
    assert not [n for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, float)]


def every_table(case: Case, most: int = 400) -> list[np.ndarray] | None:
    """All innermost tables that an attacker must expect, found by another solver; None if too many."""
    problem = case.problem
    model = cp_model.CpModel()
    y = []
    for i, true in enumerate(problem.system.value.tolist()):
        free = bool(case.hidden[i])
        low, high = (int(problem.floor[i]), 60) if free else (true, true)
        y.append(model.new_int_var(low, high, ""))
    for row in problem.system.relations:
        model.add(sum(int(v) * y[c] for c, v in zip(row.indices, row.data, strict=True)) == 0)
    found: list[np.ndarray] = []

    class Keep(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            found.append(np.array([self.value(v) for v in y]))
            if len(found) > most:
                self.stop_search()

    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    solver.solve(model, Keep())
    return found if len(found) <= most else None


def part_of_case(case: Case, tables: list[np.ndarray]) -> Part:
    """The one table of a case with some tables offered; nothing of the reader of files is used."""
    problem = case.problem
    block = problem.system.blocks[0]
    dims = block.table.dims
    cell = {
        int(block.index[at]): tuple(d.codes[i] for d, i in zip(dims, at, strict=True))
        for at in np.ndindex(block.index.shape)
    }
    leaf = [int(c) for c in block.index[np.ix_(*[d.leaves for d in dims])].ravel()]
    value, zero = problem.system.value, {0: "-"}
    rows = {
        codes: "X" if case.hidden[i] else zero.get(int(value[i]), str(value[i]))
        for i, codes in cell.items()
    }
    above = [
        {c: d.codes[p] if p >= 0 else "" for c, p in zip(d.codes, d.parents, strict=True)}
        for d in dims
    ]
    ends = zip(problem.primary, problem.upper, problem.lower, problem.slide, strict=True)
    offered = [{cell[i]: int(t[i] - value[i]) for i in leaf if t[i] != value[i]} for t in tables]
    floor = {cell[i]: (int(n), 2**53) for i, n in enumerate(problem.floor) if n > 0}
    return Part(
        "t", ("t", "count"), [d.name for d in dims], above, rows, {}, 1,
        [{cell[i]: int(value[i]) for i in leaf}, *(o for o in offered if o)],
        [(cell[int(c)], int(u), int(low), int(s)) for c, u, low, s in ends], floor, {}, {},
    )  # fmt: skip


def accepted(part: Part, *, owners: bool = True, min_count: int = 0) -> bool:
    try:
        verify([part], owners=owners, min_count=min_count)
    except Refused:
        return False
    return True


def small_cases() -> Iterator[tuple[Case, list[np.ndarray]]]:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values = rng.poisson(1.8, size=(3, 3)) * (rng.random((3, 3)) > 0.2)
        zeros = ("hide", "show")[seed % 2]
        problem = grid_problem(values, min_count=3, zeros=zeros)
        hidden = (rng.random(problem.system.n) < 0.5) & problem.eligible
        hidden[problem.to_hide] = True
        hidden[int(problem.system.value.argmax())] = False
        case = Case(problem, hidden)
        tables = every_table(case)
        if tables is not None and len(problem.primary):
            yield case, tables


def test_with_all_tables_offered_it_accepts_exactly_what_holds() -> None:
    """Neither more nor less than an attacker with another solver finds; also with owners."""
    said = {True: 0, False: 0}
    for case, tables in small_cases():
        part = part_of_case(case, tables)
        values = {i: {int(t[i]) for t in tables} for i in np.flatnonzero(case.hidden).tolist()}
        no_fixed = all(len(v) > 1 for v in values.values())
        holds = all(kept(case, Exact(case.problem, case.hidden)))
        assert accepted(part) == (holds and no_fixed)
        said[accepted(part)] += 1
        outside = [
            max(values[c]) >= up and min(values[c]) <= low
            for c, up, low in zip(
                case.problem.primary, case.problem.upper, case.problem.lower, strict=True
            )
        ]
        assert accepted(part, owners=False) == (all(outside) and no_fixed)
    assert min(said.values()) >= 5, said


def parts(make: Callable[[], Case]) -> list[Part]:
    files, witness = proven(make())
    head, arrays = read_witness(witness)
    return parts_of(files, head["pieces"], arrays)


def lossy(own: Part) -> Iterator[Part]:
    """The same part as read by somebody who loses or misreads one thing of the print."""
    for cell, value in own.rows.items():
        if value is None:
            continue
        yield own._replace(rows={c: v for c, v in own.rows.items() if c != cell})
        for other in ("X", "", "M", None, "1234"):
            if value != "X" or other == "1234":
                yield own._replace(rows={**own.rows, cell: other})
    for i, above in enumerate(own.above):
        for code in above if None not in own.rows.values() else ():
            one = [{c: u for c, u in above.items() if c != code}, {**above, code: ""}]
            for less in one if above[code] else one[:1]:
                yield own._replace(above=[*own.above[:i], less, *own.above[i + 1 :]])
    for place, n in own.tables[0].items():
        if n or any(place in t for t in own.tables[1:]):
            less = {p: v for p, v in own.tables[0].items() if p != place}
            yield own._replace(tables=[less, *own.tables[1:]])
    yield own._replace(factor=0)


@pytest.mark.parametrize("make", [square, pair_of_tables, crossed], ids=lambda f: f.__name__)
def test_whatever_a_reader_of_the_print_loses_is_missed(make: Callable[[], Case]) -> None:
    whole = parts(make)
    verify(whole, owners=True, min_count=3)
    tried = 0
    for i, own in enumerate(whole):
        for other in lossy(own):
            with pytest.raises((Refused, LookupError)):
                verify([*whole[:i], other, *whole[i + 1 :]], owners=True, min_count=3)
            tried += 1
    assert tried > 50


def test_small_counts_are_found_without_the_file() -> None:
    # The 2s of the square may be 3: without a promise in the file that is asked for all the same.
    files, witness = proven(square())
    arrays, head = unpacked(witness)
    nothing_promised(arrays)
    bare = packed(arrays, head)
    assert verify_certificate(files, bare, min_count=3).promises == 0
    # Nothing that is offered takes them far enough for this; nobody asks without the number.
    assert verify_certificate(files, bare).min_count == 0
    with pytest.raises(NotProven, match="promise"):
        verify_certificate(files, bare, min_count=40)


def test_at_a_level_without_thresholds_none_is_asked_for() -> None:
    files, witness = proven(square())
    arrays, head = unpacked(witness)
    with pytest.raises(NotProven, match="integer"):
        verify_certificate(files, packed(arrays, {**head, "level": "integer"}), min_count=3)


def described(**change: object) -> bytes:
    said = {"protectionLevel": "interval", "protectionOwners": True}
    table = {"path": "data/t.csv", "records": "records", "measure": "count", "step": 1}
    table |= {k: v for k, v in change.items() if k in table}
    said |= {k: v for k, v in change.items() if k in said}
    return json.dumps({**said, "resources": [table, {"path": "data/mergers.csv"}]}).encode()


def test_a_package_may_not_say_more_of_itself_than_its_certificate() -> None:
    files, witness = proven(square())
    arrays, head = unpacked(witness)
    assert verify_certificate({**files, PACKAGE: described()}, witness).owners
    readers = packed(arrays, {**head, "owners": False})
    told = verify_certificate({**files, PACKAGE: described(protectionOwners=False)}, readers)
    assert not told.owners
    with pytest.raises(NotProven, match="readers alone"):
        verify_certificate({**files, PACKAGE: described()}, readers)
    mores: tuple[dict[str, object], ...] = (
        {"protectionLevel": "rule-aware"},
        {"records": "people"},
        {"measure": "m2"},
        {"step": 5},
    )
    for more in mores:
        with pytest.raises(NotProven):
            verify_certificate({**files, PACKAGE: described(**more)}, witness)


def test_tables_in_a_circle_are_borne_by_no_records() -> None:
    # Each pair agrees on its margin, but no records have these three tables: a and b are alike, a and c
    # are alike, yet b and c differ in all of them.
    def two(name: str, dims: str, cells: list[int], step: list[int]) -> Part:
        names = list(dims)
        places = list(product("01", repeat=2))
        above = [{"0": "T", "1": "T", "T": ""}] * 2
        rows = dict.fromkeys(product("01T", repeat=2), "X") | {("T", "T"): str(sum(cells))}
        tables = [dict(zip(places, numbers, strict=True)) for numbers in (cells, step)]
        return Part(name, ("r", "count"), names, above, rows, {}, 1, tables, [], {}, {}, {})

    step = [1, -1, -1, 1]
    circle = [
        two("ab", "ab", [4, 0, 0, 4], step=[-1, 1, 1, -1]),
        two("ac", "ac", [4, 0, 0, 4], step=[-1, 1, 1, -1]),
        two("bc", "bc", [0, 4, 4, 0], step),
    ]
    with pytest.raises(Refused, match="margin"):
        verify(circle, owners=False, min_count=0)
    # A chain of two of them is borne by some; only that their totals stand still is found.
    with pytest.raises(Refused, match="fixed"):
        verify(circle[:2], owners=False, min_count=0)


def test_a_level_of_the_rules_is_told() -> None:
    case = square()
    problem = replace(case.problem, level=Level.INTEGER)
    told = verify_certificate(*proven(Case(problem, case.hidden)))
    assert (told.level, told.owners, told.tables) == ("integer", True, 1)
