"""Are the caller's areas, edges and options usable, and which pairs of areas may be merged?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.tables.merging.problem import MergeLoss, MergeProblem, previous_positions

WITHIN = ("parent", "any")
PARTNERS = ("edge", "district")
BY = ("total", "class", "contributors")
EMPTY = ("exempt", "merge")

Pairs = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True)
class Permissions:
    """Which pairs may be merged: see ``merge_areas`` for every field."""

    within: str = "parent"
    partners: str = "edge"
    never: Sequence[str] = ()
    min_length: float = 1.0

    def __post_init__(self) -> None:
        _one_of("within", self.within, WITHIN)
        _one_of("partners", self.partners, PARTNERS)
        if not self.min_length >= 0:
            raise InputError(Text("min_length must be >= 0"), code="merge-length")


@dataclass(frozen=True, eq=False)
class Contacts:
    """Pairs (m,) of positions in code order with a length or a distance each; i < j, no repeats."""

    i: IntArray
    j: IntArray
    size: FloatArray


def build_problem(
    counts: npt.ArrayLike,
    *,
    codes: Sequence[str],
    edges: Pairs,
    parents: Sequence[str] | None,
    minimum: int,
    permissions: Permissions,
    weights: MergeLoss,
    by: str = "total",
    contributors: npt.ArrayLike | None = None,
    empty: str = "exempt",
    nearest: Pairs | None = None,
    previous: Mapping[str, str] | None = None,
) -> MergeProblem:
    """Check everything, bring it into code order and settle who may merge with whom.

    Raises InputError for codes that repeat or are not text, counts that are not whole or negative,
    edges outside the areas, unknown options and unknown codes. O(areas x classes + edges).
    """
    _one_of("by", by, BY)
    _one_of("empty", empty, EMPTY)
    if isinstance(minimum, bool) or not isinstance(minimum, int) or minimum < 1:
        raise InputError(Text("min_count must be a whole number >= 1"))
    order = _code_order(codes)
    numbers = _whole(counts, len(codes), "counts")[order]
    names = tuple(codes[i] for i in order)
    groups = list(codes) if parents is None else list(parents)
    if len(groups) != len(codes):
        raise InputError(Text("parents needs one entry an area"))
    parent = np.unique([str(groups[i]) for i in order], return_inverse=True)[1].astype(np.int64)
    pairs = _permitted(_pairs(edges, order), parent, names, permissions)
    near = None if nearest is None else _pairs(nearest, order)
    problem = MergeProblem(
        codes=names,
        counts=numbers,
        tested=_tested(numbers, by, contributors, order),
        minimum=minimum,
        parent=parent,
        contacts=_lists(pairs, len(names))[0],
        length=_lists(pairs, len(names))[1],
        weights=weights,
        previous=previous_positions(names, previous),
        empty_ok=empty == "exempt",
    )
    if near is None:
        return problem
    usable = _allowed(near, parent, names, permissions)
    return reach_by_distance(problem, pairs, usable)


def reach_by_distance(problem: MergeProblem, pairs: Contacts, near: Contacts) -> MergeProblem:
    """Tie every group of areas that cannot meet the rule by itself to the nearest area outside.

    Repeated until each group can, or nothing nearer is known. Ties go to the smaller codes.
    """
    strange: list[tuple[int, int]] = []
    log: list[str] = []
    while True:
        added = _one_bridge(problem, near)
        if added is None:
            return replace(problem, strange=frozenset(strange), log=problem.log + tuple(log))
        at = added
        strange.append((int(near.i[at]), int(near.j[at])))
        log.append(
            f"nearest: {problem.codes[near.i[at]]} and {problem.codes[near.j[at]]} "
            f"are treated as neighbours at distance {near.size[at]:.0f}"
        )
        pairs = Contacts(
            np.append(pairs.i, near.i[at]), np.append(pairs.j, near.j[at]), np.append(pairs.size, 0)
        )
        contacts, length = _lists(pairs, problem.n)
        problem = replace(problem, contacts=contacts, length=length)


def _one_bridge(problem: MergeProblem, near: Contacts) -> int | None:
    """The shortest pair that leads out of the first group that cannot meet the rule."""
    label = np.zeros(problem.n, dtype=np.int64)
    groups = problem.components()
    for g, members in enumerate(groups):
        label[members] = g
    outward = label[near.i] != label[near.j]
    for g, members in enumerate(groups):
        if problem.safe(members):
            continue
        leads = np.flatnonzero(outward & ((label[near.i] == g) | (label[near.j] == g)))
        if len(leads):
            keys = (near.j[leads], near.i[leads], near.size[leads])
            return int(leads[np.lexsort(keys)[0]])
    return None


def _permitted(
    pairs: Contacts, parent: IntArray, codes: Sequence[str], permissions: Permissions
) -> Contacts:
    """Edges that are long enough, plus all pairs of one district where so configured."""
    long = pairs.size >= permissions.min_length
    pairs = Contacts(pairs.i[long], pairs.j[long], pairs.size[long])
    if permissions.partners == "district":
        have = set(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True))
        extra = [
            (int(a), int(b))
            for group in range(int(parent.max(initial=-1)) + 1)
            for rows in (np.flatnonzero(parent == group),)
            for k, a in enumerate(rows)
            for b in rows[k + 1 :]
            if (int(a), int(b)) not in have
        ]
        more = np.array(extra, dtype=np.int64).reshape(-1, 2)
        pairs = Contacts(
            np.append(pairs.i, more[:, 0]),
            np.append(pairs.j, more[:, 1]),
            np.append(pairs.size, np.zeros(len(more))),
        )
    return _allowed(pairs, parent, codes, permissions)


def _allowed(
    pairs: Contacts, parent: IntArray, codes: Sequence[str], permissions: Permissions
) -> Contacts:
    """Without the areas that are never merged, and within one parent unless allowed."""
    unknown = sorted(set(permissions.never) - set(codes))
    if unknown:
        must = Text("every code in never must be an area")
        raise InputError.of([_finding(must, ", ".join(unknown[:5]))])
    barred = np.isin(np.array(codes, dtype=object), list(permissions.never))
    keep = ~(barred[pairs.i] | barred[pairs.j])
    if permissions.within == "parent":
        keep &= parent[pairs.i] == parent[pairs.j]
    return Contacts(pairs.i[keep], pairs.j[keep], pairs.size[keep])


def _pairs(edges: Pairs, order: IntArray) -> Contacts:
    """Positions as the caller counts them become positions in code order; repeats are added up."""
    i, j, size = (np.asarray(part).ravel() for part in edges)
    n = len(order)
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    whole = all(a.dtype.kind in "iu" or not len(a) for a in (i, j))
    inside = whole and all(((a >= 0) & (a < n)).all() for a in (i, j))
    if len(i) != len(j) or len(i) != len(size) or not inside:
        must = Text("edges are pairs of area positions and lengths")
        raise InputError.of([_finding(must, f"{len(i)}, {len(j)}, {len(size)}")])
    sizes = size.astype(np.float64)
    if not np.isfinite(sizes).all() or (sizes < 0).any() or (i == j).any():
        must = Text("lengths are >= 0 and the two ends differ")
        raise InputError.of([_finding(must, "")])
    a, b = rank[i.astype(np.int64)], rank[j.astype(np.int64)]
    both = np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)
    by_value = np.lexsort((sizes, both[:, 1], both[:, 0]))
    unique, inverse = np.unique(both[by_value], axis=0, return_inverse=True)
    total = np.bincount(inverse.ravel(), sizes[by_value], len(unique)).astype(np.float64)
    return Contacts(unique[:, 0], unique[:, 1], total)


def _lists(
    pairs: Contacts, n: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[float, ...], ...]]:
    """Per area its partners, ascending, and the lengths beside them."""
    near: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for a, b, size in zip(pairs.i.tolist(), pairs.j.tolist(), pairs.size.tolist(), strict=True):
        near[a].append((b, size))
        near[b].append((a, size))
    near = [sorted(entry) for entry in near]
    return (
        tuple(tuple(b for b, _ in entry) for entry in near),
        tuple(tuple(size for _, size in entry) for entry in near),
    )


def _tested(
    counts: IntArray, by: str, contributors: npt.ArrayLike | None, order: IntArray
) -> IntArray:
    """The numbers that have to be large enough."""
    if (by == "contributors") != (contributors is not None):
        raise InputError(Text("contributors go with by='contributors'"))
    if contributors is not None:
        return _whole(contributors, len(order), "contributors")[order]
    return counts if by == "class" else counts.sum(axis=1, keepdims=True)


def _code_order(codes: Sequence[str]) -> IntArray:
    must = Text("codes are non-empty text without repeats")
    bad = [str(c) for c in codes if not isinstance(c, str) or not c]
    seen: dict[str, int] = {}
    for code in codes:
        seen[code] = seen.get(code, 0) + 1
    bad += [str(c) for c, times in seen.items() if times > 1]
    if bad:
        raise InputError.of([_finding(must, code) for code in bad])
    return np.array(sorted(range(len(codes)), key=lambda i: codes[i]), dtype=np.int64)


def _whole(values: npt.ArrayLike, n: int, name: str) -> IntArray:
    array = np.asarray(values)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or len(array) != n or array.dtype.kind not in "iu" or (array < 0).any():
        must = Text("{name}: whole numbers >= 0, one row an area", name=name)
        raise InputError.of([_finding(must, str(array.shape))])
    return array.astype(np.int64)


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        names = ", ".join(known)
        raise InputError(Text("{name} must be one of {names}", name=name, names=names))


def _finding(must: Text, value: str) -> Finding:
    remedy = Text("check the areas and the merge settings")
    return Finding("merge", must=must, remedy=remedy, value=value)
