"""What the configuration says about the package: keys, figures, surfaces, words."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import smallcity

from sdc.config import Config, read_config
from sdc.errors import InputError
from sdc.pipeline.publication import info_of, keys_of, surfaces, timestamp_lines
from sdc.publishing.keys import keygen
from sdc.spatial.areas import make_areas

PHRASE = "correct horse battery"
SIGNING = '[signing]\nkey = "keys/release"\nprincipal = "release@082996"\n'


def config_with(folder: Path, signing: str) -> Config:
    path = smallcity.write(folder)
    path.write_text(path.read_text("utf-8").replace("[output]", f"{signing}[output]"), "utf-8")
    return read_config(path)


def make_key(folder: Path) -> None:
    (folder / "keys").mkdir()
    keygen(folder / "keys" / "release", "release@082996", PHRASE)


def test_without_a_section_the_run_says_that_it_is_unsigned(tmp_path: Path) -> None:
    keys = keys_of(config_with(tmp_path, ""))
    assert keys.signer is None
    assert "unsigned" in str(keys.line()[1])
    assert "[signing]" in str(keys.line()[1])


def test_a_missing_key_is_an_error_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="signing"):
        config_with(tmp_path, SIGNING)
    keys = keys_of(config_with(tmp_path, SIGNING + "required = false\n"))
    assert keys.signer is None
    assert "keys/release" in str(keys.line()[1])


def test_a_key_that_is_there_is_used_or_the_run_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``required = false`` speaks of a missing key only: one that does not open is an error."""
    make_key(tmp_path)
    config = config_with(tmp_path, SIGNING + "required = false\n")
    monkeypatch.delenv("SDC_SIGNING_PASSPHRASE", raising=False)
    with pytest.raises(InputError, match="SDC_SIGNING_PASSPHRASE"):
        keys_of(config)
    monkeypatch.setenv("SDC_SIGNING_PASSPHRASE", "not the right words")
    with pytest.raises(InputError, match="does not open"):
        keys_of(config)
    monkeypatch.setenv("SDC_SIGNING_PASSPHRASE", PHRASE)
    keys = keys_of(config)
    assert keys.signer is not None
    assert "release@082996 SHA256:" in str(keys.line()[1])


def test_a_passphrase_file_is_private_or_refused(tmp_path: Path) -> None:
    make_key(tmp_path)
    words = tmp_path / "keys" / "words"
    words.write_text(PHRASE + "\n")
    words.chmod(0o644)
    config = config_with(tmp_path, SIGNING + 'passphrase_file = "keys/words"\n')
    with pytest.raises(InputError, match="others"):
        keys_of(config)
    words.chmod(0o600)
    assert keys_of(config).signer is not None


def test_extras_that_are_missing_are_named_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(tmp_path)
    (tmp_path / "keys" / "pdf.p12").write_bytes(b"")
    monkeypatch.setenv("SDC_SIGNING_PASSPHRASE", PHRASE)
    monkeypatch.setenv("SDC_PDF_PASSPHRASE", PHRASE)
    for name in ("pyhanko.sign.signers", "rfc3161_client"):
        monkeypatch.setitem(sys.modules, name, None)
    for line in ('pdf_key = "keys/pdf.p12"\n', 'timestamp = "https://tsa.example/"\n'):
        with pytest.raises(InputError, match=r"sdc-smallarea\[sign\]"):
            keys_of(config_with(tmp_path, SIGNING + line))


def test_an_unsigned_package_is_not_timestamped(tmp_path: Path) -> None:
    section: Any = SimpleNamespace(timestamp="https://tsa.example/")
    config: Any = SimpleNamespace(signing=section)
    assert timestamp_lines(config, tmp_path) == ()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "tagmanifest-sha256.txt.sig").touch()
    (tmp_path / "p.tsr").touch()
    assert "before" in str(timestamp_lines(config, tmp_path / "p")[0][1])


def test_surfaces_are_those_of_the_ellipsoid() -> None:
    # 0.01 by 0.01 degrees at 35.005 N on GRS 80: a = 6378137, e2 = 0.00669438. With s = sin(35.005),
    # M = a (1 - e2) / (1 - e2 s^2)^1.5 and N = a / (1 - e2 s^2)^0.5, the field is
    # M d by N cos(35.005) d metres, d = 0.01 degrees in radians: 1,012,695 m2.
    s, d = math.sin(math.radians(35.005)), math.radians(0.01)
    w = 1 - 0.00669438002290 * s**2
    expected = (
        6378137 * (1 - 0.00669438002290) / w**1.5 * d
        * 6378137 / w**0.5 * math.cos(math.radians(35.005)) * d
    )  # fmt: skip
    squares = [shapely.box(139, 35, 139.01, 35.01), shapely.box(139.01, 35, 139.02, 35.01)]
    frame = gpd.GeoDataFrame({"id": ["a1", "a2"], "up": "A"}, geometry=squares, crs=6668)
    areas = make_areas(frame, dimension="areas", code="id", parent="up")
    found = surfaces(areas, areas.hierarchy)
    assert abs(found["a1"] - expected) < 5
    assert found["A"] == found["TOTAL"] == found["a1"] + found["a2"]


def test_surfaces_do_not_depend_on_how_a_ring_is_written() -> None:
    square = shapely.box(139, 35, 139.01, 35.01)
    turned = shapely.reverse(shapely.Polygon(np.roll(shapely.get_coordinates(square)[:-1], 1, 0)))
    sizes = []
    for shape in (square, turned):
        frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shape], crs=6668)
        areas = make_areas(frame, dimension="areas", code="id")
        sizes.append(surfaces(areas, areas.hierarchy)["a"])
    assert sizes[0] == sizes[1]


def test_words_reach_the_release(tmp_path: Path) -> None:
    path = smallcity.write(tmp_path)
    more = 'contact = "03-0000-0000"\npolicy = "3未満を秘匿"\npolicy_en = "below 3"\ntitle_en = "Town"\n'
    text = path.read_text("utf-8").replace("serial = 1\n", f"serial = 1\n{more}")
    path.write_text(text, "utf-8")
    info = info_of(read_config(path))
    assert (info.contact, info.policy, info.title_en) == (
        "03-0000-0000", ("3未満を秘匿", "below 3"), "Town",
    )  # fmt: skip
