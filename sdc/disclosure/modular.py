"""How is a large sparse system of whole-number equations eliminated exactly, modulo a prime?

Row by row: the shortest row left is solved for the variable that stands in the fewest rows and put
into them (Markowitz 1957). All arithmetic is modulo one of two Mersenne primes, so nothing is ever
rounded. A solved system yields random null vectors; a variable that is 0 in all of them is fixed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.errors import SolverError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray

PRIMES = (2**61 - 1, 2**31 - 1)
"""Two Mersenne primes; a wrong answer would need both to divide the same minor."""

VECTORS = 2
"""Null vectors a prime; a variable that is free is 0 in all of them with probability p^-2."""

MAX_STORE = 400_000_000
"""Most matrix entries ever held at once; beyond it the elimination is given up, never guessed."""

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Solved:
    """An eliminated system: equation ``k`` gives variable ``pivot[k]`` by the others in it.

    Entries of equation k stand at ``start[k] : start[k] + length[k]`` of ``column`` and ``entry``;
    ``row[k]`` is the original row, so that ``row`` names a basis of the row space.
    """

    prime: int
    row: IntArray
    pivot: IntArray
    start: IntArray
    length: IntArray
    column: IntArray
    entry: Words
    columns: int

    def null_vector(self, seed: int) -> Words:
        """(columns,) a random solution of ``matrix @ z == 0`` modulo the prime; O(entries)."""
        rng = np.random.default_rng(seed)
        z = rng.integers(1, self.prime, size=self.columns, dtype=np.int64).astype(np.uint64)
        equations = (self.pivot, self.start, self.length, self.column, self.entry)
        _substitute(z, equations, np.uint64(self.prime))
        return z

    def fixed(self) -> BoolArray:
        """(columns,) the variables that are 0 in every null vector drawn."""
        out = np.ones(self.columns, dtype=bool)
        for seed in range(VECTORS):
            out &= self.null_vector(seed) == 0
        return out


def solve(matrix: sp.csr_matrix, prime: int) -> Solved:
    """Eliminate a whole-number matrix (m, n) modulo a prime of ``PRIMES``.

    Near linear on tables (bench/audit.py), cubic at worst.

    Raises SolverError where the fill-in exceeds ``MAX_STORE`` entries.

    >>> s = solve(sp.csr_matrix(np.array([[-1, 1, 1], [0, 1, 0]])), PRIMES[0])
    >>> s.fixed().tolist()
    [False, True, False]
    """
    if prime not in PRIMES:
        raise ValueError(f"not one of the primes: {prime}")
    csr = sp.csr_matrix(matrix, dtype=np.int64)
    csr.sum_duplicates()
    csr.eliminate_zeros()
    csr.sort_indices()
    entry = (csr.data % prime).astype(np.uint64)
    stored = (csr.indptr.astype(np.int64), csr.indices.astype(np.int64), entry)
    found = _eliminate(stored, csr.shape[1], (np.uint64(prime), MAX_STORE))
    if found is None:
        raise SolverError(
            Text("the elimination grew beyond its limit"),
            code="fill-in",
        )
    row, pivot, start, length, column, value = found
    return Solved(prime, row, pivot, start, length, column, value, csr.shape[1])


@numba.njit(cache=True, inline="always")
def mulmod(a: Any, b: Any, p: Any) -> Any:
    """Product modulo 2^31 - 1 or 2^61 - 1 without leaving 64 bits."""
    if p < np.uint64(1) << np.uint64(32):
        return a * b % p
    low, high = np.uint64(0xFFFFFFFF), np.uint64(32)
    a0, a1, b0, b1 = a & low, a >> high, b & low, b >> high
    mid = a0 * b1 + a1 * b0
    # a b = a1 b1 2^64 + mid 2^32 + a0 b0, and 2^61 = 1
    total = (a1 * b1 << np.uint64(3)) + (mid >> np.uint64(29))
    total += (mid & np.uint64((1 << 29) - 1)) << high
    first = a0 * b0
    total += (first & p) + (first >> np.uint64(61))
    total = (total & p) + (total >> np.uint64(61))
    return total - p if total >= p else total


@numba.njit(cache=True)
def inverse(a: Any, p: Any) -> Any:
    """Multiplicative inverse by Fermat's little theorem."""
    result, power, exponent = np.uint64(1), a, p - np.uint64(2)
    while exponent:
        if exponent & np.uint64(1):
            result = mulmod(result, power, p)
        power = mulmod(power, power, p)
        exponent >>= np.uint64(1)
    return result


@numba.njit(cache=True)
def _substitute(z: Any, equations: Any, p: Any) -> None:
    """Solve for the pivots from the last equation to the first."""
    pivot, start, length, column, entry = equations
    for k in range(len(pivot) - 1, -1, -1):
        total, own = np.uint64(0), np.uint64(0)
        for i in range(start[k], start[k] + length[k]):
            if column[i] == pivot[k]:
                own = entry[i]
            else:
                total += mulmod(entry[i], z[column[i]], p)
                if total >= p:
                    total -= p
        z[pivot[k]] = mulmod(p - total, inverse(own, p), p) if total else np.uint64(0)


