"""The attacker itself, against tables whose answers are worked out by hand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from attacker import Attack, Seen, Tree

AREAS, USES = ("r1", "r2", "r3", "r4"), ("c1", "c2", "c3", "c4")
TREES = {"area": Tree.flat(AREAS), "use": Tree.flat(USES)}


def published(rows: list[list[int]], hidden: set[tuple[int, int]]) -> Seen:
    """A 4 x 4 table with both margins, X at the places named (0-based)."""
    number, crossed = {}, set()
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            cell = (AREAS[i], USES[j])
            if (i, j) in hidden:
                crossed.add(cell)
            else:
                number[cell] = value
        number[AREAS[i], "TOTAL"] = sum(row)
    for j in range(4):
        number["TOTAL", USES[j]] = sum(row[j] for row in rows)
    number["TOTAL", "TOTAL"] = sum(map(sum, rows))
    return Seen(("area", "use"), number, crossed)


def test_bridge() -> None:
    # Rows 1-2 minus columns 1-2 leave (2,3) = (5 + 8) - (3 + 9) = 1 although every line has two X.
    rows = [[1, 4, 9, 9], [2, 5, 1, 9], [9, 9, 6, 2], [9, 9, 4, 1]]
    hidden = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)}
    assert Attack(published(rows, hidden), TREES).recovered() == {("r2", "c3"): 1}


def test_pair_of_ones() -> None:
    # Two X in a row sum to 2; each is at least 1 where zeros are printed, so both are 1.
    rows = [[1, 1, 9, 9], [5, 7, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]]
    hidden = {(0, 0), (0, 1), (1, 0), (1, 1)}
    knows = Attack(published(rows, hidden), TREES, least=1)
    assert knows.interval(("r1", "c1")) == (1, 1)
    assert Attack(published(rows, hidden), TREES).interval(("r1", "c1")) == (0, 2)


def test_a_range_is_decided_by_whole_numbers() -> None:
    rows = [[1, 4, 9, 9], [2, 5, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]]
    attack = Attack(published(rows, {(0, 0), (0, 1), (1, 0), (1, 1)}), TREES)
    # Row sums 5 and 7, column sums 3 and 9: (1,1) runs from 0 to 3.
    assert attack.interval(("r1", "c1")) == (0, 3)
    assert attack.can(("r1", "c1"), at_least=3)
    assert not attack.can(("r1", "c1"), at_least=4)


@pytest.mark.parametrize(("text", "expected"), [("X", None), ("-", 0), ("12", 12)])
def test_reads_what_is_printed(tmp_path: Path, text: str, expected: int | None) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"﻿area,value\nr1,{text}\n", encoding="utf-8")
    seen = Seen.read(path, ["area"])
    assert seen.number.get(("r1",)) == expected
    assert (("r1",) in seen.hidden) == (expected is None)


@pytest.mark.parametrize("module", ["attacker", "othersolver", "packages", "promises"])
def test_shares_nothing_with_the_tool(module: str) -> None:
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names
    assert not {n.split(".")[0] for n in names} & {"sdc", "randomcity", "smallcity", "oracles"}
