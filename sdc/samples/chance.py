"""How is the same seed turned into the same numbers everywhere?

Only uniform numbers are drawn from the generator; everything else is an inverse distribution
function, so that a new release of numpy that samples another way does not change the city.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray


class Chance:
    """One stream of numbers; each part of the city has its own and disturbs no other.

    >>> Chance(1, "river").uniform(2).tolist() == Chance(1, "river").uniform(2).tolist()
    True
    >>> Chance(1, "river").uniform(1).tolist() == Chance(1, "roads").uniform(1).tolist()
    False
    """

    def __init__(self, seed: int, part: str) -> None:
        self._bits = np.random.Generator(np.random.PCG64([seed, *part.encode()]))

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> FloatArray:
        """(n,) evenly in [low, high)."""
        return low + (high - low) * self._bits.random(n)

    def normal(self, n: int, mean: float = 0.0, spread: float = 1.0) -> FloatArray:
        """(n,) normally distributed."""
        from scipy.special import ndtri

        return np.asarray(mean + spread * ndtri(self.uniform(n, 1e-12, 1 - 1e-12)))

    def pick(self, weights: FloatArray) -> IntArray:
        """(n,) a column of every row of ``weights`` (n, k), with chances in their proportion."""
        edges = np.cumsum(weights, axis=1)
        point = self.uniform(len(weights)) * edges[:, -1]
        beyond = (point[:, None] >= edges).sum(axis=1)
        return np.asarray(np.minimum(beyond, weights.shape[1] - 1), dtype=np.int64)

    def choose(self, weights: Sequence[float], n: int) -> IntArray:
        """(n,) positions, each with the chances ``weights``."""
        return self.pick(np.tile(np.asarray(weights, dtype=np.float64), (n, 1)))

    def sample(self, weights: FloatArray, n: int) -> IntArray:
        """(n,) different positions, heavier ones likelier, ascending (exponential keys)."""
        keys = -np.log(self.uniform(len(weights), 1e-300, 1.0)) / np.maximum(weights, 1e-12)
        return np.sort(np.argsort(keys, kind="stable")[:n])