@numba.njit(cache=True)
def _add_multiple(store: Any, spans: Any, scale: Any) -> Any:
    """Write target + factor * source at ``out``, spans being (start, length); the new length."""
    column, entry = store
    (i, target), (j, source), out = spans
    factor, p = scale
    end_i, end_j, k = i + target, j + source, out
    while i < end_i or j < end_j:
        if j >= end_j or (i < end_i and column[i] < column[j]):
            column[k], entry[k] = column[i], entry[i]
            i += 1
            k += 1
        elif i >= end_i or column[j] < column[i]:
            column[k], entry[k] = column[j], mulmod(factor, entry[j], p)
            j += 1
            k += 1
        else:
            total = entry[i] + mulmod(factor, entry[j], p)
            if total >= p:
                total -= p
            if total:
                column[k], entry[k] = column[i], total
                k += 1
            i += 1
            j += 1
    return k - out


@numba.njit(cache=True)
def _listed(indptr: Any, indices: Any, n: int) -> Any:
    """Per column how many rows hold it, and a linked list of those rows."""
    size = len(indices)
    count, head = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    after, at = np.empty(size + 64, np.int64), np.empty(size + 64, np.int64)
    for r in range(len(indptr) - 1):
        for i in range(indptr[r], indptr[r + 1]):
            c = indices[i]
            after[i], at[i], head[c] = head[c], r, i
            count[c] += 1
    return count, head, after, at


@numba.njit(cache=True)
def _retire(column: Any, span: Any, count: Any) -> Any:
    """Take a row out of the counts; where its rarest variable stands."""
    best = span[0]
    for i in range(span[0], span[0] + span[1]):
        count[column[i]] -= 1
        if count[column[i]] < count[column[best]]:
            best = i
    return best


@numba.njit(cache=True)
def _locate(column: Any, span: Any, c: int) -> Any:
    """Where a variable stands in a sorted row, -1 for nowhere."""
    low, high = span[0], span[0] + span[1]
    while low < high:
        mid = (low + high) >> 1
        if column[mid] < c:
            low = mid + 1
        else:
            high = mid
    return low if low < span[0] + span[1] and column[low] == c else -1


@numba.njit(cache=True)
def _wider(array: Any, used: int, need: int) -> Any:
    """The same array, or a copy with room for ``need`` entries."""
    if need <= len(array):
        return array
    bigger = np.empty(2 * need, array.dtype)
    bigger[:used] = array[:used]
    return bigger


@numba.njit(cache=True)
def _recount(column: Any, change: Any, lists: Any) -> Any:
    """Keep counts and lists in step with row k, which changed from the old span to the new."""
    k, (i, old), (j, new) = change
    count, head, after, at, used = lists
    end_i, end_j = i + old, j + new
    while i < end_i or j < end_j:
        if j >= end_j or (i < end_i and column[i] < column[j]):
            count[column[i]] -= 1
            i += 1
        elif i >= end_i or column[j] < column[i]:
            c = column[j]
            count[c] += 1
            after, at = _wider(after, used, used + 1), _wider(at, used, used + 1)
            after[used], at[used], head[c] = head[c], k, used
            used += 1
            j += 1
        else:
            i += 1
            j += 1
    return count, head, after, at, used


@numba.njit(cache=True)
def _eliminate(matrix: Any, n: int, terms: Any) -> Any:
    """Markowitz elimination; rows live in one growing store. None where the store would burst."""
    (indptr, indices, data), (p, limit) = matrix, terms
    m, top = len(indptr) - 1, len(indices)
    column, entry = _wider(indices, top, top + n + 64), _wider(data, top, top + n + 64)
    start, length = indptr[:-1].copy(), indptr[1:] - indptr[:-1]
    count, head, after, at = _listed(indptr, indices, n)
    lists = (count, head, after, at, top)
    queue = [(length[r], np.int64(r)) for r in range(m) if length[r]]
    heapq.heapify(queue)
    done = np.zeros(m, np.bool_)
    rows, pivots, found = np.empty(min(m, n), np.int64), np.empty(min(m, n), np.int64), 0
    while queue:
        size, r = heapq.heappop(queue)
        if done[r] or length[r] != size:
            continue
        done[r], source = True, (start[r], size)
        best = _retire(column, source, count)
        c = column[best]
        rows[found], pivots[found] = r, c
        found += 1
        minus = p - inverse(entry[best], p)
        link = head[c] if count[c] else -1
        while link >= 0:
            k, link = lists[3][link], lists[2][link]
            place = -1 if done[k] else _locate(column, (start[k], length[k]), c)
            if place < 0:
                continue
            if top + length[k] + size > limit:
                return None
            column = _wider(column, top, top + length[k] + size)
            entry = _wider(entry, top, top + length[k] + size)
            old, scale = (start[k], length[k]), (mulmod(entry[place], minus, p), p)
            start[k], length[k] = top, _add_multiple((column, entry), (old, source, top), scale)
            top += length[k]
            lists = _recount(column, (k, old, (start[k], length[k])), lists)
            if length[k]:
                heapq.heappush(queue, (length[k], k))
    rows, pivots = rows[:found], pivots[:found]
    return rows, pivots, start[rows], length[rows], column[:top], entry[:top]
