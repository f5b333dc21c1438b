"""Nine decisions, an assessment that says only what is proven, counts of cameras."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import moving
import pytest
from typer.testing import CliRunner

from sdc import cli
from sdc.errors import InputError, NotProven
from sdc.microdata.factors import FACTORS
from sdc.pipeline.run import run_release
from sdc.publishing.pia_items import CAMERA, ITEMS

EXIT = "\n[exit]\nevents = [2016-10-12]\n" + "".join(
    f'[exit.decisions.{factor}]\ndecision = "accepted"\nperson = "統計課長"\nreason = "確認した"\n'
    for factor in FACTORS
)
CAMERA_SECTION = """
[camera]
operator = "うごく市"
purpose = "通行量の計測"
[camera.answers]
8 = "画像は計測の直後に破棄し、保存しない"
"""


def write(folder: Path, more: str) -> Path:
    config = moving.write(folder, people=2000, groups=moving.GROUPS)
    config.write_text(config.read_text("utf-8") + more, encoding="utf-8")
    return config


def test_evidence_decisions_and_assessment(tmp_path: Path) -> None:
    run_release(write(tmp_path, EXIT + CAMERA_SECTION))
    internal = tmp_path / "releases" / "moving-2016.internal"
    found = json.loads((internal / "exit.json").read_text("utf-8"))
    flags = {f["factor"]: f["flagged"] for f in found["factors"]}
    # no rule deletes by place; the only day is an event; 2 devices of one person among 2,000
    assert list(flags) == list(FACTORS)
    assert flags["place"]
    assert flags["season"]
    assert not flags["delay"]  # 12 October 2016 to 1 February 2017 are 3 whole months
    facts = found["entry"]["moves"]
    assert (facts["records_read"], facts["records_objected"]) == (48_000, 24)
    assert facts["devices"] == 2000
    assert facts["persons"] <= 1998  # two devices of one person, one objection, small groups
    assert facts["smallest_group"] >= 4
    report = (internal / "pia.ja.md").read_text("utf-8")
    for item in ITEMS:
        assert f"| {item} |" in report
    # what people must say is left to them; what was shown is filled in
    assert "| 1.1 | 責任者・担当者と事故時の報告体制が決まっている | (記入してください) |" in report
    assert (
        "| 2.4 | 利用停止の申出など本人関与の機会がある | 申出者の一覧を集計前に除きました | exit.json |"
        in report
    )
    assert "統計課長: 確認した" in report
    short = (internal / "pia_short.en.md").read_text("utf-8")
    assert "| Collection | 2.3, 2.4 | 2.1, 2.2, 2.5, 2.6, 2.7 |" in short
    for name in ("pia.ja.pdf", "pia.en.pdf", "pia_short.ja.pdf"):
        assert (internal / name).read_bytes().startswith(b"%PDF-")
    form = (internal / "camera.ja.md").read_text("utf-8")
    assert form.count("(記入してください)") == len(CAMERA) - 1 == 15
    assert "| 8 | 画像の破棄 | 画像は計測の直後に破棄し、保存しない |" in form
    package = tmp_path / "releases" / "moving-2016"
    assert not list(package.rglob("*pia*"))


def test_a_flagged_factor_is_not_waved_through(tmp_path: Path) -> None:
    more = EXIT.replace('season]\ndecision = "accepted"', 'season]\ndecision = "not_applicable"')
    with pytest.raises(NotProven) as caught:
        run_release(write(tmp_path, more), dry_run=True)
    assert caught.value.code == "exit"
    assert "2016-10-12" in caught.value.en


def test_every_factor_needs_a_decision(tmp_path: Path) -> None:
    more = EXIT.replace("[exit.decisions.delay]", "[exit.decisions.dealy]")
    with pytest.raises(InputError) as caught:
        run_release(write(tmp_path, more), dry_run=True)
    found = {(f.code, f.column) for f in caught.value.findings}
    assert ("config-decision-missing", "exit.decisions") in found
    assert ("config-unknown-name", "exit.decisions.dealy") in found
    assert any("`delay`" in f.remedy.to("en") for f in caught.value.findings)


SENSORS = """
schema = 1
[release]
id = "cameras"
title = "通行量"
municipality = "082996"
survey_date = 2016-10-12
release_date = 2017-02-01
serial = 1
licence = "CC-BY-4.0"
source = "架空"
section = "都市計画課"
[records.passers]
path = "data/passers.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
count = "n"
[records.passers.columns.camera]
source = "camera"
classes = "generalised"
[records.passers.columns.hour]
source = "hour"
breaks = [6, 12, 18]
[geography.mesh]
levels = ["1km"]
[rules.people]
min_count = 5
ground = "うごく市統計条例"
[[tables]]
id = "passers"
records = "passers"
rules = "people"
geography = "none"
by = ["camera", "hour"]
[treatment]
order = ["suppress"]
[output]
dir = "releases"
formats = ["csv"]
"""
ROWS = [("C1", 7, 40), ("C1", 8, 30), ("C1", 13, 3), ("C1", 19, 0), ("C1", 2, 9), ("C2", 7, 55),
        ("C2", 13, 21), ("C2", 19, 12), ("C2", 3, 8), ("C3", 8, 17), ("C3", 14, 33), ("C3", 1, 6),
        ("C3", 20, 25)]  # fmt: skip


def cameras(folder: Path, rows: list[tuple[str, int, object]]) -> Path:
    (folder / "data").mkdir()
    places = {"C1": "140.003,36.002", "C2": "140.013,36.004", "C3": "140.007,36.011"}
    lines = ["lon,lat,camera,hour,n", *(f"{places[c]},{c},{h},{n}" for c, h, n in rows)]
    (folder / "data" / "passers.csv").write_text("\n".join(lines) + "\n", "utf-8")
    path = folder / "release.toml"
    path.write_text(SENSORS, encoding="utf-8")
    return path


def test_counts_of_cameras_are_added_up(tmp_path: Path) -> None:
    run_release(cameras(tmp_path, list(ROWS)))
    with (tmp_path / "releases" / "cameras" / "data" / "passers.csv").open(
        encoding="utf-8-sig", newline=""
    ) as s:
        cells = {(r["camera"], r["hour"]): r["value"] for r in csv.DictReader(s)}
    # camera 1: 40 + 30 from 6 to 12; three from 12 to 18 are fewer than five; 9 by night
    assert cells["C1", "03"] == "X"
    assert cells["TOTAL", "TOTAL"] == str(sum(n for _, _, n in ROWS))
    shown = {
        c: int(v) for c, v in cells.items() if v.isdigit() and c[0] != "TOTAL" and c[1] != "TOTAL"
    }
    true: dict[tuple[str, str], int] = {}
    for camera, hour, n in ROWS:
        code = f"{1 + (hour >= 6) + (hour >= 12) + (hour >= 18):02d}"
        true[camera, code] = true.get((camera, code), 0) + n
    assert shown
    assert shown == {c: true[c] for c in shown}


@pytest.mark.parametrize("n", ["1.5", "-1", "X", "", "1000001"])
def test_a_number_that_is_no_count_is_refused(tmp_path: Path, n: str) -> None:
    with pytest.raises(InputError):
        run_release(cameras(tmp_path, [*ROWS[:3], ("C1", 9, n)]), dry_run=True)


def test_check_says_what_was_read(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(cli.app, ["check", str(cameras(tmp_path, list(ROWS)))])
    assert outcome.exit_code == 0
    assert "12 records read" in outcome.stdout  # the row of 0 stands for nobody
