"""How does a page of class numbers become a picture that holds those classes and nothing finer?

A page is an array of *inks*: small numbers, one per pixel, each standing for one exact colour.
Areas are filled by ink, never by blending, so reading a map back gives the class of an area and
no more. Lines and letters are drawn over it and use a coarse set of mixed colours. The result is
an 8-bit palette PNG (chunks IHDR, PLTE, pHYs, IDAT, IEND) and, with the same compressed bytes, a
PDF whose only page holds one image.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sdc.publishing.classes import PALETTE, rgb

Pixels = npt.NDArray[np.uint8]

DPI = 300
MM = DPI / 25.4

PAPER, HIDDEN_PAPER, HIDDEN_INK, WATER_PAPER, WATER_INK = range(5)
FIRST_CLASS = 5
INKS = ("#ffffff", "#ffffff", "#808080", "#e8f0f8", "#a9c2dc", *PALETTE)

HIDDEN, WATER = -1, -2
_HATCH, _HATCH_LINE = 16, 4
_WAVE, _WAVE_LINE = 12, 2
_STEP = 17  # overlay colours are rounded to multiples of this: 16 levels a channel


@dataclass(frozen=True)
class Picture:
    """A finished page: palette indices (h, w), palette (k, 3), and the compressed rows."""

    indices: Pixels
    palette: Pixels
    packed: bytes

    @property
    def png(self) -> bytes:
        """The picture as PNG, 300 dpi."""
        height, width = self.indices.shape
        per_metre = round(DPI / 0.0254)
        return b"".join(
            (
                b"\x89PNG\r\n\x1a\n",
                _chunk(b"IHDR", struct.pack(">2L5B", width, height, 8, 3, 0, 0, 0)),
                _chunk(b"PLTE", self.palette.tobytes()),
                _chunk(b"pHYs", struct.pack(">2LB", per_metre, per_metre, 1)),
                _chunk(b"IDAT", self.packed),
                _chunk(b"IEND", b""),
            )
        )

    @property
    def pdf(self) -> bytes:
        """The picture as a one-page PDF without text, fonts, vectors or metadata."""
        height, width = self.indices.shape
        size = (width * 72 / DPI, height * 72 / DPI)
        paint = f"q {size[0]:.2f} 0 0 {size[1]:.2f} 0 0 cm /I Do Q".encode()
        colours = f"[/Indexed /DeviceRGB {len(self.palette) - 1} <{self.palette.tobytes().hex()}>]"
        image = (
            f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} "
            f"/BitsPerComponent 8 /ColorSpace {colours} /Filter /FlateDecode /DecodeParms "
            f"<< /Predictor 15 /Colors 1 /BitsPerComponent 8 /Columns {width} >>"
        )
        page = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]:.2f} {size[1]:.2f}] "
            "/Resources << /XObject << /I 5 0 R >> >> /Contents 4 0 R >>"
        )
        return _pdf(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                page.encode(),
                _stream(b"<<", paint),
                _stream(image.encode(), self.packed),
            ]
        )


def fill(index: npt.NDArray[np.int64], classes: npt.NDArray[np.int64]) -> Pixels:
    """Inks of a raster of place numbers; O(pixels).

    ``index`` (h, w) holds 0 for nothing, else 1 + the place; ``classes`` (places,) holds a class
    >= 0, ``HIDDEN`` or ``WATER``. The hatches come last, by ``textured``, over the whole page.

    >>> fill(np.array([[0, 1, 2]]), np.array([HIDDEN, 3])).tolist()
    [[0, 1, 8]]
    """
    inks = np.full(len(classes) + 1, PAPER, dtype=np.uint8)
    inks[1:][classes >= 0] = classes[classes >= 0] + FIRST_CLASS
    inks[1:][classes == HIDDEN] = HIDDEN_PAPER
    inks[1:][classes == WATER] = WATER_PAPER
    return inks[index]


def textured(inks: Pixels) -> Pixels:
    """Lay the hatch over hidden places and the lines over water, on one grid for the whole page.

    Every hidden place looks the same, wherever it lies and whatever it hides.
    """
    inks = inks.copy()
    hatch, wave = _patterns(*inks.shape)
    for paper, ink, line in ((HIDDEN_PAPER, HIDDEN_INK, hatch), (WATER_PAPER, WATER_INK, wave)):
        inks[(inks == paper) & line] = ink
    return inks


@lru_cache(maxsize=2)
def _patterns(height: int, width: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Where the lines of the hatch and of the water run, on a page of this size."""
    row = np.arange(height, dtype=np.uint32)[:, None]
    column = np.arange(width, dtype=np.uint32)[None, :]
    return (row + column) % _HATCH < _HATCH_LINE, row % _WAVE < _WAVE_LINE


