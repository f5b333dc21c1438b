"""How does one process keep all others off an open file, on Unix and on Windows alike?"""

from __future__ import annotations

import os
from importlib import import_module

FAR = 1 << 30
"""Where Windows puts its lock, which would otherwise keep readers off the bytes themselves."""


def hold(handle: int, *, wait: bool) -> None:
    """Lock an open file for this process alone, until the file is closed.

    Raises OSError where another process holds it: at once without ``wait``; on Windows after ten
    seconds with it.
    """
    try:
        unix = import_module("fcntl")
    except ImportError:
        windows = import_module("msvcrt")
        os.lseek(handle, FAR, os.SEEK_SET)
        windows.locking(handle, windows.LK_LOCK if wait else windows.LK_NBLCK, 1)
        return
    unix.flock(handle, unix.LOCK_EX | (0 if wait else unix.LOCK_NB))
