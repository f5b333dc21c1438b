"""Every step of [deidentify] from the configuration: what is left of twelve invented records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sdc.config import read_config
from sdc.errors import InputError, NotProven
from sdc.pipeline.counting import Job, read_piece
from sdc.pipeline.entered import Entered
from sdc.pipeline.entry import enter
from sdc.spatial import mesh

CONFIG = """
schema = 1
[release]
id = "steps"
title = "手順"
municipality = "082996"
survey_date = 2016-10-12
release_date = 2017-02-01
serial = 1
licence = "CC-BY-4.0"
source = "架空"
section = "統計課"
[records.r]
path = "data/r.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.r.columns.sex]
source = "sex"
classes = "generalised"
[deidentify.r]
person = "code"
time = "time"
{options}
[deidentify.r.columns]
time = {{ role = "location" }}
lon = {{ role = "location" }}
lat = {{ role = "location" }}
sex = {{ role = "as_is", reason = "区分" }}
{columns}
{rules}
[geography.mesh]
levels = ["1km"]
[rules.people]
min_count = 3
ground = "条例"
[[tables]]
id = "sex"
records = "r"
rules = "people"
geography = "mesh"
by = ["sex"]
[output]
dir = "releases"
formats = ["csv"]
"""
KEPT = {
    "code": 'code = { role = "linking" }',
    "birth": 'birth = { role = "quasi", method = "age-7", at = 2016-10-12 }',
    "admitted": 'admitted = { role = "identifier" }',
    "drug": 'drug = { role = "quasi", method = "keep" }',
    "shop": 'shop = { role = "attribute" }',
    "height": 'height = { role = "attribute", method = "cut", top = 180 }',
    "home": 'home = { role = "identifier" }',
}
# persons 0 to 9 have a record each, person 10 has two; all stand in Shinjuku, the last two in Chiba
ROWS = [
    "code,time,lon,lat,sex,birth,admitted,drug,shop,height,home",
    *(f"P{i},2016-10-{10 + i % 2} 09:0{i % 10},139.7004{i % 10},35.68972,女性,"
      f"{1946 + 4 * (i % 3)}-01-01,2016-02-01,{'稀' if i == 3 else '常'},{'A' if i % 2 else 'B'},"
      f"{150 + 3 * i},13104001001" for i in range(10)),
    "P10,2016-10-12 10:00,140.12300,35.60700,女性,1990-05-05,2016-05-05,常,A,171,12101001001",
    "P10,2016-10-12 11:00,140.12300,35.60700,女性,1990-05-05,2016-05-05,常,A,171,12101001001",
]  # fmt: skip


def run(
    folder: Path,
    *,
    options: str = "",
    rules: str = "",
    rows: Sequence[str] = tuple(ROWS),
    **columns: str,
) -> Entered:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "r.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "data" / "station.csv").write_text("lon,lat\n139.700464,35.689729\n", "utf-8")
    (folder / "data" / "no.csv").write_text("code\nP4\n", "utf-8")
    (folder / "data" / "map.csv").write_text("from,to\n稀,その他\n常,一般\n", "utf-8")
    text = CONFIG.format(
        options=options, rules=rules, columns="\n".join({**KEPT, **columns}.values())
    )
    path = folder / "release.toml"
    path.write_text(text, encoding="utf-8")
    config = read_config(path)
    reading = {"name": "r", "x": "lon", "y": "lat", "crs": "EPSG:6668", "columns": None}
    job = Job("r", str(folder / "data" / "r.csv"), reading, {}, {}, None, ())
    return enter(config, "r", read_piece(job))


def test_only_columns_with_a_use_are_kept(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert list(found.records.frame.columns) == ["sex", "birth", "drug", "shop", "height"]
    # born 1946, 1950, 1954 on 1 January: 70, 66 and 62 on 12 October 2016; born 1990: 26
    words = [found.labels["birth"][c] for c in found.records.frame["birth"]]
    assert words[:3] == ["70歳以上", "60代", "60代"]
    assert words[-1] == "20代"
    assert len(found.labels["birth"]) == 7  # all classes, not only those that occur


RULE = '[[deidentify.r.delete]]\nrule = "{}"\n'


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (RULE.format("near") + 'points = "data/station.csv"\nmetres = 500', {"P10"}),
        (RULE.format("far") + 'points = "data/station.csv"\nmetres = 500', set(range(10))),
        (RULE.format("near") + 'points = "data/station.csv"\nmetres = 500\ndays = [2016-10-10]',
         {1, 3, 5, 7, 9, "P10"}),
        (RULE.format("days") + "days = [2016-10-10, 2016-10-11]", {"P10"}),
        (RULE.format("few") + "records = 2", {"P10"}),
        (RULE.format("many") + "records = 1", set(range(10))),
        (RULE.format("residents") + 'column = "home"\nareas = ["13104"]', {"P10"}),
        (RULE.format("from") + 'column = "height"\nvalue = 171', set(range(7))),
        (RULE.format("groups") + 'columns = ["drug"]\npersons = 5', {0, 1, 2, *range(4, 10), "P10"}),
    ],
    ids=["near", "far", "near-days", "days", "few", "many", "residents", "from", "groups"],
)  # fmt: skip
def test_rules_delete_what_they_name(tmp_path: Path, rule: str, left: set[int | str]) -> None:
    found = run(tmp_path, rules=rule)
    want = {f"P{who}" if isinstance(who, int) else who for who in left}
    rows = [row.split(",")[0] for row in ROWS[1:]]
    assert len(found.records) == sum(code in want for code in rows)
    assert len(set(found.person.tolist())) == len(want)


def test_records_in_the_mesh_of_the_home_go(tmp_path: Path) -> None:
    rule = RULE.format("home") + 'column = "home"\nlevel = "1km"'
    config_home = [r.replace("13104001001", "53394526") for r in ROWS]
    assert str(mesh.encode([35.68972], [139.70046], "1km")[0]) == "53394526"
    assert len(run(tmp_path, rules=rule, rows=config_home).records) == 2


def test_an_objection_takes_the_person_out(tmp_path: Path) -> None:
    found = run(tmp_path, options='opt_out = "data/no.csv"')
    assert len(found.records) == 11
    assert found.facts["records_objected"] == 1


def test_rare_classes_cuts_and_maps(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        options="k = 2\nallowance = 0.5",
        drug='drug = { role = "attribute", method = "map", map = "data/map.csv" }',
        height='height = { role = "attribute", leave = "both", unit = "cm" }',
        birth='birth = { role = "attribute", method = "age-7", at_column = "admitted" }',
        shop='shop = { role = "attribute", rare = true }',
    )
    assert set(found.records.frame["drug"]) == {"その他", "一般"}
    # heights 150, 153, … 177 of one person each and 171 of P10: at least two persons have 174 or
    # more, at least two 153 or less
    assert {"<=153", ">=174"} <= set(found.records.frame["height"])
    assert "150" not in set(found.records.frame["height"])


def test_the_least_loss_of_a_ladder_is_chosen(tmp_path: Path) -> None:
    ladder = (
        'birth = { role = "quasi", at = 2016-10-12, ladder = ["age-100", "age-5-years", "age-7"] }'
    )
    free = 'drug = { role = "identifier" }'
    # ages 70, 66, 62 (four or three persons each) and 26 (one person): k = 3 holds at single years
    # where the one person may go, and nowhere but at the top where nobody may
    found = run(tmp_path, options="k = 3\nallowance = 0.2", birth=ladder, drug=free)
    assert found.facts["levels"] == {"birth": "age-100"}
    assert len(found.records) == 10
    found = run(tmp_path, options="k = 3", birth=ladder, drug=free)
    assert found.facts["levels"] == {"birth": "*"}
    with pytest.raises(NotProven):
        run(tmp_path, options="k = 12", birth=ladder, drug=free)


def test_a_column_is_given_up_before_a_record_is(tmp_path: Path) -> None:
    # drug 稀 is one person's: with k = 2 its cell is blanked, and one blank alone is still too few
    options = 'k = 2\nallowance = 0.1\ngive_up = ["drug"]'
    gone = 'birth = { role = "identifier" }'
    found = run(tmp_path, options=options, birth=gone)
    assert "稀" not in set(found.records.frame["drug"])
    assert len(found.records) == 11


def test_cells_by_density_and_pseudonyms_by_month(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    key = tmp_path / "secret" / "key"
    key.write_text("ab" * 32, "ascii")
    key.chmod(0o600)
    text = 'k = 3\nallowance = 0.5\ncells = ["1km", "500m", "250m"]\nkey = "secret/key"'
    found = run(
        tmp_path, options=text, drug='drug = { role = "identifier" }',
        code='code = { role = "linking", scope = "month" }', birth='birth = { role = "identifier" }',
    )  # fmt: skip
    cells = found.records.frame["cell"].value_counts().to_dict()
    # ten persons in one 250 m cell of Shinjuku, one person alone in 1 km of Chiba
    assert sorted((len(code), n) for code, n in cells.items()) == [(8, 2), (10, 10)]
    assert len(set(found.follow.tolist())) == 11


def test_a_cut_coordinate_comes_with_a_warning(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        lat='lat2 = { role = "attribute", source = "lat", method = "coordinate", drop = 2 }',
    )
    assert set(found.records.frame["lat2"]) == {"35.689", "35.607"}
    ((ja, en),) = found.facts["warnings"]
    assert "111m×90" in ja
    assert "111 m x 90" in en


def test_findings_name_the_row_of_the_file_whatever_was_deleted_before(tmp_path: Path) -> None:
    rows = list(ROWS)
    rows[8] = rows[8].replace("1950-01-01", "1950-13-01")  # spreadsheet row 9
    rule = RULE.format("days") + "days = [2016-10-10]"  # rows 2, 4, 6, … go first
    with pytest.raises(InputError) as caught:
        run(tmp_path, rules=rule, rows=rows)
    assert [(f.row, f.value) for f in caught.value.findings] == [(9, "1950-13-01")]


def test_a_person_has_another_code_at_every_camera(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    key = tmp_path / "secret" / "key"
    key.write_text("ab" * 32, "ascii")
    key.chmod(0o600)
    rows = [*ROWS[:-1], ROWS[-1].replace(",A,171", ",B,171")]  # P10 passes A, then B
    options = 'key = "secret/key"\ncamera = "shop"'
    code = 'code = { role = "linking", scope = "camera" }'
    found = run(tmp_path, options=options, rows=rows, code=code)
    assert found.person[-1] == found.person[-2]  # one person for every threshold
    assert found.follow[-1] != found.follow[-2]  # and nobody can follow from camera to camera
    same = run(tmp_path, options=options, rows=ROWS, code=code)
    assert same.follow[-1] == same.follow[-2]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"drug": 'drug = { role = "attribute", scope = "day" }'}, "scope-role"),
        ({"drug": 'drug = { role = "attribute", rare = true }'}, "needs-k"),
        ({"drug": 'drug = { role = "attribute", method = "steps" }'}, "method-needs"),
        ({"drug": 'drug = { role = "attribute", method = "months-since-birth" }'}, "method-needs"),
        ({"rules": RULE.format("near") + "metres = 500"}, "method-needs"),
        ({"rules": RULE.format("few") + "records = 2\nmetres = 500"}, "column-option"),
        ({"options": "k = 2\nallowance = 1"}, "less-than"),
        ({"options": 'give_up = ["drug"]'}, "needs-k"),
        ({"options": 'k = 2\ngive_up = ["drugs"]'}, "unknown-name"),
        ({"options": 'camera = "door"'}, "unknown-name"),
    ],
)
def test_what_does_not_fit_together(tmp_path: Path, change: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path, **change)  # type: ignore[arg-type]
    assert f"config-{code}" in {f.code for f in caught.value.findings}
    assert all(f.row for f in caught.value.findings)
