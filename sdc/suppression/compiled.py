"""How is a numeric loop compiled, once, without letting go of its types?

Machine code is kept on disk, in a folder named after the text of all files whose code is compiled:
numba itself notices a change only in the file of the function that is called first.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_OWN = (
    "desk",
    "pivoting",
    "spreading",
    "cheapmove",
    "holding",
    "aiming",
    "improving",
    "searching",
    "refuting",
)
_HOME = Path(__file__).parent


def _folder() -> str:
    """Where the machine code of this version of the files lies."""
    sha = hashlib.sha256(numba.__version__.encode())
    for name in (*_OWN, "compiled"):
        sha.update((_HOME / f"{name}.py").read_bytes())
    base = Path(os.environ.get("NUMBA_CACHE_DIR", _HOME / "__pycache__"))
    if not os.access(base if base.exists() else base.parent, os.W_OK):
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sdc-smallarea"
    return str(base / f"compiled-{sha.hexdigest()[:16]}")


_FOLDER = _folder()
_CONFIG: Any = numba.config


def _compile(function: F, *, wrapped: bool) -> F:
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = _FOLDER
    # Without numba's reference counts, which cost more than the work: nothing here allocates.
    options: dict[str, Any] = {"_nrt": False, "no_cpython_wrapper": not wrapped}
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    finally:
        _CONFIG.CACHE_DIR = before
    return cast(F, made)


def fallback(value: float) -> float:
    """The value itself: the smallest thing that can be compiled."""
    return value


def compiled(function: F) -> F:
    """The function as machine code; it lets other threads run.

    >>> compiled(fallback).__name__
    'fallback'
    """
    return _compile(function, wrapped=True)


def inner(function: F) -> F:
    """As ``compiled``, for functions that only compiled ones call: quicker to compile."""
    return _compile(function, wrapped=False)
