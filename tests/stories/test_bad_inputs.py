"""What a clerk gets to read when a file is missing, damaged or of the wrong kind: never a traceback."""

from __future__ import annotations

import re
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import smallcity

from sdc import cli

JAPANESE = re.compile(r"[\u3041-\u30fe\u4e00-\u9fff]{2}")
Harm = Callable[[Path], None]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    smallcity.write(folder)
    return folder


def text(name: str, content: str | bytes) -> Harm:
    raw = content if isinstance(content, bytes) else content.encode("utf-8")
    return lambda folder: (folder / name).write_bytes(raw) and None


def swap(old: str, new: str, name: str = "release.toml") -> Harm:
    def harm(folder: Path) -> None:
        before = (folder / name).read_text(encoding="utf-8")
        assert old in before
        (folder / name).write_text(before.replace(old, new, 1), encoding="utf-8")

    return harm


def areas(change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Harm:
    def harm(folder: Path) -> None:
        file = folder / "areas.gpkg"
        frame = change(gpd.read_file(file))
        file.unlink()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # geopandas warns of what is harmed on purpose
            frame.to_file(file)

    return harm


def overlap(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.assign(geometry=[*frame.geometry.iloc[:-1], frame.geometry.iloc[0]])


def nothing(folder: Path) -> None:
    """All is well but what is typed."""


def remove(name: str) -> Harm:
    return lambda folder: (folder / name).unlink()


def folder_of(name: str) -> Harm:
    return lambda folder: (folder / name).mkdir()


def torn_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "p.zip", "w") as archive:
        archive.writestr("small/data/a.csv", "a\n1\n" * 500)
    whole = (folder / "p.zip").read_bytes()
    (folder / "p.zip").write_bytes(whole[: len(whole) // 2])


CHECK = ["check", "release.toml"]
PROTECT = ["protect", "cells.csv", "--min-count", "3", "--out", "o"]
CELLS = "area,use,value\na,u,1\na,v,8\nb,u,7\nb,v,2\n"

# What is broken, what is typed, what the message must name.
CASES: dict[str, tuple[Harm, list[str], list[str]]] = {
    # the configuration
    "no configuration": (remove("release.toml"), CHECK, ["release.toml"]),
    "a folder": (folder_of("r.toml"), ["check", "r.toml"], ["r.toml"]),
    "a table": (nothing, ["check", "buildings.csv"], ["buildings.csv"]),
    "bytes": (text("release.toml", b"\xff\xfe\x00\x81"), CHECK, ["release.toml"]),
    "empty": (text("release.toml", ""), CHECK, ["release.toml", "schema"]),
    "no TOML": (swap("[release]", "[release"), CHECK, ["release.toml", "3"]),
    "unknown key": (swap("serial", "seriel"), CHECK, ["release.seriel", "serial"]),
    "path upward": (swap('"buildings.csv"', '"../buildings.csv"'), CHECK, ["../buildings.csv"]),
    "absolute path": (swap('"buildings.csv"', '"/etc/passwd"'), CHECK, ["/etc/passwd"]),
    "UNC path": (swap('"buildings.csv"', "'\\\\server\\x.csv'"), CHECK, ["server"]),
    "variable": (swap('"buildings.csv"', '"$HOME/x.csv"'), CHECK, ["$HOME/x.csv"]),
    "no threshold": (swap("min_count = 3\n", ""), CHECK, ["min_count"]),
    "no ground": (swap("ground =", "profile ="), ["release", "release.toml"], ["ground"]),
    "unproven level": (
        swap("min_count = 3\n", 'min_count = 3\nprotection = "strong"\n'), CHECK, ["strong"],
    ),
    # small areas
    "no areas": (remove("areas.gpkg"), CHECK, ["areas.gpkg"]),
    "areas are text": (text("areas.gpkg", "code,name\n1,a\n"), CHECK, ["areas.gpkg"]),
    "areas without CRS": (
        areas(lambda f: f.set_crs(None, allow_override=True)), CHECK, ["areas.gpkg"],
    ),
    "points for areas": (
        areas(lambda f: f.assign(geometry=f.geometry.to_crs(6677).centroid.to_crs(6668))),
        CHECK, ["areas.gpkg"],
    ),
    "no area": (areas(lambda f: f.iloc[:0]), CHECK, ["areas.gpkg"]),
    "no code column": (areas(lambda f: f.rename(columns={"code": "id"})), CHECK, ["code"]),
    "blank code": (
        areas(lambda f: f.assign(code=["", *f["code"].iloc[1:]])), CHECK, ["areas.gpkg", "code"],
    ),
    "overlapping areas": (areas(overlap), CHECK, ["areas.gpkg"]),
    # records
    "no records": (remove("buildings.csv"), CHECK, ["buildings.csv"]),
    "no class column": (swap("use,structure", "uze,structure", "buildings.csv"), CHECK,
                        ["buildings.csv", "use"]),
    "unknown class": (swap(",411,", ",999,", "buildings.csv"), CHECK,
                      ["buildings.csv", "use", "999"]),
    "no position": (swap("141.5", "", "buildings.csv"), CHECK, ["buildings.csv", "lon"]),
    "no code list": (remove("uses.csv"), CHECK, ["uses.csv"]),
    "orphan class": (swap("441,TOTAL", "441,GONE", "uses.csv"), CHECK, ["uses.csv", "GONE"]),
    # tables that exist already
    "no cells": (nothing, PROTECT, ["cells.csv"]),
    "hidden already": (text("cells.csv", CELLS.replace("8", "X")), PROTECT, ["cells.csv", "X"]),
    "negative": (text("cells.csv", CELLS.replace("8", "△8")), PROTECT, ["cells.csv", "△8"]),
    "no hierarchy": (text("cells.csv", CELLS), [*PROTECT, "--hierarchy", "area=x.csv"], ["x.csv"]),
    "no such method": (text("cells.csv", CELLS), [*PROTECT, "--method", "magic"], ["magic"]),
    "broken JJ": (text("p.jj", "0\n3\nhello\n"), ["protect", "p.jj", "--out", "o"], ["p.jj"]),
    "text as xlsx": (text("c.xlsx", CELLS), ["audit", "c.xlsx"], ["c.xlsx"]),
    "text as parquet": (text("b.parquet", "x"), ["audit", "b.parquet"], ["b.parquet"]),
    # what others made
    "no package": (nothing, ["verify", "nowhere"], []),
    "no bag": (nothing, ["verify", "."], []),
    "torn archive": (torn_zip, ["verify", "p.zip"], []),
    "nothing to explain": (nothing, ["explain", "release.toml", "use", "areas=1"], ["small"]),
    "nothing to review": (nothing, ["review", "none.toml"], ["none.toml"]),
    "no ledger": (nothing, ["ledger", "list", "none.sqlite"], ["none.sqlite"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_no_bad_input_ends_in_a_traceback(
    name: str,
    good: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    harm, typed, named = CASES[name]
    city = tmp_path / "city"
    shutil.copytree(good, city)
    harm(city)
    before = sorted(p.name for p in city.iterdir())
    monkeypatch.chdir(city)
    monkeypatch.setattr("sys.argv", ["sdc", *typed])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code in (2, 3)
    seen = capsys.readouterr()
    told = seen.err + seen.out
    assert "Traceback" not in told
    assert "予期しない" not in told
    assert JAPANESE.search(told)
    assert re.search(r"[A-Za-z]{2,} [a-z]{2,}", told)
    for word in named:
        assert word in told
    assert sorted(p.name for p in city.iterdir() if p.name != "errors.csv") == before


def test_a_reading_of_damaged_parquet_as_records(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    city = tmp_path / "city"
    shutil.copytree(good, city)
    pd.read_csv(city / "buildings.csv", dtype=str).to_parquet(city / "b.parquet")
    whole = (city / "b.parquet").read_bytes()
    (city / "b.parquet").write_bytes(whole[:-40])
    swap('"buildings.csv"', '"b.parquet"')(city)
    monkeypatch.chdir(city)
    monkeypatch.setattr("sys.argv", ["sdc", *CHECK])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "b.parquet" in capsys.readouterr().err
