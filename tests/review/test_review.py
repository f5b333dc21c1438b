"""The review page: says that it is internal, needs no network, and tells why each X stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import smallcity
from typer.testing import CliRunner

from sdc import cli
from sdc.config import read_config
from sdc.model.system import Level
from sdc.pipeline.run import Safe, make_safe
from sdc.review.cells import cells_of
from sdc.review.page import LEVELS, proof, review_page
from sdc.review.shapes import draw

pytestmark = pytest.mark.xdist_group("small-city")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = smallcity.write(tmp_path_factory.mktemp("city"))
    text = config.read_text(encoding="utf-8")
    # A title that would end the script or open a tag, were it not escaped.
    bad = text.replace('"小さな市"', '"小さな市 </script><b>&<!--<script>"', 1)
    config.write_text(bad, encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def safe(city: Path) -> Safe:
    return make_safe(read_config(city))


@pytest.fixture(scope="module")
def page(safe: Safe) -> str:
    return review_page(safe)


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.words[self.open[-1]] = self.words.get(self.open[-1], "") + data


def carried(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_it_says_internal_first_and_is_well_formed(page: str) -> None:
    seen = Elements(page)
    assert seen.open == []
    assert seen.words["header"].startswith("庁内専用")
    assert "INTERNAL" in seen.words["header"]
    assert seen.words["h1"] == "小さな市 </script><b>&<!--<script>"
    assert "監査に合格" in seen.words["strong"]
    tags = [tag for tag, _ in seen.tags]
    assert tags.index("header") < tags.index("h1") < tags.index("dl") < tags.index("svg")


def test_it_needs_no_network(page: str) -> None:
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?(https?:)?//", page)
    for tag, attributes in Elements(page).tags:
        assert tag not in ("link", "img", "iframe", "object")
        assert "src" not in attributes


def test_the_numbers_are_those_of_the_plan(page: str, safe: Safe) -> None:
    hidden = int(safe.plan.hidden[safe.system.shown].sum())
    assert f"<dd>{hidden:,} (" in page
    assert "<dd>600</dd>" in page  # the buildings of the small city
    for m in safe.treated.merges:
        assert f"<td>{m.source}</td>" in page


def test_every_cell_is_carried_as_it_is_printed(page: str, safe: Safe) -> None:
    data = carried(page)
    assert [t["id"] for t in data["tables"]] == [t.name for t in safe.published.tables]
    for told, table in zip(data["tables"], safe.published.tables, strict=True):
        size = table.value.size
        assert len(told["value"]) == len(told["printed"]) == len(told["status"]) == size
        marks = {"9": 0, "-": 1, "X": 2}
        assert [marks[c] for c in told["printed"]] == table.state.ravel().tolist()
        for i, state in enumerate(told["status"]):
            assert (state == ".") == (told["printed"][i] != "X")
            if state != ".":
                low, high = told["range"][str(i)]
                assert low <= told["value"][i] <= high
                assert low < high
                assert told["reason"][str(i)] in data["reasons"]
            if state == "P":
                assert told["reason"][str(i)] in ("min_count", "mask")


def test_maps_hold_every_published_place(page: str, safe: Safe) -> None:
    maps = carried(page)["maps"]
    for name in ("areas", "mesh"):
        assert list(maps[name]["paths"]) == safe.treated.places.of(name).codes
        assert all(path.startswith("M") for path in maps[name]["paths"].values())
    assert sorted(maps["areas"]["before"]) == sorted(m.source for m in safe.treated.merges)


def test_all_parts_of_an_area_are_drawn() -> None:
    """Two squares and a square with a hole: one, one and two rings."""
    import geopandas as gpd
    import shapely

    from sdc.model.hierarchy import Hierarchy
    from sdc.spatial.areas import Areas

    def square(x: float, size: float) -> shapely.Polygon:
        return shapely.box(139.7 + x, 35.7, 139.7 + x + size, 35.7 + size)

    two = shapely.MultiPolygon([square(0, 0.01), square(0.02, 0.01)])
    ring = square(0.04, 0.01).difference(shapely.box(139.743, 35.703, 139.746, 35.706))
    frame = {"code": ["1", "2"], "name": ["", ""], "parent": ["", ""]}
    shapes = gpd.GeoDataFrame(frame, geometry=[two, ring], crs=6668)
    areas = Areas(Hierarchy.flat("areas", ["1", "2"]), shapes, shapes.iloc[:0])
    paths = draw(areas, merged={}).paths
    assert [paths[c].count("M") for c in ("1", "2")] == [2, 2]
    assert [paths[c].count("z") for c in ("1", "2")] == [2, 2]


def test_cells_know_their_state(safe: Safe) -> None:
    cells = cells_of(safe, "use_structure")
    few = (cells["value"] > 0) & (cells["value"] < 3)
    assert (cells[few]["status"] == "primary").all()
    assert (cells[few]["reason"] == "min_count").all()
    assert ((cells["printed"] == "X") == (cells["status"] != "published")).all()
    with pytest.raises(KeyError):
        cells_of(safe, "nothing")


def test_every_level_has_its_words() -> None:
    assert set(LEVELS) == {str(level) for level in Level}


def test_what_changed_is_told_in_the_readers_language(
    safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        "kind,where,code,before,now,reason_ja,reason_en\n"
        "cell,use,a b,,X,規則により秘匿,the rules hide it\n"
    )
    monkeypatch.setattr("sdc.review.page.internal_files", lambda _: {"changes.csv": rows.encode()})
    beside: Any = SimpleNamespace()
    compared = replace(safe, earlier=beside)
    for language, told, other in (
        ("ja", "規則により秘匿", "the rules hide it"),
        ("en", "the rules hide it", "規則により秘匿"),
    ):
        monkeypatch.setenv("SDC_LANG", language)
        page = review_page(compared)
        assert f"<td>a b</td><td></td><td>X</td><td>{told}</td>" in page
        assert other not in page


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_speaks_one_language(
    language: str, safe: Safe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDC_LANG", language)
    page = review_page(safe)
    assert f'<html lang="{language}">' in page
    said = carried(page)["say"]
    japanese = [t for t in said.values() if re.search("[\u3040-\u30ff\u4e00-\u9fff]", t)]
    assert len(japanese) == (len(said) if language == "ja" else 0)
    assert ("監査に合格" in page) == (language == "ja")


def test_the_command_writes_for_its_owner_alone(city: Path) -> None:
    outcome = CliRunner().invoke(cli.app, ["review", str(city)])
    assert outcome.exit_code == 0
    page = city.parent / "releases" / "review.internal" / "small.html"
    assert str(page) in outcome.stdout.replace("\n", "")
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(p.name for p in page.parent.iterdir()) == ["small.gpkg", "small.html"]
    assert page.with_suffix(".gpkg").stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def browser() -> str:
    found = next((b for b in map(shutil.which, BROWSERS) if b), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def dom(browser: str, url: str, home: Path) -> str:
    """The document after its script has run; the browser keeps everything in ``home``."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    command = [browser, *options, f"--user-data-dir={home}", "--dump-dom", url]
    environment = os.environ | {"HOME": str(home)}
    run = subprocess.run(command, capture_output=True, timeout=120, env=environment, check=True)
    return run.stdout.decode("utf-8")


