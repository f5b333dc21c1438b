from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handmade import area_dim, make_release, marked

from sdc.errors import InputError, SdcError
from sdc.messages import Text
from sdc.model.release import Release
from sdc.publishing import files
from sdc.publishing.package import publish, write_package
from sdc.publishing.verify import verify_package

Build = Callable[..., Release]


def test_a_package_verifies_and_is_read_only(release: Release, tmp_path: Path) -> None:
    path = write_package(release, tmp_path, internal={"audit.json": b"{}"})
    assert path == tmp_path / "tiny-2026"
    assert verify_package(path).faults == ()
    for folder, _, names in os.walk(path):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o555
        assert {stat.S_IMODE(os.stat(Path(folder) / n).st_mode) for n in names} <= {0o444}
    inside = tmp_path / "tiny-2026.internal"
    assert stat.S_IMODE(inside.stat().st_mode) == 0o700
    assert (inside / "audit.json").read_bytes() == b"{}"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny-2026", "tiny-2026.internal"]


@pytest.mark.skipif(sys.platform == "win32", reason="sha256sum is a Unix tool")
def test_sha256sum_agrees(release: Release, tmp_path: Path) -> None:
    path = write_package(release, tmp_path)
    for name in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        subprocess.run(
            ["sha256sum", "--strict", "-c", name], cwd=path, check=True, capture_output=True
        )


def test_only_a_release_goes_out(release: Release, tmp_path: Path) -> None:
    for thing in (release.tables[0], "release", None):
        with pytest.raises(TypeError, match="Release"):
            write_package(thing, tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "../up"}, {"id": ""}, {"municipality": "13104"}, {"formats": ()}, {"serial": 0},
        {"formats": ("csv", "xlsx")}, {"encoding": "utf-16"}, {"ground": " "}, {"section": ""},
    ],
)  # fmt: skip
def test_unusable_facts_are_refused_before_anything_is_written(
    build: Build, tmp_path: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        write_package(build(**wrong), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["code", "Name", "mergers", "a/b"])
def test_tables_may_not_take_the_names_of_other_things(tmp_path: Path, name: str) -> None:
    table = marked(name, (area_dim(),), np.full(6, 5))
    with pytest.raises(InputError):
        write_package(make_release(table), tmp_path)
    assert not list(tmp_path.iterdir())


def test_only_the_formats_asked_for_are_written(build: Build, tmp_path: Path) -> None:
    path = write_package(build(formats=("geojson",)), tmp_path)
    assert [p.name for p in (path / "data").iterdir()] == ["areas.geojson"]


def test_the_stranger_sees_the_finished_stage_and_can_refuse(
    release: Release, tmp_path: Path
) -> None:
    seen: list[bool] = []

    def refuse(stage: Path) -> None:
        seen.append(verify_package(stage).ok)
        raise SdcError(Text("no"))

    with pytest.raises(SdcError, match="no"):
        write_package(release, tmp_path, internal={"a": b"1"}, stage_check=refuse)
    assert seen == [True]
    assert not list(tmp_path.iterdir())


def test_the_ledger_hears_of_it_between_internal_folder_and_rename(
    release: Release, tmp_path: Path
) -> None:
    order: list[tuple[bool, bool]] = []
    done = publish(
        release,
        tmp_path,
        internal={"a": b"1"},
        on_sealed=lambda digest: order.append(
            ((tmp_path / "tiny-2026.internal").exists(), (tmp_path / "tiny-2026").exists())
        ),
    )
    assert order == [(True, False)]
    assert len(done.digest) == 64


def test_a_ledger_that_refuses_leaves_nothing(release: Release, tmp_path: Path) -> None:
    def fail(digest: str) -> None:
        raise SdcError(Text("ledger"))

    with pytest.raises(SdcError, match="ledger"):
        publish(release, tmp_path, internal={"a": b"1"}, on_sealed=fail)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("old", ["", "data/mergers.csv"], ids=["more", "instead"])
def test_a_link_in_a_published_package_is_no_unchanged_package(
    old: str, build: Build, tmp_path: Path
) -> None:
    """The same bytes through a link, or a link beside them, could be other bytes tomorrow."""
    path = publish(build(formats=("csv",)), tmp_path).path
    (path / "data").chmod(0o755)
    if old:
        (path / old).rename(tmp_path / "aside")
    (path / (old or "data/more.csv")).symlink_to(tmp_path / "aside")
    with pytest.raises(InputError, match="other bytes"):
        publish(build(formats=("csv",)), tmp_path)


def test_same_bytes_are_unchanged_other_bytes_refused(build: Build, tmp_path: Path) -> None:
    first = publish(build(), tmp_path, internal={"a": b"1"})
    again = publish(build(), tmp_path, internal={"a": b"2"})
    assert (first.unchanged, again.unchanged) == (False, True)
    assert first.digest == again.digest
    assert (tmp_path / "tiny-2026.internal" / "a").read_bytes() == b"1"
    before = files.tree(first.path)
    with pytest.raises(InputError, match="serial"):
        write_package(build(title="別の題"), tmp_path)
    assert files.tree(first.path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny-2026", "tiny-2026.internal"]


def test_a_higher_serial_keeps_the_older_package_aside(build: Build, tmp_path: Path) -> None:
    write_package(build(), tmp_path, internal={"a": b"1"})
    path = write_package(build(serial=2), tmp_path, internal={"a": b"2"})
    assert verify_package(path).serial == 2
    assert verify_package(tmp_path / "tiny-2026.v1").serial == 1
    assert (tmp_path / "tiny-2026.v1.internal" / "a").read_bytes() == b"1"
    with pytest.raises(InputError, match="serial"):
        write_package(build(serial=1), tmp_path)


def test_a_failure_puts_the_older_package_back(build: Build, tmp_path: Path) -> None:
    write_package(build(), tmp_path, internal={"a": b"1"})

    def fail(digest: str) -> None:
        raise SdcError(Text("ledger"))

    with pytest.raises(SdcError, match="ledger"):
        publish(build(serial=2), tmp_path, internal={"a": b"2"}, on_sealed=fail)
    assert verify_package(tmp_path / "tiny-2026").serial == 1
    assert (tmp_path / "tiny-2026.internal" / "a").read_bytes() == b"1"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_foreign_folder_is_never_replaced(release: Release, tmp_path: Path) -> None:
    (tmp_path / "tiny-2026").mkdir()
    (tmp_path / "tiny-2026" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not a package"):
        write_package(release, tmp_path)
    assert (tmp_path / "tiny-2026" / "mine.txt").read_text() == "keep"


def test_internal_paths_stay_inside(release: Release, tmp_path: Path) -> None:
    with pytest.raises(SdcError, match="internal path"):
        write_package(release, tmp_path, internal={"../../evil": b"1"})
    assert not list(tmp_path.iterdir())


def test_two_runs_at_once(release: Release, tmp_path: Path) -> None:
    with (
        files.exclusive(tmp_path / ".tiny-2026.lock"),
        pytest.raises(SdcError, match="another run"),
    ):
        write_package(release, tmp_path)
    assert write_package(release, tmp_path).is_dir()


def test_leftovers_of_a_killed_run_are_swept(release: Release, tmp_path: Path) -> None:
    for name in (".tiny-2026.stage", ".tiny-2026.internal.stage"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "half").write_text("x")
    write_package(release, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny-2026", "tiny-2026.internal"]
