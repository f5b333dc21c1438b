"""What a city types to compare plans, to choose one, to replay it, and to begin the next survey."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import smallcity
from typer.testing import CliRunner

from sdc import cli
from sdc.config import read_config
from sdc.errors import InputError, NotProven
from sdc.pipeline.plan import run_plan
from sdc.pipeline.prepare import prepare
from sdc.pipeline.run import Result, run_release, silent
from sdc.pipeline.treat import treat, untreated

pytestmark = pytest.mark.xdist_group("small-city")

PLAN = '[plan]\ndecision = "plan.json"\nrefine = 0\nmerge = [30]\ncollapse = {{ use = ["scheme.csv"] }}\n'


def city(folder: Path, *changes: tuple[str, str]) -> Path:
    """The small city's configuration with some texts replaced."""
    path = smallcity.write(folder)
    (folder / "scheme.csv").write_text(
        "from,to,label\n411,41,住宅系\n412,41,住宅系\n402,402,商業\n441,441,工場\n",
        encoding="utf-8",
    )
    text = path.read_text(encoding="utf-8")
    for old, new in (FAST, *changes):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


FAST = ("[treatment.suppress]", '[treatment.suppress]\nmethod = "exchange"')
AUTO = ('order = ["merge", "suppress"]', 'order = "auto"')
SECTION = ("[treatment]", PLAN.format() + "[treatment]")


