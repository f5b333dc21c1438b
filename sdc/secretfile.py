"""May nobody but its owner read this file, and what stands in it?

Keys, passphrases and the working log are read here and nowhere else. The open file is judged, not its
name, so that nobody can put another file in its place between the two. A database opens its file itself:
there the name has to do.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sdc.errors import InputError
from sdc.messages import Text


def read_secret(path: Path | str, what: Text, *, code: str, links: bool = False) -> bytes:
    """The bytes of a file that its owner alone can read; O(file).

    ``what`` names the file in messages, ``code`` is the code of the errors. ``links`` allows links and
    pipes, for secrets that another program hands over.

    Raises InputError where the file cannot be read, is not a plain file, or others have rights to it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = Path(folder, "key")
    ...     name.touch(mode=0o600)
    ...     read_secret(name, Text("the key"), code="key")
    b''
    """
    follow = 0 if links else getattr(os, "O_NOFOLLOW", 0)
    flags = os.O_RDONLY | follow | getattr(os, "O_BINARY", 0)
    try:
        if not links and not stat.S_ISREG(os.lstat(path).st_mode):  # a pipe would wait to be opened
            raise InputError(Text("{what} is not a plain file", what=what), code=code)
        with open(os.open(path, flags), "rb") as handle:
            _require_own(os.fstat(handle.fileno()).st_mode, what, code)
            return handle.read()
    except OSError as error:
        raise InputError(Text("{what} cannot be read", what=what), code=code) from error


def require_secret(path: Path, what: Text, *, code: str) -> None:
    """InputError where a file that another library opens is no plain file, or others have rights to it.

    Windows keeps no such rights: there every plain file passes.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise InputError(Text("{what} is not a plain file", what=what), code=code)
    _require_own(mode, what, code)


def _require_own(mode: int, what: Text, code: str) -> None:
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise InputError(Text("others can read {what}; run chmod 600", what=what), code=code)
