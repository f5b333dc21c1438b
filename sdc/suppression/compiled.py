"""How is a numeric loop compiled, once, without letting go of its types?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, kept on disk between runs; it lets other threads run.

    >>> @compiled
    ... def double(x: int) -> int:
    ...     return 2 * x
    >>> double(4)
    8
    """
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inner(function: F) -> F:
    """A small part of compiled functions, compiled by itself: inlining tripled the first start."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
