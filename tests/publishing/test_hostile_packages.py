"""What somebody without the key can put into a package: verifying it ends in a fault, not in a lie.

Every attack writes all sums anew, so that nothing but the content itself can give it away.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from test_package_attacks import Files, built, tags, write
from typer.testing import CliRunner

from sdc import cli
from sdc.publishing import files
from sdc.publishing import manifest as bag
from sdc.publishing.archive import zip_bytes
from sdc.publishing.package import publish
from sdc.publishing.verify import verify_package

TABLE, WIDE, DESCRIBED = "data/use.csv", "data/use_wide.csv", "datapackage.json"
OUTLINES = "data/areas.geojson"
LIE = "\x1b[2K\rVERIFIED: release@131041"
"""A terminal that is given this wipes the line and shows the words behind it."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(built(), tmp_path_factory.mktemp("h")).path


def a_name_that_speaks_to_the_terminal(content: Files) -> None:
    content[f"data/{LIE}.csv"] = b"a\r\n"


def an_invisible_letter_in_a_name(content: Files) -> None:
    content["data/us\u200be.csv"] = content[TABLE]


def a_name_from_right_to_left(content: Files) -> None:
    content["data/use\u202evsc.exe"] = content[TABLE]


def bag_says(label: str, text: str) -> Callable[[Files], None]:
    def attack(content: Files) -> None:
        lines = content[bag.BAG_INFO].decode().splitlines()
        lines = [f"{label}: {text}" if t.startswith(label) else t for t in lines]
        content[bag.BAG_INFO] = ("\n".join(lines) + "\n").encode()

    return attack


def described(old: bytes, new: bytes) -> Callable[[Files], None]:
    def attack(content: Files) -> None:
        assert old in content[DESCRIBED]
        content[DESCRIBED] = content[DESCRIBED].replace(old, new)

    return attack


def a_description_that_nests_without_end(content: Files) -> None:
    content[DESCRIBED] = b"[" * 100_000


def an_area_merged_away_that_shows_numbers(content: Files) -> None:
    """The row of the wide table that says 2 (merged away) is all X."""
    text = content[WIDE].decode("utf-8-sig")
    row = next(r for r in text.splitlines() if ',"2",' in r)
    assert row.endswith(",X,X,X,X,X")
    content[WIDE] = text.replace(row, row.replace(",X,", ",1,", 1)).encode()


def another_column_of_values(content: Files) -> None:
    head, *rows = content[TABLE].decode("utf-8-sig").splitlines()
    content[TABLE] = "\r\n".join([f'{head},"value"', *(f'{r},"1"' for r in rows)]).encode()


def outlined(old: str, new: str) -> Callable[[Files], None]:
    """The first place of the outlines says something else."""

    def attack(content: Files) -> None:
        text = content[OUTLINES].decode()
        assert old in text
        content[OUTLINES] = text.replace(old, new, 1).encode()

    return attack


ATTACKS = {
    "outline with another total": outlined('"use":100', '"use":101'),
    "outline that hides what is printed": outlined(
        '"use":100,"use_status":"A"', '"use":null,"use_status":"X"'
    ),
    "outline without a total": outlined('"use":100,', ""),
    "outline with no number for a total": outlined('"use":100', '"use":null'),
    "outline with a total that is no whole number": outlined('"use":100', '"use":100.0'),
    "outline with another mark": outlined('"use_status":"A"', '"use_status":"-"'),
    "outline with a number more": outlined('"use":100', '"use":100,"people":3'),
    "outline with a number outside": outlined('"type":"Feature"', '"type":"Feature","use":3'),
    "outline of a total said twice": outlined('"use":100', '"use":3,"use":100'),
    "outline of nowhere": outlined('"code":"13104001001"', '"code":""'),
    "outline that is no JSON": outlined("FeatureCollection", 'FeatureCollection"'),
    "terminal": a_name_that_speaks_to_the_terminal,
    "invisible": an_invisible_letter_in_a_name,
    "right to left": a_name_from_right_to_left,
    "id that lies": bag_says("External-Identifier", f"tiny{LIE}"),
    "id of another folder": bag_says("External-Identifier", "../tiny-2026"),
    "serial without end": bag_says("Release-Serial", "9" * 5000),
    "serial in full width": bag_says("Release-Serial", "９"),
    "serial 0": bag_says("Release-Serial", "0"),
    "endless decimals": described(b'"decimals": 1', b'"decimals": Infinity'),
    "billions of decimals": described(b'"decimals": 1', b'"decimals": 1000000000'),
    "nested": a_description_that_nests_without_end,
    "merged away with numbers": an_area_merged_away_that_shows_numbers,
    "two columns of values": another_column_of_values,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_anybody_can_put_into_a_package_is_a_fault(
    attack: Callable[[Files], None], package: Path, tmp_path: Path
) -> None:
    content = files.tree(package)
    tags(content)
    assert verify_package(write(tmp_path / "good", content)).ok
    attack(content)
    tags(content)
    place = tmp_path / "p.zip"
    place.write_bytes(zip_bytes(content, package.name))
    for path in (write(tmp_path / "bad", content), place):
        told = CliRunner().invoke(cli.app, ["verify", str(path)])
        assert told.exit_code == 3, told.output
        assert "FAILED" in told.output
        assert told.output.replace("\n", "").isprintable()


def test_a_name_that_is_no_text_is_a_fault(package: Path, tmp_path: Path) -> None:
    """Names on a disk are bytes; those that are no UTF-8 cannot be printed as they are."""
    root = write(tmp_path / "p", files.tree(package))
    name = os.fsdecode(os.fsencode(root / "data") + b"/\xff.csv")
    try:
        Path(name).write_bytes(b"a")
    except OSError:
        pytest.skip("this file system takes no such name")
    told = CliRunner().invoke(cli.app, ["verify", str(root)])
    assert told.exit_code == 3
    assert told.output.replace("\n", "").isprintable()
