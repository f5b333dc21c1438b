"""What is left on the disk when a run is killed, or the disk refuses?"""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from handmade import make_release

from sdc.errors import SdcError
from sdc.model.release import Release
from sdc.publishing import files
from sdc.publishing.package import Written, publish
from sdc.publishing.signature import KeySigner, fingerprint, public_blob
from sdc.publishing.verify import verify_package

SIGNER = KeySigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "release@131041")
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


def release_in(folder: Path, release: Release, ledger: list[str] | None = None) -> Written:
    """One signed release with its archive; ``ledger`` hears of it before it appears."""
    heard = ledger if ledger is not None else []
    return publish(
        release,
        folder,
        internal={"a/b.json": b"{}"},
        signer=SIGNER,
        on_sealed=heard.append,
        archive=True,
    )


def run(
    release: Release, folder: Path, guillotine: Guillotine, ledger: list[str] | None = None
) -> bool:
    """Whether a run came through; with the guillotine set it normally does not."""
    with guillotine.standing():
        try:
            release_in(folder, release, ledger)
        except (Killed, SdcError):
            return False
    return True


def changes(release: Release, folder: Path) -> int:
    """How many changes to the disk a run makes."""
    counter = Guillotine(-1, Killed, dead=True)
    assert run(release, folder, counter)
    return counter.count


def check_absent_or_complete(folder: Path, name: str, ledger: list[str]) -> None:
    """Nothing partial; what stands has its internal folder and was told to the ledger first."""
    final, print_ = folder / name, fingerprint(public_blob(SIGNER.key.public_key()))
    folder.mkdir(exist_ok=True)
    if os.path.lexists(final):
        assert verify_package(final, fingerprint=print_).faults == ()
        tags = (final / "tagmanifest-sha256.txt").read_bytes()
        assert hashlib.sha256(tags).hexdigest() in ledger
        assert (folder / f"{name}.internal").is_dir() or (folder / f"{name}.v1.internal").is_dir()
    if os.path.lexists(folder / f"{name}.zip"):
        assert verify_package(folder / f"{name}.zip", fingerprint=print_).faults == ()
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
            ledger: list[str] = []
            if before is not None:
                release_in(folder, before, ledger)
            blade = Guillotine(at, Killed, dead=True, share=share)
            assert not run(release, folder, blade, ledger)
            check_absent_or_complete(folder, "tiny-2026", ledger)
            # the next run finds its way, whatever was left
            again = release_in(folder, release, ledger)
            check_absent_or_complete(folder, "tiny-2026", ledger)
            assert verify_package(again.path).serial == release.info.serial
            assert verify_package(again.path.with_suffix(".zip")).serial == release.info.serial
            assert not [p for p in folder.iterdir() if p.name.startswith(".")]
            if before is not None:
                assert verify_package(folder / "tiny-2026.v1").serial == 1
                assert verify_package(folder / "tiny-2026.v1.zip").serial == 1
                assert (folder / "tiny-2026.v1.internal" / "a" / "b.json").exists()
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
            release_in(folder, release)
        if guillotine.fell:
            assert caught.value.code == "disk"
            assert os.strerror(code) in caught.value.en
            assert str(folder) not in str(caught.value)
        assert not list(folder.iterdir())


def test_a_full_disk_keeps_the_older_package(tmp_path: Path) -> None:
    release_in(tmp_path / "p", make_release())
    release_in(tmp_path / "count", make_release())
    second = make_release(serial=2)
    total = changes(second, tmp_path / "count")
    for at in range(2, total - 2, 13):
        guillotine = Guillotine(at, lambda: OSError(errno.ENOSPC, "no"), dead=False)
        assert not run(second, tmp_path / "p", guillotine)
        assert verify_package(tmp_path / "p" / "tiny-2026").serial == 1
        assert verify_package(tmp_path / "p" / "tiny-2026.zip").serial == 1
        assert (tmp_path / "p" / "tiny-2026.internal" / "a" / "b.json").exists()
        assert len(list((tmp_path / "p").iterdir())) == 3


def test_two_runs_at_once_one_of_them_is_told(tmp_path: Path) -> None:
    """The second one starts while the first has its stage complete; nothing of the first suffers."""
    told: list[str] = []

    def second(stage: Path) -> None:
        with pytest.raises(SdcError) as caught:
            release_in(tmp_path, make_release())
        told.append(caught.value.code)

    done = publish(make_release(), tmp_path, stage_check=second, signer=SIGNER, archive=True)
    assert told == ["locked"]
    assert verify_package(done.path).ok
    assert release_in(tmp_path, make_release()).unchanged


class PretendedLocks(types.ModuleType):
    """Of Windows' ``msvcrt``, what a lock needs: one holder a file, told apart by its number."""

    LK_LOCK, LK_NBLCK = 1, 2

    def __init__(self) -> None:
        super().__init__("msvcrt")
        self.held: dict[int, int] = {}

    def locking(self, handle: int, mode: int, count: int) -> None:
        number = os.fstat(handle).st_ino
        holder = self.held.get(number, handle)
        if holder != handle:  # the same number is a file closed since, or the holder itself
            try:
                held = os.fstat(holder).st_ino == number
            except OSError:
                held = False
            if held:
                raise OSError(errno.EACCES, "held")
        self.held[number] = handle


def test_a_release_needs_nothing_that_windows_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No fcntl, no fchmod, no flush of a folder: pretended here, with the lock working as there."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", PretendedLocks())
    monkeypatch.delattr(os, "fchmod")
    monkeypatch.setattr(os, "supports_fd", set())
    monkeypatch.setattr(files, "WINDOWS", True)
    told: list[str] = []

    def second(stage: Path) -> None:
        with pytest.raises(SdcError) as caught:
            release_in(tmp_path, make_release())
        told.append(caught.value.code)

    publish(make_release(), tmp_path, stage_check=second)
    assert told == ["locked"]
    done = release_in(tmp_path, make_release(serial=2))
    assert verify_package(done.path).ok
    assert verify_package(done.path.with_suffix(".zip")).ok
    assert verify_package(tmp_path / "tiny-2026.v1").ok
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.nightly
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_process_killed_by_the_system_leaves_a_whole_release_or_none(tmp_path: Path) -> None:
    """Three hundred real SIGKILLs, spread over the time that a release takes."""
    release = make_release()
    start = time.perf_counter()
    release_in(tmp_path / "count", release)
    whole = time.perf_counter() - start
    ended = 0
    for turn in range(300):
        folder = tmp_path / str(turn)
        child = os.fork()
        if child == 0:
            release_in(folder, release)
            os._exit(0)
        time.sleep(1.2 * whole * turn / 300)
        os.kill(child, signal.SIGKILL)
        ended += os.waitpid(child, 0)[1] == 0
        final = folder / "tiny-2026"
        if os.path.lexists(final):
            assert verify_package(final).faults == ()
            assert (folder / "tiny-2026.internal").is_dir()
        release_in(folder, release)
        assert not [p for p in folder.iterdir() if p.name.startswith(".")]
        files.remove_tree(folder)
    assert ended < 200  # most of them were cut short
