"""The configuration: what is accepted, and every refusal with its place and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdc.config import Config, read_config
from sdc.config.kinds import check_digit
from sdc.config.lines import locate_keys
from sdc.errors import InputError
from sdc.model.rules import Rules
from sdc.model.system import Level

BASE = """\
schema = 1
data_root = "."
[release]
id = "sample-2026"
title = "みほん市 建物利用現況 小地域集計"
municipality = "082996"
survey_date = 2025-10-01
release_date = 2026-11-22
serial = 1
licence = "CC-BY-4.0"
source = "みほん市都市計画基礎調査"
section = "都市計画課"
[records.buildings]
path = "buildings.csv"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.buildings.columns.use]
source = "usage"
codelist = "uses.csv"
map = "uses_map.csv"
[records.buildings.columns.height]
source = "measured_height_m"
breaks = [5, 10, 15.5]
unit = "m"
[records.buildings.columns.floor_area]
source = "floor_area_m2"
kind = "measure"
unit = "m²"
step = 0.1
[geography.areas]
path = "areas.gpkg"
code = "KEY_CODE"
name = "S_NAME"
parent = "district"
exclude = { HCODE = ["8154"] }
[geography.mesh]
levels = ["1km", "500m"]
[rules.counts]
min_count = 3
ground = "条例 第7条"
never_hide = [{ use = "411" }]
must_hide = [{ use = "453", areas = "08299001001" }]
[rules.areas]
min_count = 3
p_percent = 10
dominance = [1, 0.8]
[[tables]]
id = "use"
records = "buildings"
rules = "counts"
geography = "areas"
by = ["use", "height"]
[[tables]]
id = "floor"
records = "buildings"
rules = "areas"
geography = "mesh"
by = ["use"]
measure = "floor_area"
[treatment]
order = ["collapse", "merge", "suppress"]
[treatment.collapse]
use = "uses_scheme.csv"
[treatment.merge]
min_count = 10
[treatment.suppress]
method = "auto"
[output]
dir = "releases"
formats = ["images", "csv"]
"""
INPUTS = ("buildings.csv", "uses.csv", "uses_map.csv", "uses_scheme.csv", "areas.gpkg")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a configuration beside the files that it names."""

    def make(text: str, *, folder: str = "city") -> Path:
        home = tmp_path / folder
        home.mkdir(exist_ok=True)
        for name in INPUTS:
            (home / name).touch()
        file = home / "release.toml"
        file.write_bytes(text.encode("utf-8"))
        return file

    return make


def read(write: Callable[..., Path], *changes: tuple[str, str]) -> Config:
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} must stand once"
        text = text.replace(old, new)
    return read_config(write(text))


def test_a_good_file_gives_frozen_values(write: Callable[..., Path]) -> None:
    config = read(write)
    assert config.release.survey_date == date(2025, 10, 1)
    assert config.records["buildings"].columns["floor_area"].step == Decimal("0.1")
    assert config.records["buildings"].columns["floor_area"].is_measure
    assert config.records["buildings"].columns["height"].breaks == (5, 10, Decimal("15.5"))
    assert config.geography.areas is not None
    assert config.geography.areas.exclude == {"HCODE": ("8154",)}
    assert [t.id for t in config.tables] == ["use", "floor"]
    assert config.tables[0].measure == "count"
    assert config.treatment.order == ("collapse", "merge", "suppress")
    assert config.treatment.merge is not None
    assert (config.treatment.merge.partners, config.treatment.merge.within) == ("edge", "parent")
    assert config.output.encoding == "utf-8-sig"
    with pytest.raises(ValueError, match="frozen"):
        config.release.serial = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.rules["counts"] = config.rules["areas"]  # type: ignore[index]


def test_rules_become_the_value_that_engines_read(write: Callable[..., Path]) -> None:
    config = read(write)
    assert config.rules["counts"].to_rules() == Rules(
        min_count=3,
        ground="条例 第7条",
        level=Level.INTERVAL,
        never_hide=({"use": "411"},),
        must_hide=({"use": "453", "areas": "08299001001"},),
    )
    areas = config.rules["areas"].to_rules()
    assert (areas.dominance, areas.p_percent) == ((1, 0.8), 10.0)
    assert config.without_ground == ("areas",)


def test_places_are_beside_the_file(write: Callable[..., Path]) -> None:
    config = read(write)
    assert config.resolve("uses.csv") == config.folder / "uses.csv"
    assert config.output_dir == config.folder / "releases"


def test_the_planner_may_choose_the_order(write: Callable[..., Path]) -> None:
    config = read(write, ('order = ["collapse", "merge", "suppress"]', 'order = "auto"'))
    assert config.treatment.automatic


