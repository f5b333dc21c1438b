"""Which web pages do the Markdown files make?  `python docs/make_site.py OUT`

A folder of plain pages that opens from a disk: no network, no script, no search. Links between the files
become links between the pages; every other file that is linked to is copied along.
"""

from __future__ import annotations

import html
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
KINDS = {
    "": ("はじめに", "Start"),
    "docs/tutorial": ("学ぶ", "Tutorial"),
    "docs/how-to": ("手順", "How to"),
    "docs/explanation": ("考え方", "Explanation"),
    "docs/reference": ("参照", "Reference"),
    "docs/decisions": ("設計の決定", "Decisions"),
}
"""Folders in the order of the navigation, with their names."""
DECISIONS = "docs/decisions"
"""Only its list stands in the navigation."""
WIDE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
ALONE = ("notebooks/README.md", "data/samples/README.md")
STYLE = (ROOT / "docs" / "site.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Page:
    """One Markdown file: its path below the repository, its title, its language."""

    path: str
    title: str
    japanese: bool

    @property
    def out(self) -> str:
        """Where its web page lies; the README is the entrance."""
        name = re.sub(r"\.md$", ".html", self.path)
        return re.sub(r"README(\.ja)?\.html$", r"index\1.html", name)


def pages() -> dict[str, Page]:
    """All pages by path, in the order of the navigation."""
    found = [
        p
        for p in ("README.md", "README.ja.md", "CHANGELOG.md", "CONTRIBUTING.md")
        if (ROOT / p).exists()
    ]
    for folder in list(KINDS)[1:]:
        found += sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / folder).glob("*.md"))
    found += ALONE
    return {path: _page(path) for path in found}


def _page(path: str) -> Page:
    text = (ROOT / path).read_text(encoding="utf-8")
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    assert title, f"{path} has no title"
    return Page(path, title[1].replace("`", ""), path.endswith(".ja.md"))


def twin(page: Page, known: dict[str, Page]) -> Page | None:
    """The same page in the other language, where there is one."""
    other = (
        page.path.replace(".ja.md", ".md") if page.japanese else page.path.replace(".md", ".ja.md")
    )
    return known.get(other)


def relative(start: str, target: str) -> str:
    """A link from one page to another."""
    up = "../" * start.count("/")
    return up + target


def navigation(page: Page, known: dict[str, Page], *, japanese: bool) -> str:
    """The list on the left: every page once, in the reader's language where there is a choice."""
    parts = []
    for folder, names in KINDS.items():
        items = []
        for other in known.values():
            kind = other.path.rsplit("/", 1)[0] if "/" in other.path else ""
            mine = kind == folder or (not folder and other.path in ALONE)
            inner = folder == DECISIONS and not other.path.endswith("README.md")
            if not mine or inner or (twin(other, known) and other.japanese != japanese):
                continue
            here = ' aria-current="page"' if other == page else ""
            link = html.escape(relative(page.out, other.out))
            items.append(
                f'<li><a href="{link}"{here}>{html.escape(_short(other, japanese))}</a></li>'
            )
        parts.append(f"<h2>{names[0 if japanese else 1]}</h2><ul>{''.join(items)}</ul>")
    return "".join(parts)


def _short(page: Page, japanese: bool) -> str:
    """A title in one language where the file gives it in both, as ``A / B``."""
    halves = page.title.split(" / ")
    if len(halves) != 2:
        return page.title
    first_is_japanese = bool(re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", halves[0]))
    return halves[0] if first_is_japanese == japanese else halves[1]


def render(page: Page, known: dict[str, Page], files: set[str]) -> str:
    """The page as HTML; paths of other files that it links to are added to ``files``."""
    reader = MarkdownIt("commonmark").enable("table")
    tokens = reader.parse((ROOT / page.path).read_text(encoding="utf-8"))
    for token in _every(tokens):
        _language, _, source = token.info.partition(" ")
        if token.type == "fence" and source:  # an empty block that names a file of the program
            token.content += (ROOT / source).read_text(encoding="utf-8")
        if token.type == "inline":
            _join_lines(token.children or [])
        if token.type in ("link_open", "image"):
            key = "href" if token.type == "link_open" else "src"
            token.attrSet(key, _target(page, str(token.attrGet(key)), known, files))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(inline.content))
    body = reader.renderer.render(tokens, reader.options, {})
    other = twin(page, known)
    tongue = ""
    if other is not None:
        name = "English" if page.japanese else "日本語"
        tongue = f'<a class="tongue" href="{relative(page.out, other.out)}">{name}</a>'
    own = page.japanese
    return (
        f'<!DOCTYPE html>\n<html lang="{"ja" if own else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(page.title)} · sdc</title><style>{STYLE}</style></head>\n"
        f"<body><nav>{navigation(page, known, japanese=own)}</nav>\n"
        f"<main>{tongue}{body}</main></body></html>\n"
    )


def _join_lines(parts: list[Token]) -> None:
    """Japanese has no blanks: a line that ends and goes on in it is one line."""
    for before, at, after in zip(parts, parts[1:], parts[2:], strict=False):
        ends, begins = before.content[-1:], after.content[:1]
        if at.type == "softbreak" and (WIDE.match(ends) or WIDE.match(begins)):
            at.type, at.content = "text", ""


def anchor(heading: str) -> str:
    """The name under which a heading is linked to, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _every(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or [])


def _target(page: Page, link: str, known: dict[str, Page], files: set[str]) -> str:
    if re.match(r"[a-z]+:|#", link):
        return link
    path, hash_, place = link.partition("#")
    whole = ((ROOT / page.path).parent / path).resolve().relative_to(ROOT).as_posix()
    if whole in known:
        return relative(page.out, known[whole].out) + hash_ + place
    if (ROOT / whole).is_dir():
        whole += "/README.md"
        return relative(page.out, known[whole].out) if whole in known else link
    files.add(whole)
    return relative(page.out, whole)


def build(out: Path) -> list[str]:
    """Write the whole site into a fresh folder; the paths of its pages."""
    known, files = pages(), set[str]()
    shutil.rmtree(out, ignore_errors=True)
    for page in known.values():
        place = out / page.out
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(render(page, known, files), encoding="utf-8", newline="\n")
    for name in sorted(files):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, out / name)
    return [page.out for page in known.values()]


if __name__ == "__main__":
    made = build(Path(sys.argv[1]))
    sys.stdout.write(f"{len(made)} pages: {Path(sys.argv[1]) / 'index.ja.html'}\n")
