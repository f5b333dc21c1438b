"""What a city types, from a folder of its own: check, rehearse, release, verify, again."""

from __future__ import annotations

from pathlib import Path

import pytest
import smallcity
from typer.testing import CliRunner

from sdc import cli

pytestmark = pytest.mark.xdist_group("small-city")


def run(*words: object) -> tuple[int, str]:
    outcome = CliRunner().invoke(cli.app, [str(w) for w in words])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.exit_code, outcome.stdout


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def test_check_rehearse_release_verify_again(tmp_path: Path) -> None:
    config = smallcity.write(tmp_path)
    before = files(tmp_path)
    status, text = run("check", config, "--errors", tmp_path / "errors.csv")
    assert (status, "600" in text) == (0, True)
    status, text = run("release", config, "--dry-run")
    assert (status, "--dry-run" in text) == (0, True)
    assert files(tmp_path) == before  # a rehearsal leaves nothing behind
    status, text = run("release", config)
    assert status == 0
    package = tmp_path / "releases" / "small"
    assert str(package) in text.replace("\n", "")
    assert (package / "data" / "use_structure.csv").is_file()
    assert (tmp_path / "releases" / "small.internal").stat().st_mode & 0o777 == 0o700
    assert run("verify", package)[0] == 0
    status, text = run("release", config)
    assert (status, "unchanged" in text) == (0, True)
