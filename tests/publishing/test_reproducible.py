"""Do the same facts give the same bytes, whatever their order and the clock? (Whole runs: test_city.)"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from handmade import make_release, shapes, small_table

from sdc.model.release import Geography
from sdc.publishing import files
from sdc.publishing.package import Written, publish, write_package

FORMATS = ("images", "csv", "geojson", "pdf")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The package as this process makes it."""
    return publish(make_release(small_table(), formats=FORMATS), tmp_path_factory.mktemp("here"))


def test_the_order_of_the_input_does_not_matter(here: Written, tmp_path: Path) -> None:
    made = make_release(small_table(), formats=FORMATS)
    turned = make_release(small_table(), formats=FORMATS)
    backwards = shapes().iloc[::-1].reset_index(drop=True)
    object.__setattr__(turned, "geographies", {"area": Geography("area", "areas", backwards)})
    object.__setattr__(turned, "merges", made.merges[::-1])
    object.__setattr__(turned, "collapses", made.collapses[::-1])
    assert files.tree(here.path) == files.tree(write_package(turned, tmp_path))


def test_the_digest_names_the_manifest_of_everything_else(tmp_path: Path) -> None:
    done = publish(make_release(), tmp_path)
    data = (done.path / "tagmanifest-sha256.txt").read_bytes()
    assert done.digest == hashlib.sha256(data).hexdigest()


def test_the_clock_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    formats = ("csv", "pdf", "geojson")
    before = publish(make_release(formats=formats), tmp_path / "1").digest
    monkeypatch.setattr(time, "time", lambda: 4_102_444_800.0)
    assert publish(make_release(formats=formats), tmp_path / "2").digest == before


def test_ring_order_of_the_shapes_does_not_reach_the_geojson(tmp_path: Path) -> None:
    import shapely

    made = make_release(formats=("geojson",))
    other = shapes()
    other["geometry"] = [shapely.reverse(g) for g in other.geometry]
    turned = make_release(formats=("geojson",))
    moved = replace(turned.geographies["area"], shapes=other)
    object.__setattr__(turned, "geographies", {"area": moved})
    one, two = write_package(made, tmp_path / "1"), write_package(turned, tmp_path / "2")
    assert files.tree(one) == files.tree(two)
