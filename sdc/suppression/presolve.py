"""What is left to decide once everything that follows by itself has been taken out of a problem?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.model.hierarchy import IntArray
from sdc.model.system import UNBOUNDED, BoolArray, FloatArray, Level, Problem
from sdc.suppression.columns import Columns

__all__ = ["Reduced", "Targets", "demands", "reduce"]


@dataclass(frozen=True, eq=False)
class Targets:
    """What must remain possible: for each entry, how far a column must be able to move.

    ``column`` (t,) ascending without repeats; ``up``, ``down`` and ``slide`` (t,) are moves in the
    column's own sign, whole and >= 0. At ``linear`` and ``integer`` they are 0, 0, 1: any move.
    """

    column: IntArray
    up: IntArray
    down: IntArray
    slide: IntArray


@dataclass(frozen=True, eq=False)
class Reduced:
    """A problem in moves ``z = y - value``: columns that can move, masks that can be decided.

    ======== ====== ===========================================================================
    field    shape  meaning
    ======== ====== ===========================================================================
    column   (n,)   which column carries the unknown, -1 for one that cannot move
    sign     (n,)   +1 or -1: the unknown moves by ``sign * z[column]``
    matrix   (m, c) int64 relations among the columns, ``matrix @ z == 0``, every row >= 2 terms
    up, down (c,)   how far a column may rise and fall when it is open; infinite at ``linear``
    mask     (n,)   which decision hides the cell, -1 for a cell that no decision hides
    weight   (k,)   loss of hiding a mask; its primary cells cost nothing
    forced   (k,)   masks that hold a primary cell
    gate     (c, k) 0/1: a column can move only where all its masks are open; a latent column
                    has none and is always open
    targets         what must remain possible
    stuck    (s,)   primary cells that no pattern protects
    ======== ====== ===========================================================================
    """

    problem: Problem
    column: IntArray
    sign: IntArray
    matrix: sp.csr_matrix
    up: FloatArray
    down: FloatArray
    mask: IntArray
    weight: FloatArray
    forced: BoolArray
    gate: sp.csr_matrix
    targets: Targets
    stuck: IntArray

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.up)

    @property
    def masks(self) -> int:
        """Number of masks."""
        return len(self.weight)

    def cells(self, opened: BoolArray) -> BoolArray:
        """(n,) the pattern of cells that a choice of masks (k,) hides, primary cells included."""
        hidden = np.zeros(len(self.mask), dtype=bool)
        inside = self.mask >= 0
        hidden[inside] = opened[self.mask[inside]]
        hidden[self.problem.to_hide] = True
        return hidden

    def opened(self, hidden: BoolArray) -> BoolArray:
        """(k,) the masks all of whose cells a pattern (n,) hides; forced ones always."""
        shown = np.zeros(self.masks, dtype=bool)
        inside = self.mask >= 0
        shown[self.mask[inside & ~hidden]] = True
        return ~shown | self.forced

    def free(self, opened: BoolArray) -> BoolArray:
        """(c,) the columns that can move under a choice of masks (k,)."""
        closed: IntArray = self.gate @ (~opened).astype(np.int64)
        return np.equal(closed, 0)

    def moves(self, z: sp.csr_matrix) -> sp.csr_matrix:
        """Moves of columns (w, c), one a row, as moves of the unknowns (w, n)."""
        inside = np.flatnonzero(self.column >= 0)
        spread = sp.csr_matrix(
            (self.sign[inside], (self.column[inside], inside)),
            shape=(self.columns, len(self.column)),
        )
        return sp.csr_matrix(sp.csr_matrix(z, dtype=np.int64) @ spread)

    def components(self) -> IntArray:
        """(c,) a label a column; columns with different labels share no relation and no mask."""
        links = sp.bmat([[None, abs(self.matrix).T, self.gate],
                         [abs(self.matrix), None, None],
                         [self.gate.T, None, None]], format="csr")  # fmt: skip
        if not self.columns:
            return np.zeros(0, dtype=np.int64)
        return np.asarray(connected_components(links, directed=False)[1][: self.columns], np.int64)


def demands(problem: Problem) -> tuple[IntArray, IntArray, IntArray]:
    """How far each primary cell must be able to rise, to fall, and both together; (p,) each.

    At ``linear`` any move will do, at ``integer`` any whole move within the attacker's bounds.

    >>> import scipy.sparse as sp
    >>> from sdc.model.system import System
    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> p = Problem(s, Level.INTERVAL, np.array([1]), np.array([4]), np.array([1]), np.array([0]),
    ...             np.zeros(3, np.int64), np.full(3, UNBOUNDED), np.ones(3, bool), np.ones(3))
    >>> [a.tolist() for a in demands(p)]
    [[1], [2], [0]]
    """
    value = problem.system.value[problem.primary]
    none = np.zeros(len(value), dtype=np.int64)
    if problem.level in (Level.LINEAR, Level.INTEGER):
        return none, none.copy(), none + 1
    up = np.maximum(problem.upper - value, 0)
    down = np.maximum(value - problem.lower, 0)
    slide = np.where(problem.slide > up + down, problem.slide, 0)
    return up, down, slide.astype(np.int64)


def reduce(problem: Problem) -> Reduced:
    """Take out what follows by itself; shared by all engines.

    Cells that cannot be hidden do not move; a relation with one moving term stops it; one with two
    terms +-1 makes them a single column (a total with one non-zero part: either both are hidden or
    hiding is in vain); cells that share a mask are one decision. O(non-zeros x depth of chains).
    Presolve rules: Fischetti and Salazar (2001), here for any signs and for latent unknowns.

    >>> import scipy.sparse as sp
    >>> from sdc.model.system import System
    >>> s = System.plain(np.array([7, 3, 4, 4]), sp.csr_matrix([[-1, 1, 1, 0], [0, 0, -1, 1]]))
    >>> p = Problem(s, Level.LINEAR, np.array([1]), np.array([4]), np.array([1]), np.array([0]),
    ...             np.zeros(4, np.int64), np.full(4, UNBOUNDED), np.ones(4, bool), np.ones(4))
    >>> r = reduce(p)
    >>> r.column.tolist(), r.weight.tolist(), r.matrix.toarray().tolist()
    ([0, 1, 2, 2], [1.0, 0.0, 2.0], [[-1, 1, 1]])
    """
    system = problem.system
    up, down = _capacities(problem)
    movable = (problem.eligible | ~system.shown) & ((up > 0) | (down > 0))
    work = Columns.of(system.relations, movable, up=up, down=down)
    while work.step():
        pass
    column, sign = work.column, work.sign
    mask, masks = _masks(problem, column)
    inside = mask >= 0
    primary = np.zeros(system.n, dtype=bool)
    primary[problem.primary] = True
    weight = np.bincount(
        mask[inside], weights=np.where(primary, 0.0, problem.cost)[inside], minlength=masks
    )
    forced = np.zeros(masks, dtype=bool)
    forced[mask[primary & inside]] = True
    moving = np.flatnonzero(inside & (column >= 0))
    gate = sp.csr_matrix(
        (np.ones(len(moving), np.int64), (column[moving], mask[moving])), shape=(work.size, masks)
    )
    gate.sum_duplicates()
    gate.data[:] = 1
    targets, stuck = _targets(problem, column, sign, work=work)
    return Reduced(
        problem, column, sign, work.matrix, work.up, work.down, mask,
        weight.astype(np.float64), forced, gate, targets, stuck,
    )  # fmt: skip


def _capacities(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """How far each unknown may rise and fall once it is hidden."""
    value = problem.system.value
    if problem.level is Level.LINEAR:
        return np.full(len(value), np.inf), np.full(len(value), np.inf)
    up = np.where(problem.ceiling >= UNBOUNDED, np.inf, problem.ceiling - value.astype(np.float64))
    return np.maximum(up, 0.0), np.maximum((value - problem.floor).astype(np.float64), 0.0)


def _masks(problem: Problem, column: IntArray) -> tuple[IntArray, int]:
    """One number a decision: cells of one group, and plain cells of one column, stand together."""
    system = problem.system
    cells = np.flatnonzero(problem.eligible)
    group = system.group[cells]
    _, first, size = np.unique(group, return_inverse=True, return_counts=True)
    plain = size[first] == 1
    moves = column[cells] >= 0
    label = np.arange(len(cells), dtype=np.int64)
    links = [(label[first.argsort(kind="stable")], np.sort(first))]
    together = np.flatnonzero(plain & moves)
    edges = [_chain(links[0][0], links[0][1])]
    by_column = together[np.argsort(column[cells[together]], kind="stable")]
    edges.append(_chain(by_column, column[cells[by_column]]))
    a, b = np.concatenate([e[0] for e in edges]), np.concatenate([e[1] for e in edges])
    graph = sp.coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(len(cells),) * 2)
    count, part = connected_components(graph, directed=False)
    matters = np.zeros(count, dtype=bool)
    matters[part[moves]] = True
    primary = np.zeros(system.n, dtype=bool)
    primary[problem.primary] = True
    matters[part[primary[cells]]] = True
    # Number the masks by their first cell, so that the numbering follows the order of the cells.
    order = np.full(count, len(cells), dtype=np.int64)
    np.minimum.at(order, part, label)
    rank = np.full(count, -1, dtype=np.int64)
    chosen = np.flatnonzero(matters)
    rank[chosen[np.argsort(order[chosen], kind="stable")]] = np.arange(len(chosen))
    mask = np.full(system.n, -1, dtype=np.int64)
    mask[cells] = rank[part]
    return mask, len(chosen)


def _chain(items: IntArray, key: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of neighbours with equal keys; ``key`` is sorted."""
    same = np.flatnonzero(key[1:] == key[:-1])
    return items[same], items[same + 1]


def _targets(
    problem: Problem, column: IntArray, sign: IntArray, *, work: Columns
) -> tuple[Targets, IntArray]:
    """Demands by column, and the primary cells whose column cannot move that far at all."""
    up, down, slide = demands(problem)
    up, down = np.where(sign[problem.primary] > 0, (up, down), (down, up))
    place = column[problem.primary]
    stuck = place < 0
    rise = np.where(stuck, 0.0, work.up[place]) if work.size else np.zeros(len(place))
    fall = np.where(stuck, 0.0, work.down[place]) if work.size else np.zeros(len(place))
    wanted = (up > 0) | (down > 0) | (slide > 0)
    stuck = wanted & (stuck | (up > rise) | (down > fall) | (slide > rise + fall))
    use = ~stuck & wanted
    columns, which = np.unique(place[use], return_inverse=True)
    most = [np.zeros(len(columns), dtype=np.int64) for _ in range(3)]
    for out, values in zip(most, (up, down, slide), strict=True):
        np.maximum.at(out, which, values[use])
    return Targets(columns, *most), problem.primary[stuck]
