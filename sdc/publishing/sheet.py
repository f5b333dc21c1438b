"""How are lines and letters drawn on a sheet measured in millimetres, the same on every machine?

A ``Sheet`` wraps one matplotlib figure on the Agg canvas; pyplot and its global state are never
touched, the user's matplotlib settings are ignored, and the font file is the one that the package
matplotlib-fontja ships (IPAex Gothic).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.text import Text as Letters
from matplotlib.transforms import Affine2D
from shapely.geometry.base import BaseGeometry

from sdc.errors import SdcError
from sdc.messages import Text
from sdc.publishing.raster import DPI, MM, Pixels

BLACK, DARK, GREY, LIGHT = "#111111", "#333333", "#6b6b6b", "#b5b5b5"
ACCENT = "#a3005c"
POINT = 25.4 / 72  # millimetres


@lru_cache(maxsize=1)
def font_file() -> Path:
    """The Japanese font; found without importing its package, which would alter matplotlib."""
    spec = importlib.util.find_spec("matplotlib_fontja")
    if spec is None or not spec.origin:
        raise SdcError(Text("matplotlib-fontja is not installed"))
    return Path(spec.origin).parent / "fonts" / "ipaexg.ttf"


@lru_cache(maxsize=64)
def font(size: float) -> FontProperties:
    """The font at a size in points."""
    return FontProperties(fname=str(font_file()), size=size)


@contextmanager
def neutral() -> Iterator[None]:
    """matplotlib as it is delivered, whatever the user has configured."""
    plain: Any = {k: v for k, v in matplotlib.rcParamsDefault.items() if k != "backend"}
    with matplotlib.rc_context(plain):
        yield


@lru_cache(maxsize=1)
def _ruler() -> Any:
    canvas: Any = FigureCanvasAgg(Figure(figsize=(1, 1), dpi=DPI))
    return canvas.get_renderer()


@lru_cache(maxsize=20_000)
def text_size(words: str, size: float) -> tuple[float, float]:
    """Width and height of a line of text in millimetres."""
    w, h, _ = _ruler().get_text_width_height_descent(words, font(size), False)
    return w / MM, h / MM


class Sheet:
    """A transparent sheet of ``width`` x ``height`` mm; the origin is the upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        pixels = round(width * MM), round(height * MM)
        # Everything is put on the figure itself: axes would cost more than what is drawn on them.
        self.figure = Figure(figsize=(pixels[0] / DPI, pixels[1] / DPI), dpi=DPI)
        self.figure.patch.set_alpha(0)
        self.canvas: Any = FigureCanvasAgg(self.figure)
        down = -pixels[1] / height
        self._place = Affine2D().scale(pixels[0] / width, down).translate(0, pixels[1])

    def add(self, artist: Any) -> None:
        """Put something on the sheet, its coordinates in millimetres."""
        artist.set_transform(self._place)
        self.figure.add_artist(artist)

    def text(self, x: float, y: float, words: str, *, size: float = 7, **style: Any) -> None:
        """Text whose upper left corner is at (x, y), unless ``ha`` and ``va`` say otherwise."""
        halo = style.pop("halo", 0.0)
        look = {"ha": "left", "va": "top", "color": BLACK} | style
        # "$" would start a formula in matplotlib's own mark-up.
        item = Letters(x, y, words, fontproperties=font(size), parse_math=False, **look)
        self.add(item)
        if halo:
            item.set_path_effects([withStroke(linewidth=halo, foreground="white")])

    def measure(self, words: str, size: float) -> tuple[float, float]:
        """Width and height of a line of text in millimetres."""
        return text_size(words, size)

    def wrap(self, words: str, size: float, width: float) -> list[str]:
        """Lines that fit into a width; breaks between any two letters, as Japanese text does."""
        lines: list[str] = [""]
        for unit in split_words(words):
            if lines[-1] and self.measure(lines[-1] + unit, size)[0] > width:
                lines[-1] = lines[-1].rstrip()
                lines.append("")
            lines[-1] += unit if lines[-1] else unit.lstrip()
        return lines

    def paragraph(
        self, x: float, y: float, words: str, *, size: float, width: float, **style: Any
    ) -> float:
        """Wrapped text; returns the y below it."""
        for line in self.wrap(words, size, width):
            self.text(x, y, line, size=size, **style)
            y += size * POINT * 1.32
        return y

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        width: float = 0.5,
        color: str = BLACK,
        **style: Any,
    ) -> None:
        """An open line; width in points."""
        xs, ys = zip(*points, strict=True)
        self.add(Line2D(xs, ys, linewidth=width, color=color, **style))

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        width: float = 0.5,
        color: str = BLACK,
        face: str = "none",
        **style: Any,
    ) -> None:
        """A rectangle."""
        look: dict[str, Any] = {"linewidth": width, "edgecolor": color, "facecolor": face} | style
        self.add(Rectangle((x, y), w, h, **look))

    def polygon(
        self,
        points: Sequence[tuple[float, float]],
        *,
        face: str,
        color: str = "none",
        width: float = 0,
    ) -> None:
        """A closed shape."""
        self.add(Polygon(points, closed=True, facecolor=face, edgecolor=color, linewidth=width))

    def outlines(
        self, paths: Sequence[Outline], *, width: float, color: str, zorder: float = 2
    ) -> None:
        """Unfilled outlines, as one collection."""
        self.add(
            PathCollection(
                list(paths),
                facecolors="none",
                edgecolors=color,
                linewidths=width,
                zorder=zorder,
                joinstyle="round",
            )
        )

    def path(self, outline: Outline, **style: Any) -> None:
        """One patch from a path."""
        self.add(PathPatch(outline, **style))

    def pixels(self) -> Pixels:
        """The sheet as RGBA (h, w, 4)."""
        self.canvas.draw()
        return np.asarray(self.canvas.buffer_rgba()).copy()


