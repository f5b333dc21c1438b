"""Reading a file part by part gives the records of the file, with its row numbers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from sdc.errors import InputError
from sdc.model.records import Records
from sdc.pipeline.counting import Job, read_piece
from sdc.readers import pieces as module
from sdc.readers.pieces import WHOLE, encoding_of, pieces
from sdc.readers.records import read_records

XY = {"x": "lon", "y": "lat", "crs": "EPSG:6668"}


def lines(n: int) -> list[str]:
    """Records with quoted commas, quotes and line ends, and Japanese text."""
    notes = ["新宿", '"a,b"', '"行\n替え"', '"引用""符"']
    return [f"{i:04d},139.{i:04d},35.5,{notes[i % 4]}" for i in range(n)]


def joined(parts: list[Records]) -> pd.DataFrame:
    return pd.concat([p.frame.assign(x=p.x, y=p.y) for p in parts], ignore_index=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n", "\r\n\r\n\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_in_parts_is_the_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, tail: str, end: str
) -> None:
    path = tmp_path / "a.csv"
    body = end.join(["id,lon,lat,note", *lines(400)]) + tail
    path.write_bytes(body.encode(encoding))
    whole = read_records(path, **XY)
    monkeypatch.setattr(module, "PIECE_BYTES", 350)
    monkeypatch.setattr(module, "_CHUNK", 777)
    cut = pieces(path)
    parts = [read_records(path, **XY, piece=p) for p in cut]
    assert len(parts) > 5
    assert {p.encoding for p in cut} == {encoding}
    made = joined(parts)
    assert made["id"].tolist() == [f"{i:04d}" for i in range(400)]
    assert made["note"].tolist()[:4] == ["新宿", "a,b", "行\n替え", '引用"符']
    # Row 2 holds the first record; every part says in which row its own first record stands.
    assert [p.first_row for p in parts] == [2 + c.first for c in cut]
    assert [c.first for c in cut] == np.cumsum([0, *(len(p) for p in parts)])[:-1].tolist()
    pd.testing.assert_frame_equal(made, joined([whole]))


def test_findings_name_the_rows_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{i},139.5,35.5" for i in range(300)]
    rows[250] = "250,139.5"  # record 250 stands in row 252
    path.write_text("id,lon,lat\n" + "\n".join(rows), encoding="utf-8")
    monkeypatch.setattr(module, "PIECE_BYTES", 800)
    found = []
    for piece in pieces(path):
        try:
            read_records(path, **XY, piece=piece)
        except InputError as error:
            found += error.findings
    assert [(f.code, f.row) for f in found] == [("ragged", 252)]


def test_a_damaged_byte_is_refused_in_parts_as_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    text = "id,lon,lat\n" + "新宿,139.5,35.5\n" * 300
    path.write_bytes(text.encode().replace("新宿".encode(), b"\xe6\x96\xff", 1))
    monkeypatch.setattr(module, "PIECE_BYTES", 800)
    monkeypatch.setattr(module, "_CHUNK", 100)
    with pytest.raises(InputError) as error:
        pieces(path)
    assert error.value.findings[0].row == 2


def test_the_encoding_is_found_across_the_edges_of_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 5)
    for name in ("utf-8", "cp932", "utf-8-sig"):
        path = tmp_path / f"{name}.csv"
        path.write_bytes("番号,区\n1,新宿区\n".encode(name))
        assert encoding_of(path) == name


def test_parquet_is_cut_at_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "lon": pa.array(np.linspace(139, 140, 100)),
            "lat": pa.array([35.5] * 100),
            "use": pa.array([None if i == 3 else i % 7 for i in range(100)], pa.int32()),
            "kind": pa.array(["木造"] * 100).dictionary_encode(),
        }
    )
    pq.write_table(table, path, row_group_size=10)
    monkeypatch.setattr(module, "PIECE_ROWS", 25)
    cut = pieces(path)
    # Row groups of 10: two fit into 25 rows, three do not.
    assert [(p.start, p.stop, p.first) for p in cut] == [
        (0, 2, 0), (2, 4, 20), (4, 6, 40), (6, 8, 60), (8, 10, 80),
    ]  # fmt: skip
    parts = [read_records(path, **XY, columns=["use", "kind", "lat"], piece=p) for p in cut]
    made = joined(parts)
    assert made["use"].tolist()[:8] == ["0", "1", "2", "", "4", "5", "6", "0"]
    assert set(made["kind"]) == {"木造"}
    assert made["lat"].tolist() == ["35.5"] * 100
    whole = read_records(path, **XY, columns=["use", "kind", "lat"])
    pd.testing.assert_frame_equal(made, joined([whole]))


def test_a_folder_of_parquet_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As clusters write it: parts in the order of their names, one of them empty, notes of the writer, and
    # a column that stands in the names of folders alone.
    n, folder = 100, tmp_path / "trips"
    uses = [str(i) for i in range(n)]
    whole = pa.table({"lon": np.linspace(139, 140, n), "lat": [35.5] * n, "use": uses})
    cuts = {
        "year=2025/part-0": (0, 30),
        "year=2025/part-1": (30, 30),
        "year=2026/part-0": (30, 100),
    }
    for name, (start, stop) in cuts.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(whole.slice(start, stop - start), path, row_group_size=20)
    (folder / "_metadata.parquet").write_bytes(b"not a table")
    monkeypatch.setattr(module, "PIECE_ROWS", 40)
    cut = pieces(folder)
    # 30 rows in groups of 20 and 10; then 20 + 20, 20 + 10 of 70.
    assert [(p.file[:9], p.start, p.stop, p.first) for p in cut] == [
        ("year=2025", 0, 2, 0), ("year=2026", 0, 2, 30), ("year=2026", 2, 4, 70),
    ]  # fmt: skip
    parts = [read_records(folder, **XY, columns=["use", "year"], piece=p) for p in cut]
    assert [(p.file, p.first_row) for p in parts] == [("trips", 2), ("trips", 32), ("trips", 72)]
    made = joined(parts)
    assert made["use"].tolist() == uses
    assert made["year"].tolist() == ["2025"] * 30 + ["2026"] * 70
    assert made["x"].tolist() == np.linspace(139, 140, n).tolist()
    # Records that must be held whole, because persons are looked at, are the same.
    reading = {**XY, "columns": ["use", "year"]}
    held = read_piece(Job("trips", str(folder), reading, {}, {}, None, ()))
    assert held.first_row == 2
    pd.testing.assert_frame_equal(joined([held]), made)


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        pieces(tmp_path)
    assert [f.code for f in error.value.findings] == ["file-missing"]
    (tmp_path / "part.parquet").symlink_to("/dev/null")
    with pytest.raises(InputError) as error:
        pieces(tmp_path)
    assert [f.code for f in error.value.findings] == ["file-unreadable"]


def test_features_are_cut_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = shapely.points(np.linspace(139, 140, 30), 35.5)
    layer = gpd.GeoDataFrame({"use": [str(i) for i in range(30)]}, geometry=points, crs=6668)
    path = tmp_path / "a.gpkg"
    layer.to_file(path)
    monkeypatch.setattr(module, "PIECE_ROWS", 12)
    parts = [read_records(path, piece=p) for p in pieces(path)]
    assert [len(p) for p in parts] == [12, 12, 6]
    assert [p.first_row for p in parts] == [2, 14, 26]
    pd.testing.assert_frame_equal(joined(parts), joined([read_records(path)]))


def test_small_files_and_other_kinds_are_one_part(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,lon,lat\n1,139,35\n", encoding="utf-8")
    assert pieces(path) == (WHOLE,)
    with pytest.raises(InputError):
        pieces(tmp_path / "none.csv")
