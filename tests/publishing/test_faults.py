"""What is left on the disk when a run is killed, or the disk refuses?"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from handmade import make_release

from sdc.errors import SdcError
from sdc.model.release import Release
from sdc.publishing import files
from sdc.publishing.package import publish, write_package
from sdc.publishing.verify import verify_package

SHARES = (0, 0.1, 0.3, 0.5, 0.7, 1)
CALLS = ("open", "write", "mkdir", "chmod", "fchmod", "fsync", "rename", "unlink", "rmdir")


class Killed(BaseException):
    """Stands for SIGKILL: not an Exception, and nothing may touch the disk after it."""


class Guillotine:
    """Lets the n-th change to the disk fail and, when that is a kill, every one after it too."""

    def __init__(
        self, at: int, fail: Callable[[], BaseException], *, dead: bool, share: float = 0.5
    ) -> None:
        self.at, self.fail, self.stays_dead, self.share = at, fail, dead, share
        self.count, self.fell = 0, False
        self.real = {name: getattr(os, name) for name in CALLS}
        # Flushing is counted, and can fail, but is not done: the tests need no lasting disk.
        self.work = self.real | {"fsync": lambda handle: None}

    def wrap(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if self.fell and self.stays_dead:
                raise Killed
            self.count += 1
            if self.count == self.at:
                self.fell = True
                if name == "write":  # a share of the bytes is on the disk already
                    self.real["write"](args[0], bytes(args[1])[: int(len(args[1]) * self.share)])
                raise self.fail()
            return self.work[name](*args, **named)

        return call

    @contextmanager
    def standing(self) -> Iterator[None]:
        for name in CALLS:
            setattr(os, name, self.wrap(name))
        try:
            yield
        finally:
            for name, real in self.real.items():
                setattr(os, name, real)


def run(release: Release, folder: Path, guillotine: Guillotine) -> bool:
    """Whether a run came through; with the guillotine set it normally does not."""
    with guillotine.standing():
        try:
            publish(release, folder, internal={"a/b.json": b"{}"})
        except (Killed, SdcError):
            return False
    return True


def changes(release: Release, folder: Path) -> int:
    """How many changes to the disk a run makes."""
    counter = Guillotine(-1, Killed, dead=True)
    assert run(release, folder, counter)
    return counter.count


def check_absent_or_complete(folder: Path, name: str) -> None:
    final = folder / name
    folder.mkdir(exist_ok=True)
    if os.path.lexists(final):
        assert verify_package(final).faults == ()
    for path in folder.iterdir():
        if not path.name.startswith("."):
            assert path.name.startswith("tiny-2026")


def kill_points(tmp_path: Path, stride: int, share: float = 0.5) -> int:
    """Kill runs at every ``stride``-th change: first releases, and second serials over a first."""
    first, second = make_release(), make_release(serial=2)
    fresh = changes(first, tmp_path / f"count-{share}")
    over = changes(second, tmp_path / f"count-{share}")
    done = 0
    for number, (before, release, total) in enumerate(
        ((None, first, fresh), (first, second, over))
    ):
        for at in range(1 + number, total + 1, stride):
            folder = tmp_path / f"{number}-{share}-{at}"
            if before is not None:
                write_package(before, folder, internal={"old": b"1"})
            assert not run(release, folder, Guillotine(at, Killed, dead=True, share=share))
            check_absent_or_complete(folder, "tiny-2026")
            # the next run finds its way, whatever was left
            again = publish(release, folder, internal={"a/b.json": b"{}"})
            assert verify_package(again.path).serial == release.info.serial
            assert not [p for p in folder.iterdir() if p.name.startswith(".")]
            if before is not None:
                assert verify_package(folder / "tiny-2026.v1").serial == 1
                assert (folder / "tiny-2026.v1.internal" / "old").exists()
            files.remove_tree(folder)
            done += 1
    return done


def test_a_killed_run_leaves_a_whole_release_or_none(tmp_path: Path) -> None:
    assert kill_points(tmp_path, stride=9) > 20


@pytest.mark.nightly
def test_a_run_killed_at_any_write_leaves_a_whole_release_or_none(tmp_path: Path) -> None:
    assert sum(kill_points(tmp_path, 1, share) for share in SHARES) >= 1000


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_refuses_is_named_and_nothing_is_left(code: int, tmp_path: Path) -> None:
    release = make_release()
    total = changes(release, tmp_path / "count")
    for at in range(3, total, 11):
        folder = tmp_path / f"{code}-{at}"
        folder.mkdir()
        guillotine = Guillotine(at, lambda: OSError(code, "no"), dead=False)
        with guillotine.standing(), pytest.raises(SdcError) as caught:
            publish(release, folder, internal={"a/b.json": b"{}"})
        if guillotine.fell:
            assert caught.value.code == "disk"
            assert os.strerror(code) in caught.value.en
            assert str(folder) not in str(caught.value)
        assert not list(folder.iterdir())


def test_a_full_disk_keeps_the_older_package(tmp_path: Path) -> None:
    write_package(make_release(), tmp_path / "p", internal={"old": b"1"})
    second = make_release(serial=2)
    write_package(make_release(), tmp_path / "count")
    total = changes(second, tmp_path / "count")
    for at in range(2, total - 2, 13):
        guillotine = Guillotine(at, lambda: OSError(errno.ENOSPC, "no"), dead=False)
        assert not run(second, tmp_path / "p", guillotine)
        assert verify_package(tmp_path / "p" / "tiny-2026").serial == 1
        assert (tmp_path / "p" / "tiny-2026.internal" / "old").exists()
        assert len(list((tmp_path / "p").iterdir())) == 2