def package(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run(*words: object) -> tuple[int, str]:
    outcome = CliRunner().invoke(cli.app, [str(w) for w in words])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.exit_code, outcome.stdout


def test_plans_are_listed_chosen_and_replayed(tmp_path: Path) -> None:
    # At a threshold of 3 suppression alone beats every merge before it is carried out.
    config = city(tmp_path, AUTO, SECTION, ("min_count = 3\n", "min_count = 5\n"))
    with pytest.raises(InputError, match="sdc plan"):
        run_release(config)  # the decision is named and not there yet
    status, text = run("plan", config)
    assert status == 0
    folder = tmp_path / "releases" / "small.plan"
    assert folder.stat().st_mode & 0o777 == 0o700
    rows = list(csv.DictReader(io.StringIO((folder / "plans.csv").read_text("utf-8-sig"))))
    # 3 merge levels (0, 10, 30) x 2 cuts, each listed at least once
    assert {r["plan"].split(", cells")[0] for r in rows} >= {"merge < 10", "merge < 30"}
    [chosen] = [r for r in rows if r["chosen"] == "yes"]
    safe = [r for r in rows if r["safe"] == "yes"]
    assert float(chosen["nats_per_record"]) == min(float(r["nats_per_record"]) for r in safe)
    assert (folder / "plans.png").read_bytes().startswith(b"\x89PNG")
    decision = (tmp_path / "plan.json").read_bytes()
    assert decision == (folder / "decision.json").read_bytes()
    first = run_release(config)
    assert first.path is not None
    again = run_release(config, out=tmp_path / "again")
    assert again.path is not None
    assert package(first.path) == package(again.path)
    internal = first.path.with_name("small.internal")
    assert (internal / "decision.json").read_bytes() == decision
    # without a file the same choice is made on the way, and gives the same bytes
    auto = tmp_path / "auto.toml"
    auto.write_text(config.read_text("utf-8").replace('decision = "plan.json"\n', ""), "utf-8")
    alone = run_release(auto, out=tmp_path / "alone")
    assert alone.path is not None
    assert package(first.path) == package(alone.path)
    # a person takes another plan; only then is the decision replaced
    assert run("plan", config)[0] == 0
    assert (tmp_path / "plan.json").read_bytes() == decision
    other = next(r["no"] for r in safe if "merge < 10" in r["plan"])
    words = ("--choose", other, "--by", "都市計画課", "--reason", "時系列")
    assert run("plan", config, *words)[0] == 0
    found = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    assert (found["decided_by"], found["reason"], found["merge"]) == ("都市計画課", "時系列", 10)
    merged = run_release(config, out=tmp_path / "merged")
    assert merged.safe.treated.merge_maps == found["merges"]
    assert str(folder) in text.replace("\n", "")


def test_a_number_that_is_not_on_the_list_is_refused(tmp_path: Path) -> None:
    config = city(tmp_path, AUTO, SECTION)
    with pytest.raises(InputError, match="numbers 1 to"):
        run_plan(config, choice=99, tell=silent)
    assert not (tmp_path / "plan.json").exists()
    assert not (tmp_path / "releases").exists()


def test_a_decision_for_other_records_is_refused(tmp_path: Path) -> None:
    config = city(tmp_path, AUTO, SECTION)
    run_plan(config, tell=silent)
    rows = (tmp_path / "buildings.csv").read_text("utf-8").splitlines()
    (tmp_path / "buildings.csv").write_text("\n".join(rows[: len(rows) // 2]) + "\n", "utf-8")
    with pytest.raises(NotProven):
        run_release(config)
    assert not (tmp_path / "releases" / "small").exists()


def test_the_budget_limits_the_choice(tmp_path: Path) -> None:
    none = ('decision = "plan.json"', 'decision = "plan.json"\nbudget = { changes = 0 }')
    planned = run_plan(city(tmp_path, AUTO, SECTION, none), tell=silent)
    assert planned.chosen.changes == 0


def test_the_next_survey_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    config = city(tmp_path)
    first = run_release(config)
    assert first.path is not None
    last = first.path.with_name("small.internal") / "decision.json"
    (tmp_path / "last.json").write_bytes(last.read_bytes())
    # the same survey again: everything is kept, nothing is reported
    earlier = (
        'order = ["merge", "suppress"]',
        'order = ["merge", "suppress"]\nearlier = "last.json"',
    )
    folder = tmp_path / "next"
    folder.mkdir()
    again_config = city(folder, earlier)
    (folder / "last.json").write_bytes(last.read_bytes())
    again = run_release(again_config)
    assert again.path is not None
    rows = list(csv.DictReader(io.StringIO(
        (again.path.with_name("small.internal") / "changes.csv").read_text("utf-8-sig")
    )))  # fmt: skip
    assert [r for r in rows if r["kind"] != "cell"] == []
    assert again.safe.treated.merge_maps == first.safe.treated.merge_maps
    # an X that went or came has a reason in both languages
    assert all(r["reason_ja"] and r["reason_en"] for r in rows)


def test_merges_do_not_cross_a_barrier(tmp_path: Path) -> None:
    # A line along the border between the lower and the middle row of boxes.
    config = city(tmp_path, ("min_count = 10", 'min_count = 60\nbarriers = "lines.gpkg"'))
    west, south = 141.503, 30.203
    line = shapely.LineString([(west, south + 0.0047), (west + 0.0252, south + 0.0047)])
    gpd.GeoDataFrame(geometry=[line], crs="EPSG:6668").to_file(tmp_path / "lines.gpkg")
    read = read_config(config)
    prepared = prepare(read, silent)
    found = treat(read, prepared, silent).merge_maps["areas"]
    lower = {f"082990{i:02d}" for i in range(4)}
    assert found
    assert all((a in lower) == (b in lower) for a, b in found.items())


def test_mesh_cells_are_published_inside_larger_ones(tmp_path: Path) -> None:
    config = city(tmp_path, ("min_count = 10", "min_count = 30\nmesh = true"))
    result = run_release(config)
    assert result.path is not None
    up = result.safe.treated.merge_maps["mesh"]
    assert up
    assert {len(a) for a in up} == {9}  # 500 m cells …
    assert {len(b) for b in up.values()} == {8}  # … inside 1 km cells
    places = result.safe.treated.places.of("mesh")
    before = untreated(result.safe.config, result.safe.prepared).places.of("mesh")
    whole = set(up.values())
    assert set(places.codes) == (set(before.codes) - set(up)) | whole
    with (result.path / "data" / "use_mesh.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(r["mesh"], r["use"]): r for r in csv.DictReader(file)}
    assert {rows[a, "TOTAL"]["status"] for a in up} == {"M"}
    assert {rows[a, "TOTAL"]["HTKSAKI"] for a in up} == whole
    shown = [r for (c, u), r in rows.items() if c in whole and u == "TOTAL"]
    assert {r["status"] for r in shown} <= {"A", "X"}


@pytest.mark.parametrize("by", ['by = "class"', 'empty = "merge"', 'never = ["0829"]'])
def test_merging_options_reach_the_merges(tmp_path: Path, by: str) -> None:
    config = city(tmp_path, ("min_count = 10", f"min_count = 3\n{by}"))
    read = read_config(config)
    prepared = prepare(read, silent)
    if "never" in by:
        with pytest.raises(InputError):
            treat(read, prepared, silent)  # no area has this code
        return
    records = treat(read, prepared, silent).coded["buildings"]
    totals, classes = records.count(["areas"]), records.count(["areas", "use"])
    if "class" in by:
        assert ((classes == 0) | (classes >= 3)).all()
    else:
        assert (totals >= 3).all()
    assert int(totals.sum()) == 600


def test_a_plan_is_made_beside_what_the_ledger_holds(tmp_path: Path) -> None:
    ledger = '[ledger]\npath = "ledger.sqlite"\n[output]'
    first = city(tmp_path, ("[output]", ledger))
    run_release(first)
    text = first.read_text("utf-8").replace('id = "small"', 'id = "second"')
    second = tmp_path / "second.toml"
    second.write_text(text.replace(*AUTO).replace(*SECTION).replace("merge = [30]\n", ""), "utf-8")
    planned = run_plan(second, tell=silent)
    result = run_release(second)
    assert result.path is not None
    assert "small" in result.safe.report.checks[-1]
    # what the first release printed is known, and what it hid stays hidden
    assert result.safe.decision.hidden == planned.decision.hidden
    assert planned.chosen.plan is not None
    assert planned.chosen.plan.problem.digest == result.safe.plan.problem.digest


BY_AREA = (
    'order = ["merge", "suppress"]',
    'order = ["collapse", "merge", "suppress"]\ncollapse.use = { where = "areas" }',
)


def groups_of(result: Result) -> dict[str, dict[str, dict[str, str]]]:
    return {
        g.name: {a: dict(own) for a, own in g.groups.items()} for g in result.safe.treated.grouped
    }


def test_each_area_collapses_for_itself_and_the_next_survey_keeps_it(tmp_path: Path) -> None:
    first = run_release(city(tmp_path, BY_AREA))
    assert first.path is not None
    [own] = groups_of(first).values()
    assert 0 < len(own) < 12
    rows = (first.path / "data" / "collapses.csv").read_text("utf-8-sig").splitlines()
    assert len(rows) == 1 + sum(len(g) for g in own.values())
    last = first.path.with_name("small.internal") / "decision.json"
    folder = tmp_path / "next"
    folder.mkdir()
    config = city(
        folder, BY_AREA, ("[treatment.merge]", 'earlier = "last.json"\n[treatment.merge]')
    )
    (folder / "last.json").write_bytes(last.read_bytes())
    again = run_release(config)
    assert groups_of(again) == groups_of(first)
    # a group that is gone from the decision is reported with its reason
    found = json.loads(last.read_text("utf-8"))
    area, group = next(iter(found["groups"]["buildings/use"].items()))
    del found["groups"]["buildings/use"][area]
    (folder / "last.json").write_text(json.dumps(found), "utf-8")
    third = run_release(config, out=folder / "third")
    assert third.path is not None
    text = (third.path.with_name("small.internal") / "changes.csv").read_text("utf-8-sig")
    told = [r for r in csv.DictReader(io.StringIO(text)) if r["kind"] == "group"]
    assert {r["code"] for r in told} == {f"{area} {c}" for c in group}
    assert all(r["reason_ja"] and r["reason_en"] for r in told)


def test_the_planner_offers_groups_by_area_and_a_release_replays_them(tmp_path: Path) -> None:
    plan = '[plan]\ndecision = "plan.json"\nrefine = 0\n'
    config = city(tmp_path, (AUTO[0], 'order = "auto"\ncollapse.use = { where = "areas" }'))
    config.write_text(
        config.read_text("utf-8").replace("[treatment]", plan + "[treatment]"), "utf-8"
    )
    planned = run_plan(config, tell=silent)
    names = [s.candidate.name for s in planned.scored]
    number = next(k for k, s in enumerate(planned.scored, 1)
                  if s.safe and s.candidate.cuts == (("use", "by area"),))  # fmt: skip
    assert any("use: by area" in str(n) for n in names)
    run_plan(config, choice=number, tell=silent)
    done = run_release(config)
    chosen = planned.scored[number - 1]
    assert groups_of(done) == {
        n: {a: dict(g) for a, g in own.items()} for n, own in chosen.groups.items()
    }
    assert chosen.plan is not None
    assert (chosen.plan.hidden == done.safe.plan.hidden).all()
    # a decision for classes that are not there is refused
    text = (tmp_path / "plan.json").read_text("utf-8").replace('"441": "other', '"999": "other')
    (tmp_path / "plan.json").write_text(text, "utf-8")
    with pytest.raises(NotProven):
        run_release(config, out=tmp_path / "no")


def test_a_scheme_of_the_tool_needs_no_file(tmp_path: Path) -> None:
    shipped = (BY_AREA[0], 'order = ["collapse", "suppress"]\ncollapse.use = "sdc:use_by_tens"')
    unmerged = ('[treatment.merge]\nmin_count = 10\nwithin = "any"\n', "")
    config = read_config(city(tmp_path, shipped, unmerged))
    done = treat(config, prepare(config, silent), silent)
    # 411 and 412 are 住宅系 of the tens 41x, 402 of 40x, 441 of 44x
    [(name, to)] = done.collapse_maps.items()
    assert name == "use"
    assert to["411"] == to["412"] != to["402"]
    assert len({to.get(c, c) for c in ("411", "412", "402", "441")}) == 3
