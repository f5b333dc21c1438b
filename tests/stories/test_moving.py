"""From location records to a release of the four views of mobile spatial statistics."""

from __future__ import annotations

import csv
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import moving
import pandas as pd
import pytest

from sdc.errors import InputError
from sdc.pipeline.run import run_release
from sdc.publishing.keys import keygen
from sdc.publishing.verify import verify_package
from sdc.spatial import mesh

Cell = tuple[str, ...]


def printed(package: Path, table: str, columns: list[str]) -> dict[Cell, str]:
    with (package / "data" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows: Iterator[dict[str, str]] = csv.DictReader(stream)
        return {tuple(row[c] for c in columns): row["value"] for row in rows}


def people_present(folder: Path) -> pd.DataFrame:
    """One row a person and hour, counted by plain pandas from the raw file."""
    raw = pd.read_parquet(folder / "data" / "moves.parquet")
    raw["person"] = raw["terminal"].replace({"T00000001": "T00000000"})
    raw = raw[raw["person"] != "T00000007"].copy()
    raw["hour"] = raw["time"].str[11:13]
    raw["mesh"] = mesh.encode(raw["lat"], raw["lon"], "1km")
    size = raw.groupby(["person", "hour", "mesh"])["time"].transform("size")
    first = raw.groupby(["person", "hour", "mesh"])["time"].transform("min")
    order = raw.assign(size=-size, first=first).sort_values(
        ["person", "hour", "size", "first", "time"]
    )
    return order.groupby(["person", "hour"]).head(1)


def test_four_views_are_what_people_did(tmp_path: Path) -> None:
    result = run_release(moving.write(tmp_path, people=400))
    assert result.safe.report.passed
    package = tmp_path / "releases" / "moving-2016"
    there = people_present(tmp_path)
    hourly = printed(package, "hourly", ["mesh", "hour"])
    true: Counter[Cell] = Counter(zip(there["mesh"].map(str), there["hour"].map(str), strict=True))
    shown = {c: int(v) for c, v in hourly.items() if v.isdigit() and "TOTAL" not in c and c in true}
    assert shown
    assert shown == {cell: true[cell] for cell in shown}
    few = {cell for cell, n in true.items() if n < 5}
    assert few
    assert {hourly[cell] for cell in few} == {"X"}
    # sex and age: a cell counts person-hours, but it is judged by persons
    sexes = printed(package, "sex_age", ["mesh", "sex", "age"])
    persons: dict[Cell, set[str]] = defaultdict(set)
    hours: Counter[Cell] = Counter()
    columns = [there[c].map(str) for c in ("mesh", "sex", "birth", "person")]
    for cell, sex, birth, person in zip(*columns, strict=True):
        age = 2016 - int(birth[:4]) - (birth[5:] > "10-12")
        code = f"{1 + sum(age >= b for b in (20, 30, 40, 50, 60, 70)):02d}"
        persons[cell, sex, code].add(person)
        hours[cell, sex, code] += 1
    alone = {cell for cell, who in persons.items() if len(who) < 5}
    assert {sexes[cell] for cell in alone} == {"X"}
    assert any(hours[cell] >= 5 for cell in alone)  # which five records would not have hidden


def test_the_raw_file_leaves_no_trace(tmp_path: Path) -> None:
    run_release(moving.write(tmp_path, people=2000, groups=moving.GROUPS))
    written = [p for p in (tmp_path / "releases").rglob("*") if p.is_file()]
    assert any(".internal" in str(p) for p in written)
    everything = b"".join(p.read_bytes() for p in written)
    for secret in ("T000000", "架空 12", "5a5a5a5a", "08201001001"):
        assert secret.encode() not in everything


def test_trips_with_attributes_and_origin_destination(tmp_path: Path) -> None:
    attributes = moving.TRIPS.replace("origin_destination", "trips").replace('"mesh"', '"none"')
    attributes = attributes.replace('by = ["to"]', 'by = ["sex", "hour"]')
    config = moving.write(tmp_path, people=300, tables=moving.TRIPS + attributes)
    more = (
        'sex = { source = "sex", classes = "generalised" }\n'
        'hour = { source = "hour", classes = "generalised" }\n'
    )
    text = config.read_text("utf-8").replace("to = { source", more + "to = { source", 1)
    config.write_text(text.replace("minutes = 15", "minutes = 0"), encoding="utf-8")
    blocks = {b.table.name: b.table for b in run_release(config).safe.system.blocks}
    table, od = blocks["trips"], blocks["origin_destination"]
    # every trip has one origin, one destination, one sex and one hour of departure
    assert table.value.max() == od.value.max() > 0
    raw = pd.read_parquet(tmp_path / "data" / "moves.parquet")
    raw["person"] = raw["terminal"].replace({"T00000001": "T00000000"})
    raw = raw[raw["person"] != "T00000007"].sort_values(["person", "time"])
    raw["mesh"] = mesh.encode(raw["lat"], raw["lon"], "1km")
    before = raw.groupby("person")["mesh"].shift()
    moved = raw[before.notna() & (before != raw["mesh"])].assign(start=before)
    left = raw.groupby("person")["time"].shift()[moved.index].str[11:13]
    # a person counts once for the same origin, destination, sex and hour
    keys = [moved[c] for c in ("person", "start", "mesh", "sex")]
    assert table.value.max() == len(set(zip(*keys, left, strict=True)))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('name = { role = "identifier" }\n', "", "role-missing"),
        (', reason = "統計の区分。偏りは出口要件で確認"', "", "config-as-is-reason"),
        ('scope = "day"', 'scope = "day", pseudonym = "sha256"', "config-plain-hash"),
        ('key = "secret/pseudonym.key"\n', "", "config-needs-key"),
        ('time = "time"\n', "", "config-needs-column"),
        ('method = "age-7", at = 2016-10-12', 'method = "age-7", minutes = 15', "config-column-option"),
        ('method = "age-7", at = 2016-10-12', 'method = "age-8"', "config-unknown-name"),
        (', method = "age-7", at = 2016-10-12', "", "config-quasi-method"),
        ('role = "identifier" }', 'role = "identifier", method = "day" }', "config-role-method"),
        ('definition = "hops"\n', "", "config-view-definition"),
        ('level = "1km"\n[records.presence.columns]', "[records.presence.columns]", "config-view-place"),
        ('of = "moves"\nkind = "trips"', 'of = "walks"\nkind = "trips"', "config-unknown-name"),
        ('name = { role = "identifier" }', 'name = { role = "attribute" }', "role-text"),
        ('levels = ["1km"]', 'levels = ["1km", "500m"]', "config-mesh-class"),
        ('crs = "EPSG:6668"', 'crs = "EPSG:6668"\nmesh = "cell"', "config-mesh-level"),
        ('crs = "EPSG:6668"', 'crs = "EPSG:6668"\ncount = "n"', "config-count-entry"),
        ("[records.trips.view]\n", "[records.trips]\npath = 'data/moves.parquet'\n[records.trips.view]\n",
         "config-view-path"),
        ('path = "data/moves.parquet"\n', "", "config-missing-path"),
        ('[records.presence.view]', '[records.more.view]\nof = "moves"\nkind = "trips"\nlevel = "1km"\n'
         'definition = "chains"\n[records.presence.view]', "config-trips-overlap"),
        ("[records.presence.view]", '[records.raw]\npath = "data/optout.csv"\nx = "a"\ny = "b"\n'
         'crs = "EPSG:6668"\n[records.raw.columns]\nc = { source = "code", classes = "generalised" }\n'
         "[records.presence.view]", "config-not-generalised"),
    ],
)  # fmt: skip
def test_what_the_entry_refuses(tmp_path: Path, old: str, new: str, code: str) -> None:
    config = moving.write(tmp_path, people=30)
    text = config.read_text("utf-8")
    assert text.count(old) == 1, old
    raw = tmp_path / "data" / "moves.parquet"
    frame = pd.read_parquet(raw)
    frame["name"] = "娘の花子さんと同居。"
    frame.to_parquet(raw)
    config.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_release(config, dry_run=True)
    codes = {f.code for f in caught.value.findings}
    assert code in codes
    assert not [f for f in caught.value.findings if "花子" in f.to("ja") + f.to("en")]


