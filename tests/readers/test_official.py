"""e-Stat tables as anybody can attack them; wide tables by their command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sdc import cli
from sdc.disclosure.anyone import audit_published
from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.readers.official import is_official, read_official

Write = Callable[..., Path]

AREAS = "KEY_CODE,HYOSYO,CITYNAME,NAME,HTKSYORI,HTKSAKI,GASSAN,P1\r\n,,,,,,,総数\r\n"
MESH = "KEY_CODE,HTKSYORI,HTKSAKI,GASSAN,P1,P2\r\n,,,,人口,65歳以上\r\n"
AGES = Hierarchy.of("columns", {"P1": "", "P2": "P1", "rest": "P1"})


def found(path: Path, **known: Hierarchy) -> dict[tuple[str, str], tuple[int, int | None]]:
    """The interval of every X."""
    cells = audit_published(read_official(path, known))["cells"]
    return {tuple(c["cell"].values()): (c["lower"], c["upper"]) for c in cells}


def test_a_small_area_without_destination_follows_from_its_city(write: Write) -> None:
    # 20 in the city, 12 in 0010, 8 in 0030; 01101001002 stands in 01101001001 and counts as zero.
    rows = ["01101,1,中央区,,0,,,20", "011010010,3,中央区,大通,0,,,12",
            "01101001001,4,中央区,大通一丁目,1,,001002,12", "01101001002,4,中央区,大通二丁目,2,001001,,X",
            "011010020,2,中央区,北条,2,,,X", "011010030,2,中央区,南条,0,,,8"]  # fmt: skip
    path = write(AREAS + "\r\n".join(rows) + "\r\n", encoding="cp932")
    assert is_official(path)
    assert found(path) == {("011010020", "P1"): (0, 0)}
    assert [n.to("en") for n in read_official(path, {}).notes] == ["1 merged cells count as zero"]


def test_a_chome_that_stands_in_its_own_town_prints_nothing(write: Write) -> None:
    # Both chome are merged into their town, which prints 8 in their place: they are no zeros.
    rows = ["01101,1,中央区,,0,,,8", "011010030,3,中央区,南条,1,,003001;003002,8",
            "01101003001,4,中央区,一丁目,2,0030,,X", "01101003002,4,中央区,二丁目,2,0030,,X"]  # fmt: skip
    assert found(write(AREAS + "\r\n".join(rows) + "\r\n", encoding="cp932")) == {}


def test_mesh_cells_print_a_sum_and_keep_their_population(write: Write) -> None:
    # 9 and 2 live in the two cells, 5 of them together are 65 or older: 0 to 2 of those in the second.
    rows = ["50310001,1,,50310002,9,5", "50310002,2,50310001,,2,*", "50310003,0,,,40,7"]
    path = write(MESH + "\r\n".join(rows) + "\r\n", encoding="cp932")
    assert found(path) == {("50310002", "P2"): (0, 5)}
    assert found(path, columns=AGES) == {("50310002", "P2"): (0, 2)}
    # With 11 of 11 both are full.
    rows[0] = rows[0].replace("9,5", "9,11")
    full = write(MESH + "\r\n".join(rows) + "\r\n", encoding="cp932")
    assert found(full, columns=AGES) == {("50310002", "P2"): (2, 2)}


def test_lists_of_other_columns_are_refused(write: Write) -> None:
    path = write(MESH + "50310003,0,,,40,7\r\n50310004,0,,,40,7\r\n", encoding="cp932")
    with pytest.raises(InputError, match="P2"):
        read_official(path, {"columns": Hierarchy.of("columns", {"P1": ""})})
    with pytest.raises(InputError, match="area"):
        read_official(path, {"area": Hierarchy.flat("area", ["a"])})


def test_wide_and_official_tables_by_command(write: Write, tmp_path: Path) -> None:
    def run(*words: object) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["audit", *map(str, words)])
        return done.exit_code, done.output + str(done.exception or "")

    # 9 - 5 = 4 stands behind the only X; area c was merged into b, and holds nothing.
    wide = tmp_path / "wide.csv"
    wide.write_text("area,name,HTKSYORI,1_one,2_two,TOTAL_all\na,A,0,5,X,9\nb,B,1,3,4,7\nc,C,2,X,X,X\n"
                    "TOTAL,all,0,8,8,16\n", "utf-8")  # fmt: skip
    code, said = run(wide, "--classes", "use", "--ignore", "name")
    assert (code, "area=a, use=2: X = 9" in said) == (4, True)
    assert "X: 1" in said
    path = write(
        MESH + "50310001,1,,50310002,9,11\r\n50310002,2,50310001,,2,*\r\n", encoding="cp932"
    )
    ages = tmp_path / "ages.csv"
    ages.write_text("code,parent\nP1,\nP2,P1\nrest,P1\n", "utf-8")
    assert run(path, "--hierarchy", f"columns={ages}")[0] == 4
