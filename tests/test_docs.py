"""Every link in the documentation leads somewhere; nothing speaks of a machine or a registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
    assert "http" not in text
    pins = re.findall(r"^\S+==\S+", text, re.MULTILINE)
    assert len(pins) > 50
    for block in re.split(r"\n(?=\S+==)", text):
        assert "--hash=sha256:" in block


def test_both_readmes_name_the_same_commands() -> None:
    blocks = [
        re.findall(
            r"^(?:sdc|make) [^#\n]*", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
        )
        for name in ("README.md", "README.ja.md")
    ]
    assert blocks[0]
    assert [c.strip() for c in blocks[0]] == [c.strip() for c in blocks[1]]