@pytest.mark.parametrize("fault", ["mode", "beside", "short", "link"])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, fault: str) -> None:
    config = moving.write(tmp_path, people=30)
    key = tmp_path / "secret" / "pseudonym.key"
    if fault == "mode":
        key.chmod(0o644)
    elif fault == "short":
        key.write_text("5a" * 31, "ascii")
    elif fault == "link":
        key.rename(key.with_name("other"))
        key.symlink_to(key.with_name("other"))
    else:
        key.rename(tmp_path / "data" / "pseudonym.key")
        text = config.read_text("utf-8").replace("secret/", "data/")
        config.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_release(config, dry_run=True)
    assert caught.value.code == "pseudonym-key"


def test_mesh_codes_of_the_wrong_level_and_far_away_are_refused(tmp_path: Path) -> None:
    config = moving.write(tmp_path, people=30)
    raw = tmp_path / "data" / "moves.parquet"
    frame = pd.read_parquet(raw)
    frame["cell"] = mesh.encode(frame["lat"], frame["lon"], "500m")
    right = str(frame.loc[5, "cell"])
    slip = right[0] + str((int(right[1]) + 1) % 10) + right[2:]  # one digit: another 80 km cell
    frame.loc[3, "cell"] = "5339460004"
    frame.loc[5, "cell"] = slip
    frame.drop(columns=["lon", "lat"]).to_parquet(raw)
    text = config.read_text("utf-8").replace(
        'x = "lon"\ny = "lat"\ncrs = "EPSG:6668"',
        'mesh = "cell"\nlevel = "500m"\noutside = "refuse"',
    )
    text = text.replace(
        'lon = { role = "location" }\nlat = { role = "location" }', 'cell = { role = "location" }'
    )
    config.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_release(config, dry_run=True)
    found = caught.value.findings
    assert [(f.code, f.row, f.value) for f in found] == [
        ("mesh-impossible", 5, "5339460004"), ("mesh-outside", 7, slip),
    ]  # fmt: skip
    assert right in found[1].remedy.to("en")


