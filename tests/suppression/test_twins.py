"""At rule-aware whoever runs the tool again on all tables that fit the print learns no sensitive cell."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from sdc.disclosure.audit import audit
from sdc.errors import Infeasible, NotProven, RulesError
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.plan import Plan, apply
from sdc.model.rules import Rules
from sdc.model.system import Level, Problem
from sdc.model.table import Table, aggregate
from sdc.pipeline.again import rerun_of
from sdc.sensitivity import problem
from sdc.suppression.blind import patterns
from sdc.suppression.complementary import suppress
from sdc.tables.relations import system_of

sys.path.insert(0, str(Path(__file__).parents[1] / "attack"))
from othersolver import cp_model

K = 3
RULES = Rules(min_count=K, level=Level.RULE_AWARE)
DIMS = (Hierarchy.flat("area", list("abcd")), Hierarchy.flat("use", list("pqrs")))


def demands(leaf: IntArray, rules: Rules = RULES) -> Problem:
    """A table of counts with both margins, 4 x 4 or smaller."""
    dims = tuple(
        Hierarchy.flat(d.name, [d.codes[i] for i in d.leaves][:size])
        for d, size in zip(DIMS, leaf.shape, strict=True)
    )
    return problem(system_of([Table("t", dims, aggregate(leaf.astype(np.int64), dims))]), rules)


def random_leaf(seed: int, shape: tuple[int, int] = (4, 4)) -> IntArray:
    """Counts with a mean of about 6 and about a third of zeros."""
    rng = np.random.default_rng(seed)
    leaf = rng.poisson(rng.gamma(1.2, 7.0, shape))
    leaf[rng.random(shape) < 0.28] = 0
    return leaf.astype(np.int64)


def printed(found: Problem, plan: Plan) -> bytes:
    """What a reader sees."""
    return np.where(plan.hidden, -1, found.system.value).tobytes()


def test_classes_are_zero_low_and_six_times_as_wide_each_time() -> None:
    # 1 to 3 is low; 4 to 6 * 4 - 1 = 23 and 24 to 6 * 24 - 1 = 143 follow. Of totals nothing is known
    # but their parts: 2 + 1 may lie below 3, 2 + 5 not, and three that are not zero make 3 at least.
    found = demands(np.array([[0, 2, 1], [2, 5, 0], [30, 1, 1], [1, 3, 2]]))
    blur, index = found.blur, found.system.blocks[0].index
    assert blur is not None
    leaf = index[1:, 1:]
    assert blur.floor[leaf].tolist() == [[0, 1, 1], [1, 4, 0], [24, 1, 1], [1, 1, 1]]
    assert blur.ceiling[leaf].tolist() == [[0, 3, 3], [3, 23, 0], [143, 3, 3], [3, 3, 3]]
    assert blur.low[leaf].tolist() == (blur.ceiling[leaf] == 3).tolist()
    assert blur.low[index[1:, 0]].tolist() == [True, False, False, False]
    assert blur.least[index[:, 0]].tolist() == [10, 2, 2, 3, 3]


@pytest.mark.parametrize("seed", range(5))
def test_the_patterns_depend_on_nothing_but_the_classes(seed: int) -> None:
    first = demands(random_leaf(seed))
    assert first.blur is not None
    rng = np.random.default_rng(seed)
    index = first.system.blocks[0].index[1:, 1:]
    leaf = rng.integers(first.blur.floor[index], first.blur.ceiling[index] + 1)
    second = demands(leaf)
    assert second.blur is not None
    assert not np.array_equal(first.system.value, second.system.value)
    made = zip(patterns(first, first.blur), patterns(second, second.blur), strict=True)
    assert all(np.array_equal(one, other) for (one, _), (other, _) in made)


@pytest.mark.parametrize("seed", range(8))
def test_every_offered_twin_is_published_with_the_same_bytes(seed: int) -> None:
    found = demands(random_leaf(seed))
    plan = suppress(found)
    assert plan.moves is not None
    again = rerun_of(found.system, RULES)
    seen = tuple(t.digest for t in apply(found.system, plan).tables)
    twins = found.system.value + plan.moves.toarray()
    assert all(again(twin) == seen for twin in twins)
    own = np.vstack([twins, found.system.value])[:, found.primary]
    assert (own.max(axis=0, initial=0) >= found.upper).all()
    assert (own.min(axis=0, initial=99) <= found.lower).all()
    assert audit(found, apply(found.system, plan), moves=plan.moves, rerun=again).passed


class Every(cp_model.CpSolverSolutionCallback):
    """Collects the inner cells of all solutions."""

    def __init__(self, cells: list[cp_model.IntVar], most: int) -> None:
        super().__init__()
        self.cells, self.most, self.found = cells, most, []

    def on_solution_callback(self) -> None:
        self.found.append([self.value(c) for c in self.cells])
        if len(self.found) > self.most:
            self.stop_search()


def all_fitting(found: Problem, hidden: IntArray, most: int) -> list[IntArray]:
    """Every inner table that a reader of the print can think of; up to ``most`` + 1 of them."""
    value, index = found.system.value, found.system.blocks[0].index
    model = cp_model.CpModel()
    cells = [
        model.new_int_var(1, 200, "") if h else model.new_constant(int(v))
        for h, v in zip(hidden, value, strict=True)
    ]
    for row in found.system.relations:
        pairs = zip(row.indices, row.data, strict=True)
        model.add(sum(int(d) * cells[int(c)] for c, d in pairs) == 0)
    every = Every([cells[int(c)] for c in index[1:, 1:].ravel()], most)
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    solver.solve(model, every)
    return [np.array(t).reshape(index[1:, 1:].shape) for t in every.found]


def test_an_attacker_who_replays_everything_learns_nothing() -> None:
    # Tables small enough that all that fit the print can be listed (by another solver) and protected.
    attacked = 0
    for seed in range(40):
        found = demands(random_leaf(seed, (3, 4)))
        try:
            plan = suppress(found)
        except Infeasible:
            continue
        tables = all_fitting(found, plan.hidden, 60)
        if len(tables) > 60 or not len(found.primary):
            continue
        seen, twins = printed(found, plan), []
        for table in tables:
            other = demands(table)
            try:
                if printed(other, suppress(other)) == seen:
                    twins.append(other.system.value)
            except NotProven:
                continue
        reach = np.array(twins)[:, found.primary]
        assert (reach.max(axis=0) >= K).all()
        assert (reach.min(axis=0) <= found.lower).all()
        attacked += len(found.primary)
    assert attacked >= 10


def test_a_cell_without_a_twin_is_named() -> None:
    # f = 1 can rise only if m = 4 falls, and 4 is the least of its class; their total must be printed.
    sex = Hierarchy.flat("sex", ["f", "m"])
    system = system_of([Table("t", (sex,), aggregate(np.array([1, 4]), [sex]))])
    rules = Rules(min_count=K, level=Level.RULE_AWARE, never_hide=({"sex": "TOTAL"},))
    with pytest.raises(Infeasible) as caught:
        suppress(problem(system, rules))
    assert "sex=f" in caught.value.cells
    assert caught.value.exit_status == 3


def test_the_clock_and_other_engines_have_no_say() -> None:
    found = demands(random_leaf(1))
    for options in ({"time_limit": 10.0}, {"method": "exchange"}):
        with pytest.raises(RulesError, match="rule-aware"):
            suppress(found, **options)  # type: ignore[arg-type]
    plans = [suppress(found, seed=s, budget=b) for s, b in ((0, 1.0), (7, 0.0))]
    assert np.array_equal(plans[0].hidden, plans[1].hidden)
    assert plans[0].reproducible


def test_twins_are_not_believed_unseen() -> None:
    found = demands(random_leaf(1))
    plan = suppress(found)
    published, again = apply(found.system, plan), rerun_of(found.system, RULES)
    assert plan.moves is not None
    assert len(found.primary)

    def passes(moves: sp.csr_matrix | None, rerun: object) -> bool:
        assert rerun is None or callable(rerun)
        report = audit(found, published, moves=moves, rerun=rerun)
        assert report.passed or not report.complete
        return report.passed

    assert passes(plan.moves, again)
    assert not passes(plan.moves, None)
    assert not passes(None, again)
    assert not passes(plan.moves, lambda value: ("something else",))
    assert not passes(plan.moves, lambda value: None)
    # A table of other classes is no twin, even where it fits the print: it is dropped.
    assert found.blur is not None
    far = sp.csr_matrix(1_000 * plan.moves)
    assert not passes(far, again)


def test_what_the_level_does_not_cover_is_refused() -> None:
    leaf = random_leaf(1)
    for rules in (
        Rules(min_count=K, level=Level.RULE_AWARE, must_hide=({"area": "a"},)),
        Rules(min_count=K, level=Level.RULE_AWARE, cost="floor"),
    ):
        with pytest.raises(RulesError, match="rule-aware"):
            demands(leaf, rules)
