"""The self-check says what works, what is missing, and what to do; its exit status can be relied on."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from sdc import cli, doctor
from sdc.solver.highs import Model


def states(folder: Path) -> dict[str, str]:
    return {a.name.to("en"): a.state for a in doctor.examine(folder)}


def test_a_good_computer(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(cli.app, ["doctor", "--folder", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.stdout
    for words in ("○ ソルバー / solver: HiGHS", "○ 日本語フォント", "proven", "ready"):
        assert words in outcome.stdout
    assert list(tmp_path.iterdir()) == []


def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sdc.doctor.tempfile.TemporaryDirectory", refuse)


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=999_999_999))


def wrong_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    point = SimpleNamespace(tolist=lambda: [0.0, 2.0])
    monkeypatch.setattr(Model, "solve", lambda self: SimpleNamespace(require=lambda: point))


def no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise FileNotFoundError

    monkeypatch.setattr("sdc.publishing.sheet.font_file", missing)


def old_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["numpy>=99", "absent-thing"])


@pytest.mark.parametrize(
    ("harm", "name", "says"),
    [
        (no_folder, "permissions", "use a folder in which you may write"),
        (full_disk, "free disk", "free at least 1 GB"),
        (wrong_solver, "solver", "install highspy again"),
        (no_font, "font", "FileNotFoundError"),
        (old_library, "libraries", "numpy"),
    ],
)
def test_what_is_wrong_is_told(
    harm: Callable[[pytest.MonkeyPatch], None],
    name: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harm(monkeypatch)
    outcome = CliRunner().invoke(cli.app, ["doctor", "--folder", str(tmp_path)])
    assert outcome.exit_code == 1
    (line,) = [t for t in outcome.stdout.splitlines() if t.startswith("×") and name in t]
    assert says in outcome.stdout
    assert line


def test_a_missing_extra_is_only_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ['absent-thing>=1; extra == "notebook"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: wanted)
    found = states(tmp_path)
    assert found["optional: sliders and web maps in notebooks"] == "note"
    assert found["libraries"] == "ok"
    assert doctor.healthy(doctor.examine(tmp_path))
