"""What does the reviewer open in QGIS? One GeoPackage of styled layers, internal like the page.

Layers, for each geography of the release: ``before`` (areas as they were read, true counts),
``protected`` (areas as published, with every printed text), ``status`` (why X stands where), and
``merged`` (areas that were merged away). Columns hold the totals and each class by itself; cells that
cross several columns are on the page.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.pipeline.geography import AREAS, MESH
from sdc.pipeline.run import Safe
from sdc.publishing.classes import class_words, classify, colours, round_breaks
from sdc.review.cells import COMPLEMENTARY, PRIMARY, PUBLISHED, cells_of
from sdc.review.qml import Category, hatched, style

STATES = {
    PRIMARY: hatched(PRIMARY, "", edge="#c0392b", width=0.6),
    COMPLEMENTARY: hatched(COMPLEMENTARY, ""),
    PUBLISHED: Category(PUBLISHED, "", fill="#d5e8d4"),
}
LABELS = {
    PRIMARY: Text("X hidden, primary"),
    COMPLEMENTARY: Text("X hidden"),
    PUBLISHED: Text("published"),
}
_STYLES = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT,
    styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT CURRENT_TIMESTAMP)"""
"""The table in which QGIS looks for styles, as QGIS itself creates it."""
GEOMETRY = "geom"


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: its features with a CRS, and its style in QML."""

    name: str
    frame: gpd.GeoDataFrame
    qml: str


def layers(safe: Safe) -> list[Layer]:
    """All layers of a release that passed, the lowest last; true values are in them. O(cells)."""
    used = dict.fromkeys(d.name for t in safe.published.tables for d in t.dims)
    found = []
    for geography in (g for g in (AREAS, MESH) if g in used):
        end = "" if geography == AREAS or AREAS not in used else f"_{geography}"
        cells = _cells(safe, geography)
        if geography in safe.treated.merge_maps:
            found.append(_merged(safe, geography, "merged" + end))
        found += [
            _status(safe, geography, cells, "status" + end),
            _protected(safe, geography, cells, "protected" + end),
            _before(safe, geography, "before" + end),
        ]
    return found


def write_geopackage(safe: Safe, file: Path) -> Path:
    """Write the layers for their owner alone (0600, in a folder of 0700), a fresh file or none."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".sdc-") as folder:
        staged = Path(folder) / file.name
        every = layers(safe)
        for layer in every:
            layer.frame.to_file(
                staged, layer=layer.name, driver="GPKG", engine="pyogrio", geometry_name=GEOMETRY,
                dataset_options={"VERSION": "1.2"},  # also read by the QGIS of older offices
            )  # fmt: skip
        with sqlite3.connect(staged) as book:
            _enter_styles(book, every)
        book.close()
        staged.chmod(0o600)
        os.replace(staged, file)
    return file


def _enter_styles(book: sqlite3.Connection, every: list[Layer]) -> None:
    book.execute(_STYLES)
    book.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, ?, ?)",
        ("layer_styles", "attributes", "layer_styles"),
    )
    rows = [("", "", layer.name, GEOMETRY, layer.name, layer.qml, "", 1) for layer in every]
    book.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
        " styleName, styleQML, styleSLD, useAsDefault) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _cells(safe: Safe, geography: str) -> dict[str, pd.DataFrame]:
    """Table -> its cells, with the column they take in a layer (empty where they cross columns)."""
    found = {}
    for table in safe.published.tables:
        rest = [d for d in table.dims if d.name != geography]
        if len(rest) == len(table.dims):
            continue
        cells = cells_of(safe, table.name)
        off = [cells[d.name] != d.codes[d.root] for d in rest]
        column = pd.Series(table.name, index=cells.index)
        for dim, away in zip(rest, off, strict=True):
            column = column.where(~away, table.name + "_" + dim.name + "_" + cells[dim.name])
        several = np.sum(off, axis=0) > 1 if off else np.zeros(len(cells), dtype=bool)
        found[table.name] = cells.assign(column=column.mask(several, ""))
    return found


def _wide(cells: Mapping[str, pd.DataFrame], geography: str, what: str) -> pd.DataFrame:
    """One row an area, one column a printed total or class."""
    parts = []
    for table, frame in cells.items():
        own = frame[frame["column"] != ""]
        order = list(dict.fromkeys([table, *own["column"]]))
        parts.append(own.pivot(index=geography, columns="column", values=what)[order])
    return pd.concat(parts, axis=1)


def _shapes(safe: Safe, geography: str) -> gpd.GeoDataFrame:
    shapes = safe.treated.places.of(geography).shapes
    return shapes[["code", "name", "geometry"]].set_index("code", drop=False)


def _frame(shapes: gpd.GeoDataFrame, columns: pd.DataFrame) -> gpd.GeoDataFrame:
    return shapes.join(columns.reindex(shapes.index)).reset_index(drop=True)


