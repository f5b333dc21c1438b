"""Which files does a delivered package hold, read without trusting or unpacking it?

A folder or a zip is read into ``path -> bytes``. Whatever could make two readers see different
things is a fault and the bytes are not used: links, devices, names that differ in case only,
paths that lead outside, archives with gaps, comments, or entries whose headers are not the plain
ones that we write.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sdc.messages import Text

MAX_FILES, MAX_BYTES = 100_000, 8 * 2**30
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
ZIP_MODE = (stat.S_IFREG | 0o444) << 16


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a package: which file, and what."""

    path: str
    what: Text

    def to(self, language: str) -> str:
        """One line in Japanese (``ja``) or English (``en``)."""
        return f"{visible(self.path)}: {self.what.to(language)}"


@dataclass(frozen=True)
class Contents:
    """All regular files of a package by path, and what was wrong with its shell."""

    files: dict[str, bytes]
    faults: tuple[Fault, ...]


def read_container(path: Path) -> Contents:
    """Read a folder or a zip; O(bytes). A path that is neither is a fault."""
    if path.is_symlink():
        return Contents({}, (Fault(path.name, Text("is a link")),))
    if path.is_dir():
        return _read_folder(path)
    if path.is_file():
        return _read_zip(path)
    return Contents({}, (Fault(path.name, Text("does not exist")),))


def visible(name: str) -> str:
    r"""A name from somebody else's package, with nothing in it that a terminal would obey.

    >>> print(visible("表\x1b[2K\u202e"))
    表\x1b[2K\u202e
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def bad_name(path: str) -> bool:
    """Whether a path could lead outside, or be read as another name somewhere.

    >>> [bad_name(p) for p in ("data/a.csv", "../a", "/a", "a//b", "C:a", "a\\\\b", "a.", "con")]
    [False, True, True, True, True, True, True, True]
    """
    parts = path.split("/")
    return (
        any(c in '\\:*?"<>|' for c in path)
        or not path.isprintable()
        or unicodedata.normalize("NFC", path) != path
        or any(p in ("", ".", "..") or p != p.strip() or p.endswith(".") for p in parts)
        or any(p.split(".")[0].lower() in _DEVICES for p in parts)
    )


_DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10)}


def _read_folder(root: Path) -> Contents:
    found: dict[str, bytes] = {}
    faults: list[Fault] = []
    for folder, names, leaves in os.walk(root, followlinks=False):
        names.sort()
        for name in sorted(names + leaves):
            full = Path(folder) / name
            path = full.relative_to(root).as_posix()
            info = full.lstat()
            if stat.S_ISDIR(info.st_mode):
                continue
            if not stat.S_ISREG(info.st_mode):
                faults.append(Fault(path, Text("is a link or device")))
            elif info.st_nlink > 1:
                faults.append(Fault(path, Text("is linked to from elsewhere")))
            else:
                found[path] = full.read_bytes()
    empty = [p for p, ns, fs in os.walk(root) if not ns and not fs]
    faults += [Fault(Path(p).name, Text("is an empty folder")) for p in sorted(empty)]
    return Contents(found, (*faults, *_name_faults(list(found))))


def _name_faults(paths: list[str]) -> list[Fault]:
    """Names that lead outside, and names that some file systems cannot tell apart."""
    faults = [Fault(p, Text("leads outside or is not portable")) for p in paths if bad_name(p)]
    seen: dict[str, str] = {}
    for path in paths:
        key = unicodedata.normalize("NFKC", path).casefold()
        if key in seen:
            faults.append(Fault(path, Text("is a double of {found}", found=visible(seen[key]))))
        seen[key] = path
    return faults


_UNREADABLE = (
    zipfile.BadZipFile, ValueError, EOFError, OSError, RuntimeError, struct.error,
)  # fmt: skip


def _read_zip(path: Path) -> Contents:
    try:
        raw = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            faults = _zip_faults(archive, raw)
            if faults:
                return Contents({}, tuple(faults))
            top = entries[0].filename.split("/")[0] + "/"
            inside = {e.filename.removeprefix(top): archive.read(e) for e in entries}
    except _UNREADABLE as error:
        kind = type(error).__name__
        return Contents({}, (Fault(path.name, Text("is not a readable zip ({kind})", kind=kind)),))
    return Contents(inside, tuple(_name_faults(list(inside))))


def _zip_faults(archive: zipfile.ZipFile, raw: bytes) -> list[Fault]:
    """Everything that our own archives never hold; checked before a single byte is unpacked."""
    entries = archive.infolist()
    tops = {e.filename.split("/")[0] for e in entries}
    names = [e.filename for e in entries]
    if len(entries) > MAX_FILES or sum(e.file_size for e in entries) > MAX_BYTES:
        return [Fault("zip", Text("is too large"))]
    faults = []
    if len(tops) != 1 or archive.comment or len(set(names)) != len(names):
        faults.append(Fault("zip", Text("not one plain folder")))
    for entry in entries:
        plain = (
            entry.date_time == ZIP_DATE
            and entry.external_attr == ZIP_MODE
            and entry.create_system == 3
            and entry.compress_type == zipfile.ZIP_STORED
            and not (entry.extra or entry.comment or entry.flag_bits & ~0x800 or entry.volume)
            and entry.create_version == entry.extract_version == 20
            and not entry.internal_attr
        )
        if not plain or bad_name(entry.filename):
            faults.append(Fault(entry.filename, Text("is not a plain zip entry")))
    return faults or _gaps(raw, entries)


def _gaps(raw: bytes, entries: list[zipfile.ZipInfo]) -> list[Fault]:
    """Bytes that no entry owns, and headers that are not the only ones that go with an entry.

    Entries are stored, not compressed, so every byte of an archive has one possible value.
    """
    position, directory = 0, b""
    for entry in entries:
        name = entry.filename.encode("utf-8" if entry.flag_bits & 0x800 else "ascii", "replace")
        local = _local(entry, name)
        if entry.header_offset != position or not raw.startswith(local, position):
            return [Fault(entry.filename, Text("has bytes no entry owns"))]
        position += len(local) + entry.file_size
        directory += _central(entry, name)
    count = len(entries)
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), position, 0
    )  # fmt: skip
    if raw[position:] != directory + end:
        return [Fault("zip", Text("has bytes after its entries"))]
    return []


def _local(entry: zipfile.ZipInfo, name: bytes) -> bytes:
    """The only local header that goes with a directory entry of ours (date 1980-01-01 00:00)."""
    return struct.pack("<4sH", b"PK\3\4", 20) + _common(entry, name) + name


def _central(entry: zipfile.ZipInfo, name: bytes) -> bytes:
    """The only directory entry that goes with a stored file: Unix, mode 0444, nothing more."""
    head = struct.pack("<4s4B", b"PK\1\2", 20, 3, 20, 0) + _common(entry, name)
    return head + struct.pack("<3H2L", 0, 0, 0, ZIP_MODE, entry.header_offset) + name


def _common(entry: zipfile.ZipInfo, name: bytes) -> bytes:
    """What both headers say: flags, method, date, sum, sizes, length of the name, no extra."""
    return struct.pack(
        "<4H3L2H", entry.flag_bits, zipfile.ZIP_STORED, 0, 33,
        entry.CRC, entry.file_size, entry.file_size, len(name), 0,
    )  # fmt: skip
