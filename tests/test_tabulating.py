"""Counting by place: small and large, in memory and from a file, by any map."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

import sdc
from sdc.model.records import Records
from sdc.readers import pieces as parts
from sdc.readers.scan import RecordFile, scan_records
from sdc.spatial import mesh as jis
from sdc.spatial.areas import Areas, make_areas

USES = ["401", "402", "411", "461"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 5_000
    return pd.DataFrame(
        {
            "lon": 139.7 + rng.random(n) * 0.05,
            "lat": 35.6 + rng.random(n) * 0.05,
            "use": rng.choice(USES, n),
            "wood": rng.choice(["木造", "非木造"], n),
        }
    )


@pytest.fixture
def file(frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordFile:
    monkeypatch.setattr(parts, "PIECE_ROWS", 1_000)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pandas(frame), path, row_group_size=500)
    found = scan_records(path, x="lon", y="lat", crs="EPSG:6668")
    assert len(found.pieces) == 5
    return found


@pytest.fixture(scope="module")
def areas() -> Areas:
    # Two columns of cells; the eastern fifth of the ground belongs to no area.
    west, east = shapely.box(139.7, 35.6, 139.72, 35.65), shapely.box(139.72, 35.6, 139.74, 35.65)
    layer = gpd.GeoDataFrame({"id": ["w", "e"]}, geometry=[west, east], crs=6668)
    return make_areas(layer, dimension="area", code="id")


def expected(frame: pd.DataFrame, level: str, by: list[str]) -> pd.DataFrame:
    """The same by pandas."""
    lat, lon = frame["lat"].to_numpy(), frame["lon"].to_numpy()
    coded = frame.assign(mesh=jis.encode(lat, lon, level))
    out = coded.groupby(["mesh", *by]).size().reset_index(name="count")
    return out.astype({"mesh": str, **dict.fromkeys(by, str)})


@pytest.mark.parametrize("by", [[], ["use"], ["wood", "use"]])
def test_what_occurs_is_what_pandas_counts(
    frame: pd.DataFrame, file: RecordFile, by: list[str]
) -> None:
    want = expected(frame, "250m", by)
    found = sdc.count(file, sdc.mesh("250m"), by=by)
    assert found.to_dict("list") == want.to_dict("list")
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    held = Records("r", frame[["use", "wood"]], lon.copy(), lat.copy(), "EPSG:6668")
    assert sdc.count(held, sdc.mesh("250m"), by=by).to_dict("list") == want.to_dict("list")


def test_the_answer_is_the_same_whoever_counts(file: RecordFile, areas: Areas) -> None:
    alone = sdc.count(file, areas, by=["use"])
    with ThreadPoolExecutor(2) as pool:
        threads = sdc.count(file, areas, by=["use"], run=pool.map)
    with ProcessPoolExecutor(2) as pool:
        processes = sdc.count(file, areas, by=["use"], run=pool.map)
    pd.testing.assert_frame_equal(alone, threads)
    pd.testing.assert_frame_equal(alone, processes)
    assert alone.attrs["outside"] == threads.attrs["outside"] == processes.attrs["outside"] > 0


def test_a_table_from_a_file_has_all_margins(
    frame: pd.DataFrame, file: RecordFile, areas: Areas
) -> None:
    table = sdc.tabulate(file, areas, by=["use"])
    inside = frame[frame["lon"] <= 139.74]
    codes = {d.name: d.codes for d in table.dims}
    assert codes["area"] == ("TOTAL", "e", "w")
    assert codes["use"] == (*USES, "TOTAL")
    assert table.value[0, 4] == len(inside)
    assert table.value[2, 4] == (inside["lon"] < 139.72).sum()
    assert table.value[0].tolist()[:4] == [int((inside["use"] == u).sum()) for u in USES]
    assert str(len(frame) - len(inside)) in str(table.notes[0])


def test_a_mesh_reaches_as_far_as_the_records(frame: pd.DataFrame, file: RecordFile) -> None:
    table = sdc.tabulate(file, sdc.mesh("1km"), by=["use"])
    want = expected(frame, "1km", [])
    dim = table.dims[0]
    place = [dim.codes.index(code) for code in want["mesh"]]
    assert table.value[place, table.dims[1].root].tolist() == want["count"].tolist()
    assert table.value[dim.root, table.dims[1].root] == len(frame)


def test_blanks_and_missing_columns_are_refused(file: RecordFile, frame: pd.DataFrame) -> None:
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    blank = frame[["use"]].copy()
    blank.loc[7, "use"] = ""
    held = Records("r", blank, lon.copy(), lat.copy(), "EPSG:6668")
    with pytest.raises(sdc.InputError, match="blanks"):
        sdc.count(held, sdc.mesh("250m"), by=["use"])
    with pytest.raises(sdc.InputError):
        sdc.count(file, sdc.mesh("250m"), by=["none"])


def test_more_classes_than_a_key_can_number_are_refused() -> None:
    # Four columns have 24 / 4 = 6 bits each: 64 classes.
    n = 65
    columns = {c: [str(i) for i in range(n)] for c in "abcd"}
    held = Records("r", pd.DataFrame(columns), np.full(n, 139.7), np.full(n, 35.6), "EPSG:6668")
    with pytest.raises(sdc.InputError, match="at most 64"):
        sdc.count(held, sdc.mesh("1km"), by=list("abcd"))