def test_the_planner_is_told_what_to_try(write: Callable[..., Path]) -> None:
    text = """[plan]
decision = "plan.json"
budget = { changes = 20, loss = 0.05 }
merge = [30]
collapse = { use = ["uses_map.csv"] }
cut = ["height"]
[output]
"""
    order = ('order = ["collapse", "merge", "suppress"]', 'order = "auto"')
    plan = read(write, order, ("[output]\n", text)).plan
    assert (plan.decision, plan.merge, plan.cut) == ("plan.json", (30,), ("height",))
    assert (plan.budget.changes, plan.budget.loss) == (20, Decimal("0.05"))
    assert dict(plan.collapse) == {"use": ("uses_map.csv",)}
    # a level of merging needs to know who may be merged, a cut a class column, a scheme a file
    for bad in (
        "merge = [30]\n[treatment.merge]\nmin_count = 10",
        'cut = ["floor_area"]',
        'collapse = { use = ["none.csv"] }',
        'decision = "plan.txt"',
    ):
        wrong = f"[plan]\n{bad}\n[output]\n"
        with pytest.raises(InputError):
            read(write, order, ("[output]\n", wrong))


def test_a_column_can_be_collapsed_area_by_area(write: Callable[..., Path]) -> None:
    whole = read(write).treatment.collapse["use"]
    assert (whole.scheme, whole.where) == ("uses_scheme.csv", "everywhere")
    old = 'use = "uses_scheme.csv"'
    here = read(write, (old, 'use = { where = "areas" }')).treatment.collapse["use"]
    assert (here.scheme, here.where) == (None, "areas")
    both = 'use = { scheme = "uses_scheme.csv", where = "areas" }'
    assert read(write, (old, both)).treatment.collapse["use"].scheme == "uses_scheme.csv"
    assert read(write, (old, 'use = "sdc:use_by_tens"')).treatment.collapse["use"].scheme == (
        "sdc:use_by_tens"
    )
    # the only table by areas lacks the column
    with pytest.raises(InputError, match="stands in `by`"):
        read(
            write, (old, 'use = { where = "areas" }'), ('by = ["use", "height"]', 'by = ["height"]')
        )


def test_merging_has_options(write: Callable[..., Path]) -> None:
    text = """min_count = 10
by = "contributors"
contributors = "floor_area"
empty = "merge"
never = ["08299600101"]
min_length = 5
mesh = true
method = "exact"
weights = { profile = 0.5, change = 10 }
"""
    merge = read(write, ("min_count = 10\n", text)).treatment.merge
    assert merge is not None
    assert (merge.by, merge.contributors, merge.empty) == ("contributors", "floor_area", "merge")
    assert (merge.never, merge.mesh, merge.method) == (("08299600101",), True, "exact")
    assert (merge.weights.profile, merge.weights.parent) == (Decimal("0.5"), 50)
    assert (merge.min_length, merge.barrier_width) == (5, 20)


def test_a_byte_order_mark_and_crlf_are_accepted(write: Callable[..., Path]) -> None:
    config = read_config(write("\ufeff" + BASE.replace("\n", "\r\n")))
    assert config.release.id == "sample-2026"


def test_a_declared_data_root_may_lie_elsewhere(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "b.csv").touch()
    path = ('path = "buildings.csv"', 'path = "../store/b.csv"')
    root = ('data_root = "."', 'data_root = "../store"')
    config = read(write, path, root)
    assert config.resolve("../store/b.csv").is_file()
    with pytest.raises(InputError):
        read(write, path)


def test_the_output_stays_beside_the_file_whatever_the_data_root(
    write: Callable[..., Path],
) -> None:
    with pytest.raises(InputError) as caught:
        read(write, ('data_root = "."', 'data_root = ".."'), ('dir = "releases"', 'dir = "../x"'))
    assert [f.column for f in caught.value.findings] == ["output.dir"]


def test_a_link_that_leads_outside_is_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    outside = tmp_path / "secret.csv"
    outside.touch()
    file = write(BASE.replace('"buildings.csv"', '"link.csv"'))
    (file.parent / "link.csv").symlink_to(outside)
    with pytest.raises(InputError) as caught:
        read_config(file)
    assert [f.code for f in caught.value.findings] == ["config-path-outside"]


# What is replaced, by what, code, text on the line that is named (empty: no line), key path, value
# found, words of the remedy in Japanese and in English.
Case = tuple[str, ...]


