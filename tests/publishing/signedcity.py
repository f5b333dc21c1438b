"""The small city, released from its records in all formats and signed: what a city hands out."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import smallcity

from sdc.publishing.keys import NewKey, keygen

ROOT = Path(__file__).parents[2]
PHRASE = "correct horse battery"
WHO = "release@082996"
CANARIES = ("山田太郎", "本町一丁目9番7号", "kanaria-0120")
"""A name, an address and a telephone number that stand in the records and belong in no package."""

MORE = """
[[tables]]
id = "floor"
records = "buildings"
rules = "amounts"
geography = "areas"
by = ["structure"]
measure = "floor_area"
[[derived]]
id = "share"
kind = "share"
table = "use"
by = "use"
[[derived]]
id = "dense"
kind = "density"
table = "mesh_structure"
per = "km2"
[[derived]]
id = "mean"
kind = "ratio"
table = "floor"
per = "use"
unit = "m²/棟"
[signing]
key = "keys/release"
principal = "release@082996"
passphrase_file = "keys/words"
[treatment]
"""
CHANGES = (
    ('id = "use_structure"', 'id = "use"'),
    ('id = "use_mesh"', 'id = "mesh_structure"'),
    ('by = ["use", "structure"]', 'by = ["use"]'),
    ('geography = "mesh"\nby = ["use"]', 'geography = "mesh"\nby = ["structure"]'),
    ('levels = ["1km", "500m"]', 'levels = ["1km"]'),
    ("[treatment]\n", MORE),
    (
        "[geography.areas]",
        '[records.buildings.columns.floor_area]\nsource = "floor_area"\nkind = "measure"\n'
        'unit = "m²"\nstep = 1\n[geography.areas]',
    ),
    (
        "[[tables]]",
        '[rules.amounts]\nmin_count = 3\nground = "小さな市情報公開条例"\np_percent = 10\n[[tables]]',
    ),
    (
        'formats = ["csv", "geojson"]',
        'formats = ["images", "csv", "geojson", "pdf"]\nzip = true\nresults = true',
    ),
)


def write(folder: Path, *, turned: bool = False, without: str = "") -> Path:
    """The configuration in ``folder``, with records that carry canaries and large measures.

    ``turned`` writes the records in another order, ``without`` leaves a format out.
    """
    path = smallcity.write(folder)
    text = path.read_text("utf-8")
    for old, new in CHANGES:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text.replace(f'"{without}", ', ""), encoding="utf-8")
    records = folder / "buildings.csv"
    rows = list(csv.reader(records.read_text("utf-8").splitlines()))
    rows[0] += ["floor_area", "owner", "address", "telephone"]
    for i, row in enumerate(rows[1:]):
        # numbers of seven digits that differ everywhere, so that a hidden sum would be recognised
        row += [str(1_000_003 + 7_919 * i % 3_000_000), *CANARIES]
    body = rows[:0:-1] if turned else rows[1:]
    lines = [",".join(row) for row in [rows[0], *body]]
    records.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def key(folder: Path) -> NewKey:
    """A signing key for the city in ``folder``."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    (keys / "words").write_text(PHRASE + "\n", encoding="utf-8")
    (keys / "words").chmod(0o600)
    return keygen(keys / "release", WHO, PHRASE)


@dataclass(frozen=True)
class City:
    """A released city: its folder, what the run said, and the places where it could leave traces."""

    folder: Path
    said: str

    @property
    def package(self) -> Path:
        return self.folder / "releases" / "small"

    @property
    def signers(self) -> Path:
        return self.folder / "keys" / "release.allowed_signers"


USER = "kanaria-user"
PLACES = ("home", "temporary")


def city_in(folder: Path, *, number: int = 0, like: City | None = None, without: str = "") -> City:
    """Release the city as a user would, each number in other surroundings; keys ``like`` another's.

    The surroundings: order of the records, locale, time zone, hash seed, umask, clock of the build.
    """
    write(folder, turned=number % 2 == 1, without=without)
    if like is None:
        key(folder)
    else:
        shutil.copytree(like.folder / "keys", folder / "keys")
    for place in PLACES:
        (folder / place).mkdir()
    surroundings = os.environ | {
        "PYTHONHASHSEED": str(number * 7919),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": ("Asia/Tokyo", "America/St_Johns", "UTC")[number % 3],
        "LC_ALL": ("C.UTF-8", "C", "POSIX")[number % 3],
        "SOURCE_DATE_EPOCH": str(number * 86400),
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "temporary"),
        "USER": USER,
        "LOGNAME": USER,
    }
    run = subprocess.run(
        [sys.executable, "-m", "sdc", "release", "release.toml"],
        cwd=folder,
        env=surroundings,
        umask=(0o022, 0o077, 0o000)[number % 3],
        capture_output=True,
        check=False,
    )
    said = (run.stdout + run.stderr).decode("utf-8", "replace")
    assert run.returncode == 0, said
    return City(folder, said)
