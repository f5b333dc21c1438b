"""Into which few classes does a map sort its numbers, so that a colour tells the class and no more?

Class limits come from the series 1, 2, 5, 10, 20, 50 … alone; only the order of magnitude of the
largest *published* number decides where in the series they stand. They are never quantiles, and
never an observed number. The lowest class starts at 0 and reaches at least to 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sdc.model.hierarchy import IntArray

LOWEST_LIMIT = 5
MAX_CLASSES = 5

PALETTE = ("#fdf6d8", "#c3e0b4", "#74bcae", "#3585a4", "#274472")
"""Light to dark: told apart in grey and with any colour blindness (measured in the tests)."""


def series() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, … without end."""
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def round_breaks(shown: IntArray) -> tuple[int, ...]:
    """Lower limits of all classes but the first, ascending, from the published numbers alone.

    The highest class is the one the largest number falls into, and has no upper limit.

    >>> round_breaks(np.array([430, 12])), round_breaks(np.array([8])), round_breaks(np.array([3]))
    ((20, 50, 100, 200), (5,), ())
    """
    top = int(shown.max(initial=0))
    below: list[int] = []
    for limit in series():
        if limit >= max(top, 1):
            break
        below.append(limit)
    return tuple(b for b in below[-(MAX_CLASSES - 1) :] if b >= LOWEST_LIMIT)


def classify(value: IntArray, breaks: Sequence[int]) -> IntArray:
    """Class of every number, 0 the lowest; half-open: a limit belongs to the class above.

    >>> classify(np.array([0, 19, 20, 999]), (20, 50)).tolist()
    [0, 0, 1, 2]
    """
    return np.searchsorted(np.asarray(breaks, dtype=np.int64), value, side="right").astype(np.int64)


_SPREAD = {1: (0,), 2: (0, 2), 3: (0, 2, 3), 4: (0, 1, 2, 3), 5: (0, 1, 2, 3, 4)}


def colours(classes: int) -> tuple[str, ...]:
    """As many colours of the palette, from light to dark, as there are classes.

    The first is always the lightest; the darkest stands for a fifth class only, so that a map of
    small numbers does not shout.

    >>> colours(2)
    ('#fdf6d8', '#74bcae')
    """
    return tuple(PALETTE[i] for i in _SPREAD[classes])


def class_words(breaks: Sequence[int]) -> tuple[str, ...]:
    """What the legend says beside each colour.

    >>> class_words((20, 1000))
    ('0 – 19', '20 – 999', '1,000 –')
    """
    lower = (0, *breaks)
    upper = [f" {b - 1:,}" for b in breaks]
    return tuple(f"{a:,} –{b}" for a, b in zip(lower, [*upper, ""], strict=True))


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers.

    >>> rgb("#0a0b0c")
    (10, 11, 12)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
