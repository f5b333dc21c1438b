"""Which slivers between two geographies, or two sets of classes, does their difference give away?

Areas against mesh cells, or age bands with other edges: nobody prints the pieces in which they
overlap, yet what is printed may pin a piece of a few units. If some sum of pieces has a known total t
below the threshold, every piece in it is at most t. So where each piece of 1 … k - 1 units can hold k
in some table of the attacker, no difference whatever gives away 1 … k - 1 units that contain one; no
enumeration of differences is needed (compare Costemalle 2019, who enumerates them).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.proof import prove
from sdc.disclosure.witness import free_cells
from sdc.disclosure.work import Work
from sdc.errors import RulesError
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Level, Problem


@dataclass(frozen=True, eq=False)
class Slivers:
    """Pieces of 1 … k - 1 units that nobody prints: ``atoms`` (a,), positions in the system.

    ``flagged`` (a,): no table of the attacker gives the piece k units; ``open`` (a,): not decided.
    The others are proven by ``moves`` (w, n) in units of 1 / ``scale``.
    """

    atoms: IntArray
    flagged: BoolArray
    open: BoolArray
    moves: sp.csr_matrix
    scale: int

    def printed_around(self, problem: Problem, hidden: BoolArray) -> IntArray:
        """Printed cells that count a flagged piece, ascending: candidates for hiding or merging."""
        relations = problem.system.relations
        rows = np.unique(relations.tocsc()[:, self.atoms[self.flagged]].indices)
        cells = np.unique(relations[rows].indices).astype(np.int64)
        return cells[~free_cells(problem, hidden)[cells]]


def slivers(
    problem: Problem,
    hidden: BoolArray,
    min_count: int,
    *,
    moves: sp.csr_matrix | None = None,
    work: Work | None = None,
) -> Slivers:
    """Test every latent piece of 1 … ``min_count`` - 1 counted units; O(one audit).

    Sufficient, not necessary: a flagged piece is given away or bounded below the threshold, others
    are safe from every difference. Attributes of a piece (its profile of classes) are pieces of their
    own where the tables carry classes.

    Raises RulesError for a threshold below 2.
    """
    if min_count < 2:
        raise RulesError("min_countは2以上の整数です", "min_count must be a whole number >= 2")
    system = problem.system
    small = (system.value > 0) & (system.value < min_count)
    latent = ~system.shown & system.count & free_cells(problem, hidden)
    atoms = np.flatnonzero(small & latent).astype(np.int64)
    eligible = problem.eligible.copy()
    eligible[atoms] = True
    asked = replace(
        problem, level=Level.INTERVAL, primary=atoms, upper=np.full(len(atoms), min_count),
        lower=system.value[atoms], slide=np.zeros(len(atoms), np.int64), eligible=eligible,
    )  # fmt: skip
    # Only the pieces are asked about; what else is hidden has its own audit.
    proof = prove(asked, hidden, moves, work=work or Work(), others=False)
    return Slivers(atoms, proof.barred, ~proof.met & ~proof.barred, proof.moves, proof.scale)
