"""QGIS finds four styled layers a geography, and in them exactly what the release prints."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pyogrio
import pytest
import smallcity

from sdc.config import read_config
from sdc.pipeline.run import Safe, make_safe
from sdc.review.cells import cells_of
from sdc.review.geopackage import write_geopackage

pytestmark = pytest.mark.xdist_group("small-city")
LAYERS = ["merged", "status", "protected", "before", "status_mesh", "protected_mesh", "before_mesh"]


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Safe:
    return make_safe(read_config(smallcity.write(tmp_path_factory.mktemp("city"))))


@pytest.fixture(scope="module")
def file(safe: Safe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("review") / "small.gpkg"
    place.write_bytes(b"what lay here before")
    return write_geopackage(safe, place)


def layer(file: Path, name: str) -> pd.DataFrame:
    return pyogrio.read_dataframe(file, layer=name)


def styles(file: Path) -> dict[str, str]:
    with sqlite3.connect(file) as book:
        rows = book.execute(
            "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault AND"
            " f_table_catalog = '' AND f_table_schema = '' AND f_geometry_column = 'geom'"
        ).fetchall()
    book.close()
    return dict(rows)


def test_all_layers_are_there_with_their_crs(file: Path, safe: Safe) -> None:
    shapes = [n for n, kind in pyogrio.list_layers(file) if kind is not None]
    assert shapes == LAYERS
    own = safe.treated.places.areas
    assert own is not None
    for name in LAYERS:
        frame = layer(file, name)
        assert frame.crs == own.shapes.crs
        assert frame.geometry.is_valid.all()
    assert len(layer(file, "protected")) == len(own)
    assert sorted(layer(file, "merged")["code"]) == sorted(m.source for m in safe.treated.merges)
    assert [p.name for p in file.parent.iterdir()] == ["small.gpkg"]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["protected", "protected_mesh"])
def test_what_is_printed_is_what_the_layer_says(name: str, file: Path, safe: Safe) -> None:
    """Every total and every class of every table of a geography, looked up one by one."""
    geography = "mesh" if name.endswith("mesh") else "areas"
    frame = layer(file, name).set_index("code")
    tables = [t for t in safe.published.tables if t.dims[0].name == geography]
    seen = 0
    for table in tables:
        roots = {d.name: d.codes[d.root] for d in table.dims[1:]}
        cells = cells_of(safe, table.name).set_index([d.name for d in table.dims])["printed"]
        for dim in table.dims[1:]:
            for code in dim.codes:
                total = code == roots[dim.name]
                column = table.name if total else f"{table.name}_{dim.name}_{code}"
                rest = tuple((roots | {dim.name: code}).values())
                for area in frame.index:
                    assert frame.loc[area, column] == cells[(area, *rest)]
                    seen += 1
    assert seen == sum(len(frame) * len(d) for t in tables for d in t.dims[1:])
    assert seen > 50


def test_the_status_counts_every_cell_once(file: Path, safe: Safe) -> None:
    frame = layer(file, "status").set_index("code")
    every = pd.concat(
        cells_of(safe, t.name)[["areas", "status"]]
        for t in safe.published.tables
        if t.dims[0].name == "areas"
    )
    own = every[every["areas"].isin(frame.index)]
    for state in ("primary", "complementary", "published"):
        assert frame[f"n_{state}"].sum() == (own["status"] == state).sum()
    assert set(frame["state"][frame["n_primary"] > 0]) == {"primary"}


def test_before_holds_every_record_once(file: Path, safe: Safe) -> None:
    frame = layer(file, "before")
    assert frame["buildings"].sum() == 600  # the buildings of the small city
    classes = [c for c in frame if c.startswith("buildings_use_")]
    assert classes
    assert (frame[classes].sum(axis=1) == frame["buildings"]).all()
    into = dict(zip(frame["code"], frame["merged_into"], strict=True))
    assert {c: t for c, t in into.items() if t} == safe.treated.merge_maps["areas"]


def test_every_style_fits_its_layer(file: Path) -> None:
    """QGIS draws only what a category names: every value that occurs has one, and X is hatched."""
    held = styles(file)
    assert sorted(held) == sorted(LAYERS)
    for name, text in held.items():
        root = ET.fromstring(text.split("\n", 1)[1])
        (renderer,) = root.findall("renderer-v2")
        values = {c.get("value"): c.get("symbol") for c in renderer.iter("category")}
        frame = layer(file, name)
        assert set(frame[renderer.get("attr", "")]) <= set(values), name
        symbols = {s.get("name"): s for s in renderer.findall("symbols/symbol")}
        assert set(values.values()) == set(symbols)
        for value in ("X", "primary", "complementary"):
            if value in values:
                kinds = [part.get("class") for part in symbols[values[value]].findall("layer")]
                assert kinds == ["SimpleFill", "LinePatternFill"], (name, value)


def test_a_failure_leaves_what_was_there(
    safe: Safe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "small.gpkg"
    place.write_bytes(b"old")

    def broken(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sdc.review.geopackage._enter_styles", broken)
    with pytest.raises(KeyboardInterrupt):
        write_geopackage(safe, place)
    assert [p.name for p in tmp_path.iterdir()] == ["small.gpkg"]
    assert place.read_bytes() == b"old"
