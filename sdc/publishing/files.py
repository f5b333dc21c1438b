"""How is a file written so that a crash leaves all of it or nothing of it in sight?

Every change to the disk that publishing makes goes through this module: files are created anew
(never overwritten, never through a link), flushed to the disk, made read-only, and only then
renamed.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sdc.errors import SdcError
from sdc.locking import hold
from sdc.messages import Text

FILE_MODE, FOLDER_MODE = 0o444, 0o555
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
WINDOWS = os.name == "nt"


def write_file(path: Path, data: bytes, *, mode: int) -> None:
    """Create a file with exactly these bytes and flush it; FileExistsError where it exists."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, PRIVATE_FILE)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.chmod(handle if os.chmod in os.supports_fd else path, mode)
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path, *, mode: int = PRIVATE_FOLDER) -> None:
    """Create one folder with exactly this mode, whatever the umask is."""
    os.mkdir(path, mode)
    os.chmod(path, mode)


def seal(root: Path) -> None:
    """Make all folders of a tree read-only and flush them, innermost first."""
    for folder, _, _ in os.walk(root, topdown=False):
        os.chmod(folder, FOLDER_MODE)
        flush_folder(Path(folder))


def flush_folder(path: Path) -> None:
    """Flush the entries of a folder, where the system can."""
    if WINDOWS:
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(source: Path, target: Path) -> None:
    """Rename within one folder and flush it; refuses to replace anything."""
    if os.path.lexists(target):
        raise FileExistsError(str(target))
    os.rename(source, target)
    flush_folder(target.parent)


def remove_tree(root: Path) -> None:
    """Remove a tree that we made, its read-only folders included; nothing happens without it."""
    if not os.path.lexists(root):
        return
    if os.path.islink(root) or not os.path.isdir(root):
        os.unlink(root)
        return
    for folder, _, names in os.walk(root):
        os.chmod(folder, PRIVATE_FOLDER)
        for name in names if WINDOWS else ():  # there, a read-only file cannot be removed
            os.chmod(os.path.join(folder, name), PRIVATE_FILE)
    shutil.rmtree(root)


def tree(root: Path) -> dict[str, bytes]:
    """Relative POSIX path -> bytes of all files, by path; a byte 0 for a link or device, not followed."""
    found: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        if not stat.S_ISDIR(mode):
            plain = stat.S_ISREG(mode)
            found[path.relative_to(root).as_posix()] = path.read_bytes() if plain else b"\0"
    return found


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file, removed at the end; SdcError at once where another run holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        try:
            hold(handle, wait=False)
        except OSError as error:
            raise _locked() from error
        # The holder before us may have removed the file between our open and our lock.
        if not os.path.exists(path) or not os.path.samestat(os.fstat(handle), os.stat(path)):
            raise _locked()
        try:
            yield
        finally:
            if not WINDOWS:
                os.unlink(path)
    finally:
        os.close(handle)
        if WINDOWS:  # there, an open file cannot be removed: not ours, and not another run's
            with suppress(OSError):
                os.unlink(path)


def _locked() -> SdcError:
    return SdcError(
        Text("another run is writing this package; run again when it has ended"),
        code="locked",
    )
