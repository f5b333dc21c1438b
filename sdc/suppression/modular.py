"""How are numbers multiplied and divided modulo the prime 2^61 - 1?

A whole number that is not 0 but divisible by the prime would be taken for 0. The numbers here are
ratios of minors of matrices of small whole numbers, and nothing is published on the word of this
arithmetic: the audit proves every answer by other means.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["ONE", "PRIME", "ZERO", "P", "Words", "inverse", "mul", "residues"]

PRIME = (1 << 61) - 1
P = np.uint64(PRIME)
ZERO, ONE = np.uint64(0), np.uint64(1)
_TWO = np.uint64(2)
_LOW31 = np.uint64((1 << 31) - 1)
_LOW30 = np.uint64((1 << 30) - 1)
_30, _31, _61 = np.uint64(30), np.uint64(31), np.uint64(61)

Words = npt.NDArray[np.uint64]


@numba.njit(cache=True)
def mul(a: Any, b: Any) -> Any:
    """a * b modulo the prime from four 32-bit products; a, b below it.

    >>> int(mul(P - ONE, P - np.uint64(2)))
    2
    """
    if a == ONE:
        return b
    if b == ONE:
        return a
    au, ad = a >> _31, a & _LOW31
    bu, bd = b >> _31, b & _LOW31
    mid = ad * bu + au * bd
    total = au * bu * _TWO + (mid >> _30) + ((mid & _LOW30) << _31) + ad * bd
    total = (total >> _61) + (total & P)
    return total - P if total >= P else total


@numba.njit(cache=True)
def inverse(a: Any) -> Any:
    """1 / a modulo the prime, by Fermat's little theorem; a is not 0.

    >>> int(mul(inverse(np.uint64(7)), np.uint64(7)))
    1
    """
    if a in (ONE, P - ONE):
        return a
    out, base, exponent = ONE, a, P - _TWO
    while exponent > 0:
        if exponent & ONE:
            out = mul(out, base)
        base = mul(base, base)
        exponent >>= ONE
    return out


def residues(data: npt.NDArray[np.int64]) -> Words:
    """Whole numbers modulo the prime.

    >>> residues(np.array([-1, 5])).tolist() == [PRIME - 1, 5]
    True
    """
    return np.mod(np.asarray(data, dtype=np.int64), np.int64(PRIME)).astype(np.uint64)


def small(words: Words) -> npt.NDArray[np.int64]:
    """The whole numbers of least size with these residues; exact where they are small.

    >>> small(np.array([5, PRIME - 1], dtype=np.uint64)).tolist()
    [5, -1]
    """
    half = np.uint64(PRIME // 2)
    return np.where(words > half, -((P - words).astype(np.int64)), words.astype(np.int64))