@dataclass(frozen=True)
class Layer:
    """Lines and letters of one part of a page: where it touches the page, and with what colour.

    ``row`` and ``column`` (n,) are pixels of the page. What lies below shows through by ``rest``
    (n, 1), and ``ink`` (n, 3) is added; both in sixteenths of a channel.
    """

    row: npt.NDArray[np.int32]
    column: npt.NDArray[np.int32]
    ink: npt.NDArray[np.float32]
    rest: npt.NDArray[np.float32]

    def shifted(self, x: float, y: float) -> Layer:
        """The same layer, its corner at (x, y) mm of the page."""
        down, right = np.int32(round(y * MM)), np.int32(round(x * MM))
        return Layer(self.row + down, self.column + right, self.ink, self.rest)

    def above(self, y: float) -> Layer:
        """The part of the layer that lies above y mm of the page."""
        kept = self.row < round(y * MM)
        return Layer(self.row[kept], self.column[kept], self.ink[kept], self.rest[kept])


def layer(rgba: Pixels) -> Layer:
    """The pixels of a drawn sheet that are not transparent; alpha in sixteen levels."""
    touched = rgba[..., 3] >= _STEP // 2 + 1
    row, column = np.nonzero(touched)
    drawn = rgba[touched].astype(np.float32)
    alpha = np.round(drawn[:, 3:4] / _STEP) * _STEP / 255
    ink = (drawn[:, :3] * alpha / _STEP).astype(np.float32)
    rest = ((1 - alpha) / _STEP).astype(np.float32)
    return Layer(row.astype(np.int32), column.astype(np.int32), ink, rest)


def compose(inks: Pixels, layers: Sequence[Layer]) -> Picture:
    """Put layers over a page of inks (h, w), first to last; O(pixels).

    Pixels that no line or letter touches keep the exact colour of their ink. Mixed colours are
    rounded to sixteen levels a channel; where there are too many, rare ones become a near one.
    """
    base = np.array([rgb(c) for c in INKS], dtype=np.int64)
    mixed = np.full(inks.size, -1, dtype=np.int16)
    flat, first = inks.ravel(), []
    for part in layers:
        at = part.row.astype(np.int64) * inks.shape[1] + part.column
        before = mixed[at]
        under = base[flat[at]].astype(np.float32)
        twice = before >= 0
        under[twice] = _unkey(before[twice]) * _STEP
        blend = np.round(part.ink + under * part.rest).astype(np.int16)
        mixed[at] = blend[:, 0] * 256 + blend[:, 1] * 16 + blend[:, 2]
        first.append(at[~twice])
    touched = np.concatenate([np.zeros(0, dtype=np.int64), *first])
    often = np.bincount(mixed[touched], minlength=4096)
    found = np.flatnonzero(often)
    kept = np.sort(found[np.argsort(-often[found], kind="stable")[: 256 - len(base)]])
    distance = np.abs(_unkey(found)[:, None, :] - _unkey(kept)[None, :, :]).sum(axis=2)
    entry = np.zeros(4096, dtype=np.uint8)
    if len(found):
        entry[found] = len(base) + distance.argmin(axis=1)
    indices = inks.copy()
    indices.ravel()[touched] = entry[mixed[touched]]
    palette = np.concatenate([base, _unkey(kept) * _STEP]).astype(np.uint8)
    rows = np.zeros((inks.shape[0], inks.shape[1] + 1), dtype=np.uint8)  # filter byte 0 a row
    rows[:, 1:] = indices
    return Picture(indices, palette, zlib.compress(rows.data, 6))


def _unkey(key: npt.NDArray[np.signedinteger[Any]]) -> npt.NDArray[np.int64]:
    """Three four-bit channels of a colour key."""
    return np.stack([key // 256, key // 16 % 16, key % 16], axis=-1).astype(np.int64)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def _stream(head: bytes, data: bytes) -> bytes:
    return head + f" /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _pdf(objects: list[bytes]) -> bytes:
    """A PDF 1.4 file with exactly these objects, the first being the catalogue."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return bytes(out)
