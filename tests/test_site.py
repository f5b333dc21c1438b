"""`make docs` makes a site that opens from a disk: every link leads somewhere, nothing is fetched."""

from __future__ import annotations

import importlib.util
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


class Links(HTMLParser):
    """Links, things that are loaded, and names of places of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.names.add(own.get("id") or "")
        if tag == "a":
            self.links.append(own["href"] or "")
        elif own.get("src") or own.get("href"):
            self.loaded.append(own.get("src") or own.get("href") or "")
        assert tag not in ("script", "iframe", "link")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Links]:
    out = tmp_path_factory.mktemp("site") / "site"
    made = script("make_site").build(out)
    assert len(made) == len(set(made)) > 40
    return {out / name: Links((out / name).read_text(encoding="utf-8")) for name in made}


def test_every_link_leads_to_a_page_and_a_place(site: dict[Path, Links]) -> None:
    wrong = []
    for page, found in site.items():
        for link in found.links:
            if link.startswith(("https://", "mailto:")):
                continue
            path, _, name = unquote(link).partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.is_file() or (name and name not in site[target].names):
                wrong.append((page.name, link))
    assert not wrong


def test_nothing_is_fetched_from_a_network(site: dict[Path, Links]) -> None:
    for page, found in site.items():
        for source in found.loaded:
            assert "//" not in source, page
            assert (page.parent / source).is_file(), (page, source)


def test_every_page_is_reached_from_the_entrance(site: dict[Path, Links]) -> None:
    for name in ("index.html", "index.ja.html"):
        start = next(p for p in site if p.name == name and p.parent.name == "site")
        seen, todo = {start}, [start]
        while todo:
            page = todo.pop()
            for link in site[page].links:
                target = (page.parent / unquote(link).partition("#")[0]).resolve()
                if target in site and target not in seen:
                    seen.add(target)
                    todo.append(target)
        assert seen == set(site)


def test_a_page_in_two_languages_names_the_other(site: dict[Path, Links]) -> None:
    pairs = [p for p in site if p.name.endswith(".ja.html")]
    assert len(pairs) >= 4
    for page in pairs:
        other = page.with_name(page.name.replace(".ja.", "."))
        for one, two in ((page, other), (other, page)):
            targets = {
                (one.parent / link).resolve() for link in site[one].links if "//" not in link
            }
            assert two in targets


def test_japanese_lines_are_joined_without_a_blank() -> None:
    make = script("make_site")
    page = make.pages()["README.ja.md"]
    text = make.render(page, make.pages(), set())
    assert "足し合わせた区域。合算先のコード" in text
    assert "何を秘匿すべきかを判定し、失われる情報が" in text
    assert "作ります。何を秘匿" in text  # a line ends between these two sentences


def test_the_pictures_are_those_that_the_program_draws() -> None:
    made = dict(script("pictures").pictures())
    folder = ROOT / "docs/explanation/pictures"
    assert sorted(made) == sorted(p.name for p in folder.iterdir())
    for name, text in made.items():
        assert (folder / name).read_text(encoding="utf-8") == text, "run: make docs"


def test_the_example_in_the_pictures_is_safe() -> None:
    """20 - 12 - 7 = 1: alone the X comes back; the witness lifts it from 1 to the threshold of 3."""
    one = script("pictures").example()
    assert one.value[0].tolist() == [12, 1, 7, 20]
    assert one.primary.sum() == 1
    assert one.primary[0, 1]
    assert one.hidden.sum() == 4
    lifted = [one.value + move for move in one.moves if move[0, 1] > 0]
    assert lifted
    for table in lifted:
        assert table[0, 1] >= 3
        assert (table >= 0).all()
        assert (table[~one.hidden] == one.value[~one.hidden]).all()
        assert (table[:3].sum(axis=0) == table[3]).all()
        assert (table[:, :3].sum(axis=1) == table[:, 3]).all()