def test_a_route_is_named_only_where_enough_people_took_it(tmp_path: Path) -> None:
    routes = moving.TRIPS.replace("origin_destination", "routes").replace('"mesh"', '"none"')
    config = moving.write(
        tmp_path, people=300, tables=routes.replace('by = ["to"]', 'by = ["way"]')
    )
    text = config.read_text("utf-8").replace(
        'to = { source = "destination", classes = "mesh" }',
        'way = { source = "route", classes = "generalised" }',
    )
    text = text.replace("minutes = 15", "minutes = 0").replace('"hops"', '"via"')
    config.write_text(text, encoding="utf-8")
    run_release(config)
    cells = printed(tmp_path / "releases" / "moving-2016", "routes", ["way"])
    # an X would say of a route that somebody took it: there is none, rare routes stand together
    assert "X" not in cells.values()
    assert int(cells["その他",]) >= 5
    named = {way[0]: int(n) for way, n in cells.items() if "→" in way[0]}
    assert min(named.values()) >= 5
    assert int(cells["TOTAL",]) == sum(named.values()) + int(cells["その他",])


SIGNING = """
[signing]
key = "secret/release"
principal = "toshi@city.jp"
passphrase_file = "secret/words"
"""


@pytest.mark.nightly
def test_a_million_records_to_a_signed_release_within_two_minutes(tmp_path: Path) -> None:
    # hourly population by mesh, sex and age; inflow and outflow by residence; the hourly total
    tables = moving.FOUR_VIEWS.replace('by = ["sex", "age"]', 'by = ["hour", "sex", "age"]')
    config = moving.write(tmp_path, people=41_667, groups=moving.GROUPS, tables=tables)
    words = tmp_path / "secret" / "words"
    words.write_text("correct horse battery\n", "utf-8")
    words.chmod(0o600)
    keygen(tmp_path / "secret" / "release", "toshi@city.jp", "correct horse battery")
    config.write_text(config.read_text("utf-8") + SIGNING, encoding="utf-8")
    started = time.process_time()
    result = run_release(config)
    spent = time.process_time() - started
    assert result.safe.prepared.entry["moves"]["records_read"] == 41_667 * 24 > 1_000_000
    assert {b.table.name for b in result.safe.system.blocks} == {
        "hourly", "sex_age", "inflow", "outflow",
    }  # fmt: skip
    assert result.safe.report.passed
    assert len(result.safe.report.verdict) > 100
    package = tmp_path / "releases" / "moving-2016"
    assert (package / "tagmanifest-sha256.txt.sig").is_file()
    signers = tmp_path / "secret" / "release.allowed_signers"
    assert verify_package(package, signers=signers, fingerprint=None, seen=None).ok
    assert spent <= 120
