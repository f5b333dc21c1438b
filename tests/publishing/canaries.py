"""In which dresses can a secret hide, and where in a file can it sit?"""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from contextlib import suppress

import numpy as np


def spellings(text: str) -> list[bytes]:
    """A canary in every dress it could wear."""
    found = []
    for code in ("utf-8", "utf-16-le", "utf-16-be", "cp932", "euc-jp"):
        raw = text.encode(code)
        found += [raw, raw.hex().encode(), raw.hex().upper().encode()]
    found += [
        base64.b64encode(text.encode())[:-4],
        text.encode("unicode_escape"),
        text[::-1].encode(),
    ]
    if text.isdigit():
        n = int(text)
        found += [f"{n:,}".encode(), n.to_bytes(8, "little"), n.to_bytes(8, "big")]
    return found


def unpacked(data: bytes) -> list[bytes]:
    """The bytes themselves and every compressed stream found in them."""
    return list(map(condensed, _streams(data)))


def _streams(data: bytes) -> list[bytes]:
    found = [data]
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found += [archive.read(e) for e in archive.infolist()]
    if data.startswith(b"\x89PNG"):
        found += [part if kind != b"IDAT" else zlib.decompress(part) for kind, part in chunks(data)]
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        raw = match[1]
        if raw.rstrip().endswith(b"~>"):
            raw = base64.a85decode(raw.strip().removesuffix(b"~>"))
        with suppress(zlib.error):  # the page of a map is two words long and not compressed
            raw = zlib.decompress(raw)
        found.append(raw)
    return found


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of every chunk of a PNG."""
    found, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += size + 12
    return found


def condensed(stream: bytes) -> bytes:
    """A large stream without its runs of bytes that are no letters, which pictures are full of.

    Whatever is spelled in printable bytes stays as it is; numbers in binary are not looked for
    where there are millions of small ones.
    """
    if len(stream) < 1_000_000:
        return stream
    raw = np.frombuffer(stream, dtype=np.uint8)
    letter = raw >= 0x20
    keep = letter | np.append(letter[1:], False)
    return bytes(np.where(letter, raw, 0x0A)[keep].astype(np.uint8))
