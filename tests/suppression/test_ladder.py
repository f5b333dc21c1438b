"""Wherever a safe answer exists one is given, and what was given up for it is said."""

from __future__ import annotations

import numpy as np
import pytest
from tinytables import flat, safe

from sdc.errors import Infeasible, SolverError
from sdc.messages import Text
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.suppression import complementary
from sdc.suppression.complementary import suppress
from sdc.suppression.found import Found
from sdc.suppression.ladder import EVERYTHING, secured

VALUES = np.array([[1, 0, 14, 6], [8, 12, 7, 9], [11, 5, 10, 8], [6, 7, 9, 12]])
LEVELS = (Level.LINEAR, Level.INTEGER, Level.INTERVAL)


def demands(level: Level = Level.INTERVAL) -> Problem:
    zeros = "show" if level is Level.LINEAR else "hide"
    return flat(VALUES, Rules(min_count=3, level=level, zeros=zeros))


def nothing_more(problem: Problem) -> Found:
    """An engine that hides the primary cell alone: it follows from its line."""
    hidden = np.zeros(problem.system.n, dtype=bool)
    hidden[problem.primary] = True
    return Found(hidden)


def bounded(problem: Problem) -> Found:
    """An engine that hides a rectangle over the zero (a, q): (a, p) can fall to 0 but never rise."""
    hidden = np.zeros(problem.system.n, dtype=bool)
    index = problem.system.blocks[0].index
    hidden[index[np.ix_([1, 2], [1, 2])].ravel()] = True
    return Found(hidden)


def broken(problem: Problem) -> Found:
    raise SolverError(Text("no solution that may be relied on"))


def gives_up(problem: Problem) -> Found:
    raise Infeasible(Text("cannot be protected"))


@pytest.mark.parametrize(
    ("level", "engine"),
    [
        *[(level, engine) for level in LEVELS for engine in (broken, gives_up)],
        (Level.LINEAR, nothing_more),
        (Level.INTERVAL, bounded),
    ],
)
def test_an_answer_that_does_not_hold_is_replaced_and_said(level: Level, engine: object) -> None:
    problem = demands(level)
    assert callable(engine)
    found, said = secured(problem, lambda: engine(problem))
    assert safe(problem, found.hidden)
    assert said
    assert found.bound == 0.0
    assert any(line.startswith("ladder:") for line in found.log)
    # (a, p) = 1 needs a rectangle at least, or it follows from its lines.
    assert found.hidden.sum() >= 4


def test_the_first_rung_is_a_repair_and_hides_little() -> None:
    # Two cells of a further line beside the rectangle open a way round the zero: six at most.
    problem = demands()
    found, said = secured(problem, lambda: bounded(problem))
    assert said.startswith("the pattern was repaired")
    assert found.hidden.sum() <= 6


def test_whole_lines_where_repair_is_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_repair(*_: object, **__: object) -> Found:
        raise SolverError(Text("no solution that may be relied on"))

    monkeypatch.setattr("sdc.suppression.ladder.repair", no_repair)
    problem = demands()
    found, said = secured(problem, lambda: bounded(problem))
    assert "whole lines are hidden" in said
    assert safe(problem, found.hidden)


def test_a_table_is_withheld_where_lines_do_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_repair(*_: object, **__: object) -> Found:
        raise SolverError(Text("no solution that may be relied on"))

    monkeypatch.setattr("sdc.suppression.ladder.repair", no_repair)
    monkeypatch.setattr("sdc.suppression.ladder.WIDENINGS", 0)
    problem = demands()
    found, said = secured(problem, lambda: bounded(problem))
    assert said.startswith("withheld as a whole: t")
    assert found.hidden.all()
    monkeypatch.setattr("sdc.suppression.ladder._rungs", lambda *_, **__: iter(()))
    assert secured(problem, lambda: bounded(problem))[1].startswith(EVERYTHING)


def test_a_good_answer_gives_nothing_up() -> None:
    plan = suppress(demands())
    assert "given up" not in plan.because


def test_the_plan_says_what_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complementary, "load", lambda _: lambda problem, **__: broken(problem))
    plan = suppress(demands())
    assert "given up: " in plan.because
    assert plan.bound == 0.0


def test_the_emergency_stop_still_gives_a_safe_answer() -> None:
    problem = demands()
    plan = suppress(problem, time_limit=0.0)
    assert safe(problem, plan.hidden)
    assert not plan.reproducible


@pytest.mark.parametrize("engine", [nothing_more, broken])
@pytest.mark.parametrize("level", LEVELS)
def test_what_nothing_protects_is_named(level: Level, engine: object) -> None:
    # Only the column p may be hidden: (a, p) = 1 follows from the rest of its line, whatever else is.
    never = ({"use": "q"}, {"use": "r"}, {"use": "TOTAL"})
    zeros = "show" if level is Level.LINEAR else "hide"
    rules = Rules(min_count=3, never_hide=never, level=level, zeros=zeros)
    problem = flat(np.array([[1, 9, 9], [8, 9, 9]]), rules)
    assert callable(engine)
    with pytest.raises(Infeasible) as caught:
        secured(problem, lambda: engine(problem))
    assert any("area=a" in name and "use=p" in name for name in caught.value.cells)
    assert caught.value.exit_status == 3


def test_the_literal_rule_is_made_safe_at_every_level() -> None:
    # By the rule alone nothing is repaired at linear and integer; the ladder does it.
    for level in LEVELS:
        problem = demands(level)
        assert safe(problem, suppress(problem, method="guideline").hidden)
