"""What does a program read back from the maps of a package, with nothing but the package?

It finds the map's field by its colours, lays the outlines of ``*.geojson`` over it, and looks at
every place from inside. Imports nothing of the tool.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from PIL import Image
from pyproj import Transformer

CLASSES = ("#fdf6d8", "#c3e0b4", "#74bcae", "#3585a4", "#274472")
"""The colours of the legend, from light to dark, as a person picks them with a pipette."""
MM = 300 / 25.4
FIELD = (10.0, 31.0, 200.0, 169.0)  # the map on the page: left, top, width, height in mm
EDGE = 7  # pixels from a border that are not looked at


@dataclass
class Looks:
    """What was seen: numbers printed in the table by colour, and codes by their look."""

    places: list[str]
    classes: list[list[int]] = field(default_factory=lambda: [[] for _ in CLASSES])
    hatched: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    mixed: set[str] = field(default_factory=set)


def read_back(
    package: Path, table: str, geography: str, *, classes: Mapping[str, str], plane: int
) -> Looks:
    """Every place of one map, compared with what the table prints of it."""
    stem = table + "".join(f"_{d}-{c}" for d, c in classes.items())
    with Image.open(package / "data" / "maps" / f"{stem}.png") as image:
        page = np.asarray(image.convert("RGB")).astype(np.int64)
    left, top = round(FIELD[0] * MM) + 12, round(FIELD[1] * MM) + 12
    wide, high = round(FIELD[2] * MM) - 24, round(FIELD[3] * MM) - 24
    page = page[top : top + high, left : left + wide]
    code = page[..., 0] << 16 | page[..., 1] << 8 | page[..., 2]
    printed = _printed(package, table, geography, classes)
    shapes = _outlines(package, geography, plane, set(printed))
    looks = Looks(sorted(shapes))
    colours = [int(c[1:], 16) for c in CLASSES]
    for place, inside in _masks(shapes, code != 0xFFFFFF).items():
        seen = code[inside]
        found = [i for i, c in enumerate(colours) if (seen == c).any()]
        text = printed[place]
        if text == "X":
            looks.hidden.add(place)
        if not found:
            looks.hatched.add(place)
        elif len(found) > 1:
            looks.mixed.add(place)
        else:
            looks.classes[found[0]].append(0 if text in "-X" else int(text))
    return looks


def _printed(
    package: Path, table: str, geography: str, classes: Mapping[str, str]
) -> dict[str, str]:
    """The printed text of every live place, other dimensions at the class shown or at TOTAL."""
    text = (package / "data" / f"{table}.csv").read_bytes().decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    names = [n.removesuffix("_label") for n in rows.fieldnames or [] if n.endswith("_label")]
    want = {n: classes.get(n, "TOTAL") for n in names}
    return {
        r[geography]: r["value"]
        for r in rows
        if r["status"] not in "MG" and all(r[n] == c for n, c in want.items())
    }


def _outlines(
    package: Path, geography: str, plane: int, known: set[str]
) -> dict[str, shapely.Geometry]:
    """Innermost places in the plane of the map, which its margin names."""
    turn = Transformer.from_crs(4326, plane, always_xy=True)
    document = json.loads((package / "data" / f"{geography}.geojson").read_text("utf-8"))
    found = {}
    for feature in document["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        flat = shapely.transform(shape, lambda xy: np.column_stack(turn.transform(*xy.T)))
        found[feature["properties"]["code"]] = flat
    return {c: s for c, s in found.items() if c in known}


def _masks(
    shapes: Mapping[str, shapely.Geometry], inked: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pixels well inside every place: the outer bounds of all places are the bounds of the ink."""
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    x0, y0 = columns[0], rows[0]
    scale = (columns[-1] - x0) / (east - west)
    assert abs((rows[-1] - y0) / (north - south) / scale - 1) < 0.01
    found = {}
    for code, shape in shapes.items():
        put = shapely.transform(
            shape,
            lambda xy: np.column_stack(
                [(xy[:, 0] - west) * scale + x0, (north - xy[:, 1]) * scale + y0]
            ),
        )
        inner = shapely.buffer(put, -EDGE)
        assert not inner.is_empty, f"{code} is too small to be looked at"
        x, y = np.meshgrid(
            np.arange(int(inner.bounds[0]), int(inner.bounds[2]) + 1),
            np.arange(int(inner.bounds[1]), int(inner.bounds[3]) + 1),
        )
        shapely.prepare(inner)
        good = shapely.contains_xy(inner, x.ravel(), y.ravel())
        found[code] = (y.ravel()[good], x.ravel()[good])
    return found
