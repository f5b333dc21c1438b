"""Every command of both READMEs is typed, in order, in a clean folder, and ends as it should.

The sample's one-table configuration stands in for the ``release.toml`` of one's own data, so that it
takes seconds. ``make release`` runs on the sample's own ``release.toml`` with all its tables, in the
first towns of the city and without pictures; the whole city is the nightly version's. Lines for other
systems' shells are checked by name alone.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from sdc import cli

ROOT = Path(__file__).parents[2]
PHRASE = "twelve letters and more"
OURS = ("sdc ", "sha256sum ", "ssh-keygen ")


def commands(name: str) -> list[str]:
    """The lines of a README's shell blocks, comments left out."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [re.sub(r"\s+#.*", "", line).strip() for b in blocks for line in b.splitlines()]
    return [line for line in lines if line]


def environment() -> dict[str, str]:
    own = {"PYTHONPATH": str(ROOT), "SDC_SIGNING_PASSPHRASE": PHRASE, "SDC_LANG": "en"}
    return os.environ | own


def typed(line: str, folder: Path) -> tuple[int, str]:
    """Exit status and output of one line in a folder; ours without starting Python again."""
    if not line.startswith("sdc "):
        done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.chdir(folder)
        patch.setattr("sys.argv", shlex.split(line))
        for name, value in environment().items():
            patch.setenv(name, value)
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0), out.getvalue()
    raise AssertionError("a command always ends with a status")


