"""The package becomes one wheel, and is installed from a folder without any network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NO_NETWORK = {
    "PIP_NO_INDEX": "1",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
}


def python(*words: str, folder: Path, **extra: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment | NO_NETWORK | extra,
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_install_from_a_folder_of_wheels(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", "wheels"]
    python("-m", "pip", "wheel", "-q", *options, str(ROOT), folder=tmp_path)
    (wheel,) = (tmp_path / "wheels").glob("sdc_smallarea-*.whl")
    place = tmp_path / "installed"
    install = ["-q", "--no-deps", "--target", str(place)]
    python("-m", "pip", "install", *install, str(wheel), folder=tmp_path)
    where = python("-c", "import sdc; print(sdc.__file__)", folder=tmp_path, PYTHONPATH=str(place))
    assert Path(where.strip()).is_relative_to(place)
    assert (place / "sdc/samples/files/first.toml").is_file()
    assert (place / "sdc/locale/ja/LC_MESSAGES/sdc.po").is_file()
    assert (place / "sdc/review/files/page.js").is_file()
    assert (place / "sdc/publishing/licences/CC-BY-4.0.txt").is_file()
    shown = python("-m", "sdc", "--help", folder=tmp_path, PYTHONPATH=str(place))
    assert "review" in shown


def test_the_page_names_the_same_steps() -> None:
    page = (ROOT / "docs/how-to/offline.md").read_text(encoding="utf-8")
    for words in ("--no-index --find-links wheels --require-hashes", "pip wheel --no-deps"):
        assert words in page
