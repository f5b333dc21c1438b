"""Does the tree of cases by itself come to the cheapest safe pattern, and is its bound never above it?"""

from __future__ import annotations

import numpy as np
import pytest
from tinytables import cheapest, flat, safe

from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.suppression import branching, relaxation
from sdc.suppression.branching import Tree
from sdc.suppression.complementary import suppress
from sdc.suppression.found import Budget
from sdc.suppression.oracles import Bounded, Linear
from sdc.suppression.presolve import reduce
from sdc.suppression.relaxation import Master, Proof

RULES = {
    "linear": Rules(min_count=4, level=Level.LINEAR, zeros="show", cost="value"),
    "interval": Rules(min_count=4),
    "interval by value": Rules(min_count=4, zeros="show", cost="value"),
}


def planted(demands: Problem, rounds: int) -> Tree:
    """A tree over all patterns, from the dearest of them, after so many rounds of the relaxation."""
    reduced = reduce(demands)
    oracle = Linear.of(reduced, 0) if demands.level is Level.LINEAR else Bounded.of(reduced, 0)
    master = Master(reduced, oracle.separator)
    master.search(Budget(), rounds=rounds)
    return Tree(master, oracle, Budget(), np.ones(reduced.masks, dtype=bool))


def table(rules: Rules, seed: int, shape: tuple[int, int]) -> Problem:
    """Counts of 4 to 29 but for two small ones."""
    draw = np.random.default_rng(seed)
    values = draw.integers(4, 30, shape)
    values.ravel()[draw.choice(values.size, 2, replace=False)] = draw.integers(1, 4, 2)
    return flat(values, rules)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rules", RULES)
def test_cases_alone_end_at_the_least_of_all_patterns(
    rules: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without rounds beforehand, with rows that leave at once and nothing completed near a case, the
    # tree has to do all the work itself.
    monkeypatch.setattr(relaxation, "MANY", 1)
    monkeypatch.setattr(branching, "IDLE", 0)
    monkeypatch.setattr(branching, "ROUNDS", seed)
    monkeypatch.setattr(Bounded, "near", lambda *_: None)
    monkeypatch.setattr(Linear, "near", lambda *_: None)
    demands = table(RULES[rules], seed, (3, 3))
    tree = planted(demands, rounds=0)
    tree.search(10_000, 10**15)
    assert tree.closed
    assert tree.cases > 0
    assert tree.bound == pytest.approx(tree.loss) == pytest.approx(cheapest(demands))
    assert safe(demands, tree.master.reduced.cells(tree.best))


@pytest.mark.parametrize("rules", RULES)
def test_wherever_it_stops_the_optimum_lies_between_bound_and_loss(rules: str) -> None:
    demands = table(RULES[rules], 4, (6, 6))
    least = suppress(demands, method="optimal")
    assert least.bound == pytest.approx(least.cost)
    tree, before = planted(demands, rounds=1), 0.0
    for cases in (1, 2, 4, 8, 10_000):
        tree.search(cases, 10**15)
        assert before <= tree.bound <= least.cost + 1e-6
        assert tree.loss >= least.cost - 1e-6
        assert safe(demands, tree.master.reduced.cells(tree.best))
        before = tree.bound
    assert tree.bound == pytest.approx(tree.loss) == pytest.approx(least.cost)


def test_a_solver_that_cannot_tell_closes_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = planted(table(RULES["linear"], 4, (6, 6)), rounds=1)
    before = tree.bound

    def failing() -> bool:
        tree.master.proof = Proof(-np.inf, tree.master.reduced.weight)
        return False

    monkeypatch.setattr(tree.master, "solve", failing)
    tree.search(10, 10**15)
    assert not tree.closed
    assert tree.bound == before < tree.loss
