"""Every link in the documentation leads somewhere; nothing speaks of a machine or a registry."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import typer
from typer.exceptions import TyperException

import sdc
from sdc import cli, errors
from sdc.config.entry import DELETE_KEYS
from sdc.config.known import known_keys
from sdc.microdata.catalogue import METHODS
from sdc.microdata.roles import Role

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if not (page.parent / t).exists()]
    assert not missing


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    pages = [p.name for p in (ROOT / "docs/decisions").glob("0*.md")]
    assert pages
    assert not [name for name in pages if f"({name})" not in listed]


def test_the_lock_has_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|index-url|find-links", text)
    pins = re.findall(r"^\S+==\S+", text, re.MULTILINE)
    assert len(pins) > 50
    for block in re.split(r"\n(?=\S+==)", text):
        assert "--hash=sha256:" in block


def test_the_page_on_large_data_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n = 50
    trips = pd.DataFrame({"lon": 139.7, "lat": 35.6, "purpose": ["work", "school"] * (n // 2)})
    trips.to_parquet(tmp_path / "trips.parquet")
    layer = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(139, 35, 140, 36)], crs=6668)
    layer.to_file(tmp_path / "areas.gpkg")
    monkeypatch.chdir(tmp_path)
    names = {"areas": sdc.read_areas("areas.gpkg", code="id")}
    page = (ROOT / "docs/how-to/large-data.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    names["rules"] = sdc.Rules(min_count=3)
    for block in blocks:
        exec(block, names)
        assert names["found"]["count"].tolist() == [25, 25]
    assert names["table"].value.max() == n
    assert names["report"].passed


def test_both_readmes_name_the_same_commands() -> None:
    blocks = [
        re.findall(
            r"^(?:sdc|make) [^#\n]*", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
        )
        for name in ("README.md", "README.ja.md")
    ]
    assert blocks[0]
    assert [c.strip() for c in blocks[0]] == [c.strip() for c in blocks[1]]


def test_the_table_of_sources_names_tests_that_exist() -> None:
    text = (ROOT / "docs/reference/seeds.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[a-z_/]+\.py)::([a-z0-9_]+)`", text))
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in sorted(named)
        if not re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert not missing
    rows = [line for line in text.splitlines() if line.startswith("| ") and "| test |" not in line]
    covered = [r for r in rows if r.count("|") == 5 and "named in" not in r]
    assert len(covered) > 50
    assert not [row for row in covered if "tests/" not in row]


def test_the_guide_for_records_of_people_lists_every_word() -> None:
    text = (ROOT / "docs/how-to/records-of-people.md").read_text(encoding="utf-8")
    first = "".join(re.findall(r"^\|([^|]*)\|", text, re.MULTILINE))
    words = set(re.findall(r"`([a-z0-9_-]+)`", first))
    assert words - {"method", "role", "rule"} == {*METHODS, *Role, *DELETE_KEYS}
    keys = re.findall(r"^([a-z_]+) = ", text, re.MULTILINE)
    columns = {"name", "terminal", "time", "lon", "lat", "sex", "age", "hobby", "hour", "to"}
    assert not set(keys) - columns - set(known_keys())


COMMANDS = re.compile(r"^sdc (.*?)(?:\s+#.*)?$", re.MULTILINE)
TUTORIALS = ("first-release.md", "first-release.ja.md")


def typed_in(page: Path) -> list[str]:
    """The commands of a page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in COMMANDS.findall(block)]


def test_the_tutorial_runs_on_a_clean_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = [typed_in(ROOT / "docs" / "tutorial" / name) for name in TUTORIALS]
    assert lists[0] == lists[1]
    assert len(lists[0]) == 7
    monkeypatch.chdir(tmp_path)
    for line in lists[0]:
        monkeypatch.setattr("sys.argv", ["sdc", *line.split()])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code == 0, (line, capsys.readouterr())
    assert (tmp_path / "city/releases/review.internal/mihon-first.html").is_file()
    assert (tmp_path / "city/releases/mihon-first/data/use.csv").is_file()


def test_every_command_in_the_pages_can_be_typed() -> None:
    """Commands, options and what they need: parsed as the program would, without running it."""
    seen = 0
    for page in PAGES:
        if page.name == "CHANGELOG.md":
            continue
        for line in typed_in(page):
            words = shlex.split(line)
            group: Any = typer.main.get_command(cli.app)
            while hasattr(group, "commands"):
                name = words.pop(0)
                assert name in group.commands, (page.name, line)
                group = group.commands[name]
            try:
                group.make_context(name, words).close()
            except TyperException as error:
                raise AssertionError((page.name, line, error.format_message())) from error
            seen += 1
    assert seen > 40


def test_the_page_of_error_codes_is_what_the_program_says() -> None:
    script = ROOT / "docs" / "error_codes.py"
    made = subprocess.run(
        [sys.executable, str(script)], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    page = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    assert page == made, "run: python docs/error_codes.py > docs/reference/errors.md"
    codes = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert len(codes) > 150
    refusals = (ROOT / "tests/config_refusals.txt").read_text(encoding="utf-8").splitlines()
    asked = {line.split(" | ")[2] for line in refusals if not line.startswith("#")}
    assert asked <= set(codes)


def test_every_kind_of_error_has_its_place_on_the_page_of_codes() -> None:
    """A message without a code of its own ends with that of its kind."""
    page = (ROOT / "docs/reference/messages.md").read_text(encoding="utf-8")
    kinds = {k.kind for k in vars(errors).values() if isinstance(k, type) and hasattr(k, "kind")}
    assert len(kinds) == 8
    assert not {k for k in kinds if f"\n| `{k}` |" not in page}


@pytest.mark.nightly
def test_the_page_of_other_codes_is_what_the_program_says() -> None:
    """Any new message changes this page; `make docs` renews it."""
    script = ROOT / "docs" / "message_codes.py"
    run = [sys.executable, str(script)]
    made = subprocess.run(run, capture_output=True, check=True, encoding="utf-8").stdout
    assert (ROOT / "docs/reference/messages.md").read_text(encoding="utf-8") == made


def test_windows_has_every_make_target_of_the_office() -> None:
    page = (ROOT / "docs/how-to/windows.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    office = set(targets) - {"help", "setup", "format", "check", "docs", "bench", "clean"}
    missing = [t for t in sorted(office) if f"`make {t}`" not in page]
    assert not missing


JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
FOR_DEVELOPERS = {
    "extend.md",
    "seeds.md",
    "performance.md",
    "growth.md",
    "planning.md",
    "replay.md",
    "large-data.md",
}


def test_users_pages_exist_in_japanese() -> None:
    """A page of its own, or Japanese beside the English; pages for developers may be English."""
    for page in ROOT.glob("docs/**/*.md"):
        if page.parent.name == "decisions" or page.name in FOR_DEVELOPERS:
            continue
        if not page.name.endswith(".ja.md") and not page.with_suffix(".ja.md").is_file():
            letters = len(JAPANESE.findall(page.read_text(encoding="utf-8")))
            assert letters > 100, page.name