def _corpus() -> list[Case]:
    text = Path(__file__).with_name("config_refusals.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    return [tuple(f.strip().replace("⏎", "\n") for f in f" {row} ".split(" | ")) for row in rows]


PATHS = [
    ("../uses.csv", "path-outside", "data_root", "data_root"),
    ("a/../../uses.csv", "path-outside", "data_root", "data_root"),
    ("/etc/passwd", "path-absolute", "相対パス", "relative path"),
    ("C:/uses.csv", "path-absolute", "相対パス", "relative path"),
    ("//server/share/uses.csv", "path-absolute", "相対パス", "relative path"),
    ("\\\\\\\\server\\\\share\\\\uses.csv", "path-absolute", "相対パス", "relative path"),
    ("https://example.org/uses.csv", "path-absolute", "相対パス", "relative path"),
    ("sub\\\\uses.csv", "path-backslash", "相対パス", "relative path"),
    ("$HOME/uses.csv", "path-expansion", "相対パス", "relative path"),
    ("${HOME}/uses.csv", "path-expansion", "相対パス", "relative path"),
    ("%USERPROFILE%/uses.csv", "path-expansion", "相対パス", "relative path"),
    ("~/uses.csv", "path-expansion", "相対パス", "relative path"),
    ("sub/~root/uses.csv", "path-expansion", "相対パス", "relative path"),
    ("uses\\u0000.csv", "path-control", "相対パス", "relative path"),
    ("", "path-empty", "相対パス", "relative path"),
    ("nul.csv", "path-device", "相対パス", "relative path"),
    ("missing.csv", "no-file", "ファイル名", "file name"),
    ("uses.xlsx", "path-kind", "拡張子", "extension"),
]
CASES = _corpus() + [
    (
        'codelist = "uses.csv"', f'codelist = "{text}"', code, "codelist",
        "records.buildings.columns.use.codelist",
        tomllib.loads(f'a = "{text}"')["a"], ja, en,
    )
    for text, code, ja, en in PATHS
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[2]}: {c[1]!r}"[:60])
def test_each_refusal_names_its_place_and_remedy(write: Callable[..., Path], case: Case) -> None:
    old, new, code, line, column, value, ja, en = case
    assert BASE.count(old) == 1
    text = BASE.replace(old, new)
    file = write(text)
    with pytest.raises(InputError) as caught:
        read_config(file)
    assert caught.value.exit_status == 2
    matching = [f for f in caught.value.findings if f.column == column]
    assert matching, [f.column for f in caught.value.findings]
    found = matching[0]
    # the line, counted here by searching the text instead of parsing it
    row = None if not line else text[: text.index(line)].count("\n") + 1
    assert (found.code, found.file, found.row) == (f"config-{code}", str(file), row)
    assert found.value == value
    assert found.must.to("ja")
    assert found.must.to("en")
    assert ja in found.remedy.to("ja")
    assert en in found.remedy.to("en")
    assert found.must.to("ja") != found.must.to("en")


def test_all_problems_are_told_at_once(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError) as caught:
        read(
            write,
            ("serial = 1", "serial = 0"),
            ("rules = \"counts\"", "rules = \"none\""),
            ('path = "buildings.csv"', 'path = "../b.csv"'),
        )  # fmt: skip
    findings = caught.value.findings
    assert [f.column for f in findings] == [
        "release.serial", "records.buildings.path", "tables[0].rules",
    ]  # fmt: skip
    rows = [f.row for f in findings]
    assert rows == sorted(rows, key=lambda row: row or 0)
    assert caught.value.ja.startswith("入力に3件の問題があります")


def test_a_file_that_is_not_toml_names_the_line(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError) as caught:
        read(write, ("serial = 1", "serial = "))
    (found,) = caught.value.findings
    # serial stands on line 9 of BASE
    assert (found.code, found.row) == ("config-toml", 9)
    assert "TOML" in found.must.to("ja")
    assert "TOML" in found.must.to("en")


def test_a_key_written_twice_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError) as caught:
        read(write, ("serial = 1", "serial = 1\nserial = 2"))
    assert caught.value.findings[0].code == "config-toml"


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "release.toml"
    file.write_bytes(b"schema = 1\n" + 'title = "市"'.encode("cp932"))
    with pytest.raises(InputError) as caught:
        read_config(file)
    assert [(f.code, f.row) for f in caught.value.findings] == [("config-encoding", 2)]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_config(tmp_path / "release.toml")
    assert [f.code for f in caught.value.findings] == ["config-no-file"]


@pytest.mark.parametrize("text", ["", "a", "schema = 1\nrelease = 3\ntables = 5\nrecords = []"])
def test_a_file_of_another_shape_is_refused_without_a_defect(
    write: Callable[..., Path], text: str
) -> None:
    with pytest.raises(InputError):
        read_config(write(text))


