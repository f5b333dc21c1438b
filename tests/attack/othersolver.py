"""How does OR-tools come into a process that holds HiGHS already?

Both bring a library named ``libhighs.so.1``, of different versions, and a process keeps the first.
HiGHS' own binding cannot live with the other one, so it is loaded first. OR-tools then must not resolve
the functions it would call there (lazy binding); CP-SAT, the only part in use, calls none of them.
"""

from __future__ import annotations

import os
import sys

import highspy  # noqa: F401

_flags = sys.getdlopenflags()
sys.setdlopenflags(os.RTLD_LAZY)
try:
    from ortools.sat.python import cp_model
finally:
    sys.setdlopenflags(_flags)

__all__ = ["cp_model"]
