"""The notebooks are kept without output, speak both languages, and are all run (by nbmake)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def test_there_are_five() -> None:
    assert [p.name[0] for p in NOTEBOOKS] == ["1", "2", "3", "4", "5"]


def test_pytest_runs_them() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r"^addopts = .*--nbmake", text, re.MULTILINE)
    assert re.search(r'^testpaths = .*"notebooks"', text, re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_no_output_is_kept(path: Path) -> None:
    for cell in cells(path, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_words_stand_in_both_languages(path: Path) -> None:
    texts = ["".join(cell["source"]) for cell in cells(path, "markdown")]
    assert texts[0].startswith(f"# {path.name[0]} ")
    for text in texts:
        assert re.search(r"[ぁ-んァ-ヶ一-龠]{2}", text), text
        assert re.search(r"[A-Za-z]{3,} [a-z]{2,}|/ [A-Z][a-z]+", text), text
