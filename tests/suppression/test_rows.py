"""Does any row of the linear programs over masks cut off a pattern that it must not cut off?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tinytables import flat, safe

from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.model.system import BoolArray, Level, Problem
from sdc.model.table import Table, aggregate
from sdc.sensitivity import problem
from sdc.suppression.company import company
from sdc.suppression.complementary import suppress
from sdc.suppression.found import Budget
from sdc.suppression.oracles import Bounded, Linear
from sdc.suppression.presolve import Reduced, reduce
from sdc.suppression.relaxation import Master
from sdc.tables.relations import system_of

RULES = {
    "linear": Rules(min_count=4, level=Level.LINEAR, zeros="show", cost="value"),
    "interval": Rules(min_count=4, cost="value"),
}
SHAPES = ((5, 5), (4, 6), (6, 4), (3, 3, 3))


def table(shape: tuple[int, ...], rules: Rules, seed: int) -> Problem:
    """Counts of 4 to 19 but for two small ones; rows of six lie by twos in districts."""
    draw = np.random.default_rng(seed)
    values = draw.integers(4, 20, shape)
    values.ravel()[draw.choice(values.size, 2, replace=False)] = draw.integers(1, 4, 2)
    if len(shape) == 2:
        return flat(values, rules, districts=shape[0] == 6)
    dims = tuple(Hierarchy.flat(name, [name + code for code in "xyz"]) for name in "abc")
    return problem(system_of([Table("t", dims, aggregate(values, list(dims)))]), rules)


def patterns(demands: Problem, reduced: Reduced, seed: int) -> Iterator[BoolArray]:
    """Safe patterns of masks (k,), as a prover says that knows no row: answers of other engines, random
    patterns beside them, and all of these with other masks closed as long as that is safe."""
    draw = np.random.default_rng(seed)
    linear = demands.level is Level.LINEAR
    for method in ("guideline", "reverse-delete" if linear else "lp-greedy"):
        start = reduced.opened(suppress(demands, method=method).hidden)
        for share in (0.0, 0.1, 0.3, 0.7):
            opened = start | (draw.random(reduced.masks) < share)
            if not safe(demands, reduced.cells(opened)):
                continue
            yield opened
            yield least(demands, reduced, opened, draw)


def least(
    demands: Problem, reduced: Reduced, opened: BoolArray, draw: np.random.Generator
) -> BoolArray:
    """A safe pattern within another one of which no single mask can be closed."""
    opened = opened.copy()
    for mask in draw.permutation(np.flatnonzero(opened & ~reduced.forced)).tolist():
        opened[mask] = False
        opened[mask] = not safe(demands, reduced.cells(opened))
    return opened


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("level", RULES)
def test_no_row_cuts_off_a_safe_pattern_nor_company_a_least_one(
    level: str, shape: tuple[int, ...]
) -> None:
    demands = table(shape, RULES[level], seed=len(shape) + shape[0])
    reduced = reduce(demands)
    oracle = Linear.of(reduced, 0) if demands.level is Level.LINEAR else Bounded.of(reduced, 0)
    Master(reduced, oracle.separator).search(Budget(), rounds=50)
    draw = np.random.default_rng(1)
    for _ in range(6):
        oracle.separator.separate(draw.random(reduced.masks) * draw.random())
        oracle.refute((draw.random(reduced.masks) < 0.2) | reduced.forced)
    rows, beside = oracle.separator.cuts.matrix(), company(reduced)
    assert min(rows.shape[0], beside.shape[0]) > 5
    seen = 0
    for i, opened in enumerate(patterns(demands, reduced, seed=2)):
        seen += 1
        assert (rows @ opened >= 1.0 - 1e-9).all()
        if i % 2:
            assert (beside @ opened >= 0).all()
    assert seen >= 6