def paint_index(paths: Sequence[Outline], width: float, height: float) -> npt.NDArray[np.int64]:
    """Raster of place numbers (h, w): 1 + position of the path that covers a pixel, else 0.

    Drawn without anti-aliasing, so that no pixel mixes two places.
    """
    sheet = Sheet(width, height)
    number = np.arange(1, len(paths) + 1)
    faces = np.stack([number >> 16, number >> 8 & 255, number & 255], axis=1) / 255.0
    sheet.add(
        PathCollection(
            list(paths), facecolors=faces, edgecolors="none", linewidths=0, antialiaseds=False
        )
    )
    raw = sheet.pixels()
    found = np.zeros(raw.shape[:2], dtype=np.int64)
    for channel in range(3):
        found = found << 8 | raw[..., channel]
    return np.where(raw[..., 3] == 255, found, 0)


def outline(shape: BaseGeometry) -> Outline:
    """A (multi)polygon with its holes as one path."""
    vertices: list[npt.NDArray[np.float64]] = []
    codes: list[npt.NDArray[np.uint8]] = []
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        for ring in (part.exterior, *part.interiors):
            points = np.asarray(ring.coords)[:, :2]
            kind = np.full(len(points), Outline.LINETO, dtype=np.uint8)
            kind[0], kind[-1] = Outline.MOVETO, Outline.CLOSEPOLY
            vertices.append(points)
            codes.append(kind)
    if not vertices:
        return Outline(np.zeros((0, 2)))
    return Outline(np.concatenate(vertices), np.concatenate(codes))


def split_words(words: str) -> list[str]:
    """Pieces between which a line may break: Latin words stay whole, Japanese breaks anywhere."""
    found: list[str] = []
    for letter in words:
        last = found[-1][-1] if found else ""
        in_word = letter.isascii() and letter != " " and last.isascii() and last != " "
        if found and (in_word or letter in _CLOSING):
            found[-1] += letter
        else:
            found.append(letter)
    return found


_CLOSING = " 、。)」』】,."
