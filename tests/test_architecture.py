"""The floors of the house: imports go only downward, siblings do not know each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "sdc"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("messages",),
    ("errors", "locking"),
    ("secretfile",),
    ("model",),
    ("solver", "spatial", "microdata", "sensitivity"),
    ("tables",),
    ("disclosure",),
    ("suppression",),
    ("planning",),
    ("readers", "publishing", "ledger", "worklog", "config", "samples"),
    ("pipeline",),
    ("explain", "review", "doctor"),
    ("commands",),
    ("cli",),
    ("__init__", "__main__"),
)
# Neighbours on one floor that may meet, each with its reason.
ALLOWED = {
    ("tables", "sensitivity"),
    ("microdata", "spatial"),  # records are generalised by place
}
MODULES = sorted(ROOT.rglob("*.py"))


def floor_of(part: str) -> int:
    for level, names in enumerate(FLOORS):
        if part in names:
            return level
    raise AssertionError(f"{part} has no floor: add it to the house plan in this test")


def part_of(path: Path, root: Path) -> str:
    return path.relative_to(root).parts[0].removesuffix(".py")


def imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and room of every import from the house, relative ones included."""
    package = ("sdc", *path.relative_to(root).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "sdc" and "." in alias.name:
                    yield node.lineno, alias.name.split(".")[1]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            full = (*base, *(node.module or "").split(".")) if node.module else base
            if full and full[0] == "sdc":
                if len(full) > 1:
                    yield node.lineno, full[1]
                else:
                    yield from (
                        (node.lineno, a.name) for a in node.names if a.name != "__version__"
                    )


def offences(path: Path, root: Path = ROOT) -> list[str]:
    own = part_of(path, root)
    found = []
    for line, other in imports(path, root):
        if other == own or (own, other) in ALLOWED:
            continue
        if floor_of(other) >= floor_of(own):
            found.append(f"{path.relative_to(root.parent)}:{line} {own} imports {other}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_only_downward(path: Path) -> None:
    assert not offences(path), "\n".join(offences(path))


def test_an_upward_import_is_named(tmp_path: Path) -> None:
    house = tmp_path / "sdc"
    (house / "disclosure").mkdir(parents=True)
    bad = house / "disclosure" / "audit.py"
    bad.write_text("import numpy\nfrom sdc.suppression import swap\n", encoding="utf-8")
    assert offences(bad, house) == ["sdc/disclosure/audit.py:2 disclosure imports suppression"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_one_file_knows_the_solver(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.relative_to(ROOT).as_posix() != "solver/highs.py":
        assert "import highspy" not in source, f"{path.name} must go through sdc.solver.highs"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_which_question_it_answers(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_help_is_shown_without_anything_slow() -> None:
    slow = ["numpy", "pandas", "scipy", "pyarrow", "shapely", "geopandas", "matplotlib", "pydantic"]
    script = f"import sys, sdc.cli; print([m for m in {slow!r} if m in sys.modules])"
    run = [sys.executable, "-c", script]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_run_without_pictures_loads_nothing_that_draws() -> None:
    slow = ["matplotlib", "reportlab"]
    script = f"import sys, sdc.pipeline.run; print([m for m in {slow!r} if m in sys.modules])"
    run = [sys.executable, "-c", script]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
