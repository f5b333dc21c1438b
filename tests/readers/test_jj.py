"""JJ problems come in and go out unchanged, and everything odd in one is named by its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdc.model.plan import Plan
from sdc.model.system import UNBOUNDED, Level, Problem
from sdc.readers.jj import read_jj, write_jj, write_pattern

Write = Callable[..., Path]
Told = Callable[[Callable[[], Any]], list[Any]]

GOOD = """0
4
0 10 10 s 0 100 0 0 0
1 3 3.5 u 1 9 2 4 1
2 7 7 s 0 1000000000000000000000 0 0 0
3 5 0 z 5 5 0 0 0
2
0 3 : 0 (-1) 1 (1) 2 (1)
5 1 : 3 (1)
"""


def test_a_small_problem(write: Write) -> None:
    problem = read_jj(write(GOOD, name="a.jj"))
    assert problem.level is Level.INTERVAL
    assert not problem.whole
    # The right-hand side 5 is the last unknown, the constant 1 with the coefficient -5.
    assert problem.system.value.tolist() == [10, 3, 7, 5, 1]
    assert problem.system.relations.toarray().tolist() == [[-1, 1, 1, 0, 0], [0, 0, 0, 1, -5]]
    assert problem.system.known.tolist() == [False] * 4 + [True]
    assert problem.primary.tolist() == [1]
    # 3 - 2, 3 + 4, and an interval at least 1 long.
    assert [a.tolist() for a in (problem.lower, problem.upper, problem.slide)] == [[1], [7], [1]]
    assert problem.floor.tolist() == [0, 1, 0, 5, 1]
    assert problem.ceiling.tolist() == [100, 9, UNBOUNDED, 5, 1]
    assert problem.eligible.tolist() == [True, True, True, False, False]
    assert problem.cost.tolist() == [10.0, 3.5, 7.0, 0.0, 0.0]


def same(a: Problem, b: Problem) -> bool:
    arrays = [(a.floor, b.floor), (a.ceiling, b.ceiling), (a.cost, b.cost)]
    return a.digest == b.digest and all(np.array_equal(x, y) for x, y in arrays)


def test_round_trip_with_a_constant(write: Write, tmp_path: Path) -> None:
    problem = read_jj(write(GOOD, name="a.jj"))
    write_jj(problem, tmp_path / "b.jj")
    assert same(read_jj(tmp_path / "b.jj"), problem)
    assert (tmp_path / "b.jj").read_text() == GOOD.replace("1" + "0" * 21, str(2**53))


def test_the_order_of_lines_and_crlf_do_not_matter(write: Write) -> None:
    lines = GOOD.splitlines()
    lines[2:6] = lines[5:1:-1]
    turned = write("\r\n".join(lines) + "\r\n\r\n", name="b.jj")
    assert same(read_jj(turned), read_jj(write(GOOD, name="a.jj")))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.data())
def test_round_trip(write: Write, tmp_path: Path, data: Any) -> None:
    """Any consistent problem: written and read again it is the same."""
    n = data.draw(st.integers(1, 8))
    number = st.integers(0, 10**6)
    lines, values = [], []
    for i in range(n):
        value, down, up = (data.draw(number) for _ in range(3))
        status = data.draw(st.sampled_from("usz"))
        weight = data.draw(st.integers(1, 10**6).map(str) | st.just("0.25") | st.just("12.125"))
        low, levels = max(0, value - down), [data.draw(st.integers(0, min(value, 9)))]
        levels += [data.draw(st.integers(0, 9)) for _ in range(2)]
        values.append(value)
        texts = [i, value, weight, status, low, value + up, *levels]
        lines.append(" ".join(map(str, texts)))
    relations = []
    for _ in range(data.draw(st.integers(0, 3))):
        terms = {i: data.draw(st.integers(-3, 3)) or 1
                 for i in data.draw(st.sets(st.integers(0, n - 1), min_size=1))}  # fmt: skip
        side = sum(c * values[i] for i, c in terms.items())
        text = " ".join(f"{i} ({c})" for i, c in sorted(terms.items()))
        relations.append(f"{side} {len(terms)} : {text}")
    text = "\n".join(["0", str(n), *lines, str(len(relations)), *relations]) + "\n"
    problem = read_jj(write(text, name="a.jj"))
    write_jj(problem, tmp_path / "b.jj")
    assert same(read_jj(tmp_path / "b.jj"), problem)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0\n4", "1\n4", ("jj-line", 1, "", "1")),
        ("0\n4", "0\nfour", ("jj-line", 2, "", "four")),
        ("0\n4", "0\n5", ("jj-line", 8, "", "0 3 : 0 (-1) 1 (1) 2 (1)")),
        ("\n2\n0 3", "\n3\n0 3", ("jj-line", 9, "", "9")),
        ("1 3 3.5 u 1 9 2 4 1", "1 3 3.5 u 1 9 2 4", ("jj-line", 4, "", "8")),
        ("2 7 7 s", "1 7 7 s", ("jj-id", 5, "id", "1")),
        ("2 7 7 s", "9 7 7 s", ("jj-id", 5, "id", "9")),
        ("2 7 7 s", "2 7.5 7 s", ("jj-number", 5, "value", "7.5")),
        ("2 7 7 s", "2 -7 7 s", ("jj-number", 5, "value", "-7")),
        ("9 2 4 1", "9 2.5 4 1", ("jj-number", 4, "lpl", "2.5")),
        ("2 7 7 s", "2 7 7 t", ("jj-status", 5, "status", "t")),
        ("2 7 7 s", "2 7 0 s", ("jj-weight", 5, "weight", "0")),
        ("2 7 7 s", "2 7 x s", ("jj-weight", 5, "weight", "x")),
        ("u 1 9", "u 4 9", ("jj-bounds", 4, "value", "id 1")),
        ("0 3 : 0", "0 4 : 0", ("jj-relation", 8, "", "0 4 : 0 (-1) 1 (1) 2 (1)")),
        ("2 (1)", "2 (0.5)", ("jj-relation", 8, "", "0 3 : 0 (-1) 1 (1) 2 (0.5)")),
        ("2 (1)", "7 (1)", ("jj-relation", 8, "", "0 3 : 0 (-1) 1 (1) 7 (1)")),
        ("0 3 : 0", "1 3 : 0", ("jj-additivity", 8, "", "")),
        ("2 (1)", "2 (9007199254740992)", ("jj-additivity", 8, "", "")),
    ],
)
def test_what_is_odd_is_named(old: str, new: str, expected: Any, write: Write, told: Told) -> None:
    assert GOOD.count(old) == 1
    path = write(GOOD.replace(old, new), name="a.jj")
    assert told(lambda: read_jj(path)) == [expected]


def test_all_problems_at_once(write: Write, told: Told) -> None:
    text = GOOD.replace("2 7 7 s", "2 7.5 7 t").replace("3 5 0 z 5 5", "3 5 0 z 6 6")
    assert [f[:3] for f in told(lambda: read_jj(write(text, name="a.jj")))] == [
        ("jj-number", 5, "value"), ("jj-status", 5, "status"), ("jj-bounds", 6, "value"),
    ]  # fmt: skip


def test_the_pattern_names_u_x_and_s(write: Write, tmp_path: Path) -> None:
    problem = read_jj(write(GOOD, name="a.jj"))
    hidden = np.array([False, True, True, False, False])
    write_pattern(Plan(problem, hidden, "hand"), tmp_path / "pattern.csv")
    # The constant is no cell and does not appear.
    assert (tmp_path / "pattern.csv").read_text() == "id,status\n0,s\n1,u\n2,x\n3,s\n"


NAMES = ["cbs", "hier13", "hier13x13x13a", "osorio", "table1", "table7", "table8", "targus",
         "toy3dsarah"]  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_csplib(name: str, real_data: Path, tmp_path: Path) -> None:
    path = real_data / "csplib" / f"{name}.jj"
    problem = read_jj(path)
    lines = path.read_text().splitlines()
    n, cells = int(lines[1]), [line.split() for line in lines[2 : 2 + int(lines[1])]]
    assert problem.system.n == n
    assert len(problem.primary) == sum(c[3] == "u" for c in cells)
    assert int(problem.eligible.sum()) == sum(c[3] != "z" for c in cells)
    assert int(problem.upper.sum()) == sum(int(c[1]) + int(c[7]) for c in cells if c[3] == "u")
    write_jj(problem, tmp_path / "again.jj")
    assert (tmp_path / "again.jj").read_text().split() == path.read_text().split()
    assert same(read_jj(tmp_path / "again.jj"), problem)


def test_problems_that_jj_cannot_express_are_refused(
    write: Write, tmp_path: Path, told: Told
) -> None:
    problem = read_jj(write(GOOD, name="a.jj"))
    fields = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
    other = Problem(**{**fields, "level": Level.LINEAR})
    assert told(lambda: write_jj(other, tmp_path / "b.jj"))[0][0] == "option"
    assert not (tmp_path / "b.jj").exists()
