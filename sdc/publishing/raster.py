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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdc.publishing.classes import PALETTE, rgb

Pixels = npt.NDArray[np.uint8]

DPI = 300
MM = DPI / 25.4

PAPER, HIDDEN_PAPER, HIDDEN_INK, WATER_PAPER, WATER_INK = range(5)
FIRST_CLASS = 5
INKS = ("#ffffff", "#ffffff", "#4a4a4a", "#e8f0f8", "#a9c2dc", *PALETTE)

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
    row = np.arange(inks.shape[0])[:, None]
    column = np.arange(inks.shape[1])[None, :]
    hatch = (row + column) % _HATCH < _HATCH_LINE
    wave = np.broadcast_to(row % _WAVE < _WAVE_LINE, inks.shape)
    inks[hatch & (inks == HIDDEN_PAPER)] = HIDDEN_INK
    inks[wave & (inks == WATER_PAPER)] = WATER_INK
    return inks


def compose(inks: Pixels, overlay: Pixels) -> Picture:
    """Put an RGBA overlay (h, w, 4) over a page of inks (h, w); O(pixels).

    Pixels that no line or letter touches keep the exact colour of their ink.
    """
    base = np.array([rgb(c) for c in INKS], dtype=np.uint8)
    touched = overlay[..., 3] >= _STEP // 2 + 1
    alpha = np.round(overlay[touched][:, 3:4] / _STEP) * _STEP / 255.0
    over, under = overlay[touched][:, :3].astype(float), base[inks[touched]].astype(float)
    mixed = np.round((over * alpha + under * (1 - alpha)) / _STEP).astype(np.int64)
    key = mixed @ np.array([256, 16, 1])
    found, back, often = np.unique(key, return_inverse=True, return_counts=True)
    kept = np.sort(np.argsort(-often, kind="stable")[: 256 - len(base)])
    extra = np.stack([found // 256, found // 16 % 16, found % 16], axis=1)
    distance = np.abs(extra[:, None, :] - extra[None, kept, :]).sum(axis=2)
    nearest = distance.argmin(axis=1) if len(kept) else np.zeros(0, dtype=np.int64)
    indices = inks.copy()
    indices[touched] = (len(base) + nearest[back]).astype(np.uint8)
    palette = np.concatenate([base, (extra[kept] * _STEP).astype(np.uint8)])
    rows = np.zeros((inks.shape[0], inks.shape[1] + 1), dtype=np.uint8)  # filter byte 0 a row
    rows[:, 1:] = indices
    return Picture(indices, palette, zlib.compress(rows.tobytes(), 6))


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
