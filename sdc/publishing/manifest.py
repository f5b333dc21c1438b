"""Which bytes belong to the package, in a form that `sha256sum -c` can check?

A BagIt 1.0 bag (RFC 8493) with SHA-256: ``manifest-sha256.txt`` lists the payload below ``data/``,
``tagmanifest-sha256.txt`` everything else, itself and its signature excepted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from sdc.errors import PackageError
from sdc.messages import Text
from sdc.model.release import ReleaseInfo

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = TAG_MANIFEST + ".sig"
SIGNERS = "allowed_signers"
BAGIT_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_LINE = re.compile(r"([0-9a-f]{64})  ([^\s\\][^\n\r\\]*)")


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256.

    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(data).hexdigest()


def manifest(sums: Mapping[str, str]) -> bytes:
    """One line a file, ``<sha256>  <path>``, by path.

    >>> manifest({"data/b": "0" * 64}).decode()[60:]
    '0000  data/b\\n'
    """
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()


def parse_manifest(data: bytes, name: str) -> dict[str, str]:
    """path -> sum; PackageError for anything but a canonical manifest."""
    found: dict[str, str] = {}
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise _bad(name, Text("is not UTF-8")) from error
    if lines.pop() != "":
        raise _bad(name, Text("does not end with a line feed"))
    for line in lines:
        match = _LINE.fullmatch(line)
        if not match or match[2] in found:
            raise _bad(name, Text("holds a malformed or repeated line"))
        found[match[2]] = match[1]
    if list(found) != sorted(found):
        raise _bad(name, Text("is not in path order"))
    return found


def bag_info(info: ReleaseInfo, sizes: Iterable[int], *, version: str) -> bytes:
    """The bag's own description; dates are the release's, never the clock's."""
    sizes = list(sizes)
    lines = {
        "Source-Organization": f"{info.municipality_name} {info.section}".strip(),
        "External-Description": info.title,
        "External-Identifier": info.id,
        "Bagging-Date": info.release_date.isoformat(),
        "Payload-Oxum": f"{sum(sizes)}.{len(sizes)}",
        "Release-Serial": str(info.serial),
        "Municipality-Code": info.municipality,
        "Bag-Software-Agent": f"sdc {version}",
    }
    return "".join(f"{key}: {' '.join(text.split())}\n" for key, text in lines.items()).encode()


def parse_bag_info(data: bytes) -> dict[str, str]:
    """Label -> text; PackageError where a line has no label or a label stands twice."""
    found: dict[str, str] = {}
    for line in data.decode("utf-8", errors="replace").splitlines():
        label, colon, text = line.partition(": ")
        if not colon or label in found:
            raise _bad(BAG_INFO, Text("holds a malformed or repeated line"))
        found[label] = text
    return found


def _bad(name: str, what: Text) -> PackageError:
    return PackageError(Text("{name} {what}", name=name, what=what), code="manifest")