def test_a_browser_shows_why(page: str, safe: Safe, browser: str, tmp_path: Path) -> None:
    file = tmp_path / "review.html"
    file.write_text(page, encoding="utf-8")
    cells = cells_of(safe, "use_mesh")
    one = cells[cells["reason"] == "min_count"].iloc[0]
    url = f"{file.as_uri()}#use_mesh/{one['mesh']}/{one['use']}"
    shown = dom(browser, url, tmp_path / "home")
    assert f'<b id="true">{one["value"]}</b>' in shown
    assert '<b id="printed">X</b>' in shown
    assert "fewer units than the threshold" in shown
    assert 'id="sums"' in shown
    drawn = re.findall(r'class="area[^"]*" data-code="(\w+)"', shown)
    codes = safe.treated.places.of("mesh").codes
    assert sorted(drawn) == sorted([*codes, *codes])  # before and after


def test_every_check_is_told_in_japanese(safe: Safe) -> None:
    made = (
        "elimination modulo 2^61-1 and 2^31-1", "promises to owners that end earlier: 2",
        "derived figures: 2 rows over printed cells only", "jointly with earlier releases: none",
        "twins: 5 tables of the same classes and the same print",
    )  # fmt: skip
    assert any("owners" in check for check in safe.report.checks)
    for check in (*safe.report.checks, *made):
        assert re.search("[ぁ-ん]", proof(check).to("ja")), check
    assert proof(made[1]).to("en").endswith(": 2")
    assert proof(made[3]).to("en").endswith(": none")
    assert proof(made[3]).to("ja").endswith(": なし")