def a_table(folder: Path) -> None:
    """``cells.csv`` with its two code lists, as the README names them: 36 cells, some small."""
    tree = "code,parent,label\nTOTAL,,all\n"
    for name, codes in (("areas", "abcdef"), ("uses", "uvwxyz")):
        (folder / f"{name}.csv").write_text(tree + "".join(f"{c},TOTAL,{c}\n" for c in codes))
    with (folder / "cells.csv").open("w", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(["area", "use", "value"])
        out.writerows([a, u, (7 * i + 5 * j) % 23 + 1] for i, a in enumerate("abcdef")
                      for j, u in enumerate("uvwxyz"))  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample city with a signing key, and a configuration called ``release.toml``."""
    folder = tmp_path_factory.mktemp("readme") / "city"
    assert typed("sdc sample --out city", folder.parent)[0] == 0
    text = (folder / "first.toml").read_text(encoding="utf-8")
    text = text.replace('id = "mihon-first"', 'id = "mihon-2026"')
    text = text.replace('formats = ["images", "csv", "geojson"]', 'formats = ["csv"]\nzip = true')
    # The README says that plans are compared with this order.
    text = re.sub(r"^order = .*$", 'order = "auto"', text, flags=re.MULTILINE)
    text += "\n[plan]\ncandidates = 1\nrefine = 0\n"
    text += '[signing]\nkey = "signing/key"\nprincipal = "release@082996"\n'
    (folder / "release.toml").write_text(text, encoding="utf-8")
    key = "sdc keygen --out signing/key --principal release@082996"
    (folder / "signing").mkdir(mode=0o700)
    assert typed(key, folder)[0] == 0
    (folder / "table").mkdir()
    a_table(folder / "table")
    return folder


def test_both_languages_have_the_same_commands() -> None:
    assert commands("README.md") == commands("README.ja.md")
    assert len(commands("README.md")) > 12


@pytest.mark.skipif(os.name == "nt", reason="the lines are for a shell of Linux and macOS")
def test_every_command_of_the_readme_runs(city: Path) -> None:
    lines = commands("README.md")
    ours = [line for line in lines if line.startswith(OURS)]
    assert [line for line in lines if line not in ours and not line.startswith("make ")] == []
    # The package is received after it was made: the reader's lines come last, in its folders.
    makers = [c for c in ours if c.startswith("sdc ") and not c.startswith("sdc verify")]
    readers = [c for c in ours if c not in makers]
    assert len(makers) == 7
    assert len(readers) == 5
    for line in makers:
        own = city / "table" if "cells.csv" in line or "table.csv" in line else city
        status, told = typed(line, own)
        assert status == 0, (line, told)
    releases = city / "releases"
    shutil.copy(city / "signing/key.allowed_signers", releases / "allowed_signers")
    for line in readers:
        print_ = subprocess.run(
            ["ssh-keygen", "-lf", str(city / "signing/key.pub")], capture_output=True, text=True,
            check=True,
        ).stdout.split()[1]  # fmt: skip
        place = releases if line.startswith("sdc ") else releases / "mihon-2026"
        status, told = typed(line.replace("SHA256:...", print_), place)
        assert status == 0, (line, told)
        if line.startswith("sdc verify"):
            assert told.startswith("VERIFIED")


def test_every_make_line_names_a_target() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    office = "help setup sample check plan release review verify test lint bench docs clean"
    assert set(re.findall(r"[a-z]+", office)) <= set(targets)
    for name in ("README.md", "README.ja.md", "CONTRIBUTING.md", "docs/how-to/windows.md"):
        named = re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        assert named
        assert set(named) <= {*targets, "is"}, name


@pytest.fixture
def first_towns(tmp_path: Path) -> Path:
    """``data/samples`` below a folder, cut down to the areas of four towns and what lies in them."""
    samples = tmp_path / "data" / "samples"
    shutil.copytree(
        ROOT / "data/samples", samples, ignore=shutil.ignore_patterns("releases", "signing")
    )
    areas = gpd.read_file(samples / "areas.gpkg")
    towns = areas["KEY_CODE"].str[:8]
    kept = areas[towns.isin(sorted(set(towns))[:4])]
    (samples / "areas.gpkg").unlink()
    kept.to_file(samples / "areas.gpkg")
    for name in ("buildings.csv", "residents.csv"):
        rows = pd.read_csv(samples / name, dtype=str)
        points = gpd.points_from_xy(rows["lon"].astype(float), rows["lat"].astype(float), crs=6668)
        rows[points.within(kept.to_crs(6668).union_all())].to_csv(samples / name, index=False)
    path = samples / "release.toml"
    text = path.read_text(encoding="utf-8")
    quick = {
        "[treatment.suppress]\n": "[treatment.suppress]\nbudget = 0\n",
        '["images", "csv", "geojson", "pdf"]': '["csv", "geojson"]',
    }
    for old, new in quick.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.mark.skipif(shutil.which("make") is None, reason="the line is for make")
def test_make_release_does_what_the_readme_says(first_towns: Path) -> None:
    """Its own lines, set-up left out: a key, then the six tables, audited and signed."""
    # A make above this one would have its own options obeyed, and folders told between the lines.
    alone = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    shown = subprocess.run(
        ["make", "-n", "release"], cwd=first_towns, env=alone, capture_output=True, text=True,
        check=True,
    ).stdout.splitlines()  # fmt: skip
    lines = [line for line in shown if not re.search(r"-m (venv|pip) |^touch ", line)]
    assert len(lines) == 4
    our_own = {"sdc": f"{sys.executable} -m sdc", "python": sys.executable}
    for line in lines:
        ours = re.sub(r"\.venv/bin/(sdc|python)", lambda m: our_own[m[1]], line)
        done = subprocess.run(
            ["sh", "-c", ours], cwd=first_towns, env=environment(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stderr)
    package = first_towns / "data/samples/releases/mihon-2026"
    internal = package.with_name("mihon-2026.internal")
    assert package.with_name("mihon-2026.zip").is_file()
    tables = {p.stem for p in (package / "data").glob("*.csv")}
    assert {"use", "use_structure", "floor_area", "use_mesh", "residents"} < tables
    assert '"passed": true' in (internal / "audit.json").read_text("utf-8")
    signers = first_towns / "data/samples/signing/release-key.allowed_signers"
    status, told = typed(f"sdc verify {package} --signers {signers}", first_towns)
    assert status == 0
    assert told.startswith("VERIFIED: release@082996")


@pytest.mark.nightly
def test_the_whole_sample_is_released(tmp_path: Path) -> None:
    for line in ("sdc sample --out city", "sdc release city/release.toml --dry-run"):
        status, told = typed(line, tmp_path)
        assert status == 0, (line, told)


@pytest.mark.skipif(os.name == "nt", reason="Windows interrupts otherwise")
@pytest.mark.parametrize(
    "stage", [pytest.param("suppressing", marks=pytest.mark.nightly), "writing"]
)
def test_an_interrupted_release_leaves_nothing(city: Path, tmp_path: Path, stage: str) -> None:
    command = [
        sys.executable,
        "-m",
        "sdc",
        "release",
        "release.toml",
        "--out",
        str(tmp_path / "out"),
    ]
    started = subprocess.Popen(
        command, cwd=city, env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert started.stderr is not None
    for line in started.stderr:
        if line.startswith(stage):
            started.send_signal(signal.SIGINT)
            break
    _, told = started.communicate(timeout=120)
    assert started.returncode == 130
    assert "Traceback" not in told
    assert told.rstrip().endswith("interrupted: nothing was written")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