def test_a_hostile_value_is_cut_in_the_message(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError) as caught:
        read(write, ('"sample-2026"', '"' + "x" * 5000 + '"'))
    assert len(caught.value.findings[0].value) <= 121


@pytest.mark.parametrize(
    "serial",
    [
        "9" * 5000, "0x" + "F" * 5000, "[" * 150 + "]" * 150, "[" * 9000 + "]" * 9000,
        "{ a = " * 100 + "1" + "}" * 100,
    ],
    ids=["digits", "hexadecimal", "deep", "deeper", "deep tables"],
)  # fmt: skip
def test_a_hostile_number_or_nesting_is_a_finding(write: Callable[..., Path], serial: str) -> None:
    with pytest.raises(InputError) as caught:
        read(write, ("serial = 1", f"serial = {serial}"))
    assert {f.row for f in caught.value.findings} <= {9, 1 + BASE.count("\n")}
    assert all(len(f.value) <= 121 for f in caught.value.findings)


@pytest.mark.parametrize(
    ("five", "six"),
    [
        # published codes: 札幌市, 新宿区, 京都市, 大阪市, 那覇市
        ("01100", "011002"), ("13104", "131041"), ("26100", "261009"), ("27100", "271004"),
        ("47201", "472018"),
    ],
)  # fmt: skip
def test_check_digits_of_known_municipalities(five: str, six: str) -> None:
    assert check_digit(five) == six


names = st.text("abc_", min_size=1, max_size=3)
scalars = st.sampled_from(["1", '"a#b"', "'c]d'", "true", '"""x\n\ny"""', "2026-01-01"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3).map(lambda v: "[\n" + ",\n".join(v) + "\n]"),
    max_leaves=4,
)


pairs_ = st.dictionaries(names, values, max_size=3)


@given(st.lists(st.tuples(names, pairs_), max_size=4, unique_by=lambda t: t[0]))
def test_every_key_is_found_on_its_line(tables: list[tuple[str, dict[str, str]]]) -> None:
    text, expected = "# start\n", {}
    for table, pairs in tables:
        expected[(table,)] = text.count("\n") + 1
        text += f"[{table}]  # [not.this]\n"
        for key, value in pairs.items():
            expected[table, key] = text.count("\n") + 1
            text += f"{key} = {value} # x = 1\n"
    tomllib.loads(text)
    found = locate_keys(text)
    assert {path: found[path] for path in expected} == expected


def test_lines_inside_arrays_inline_tables_and_quoted_keys() -> None:
    text = '"a b".c = [ # x\n  { d = "]", e = 1 },\n  [2,\n  3],\n]\n'
    text += "[[t]]\nu = 1\n[t.v]\n[[t]]\nw = 1\n"
    found = locate_keys(text)
    assert found["a b", "c"] == 1
    assert found["a b", "c", 0, "e"] == 2
    assert found["a b", "c", 1, 1] == 4
    assert found["t", 0, "u"] == 7
    assert found["t", 0, "v"] == 8
    assert found["t", 1, "w"] == 10


def test_figures_only_in_csv_and_with_names_of_their_own(write: Callable[..., Path]) -> None:
    figure = '[[derived]]\nid = "a"\nkind = "share"\ntable = "use"\nby = "use"\n'
    with pytest.raises(InputError) as caught:
        read(
            write,
            ("[treatment]\n", figure + figure + "[treatment]\n"),
            ('formats = ["images", "csv"]', 'formats = ["images"]'),
        )
    codes = [(f.code, f.column) for f in caught.value.findings]
    assert ("config-name-twice", "derived[1].id") in codes
    assert ("config-figure-format", "derived[0]") in codes


def test_how_a_package_is_published(write: Callable[..., Path]) -> None:
    """Words, figures, an archive, and a signature that may be missing because the file says so."""
    config = read(
        write,
        ("serial = 1", 'serial = 1\ntitle_en = "Sample"\npolicy = "3未満を秘匿"\ncontact = "a@b"'),
        (
            "[treatment]\n",
            '[[derived]]\nid = "a"\nkind = "density"\ntable = "use"\nper = "ha"\n[treatment]\n',
        ),
        (
            "[output]",
            '[titles]\nuse = ["用途", "use"]\n[signing]\nkey = "no/key"\nprincipal = "a@b"\n'
            "required = false\n[output]\nzip = true",
        ),
    )
    assert (config.release.title_en, config.release.policy) == ("Sample", "3未満を秘匿")
    assert config.derived[0].per == "ha"
    assert config.derived[0].decimals == 1
    assert config.titles["use"] == ("用途", "use")
    assert config.output.zip
    assert config.signing is not None
    assert not config.signing.required
