"""Is there any byte in a package that should have stayed in the house?"""

from __future__ import annotations

import getpass
import io
import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from canaries import spellings, unpacked
from handmade import AREA_NAMES, clean_report, make_release, shapes, small_table
from shapely.geometry import box

from sdc.model.plan import Published
from sdc.model.release import Geography, Release
from sdc.publishing.archive import zip_package
from sdc.publishing.package import write_package

NAME, ADDRESS, COUNT = "山田太郎", "本町一丁目9番7号", "7351946"
FOLDER, USER, HOST = "kanaria-folder", "kanaria-user", "kanaria-host"
REASON = "complementary"


def canary_release() -> Release:
    """A release whose inputs carry canaries wherever a pipeline could have left them."""
    made = make_release(formats=("images", "csv", "geojson", "pdf"))
    area = shapes()
    area["owner"], area["JINKO"] = NAME, int(COUNT)
    area.attrs["source"] = ADDRESS
    water = area.iloc[:1][["owner", "geometry"]].copy()
    water["geometry"] = [box(139.701, 35.691, 139.703, 35.692)]
    published = Published(COUNT, (small_table(),), np.array([int(COUNT)]), np.array([False]))
    return Release(
        made.info,
        published,
        clean_report(published),
        geographies={"area": Geography("area", "areas", area, water)},
        merges=made.merges,
        collapses=made.collapses,
    )


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """Every byte that a run gives to the outside: files, their names, temporary files, prints."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield run(tmp_path_factory.mktemp("leaks"), monkeypatch)


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Publish and collect, in surroundings full of canaries."""
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdout", said)
    monkeypatch.setattr(sys, "stderr", said)
    for variable in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(variable, USER)
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    monkeypatch.setattr(getpass, "getuser", lambda: USER)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    home = tmp_path / FOLDER
    home.mkdir()
    monkeypatch.chdir(home)
    release = canary_release()
    internal = {"protection.csv": f"{REASON},{COUNT},{NAME}".encode()}
    package = write_package(release, home / "out", internal=internal)
    archive = zip_package(package)
    found = {
        p.relative_to(package).as_posix(): p.read_bytes() for p in package.rglob("*") if p.is_file()
    }
    found["the zip"] = archive.read_bytes()
    for path in temporary.rglob("*"):
        found[f"temporary {path.name}"] = path.read_bytes() if path.is_file() else b""
    found["names"] = "\n".join(found).encode()
    found["printed"] = said.getvalue().encode()
    found["digests of what is hidden"] = b""
    assert sorted(p.name for p in (home / "out").iterdir()) == [
        "tiny-2026", "tiny-2026.internal", "tiny-2026.zip",
    ]  # fmt: skip
    for digest in (release.published_digest, release.tables[0].digest):
        assert not any(digest.encode() in data for data in found.values())
    return found


def test_no_canary_sings_anywhere(everything: dict[str, bytes], tmp_path: Path) -> None:
    canaries = [NAME, ADDRESS, COUNT, FOLDER, USER, HOST, REASON, str(tmp_path.parent)]
    real = [socket.gethostname(), os.path.expanduser("~")]
    canaries += [c for c in real if len(c) > 6]
    streams = {s: name for name, data in everything.items() for s in unpacked(data)}
    dresses = {d: c for c in canaries for d in spellings(c) if len(d) >= 4}
    for stream, name in streams.items():
        for dress, canary in dresses.items():
            assert dress not in stream, (name, canary)


def test_the_search_would_find_one(everything: dict[str, bytes]) -> None:
    """The leak test is worth something only if it finds what is there."""
    known = AREA_NAMES["13104001001"].encode()
    assert known in everything["data/sex.csv"]
    assert known in everything["data/areas.geojson"]
    inside = {stream for stream in unpacked(everything["the zip"]) if known in stream}
    assert len(inside) >= 3
    assert any(b"Do Q" in s for s in unpacked(everything["data/maps/sex.pdf"]))
    assert any(b"/CIDInit" in s or b"BT" in s for s in unpacked(everything["data/docs/sex.pdf"]))


def test_geojson_has_the_contracted_properties_only(everything: dict[str, bytes]) -> None:
    import json

    features = json.loads(everything["data/areas.geojson"])["features"]
    assert {tuple(f["properties"]) for f in features} == {
        ("code", "name", "merged", "sex", "sex_status")
    }


def test_pictures_and_documents_carry_no_more_than_needed(everything: dict[str, bytes]) -> None:
    for name, data in everything.items():
        if name.endswith(".pdf"):
            assert not re.search(rb"/EmbeddedFile|/JavaScript|/AcroForm|/XMP|/Metadata|/URI", data)
        if name.startswith("data/docs/"):
            dates = set(re.findall(rb"/(?:Creation|Mod)Date \(([^)]*)\)", data))
            assert dates <= {b"D:20261122000000+09'00'"}
