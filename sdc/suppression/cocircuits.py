"""Of which sets of masks must at least one be open, whatever the pattern?

A combination of relations that touches a primary column makes it follow from the others in the
combination; so one of those must be open: ``sum of x over the others >= 1``. In a tableau whose
basis has the largest weight under a fractional pattern x, the rows of the primary columns are such
combinations with small sums: one elimination finds violated ones for all primary cells at once.
(Cover inequalities: Fischetti and Salazar 1999; greedy basis: Edmonds 1971.)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray
from sdc.suppression.cuts import Cuts
from sdc.suppression.presolve import Reduced
from sdc.suppression.tableau import eliminate_by, rows_of

__all__ = ["VIOLATION", "Covers", "Ranking"]

VIOLATION = 1e-4
"""A row is reported where it falls short of 1 by more than this."""

LEVELS = 8
"""Fractional patterns are rounded to this many steps before columns are ranked, so that columns
of nearly equal weight may be ranked by how little they fill in."""


@dataclass
class Ranking:
    """Combinations of relations, one a primary column, that a fractional pattern makes light."""

    reduced: Reduced
    seed: int = 0
    rounds: int = 0

    def gates(self, x: FloatArray) -> tuple[IntArray, FloatArray]:
        """For each column its mask with the smallest x (-1: latent) and that x (latent: 1)."""
        gate = self.reduced.gate
        mask = np.full(self.reduced.columns, -1, dtype=np.int64)
        weight = np.ones(self.reduced.columns)
        owner = np.repeat(np.arange(gate.shape[0]), np.diff(gate.indptr))
        # Falling x, so that the last assignment to a column is its smallest.
        order = np.argsort(-x[gate.indices], kind="stable")
        mask[owner[order]] = gate.indices[order]
        weight[owner[order]] = x[gate.indices[order]]
        return mask, weight

    def combinations(
        self, weight: FloatArray, matrix: sp.csr_matrix
    ) -> tuple[sp.csr_matrix, BoolArray]:
        """What each target column equals (t, c), and whether it is basic at all (t,).

        Ties are broken at random, so that another call may give other combinations.
        """
        targets = self.reduced.targets.column
        tab = eliminate_by(matrix, self._rank(weight, matrix))
        return rows_of(tab, targets), tab.where[targets] >= 0

    def _rank(self, weight: FloatArray, matrix: sp.csr_matrix) -> IntArray:
        """The open columns: primary ones first, then by falling weight, then by few relations."""
        self.rounds += 1
        draw = np.random.default_rng([self.seed, self.rounds])
        terms = np.bincount(matrix.indices, minlength=matrix.shape[1])
        follows = np.ones(len(weight), dtype=np.int64)
        follows[self.reduced.targets.column] = 0
        some = np.flatnonzero((weight > 1e-6) | (follows == 0))
        step = np.round(weight[some] * LEVELS)
        return some[np.lexsort((draw.random(len(some)), terms[some], -step, follows[some]))]


@dataclass
class Covers:
    """Necessary sets of masks at level ``linear``; deterministic for a seed.

    For a 0/1 pattern none is found only if every primary column is protected.
    """

    reduced: Reduced
    seed: int = 0
    cuts: Cuts = field(init=False)
    ranking: Ranking = field(init=False)

    def __post_init__(self) -> None:
        self.cuts = Cuts(self.reduced.masks)
        self.ranking = Ranking(self.reduced, self.seed)

    def separate(self, x: FloatArray) -> sp.csr_matrix:
        """New necessary sets (r, k) of which the pattern x (k,) opens less than one mask."""
        mask, weight = self.ranking.gates(x)
        rows, basic = self.ranking.combinations(weight, self.reduced.matrix)
        sets = sp.csr_matrix(
            (np.ones(rows.nnz), np.maximum(mask[rows.indices], 0), rows.indptr),
            shape=(rows.shape[0], self.reduced.masks),
        )
        sets.sum_duplicates()
        sets.data[:] = 1.0
        latent = rows.astype(bool).astype(np.int64) @ (mask < 0).astype(np.int64) > 0
        short = (sets @ x < 1.0 - VIOLATION) & basic & ~latent
        return self.cuts.add(sets[np.flatnonzero(short)])
