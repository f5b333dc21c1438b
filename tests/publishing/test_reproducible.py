"""Do the same facts give the same bytes, whatever the order, the place, the clock, the user?"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from handmade import make_release, shapes, small_table

from sdc.model.release import Geography
from sdc.publishing import files
from sdc.publishing.package import Written, publish, write_package

FORMATS = ("images", "csv", "geojson", "pdf")
SCRIPT = """
import sys
import time
sys.path.insert(0, sys.argv[1])
from handmade import make_release, small_table
from sdc.publishing.package import publish
formats = ("images", "csv", "geojson", "pdf")
print(publish(make_release(small_table(), formats=formats), sys.argv[2]).digest)
"""


def elsewhere(folder: Path, number: int) -> str:
    """The digest of the package made by another process in other surroundings."""
    surroundings = os.environ | {
        "PYTHONHASHSEED": str(number * 7919),
        "TZ": ("Asia/Tokyo", "America/St_Johns", "UTC")[number % 3],
        "LC_ALL": ("C", "C.UTF-8", "POSIX")[number % 3],
        "HOME": str(folder),
        "MPLCONFIGDIR": str(folder / "mpl"),
        "SOURCE_DATE_EPOCH": str(number * 86400),
    }
    folder.mkdir()
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", SCRIPT, here, str(folder / "out")]
    mask = (0o077, 0o000, 0o022)[number % 3]
    run = subprocess.run(
        command,
        cwd=folder,
        env=surroundings,
        umask=mask,
        capture_output=True,
        check=True,
        text=True,
    )
    return run.stdout.strip()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The package as this process makes it."""
    return publish(make_release(small_table(), formats=FORMATS), tmp_path_factory.mktemp("here"))


def test_other_surroundings_same_bytes(here: Written, tmp_path: Path) -> None:
    assert elsewhere(tmp_path / "there", 1) == here.digest


@pytest.mark.nightly
def test_twenty_runs_same_bytes(tmp_path: Path) -> None:
    assert len({elsewhere(tmp_path / str(n), n) for n in range(20)}) == 1


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
