"""Of which sets of masks must at least one be open, whatever the pattern?

A combination of relations that touches a primary column makes it follow from the others in the
combination; so one of those must be open: ``sum of x over the others >= 1``. In a tableau whose basis
has the largest weight under a fractional pattern x, the rows of the primary columns are such
combinations with small sums: one elimination finds violated ones for all primary cells at once.
(Cover inequalities: Fischetti and Salazar 1999; greedy basis: Edmonds 1971.)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.suppression.presolve import Reduced
from sdc.suppression.tableau import eliminate_by, rows_of

__all__ = ["Covers", "stack"]

VIOLATION = 1e-4
"""A set is reported where its sum falls short of 1 by more than this."""

LEVELS = 8
"""Fractional patterns are rounded to this many steps before columns are ranked, so that columns
of nearly equal weight may be ranked by how little they fill in."""


@dataclass
class Covers:
    """A growing list of necessary sets, without repeats; deterministic for a seed.

    ``sets`` are ascending arrays of masks; each pattern that protects all primary columns opens at
    least one mask of every set.
    """

    reduced: Reduced
    seed: int = 0
    sets: list[IntArray] = field(default_factory=list)
    _seen: set[bytes] = field(default_factory=set)
    _rounds: int = 0

    def separate(self, x: FloatArray, matrix: sp.csr_matrix | None = None) -> list[IntArray]:
        """Necessary sets that the pattern x (k,) violates, which are also added to ``sets``.

        ``matrix`` may hold some of the relations only, which is quicker and still right. For a 0/1
        pattern and all relations, none is found only if every primary column is protected.
        """
        use = self.reduced.matrix if matrix is None else matrix
        targets = self.reduced.targets.column
        cheapest, weight = self._weights(x)
        tab = eliminate_by(use, self._rank(weight, use))
        rows = rows_of(tab, targets)
        latent = np.asarray(rows @ (cheapest < 0).astype(np.int64)) != 0 if len(targets) else []
        open_masks = sp.csr_matrix(
            (np.ones(rows.nnz), np.maximum(cheapest[rows.indices], 0), rows.indptr),
            shape=(len(targets), self.reduced.masks),
        )
        open_masks.sum_duplicates()
        open_masks.data[:] = 1.0
        short = open_masks @ x < 1.0 - VIOLATION
        found = []
        for i in np.flatnonzero(short & (tab.where[targets] >= 0) & ~np.asarray(latent, bool)):
            members = open_masks.indices[open_masks.indptr[i] : open_masks.indptr[i + 1]]
            found.append(np.sort(members).astype(np.int64))
        return self.add(found)

    def add(self, sets: list[IntArray]) -> list[IntArray]:
        """Remember sets; returns those that were new."""
        fresh = []
        for members in sets:
            key = members.tobytes()
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(members)
        self.sets += fresh
        return fresh

    def _weights(self, x: FloatArray) -> tuple[IntArray, FloatArray]:
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

    def _rank(self, weight: FloatArray, matrix: sp.csr_matrix) -> IntArray:
        """The columns that are open at all: primary ones first, then by falling weight.

        Ties are broken by the number of relations and then at random, so that another call with the
        same pattern may find other sets.
        """
        self._rounds += 1
        draw = np.random.default_rng([self.seed, self._rounds])
        terms = np.bincount(matrix.indices, minlength=matrix.shape[1])
        follows = np.ones(len(weight), dtype=np.int64)
        follows[self.reduced.targets.column] = 0
        some = np.flatnonzero((weight > 1e-6) | (follows == 0))
        step = np.round(weight[some] * LEVELS)
        return some[np.lexsort((draw.random(len(some)), terms[some], -step, follows[some]))]


def stack(sets: list[IntArray], masks: int) -> sp.csr_matrix:
    """Sets as the rows of a 0/1 matrix (len(sets), masks)."""
    span = np.cumsum([0, *(len(s) for s in sets)])
    where = np.concatenate(sets) if sets else np.zeros(0, dtype=np.int64)
    return sp.csr_matrix((np.ones(len(where)), where, span), shape=(len(sets), masks))
