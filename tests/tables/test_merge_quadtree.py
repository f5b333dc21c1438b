from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.tables.collapse import coarser, leaves_below
from sdc.tables.merging.quadtree import quadtree

# Two levels of quarters: T > p, q > p1 … p4, q1 … q4 > p11 … (only p is divided twice).
PARENT = {"T": "", "p": "T", "q": "T"}
PARENT |= {f"{a}{k}": a for a in "pq" for k in range(1, 5)}
PARENT |= {f"p{k}{j}": f"p{k}" for k in range(1, 5) for j in range(1, 5)}
MESH = Hierarchy.of("mesh", PARENT)
LEAVES = [MESH.codes[i] for i in MESH.leaves]


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.sampled_from([0, 0, 1, 2, 5, 9]), min_size=20, max_size=20))
def test_the_division_is_the_finest_that_meets_the_rule(counts: list[int]) -> None:
    units = dict(zip(LEAVES, counts, strict=True))
    below = leaves_below(MESH)
    size = {code: sum(units[x] for x in below[code]) for code in MESH.codes}
    found = quadtree(MESH, np.array(counts), min_count=5)
    published = set(found.values())
    assert all(leaf in below[into] for leaf, into in found.items())
    # Published cells do not overlap and every one of them is large enough (or all there is).
    assert sum(len(below[c]) for c in published) == len(LEAVES)
    assert all(size[c] == 0 or size[c] >= 5 or c == "T" for c in published)
    # None can be divided: some part with units would be too small.
    for code in published:
        parts = [c for c, up in PARENT.items() if up == code]
        assert not parts or any(0 < size[c] < 5 for c in parts)
    assert set(coarser(MESH, found).mapping.values()) == published


def test_every_class_can_be_tested_and_cells_barred() -> None:
    counts = np.full((20, 2), 9)
    assert quadtree(MESH, counts, min_count=5) == {c: c for c in LEAVES}
    counts[LEAVES.index("p11"), 1] = 1
    found = quadtree(MESH, counts, min_count=5)
    assert {c for c, into in found.items() if into != c} == {"p11", "p12", "p13", "p14"}
    barred = quadtree(MESH, np.full(20, 9), min_count=5, never=["q"])
    assert {into for into in barred.values() if len(into) == 1} == {"q"}


@pytest.mark.parametrize("counts", [[1] * 19, [-1] * 20, [0.5] * 20])
def test_numbers_must_fit(counts: list[float]) -> None:
    with pytest.raises(InputError):
        quadtree(MESH, np.array(counts), min_count=5)
    with pytest.raises(InputError):
        quadtree(MESH, np.full(20, 9), min_count=5, never=["zz"])


def test_the_coarsest_level_may_be_kept() -> None:
    # p holds 9 and q 1: as a division of the root this is too small, so that all is one, unless kept.
    mesh = Hierarchy.of("mesh", {"T": "", "p": "T", "q": "T", "p1": "p", "p2": "p", "q1": "q"})
    counts = np.array([8, 1, 1])
    assert set(quadtree(mesh, counts, min_count=3).values()) == {"T"}
    kept = quadtree(mesh, counts, min_count=3, keep_top=True)
    assert kept == {"p1": "p", "p2": "p", "q1": "q"}
