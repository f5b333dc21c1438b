"""One screen on a cell: its status, its interval, its lines and the two tables that prove it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import smallcity
from typer.testing import CliRunner

from sdc import cli
from sdc.errors import InputError, NotProven
from sdc.explain import explain
from sdc.pipeline.run import run_release


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = smallcity.write(tmp_path_factory.mktemp("city"))
    run_release(path)
    return path


def cells(city: Path, status: str) -> list[str]:
    """Cells of the table of mesh and use with a status, as one types them."""
    file = city.parent / "releases" / "small.internal" / "protection.csv"
    with file.open(encoding="utf-8-sig", newline="") as handle:
        rows = [r for r in csv.reader(handle) if r[0] == "use_mesh" and r[-2] == status]
    return [f"mesh={r[1]},use={r[2]}" for r in rows]


def test_every_hidden_cell_has_an_interval_and_two_tables(city: Path) -> None:
    for status in ("primary", "complementary"):
        for cell in cells(city, status):
            text = explain(city, "use_mesh", cell)
            assert status in text
            low, high = map(int, re.search(r"exclude: (\d+) … (\d+)", text).groups())
            ends = [int(n) for n in re.findall(r"^  (\d+):", text, re.MULTILINE)]
            assert low < high
            assert ends == [high, low]
            assert len(text.splitlines()) <= 40
            if status == "primary":
                # The threshold of 3 and something below it, as promised.
                assert high >= 3
                assert low < 3


def test_a_complementary_cell_names_what_it_protects(city: Path) -> None:
    told = [explain(city, "use_mesh", c) for c in cells(city, "complementary")]
    assert told
    assert all("守る" in t or "ともに" in t for t in told)


def test_a_published_cell_says_so_and_no_more(city: Path) -> None:
    text = explain(city, "use_mesh", cells(city, "published")[0])
    assert text.splitlines()[1] == "公表 / published"
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("table", "cell"),
    [("none", "use=411"), ("use_mesh", "use=999"), ("use_mesh", "colour=1"), ("use_mesh", "411")],
)
def test_what_is_not_there_is_named(city: Path, table: str, cell: str) -> None:
    with pytest.raises(InputError):
        explain(city, table, cell)


def test_nothing_is_explained_before_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="internal folder"):
        explain(smallcity.write(tmp_path), "use_mesh", "use=411")


def test_on_the_command_line(city: Path) -> None:
    words = ["explain", str(city), "use_mesh", cells(city, "primary")[0]]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0
    assert "the rule hides it" in result.output


@pytest.mark.parametrize("size", [0, 40, 400])
def test_a_torn_witness_file_is_no_proof(city: Path, size: int) -> None:
    file = city.parent / "releases" / "small.internal" / "witness.npz"
    whole, cell = file.read_bytes(), cells(city, "primary")[0]
    file.write_bytes(whole[:size])
    with pytest.raises(NotProven):
        explain(city, "use_mesh", cell)
    file.write_bytes(whole)