def _protected(safe: Safe, geography: str, cells: Mapping[str, pd.DataFrame], name: str) -> Layer:
    """What a reader will see; coloured by the first table's totals."""
    printed = _wide(cells, geography, "printed")
    shapes = _shapes(safe, geography)
    first = printed.iloc[:, 0].reindex(shapes.index)
    number = pd.to_numeric(first, errors="coerce").fillna(0).to_numpy(dtype=np.float64)
    breaks = round_breaks(number.astype(np.int64))
    words = class_words(breaks)
    drawn = np.array(words, dtype=object)[classify(number.astype(np.int64), breaks)]
    shown = pd.DataFrame({"drawn": drawn}, index=shapes.index)
    shown["drawn"] = shown["drawn"].mask(first == "X", "X").mask(first == "-", "-")
    kinds = [hatched("X", str(Text("X hidden"))), Category("-", str(Text("zero")), fill="#ffffff")]
    kinds += [Category(w, w, fill=c) for w, c in zip(words, colours(len(words)), strict=True)]
    return Layer(name, _frame(shapes, shown.join(printed)), style("drawn", kinds))


def _status(safe: Safe, geography: str, cells: Mapping[str, pd.DataFrame], name: str) -> Layer:
    """The gravest state of each area's cells, how many have which, and each column's own."""
    every = pd.concat([f[[geography, "status"]] for f in cells.values()])
    n = every.groupby([geography, "status"]).size().unstack(fill_value=0)
    n = n.reindex(columns=list(STATES), fill_value=0)
    state = np.select([n[PRIMARY] > 0, n[COMPLEMENTARY] > 0], [PRIMARY, COMPLEMENTARY], PUBLISHED)
    columns = n.rename(columns="n_{}".format).assign(state=state)[
        ["state", *(f"n_{s}" for s in STATES)]
    ]
    wide = _wide(cells, geography, "status")
    kinds = [
        Category(**{**one.__dict__, "label": str(LABELS[value])}) for value, one in STATES.items()
    ]
    return Layer(name, _frame(_shapes(safe, geography), columns.join(wide)), style("state", kinds))


def _before(safe: Safe, geography: str, name: str) -> Layer:
    """The areas as they were read, with the true counts of every set of records by class."""
    areas = safe.prepared.places.of(geography)
    shapes = areas.shapes[["code", "name", "geometry"]].set_index("code", drop=False)
    into = safe.treated.merge_maps.get(geography, {})
    columns = pd.DataFrame(
        {"merged_into": [into.get(c, "") for c in shapes.index]}, index=shapes.index
    )
    counts = [columns]
    here = [c for c in safe.prepared.coded.values() if geography in c.leaf]
    counts += [_counts(coded, geography).set_index(shapes.index) for coded in here]
    total = counts[1].iloc[:, 0].to_numpy(dtype=np.int64)
    breaks = round_breaks(total)
    words = class_words(breaks)
    columns["drawn"] = np.array(words, dtype=object)[classify(total, breaks)]
    kinds = [Category(w, w, fill=c) for w, c in zip(words, colours(len(words)), strict=True)]
    return Layer(name, _frame(shapes, pd.concat(counts, axis=1)), style("drawn", kinds))


def _counts(coded: Coded, geography: str) -> pd.DataFrame:
    """(areas, 1 + classes) records in each area: all of them, then by each class of each column."""
    n, place, units = len(coded.dims[geography].leaves), coded.leaf[geography], coded.units
    found = {coded.name: np.bincount(place, weights=units, minlength=n)}
    for column, index in coded.leaf.items():
        if column in (AREAS, MESH):
            continue
        dim = coded.dims[column]
        codes = [dim.codes[i] for i in dim.leaves]
        flat = np.bincount(place * len(codes) + index, weights=units, minlength=n * len(codes))
        for k, code in enumerate(codes):
            found[f"{coded.name}_{column}_{code}"] = flat.reshape(n, -1)[:, k]
    return pd.DataFrame(found).astype(np.int64)


def _merged(safe: Safe, geography: str, name: str) -> Layer:
    """Outlines of the areas that were merged away, and where their records went."""
    shapes = safe.prepared.places.of(geography).shapes.set_index("code", drop=False)
    mine = [m for m in safe.treated.merges if m.dimension == geography]
    frame = shapes.loc[[m.source for m in mine], ["code", "name", "geometry"]].reset_index(
        drop=True
    )
    frame["into"] = [m.target for m in mine]
    frame["into_name"] = [m.target_name for m in mine]
    frame["drawn"] = "merged"
    look = Category("merged", str(Text("merged away")), edge="#6c3483", dashed=True, width=0.6)
    return Layer(name, frame, style("drawn", [look]))
