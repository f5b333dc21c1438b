from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sdc.errors import PackageError
from sdc.model.release import Release
from sdc.publishing import files
from sdc.publishing import manifest as bag
from sdc.publishing.package import write_package
from sdc.publishing.signature import KeySigner, fingerprint, public_blob
from sdc.publishing.verify import UNCHECKED, verify_package

Build = Callable[..., Release]


@pytest.fixture
def package(release: Release, tmp_path: Path) -> Path:
    """A verified package whose files may be played with."""
    path = write_package(release, tmp_path)
    for folder, _, names in os.walk(path):
        os.chmod(folder, 0o700)
        for name in names:
            os.chmod(Path(folder) / name, 0o600)
    assert verify_package(path).ok
    return path


def recompute(path: Path) -> None:
    """What an attacker without a key does after a change: write both manifests anew."""
    content = files.tree(path)
    free = {bag.TAG_MANIFEST, bag.SIGNATURE}
    payload = {p: bag.sha256(d) for p, d in content.items() if p.startswith("data/")}
    (path / bag.MANIFEST).write_bytes(bag.manifest(payload))
    content = files.tree(path)
    tags = {p: d for p, d in content.items() if not p.startswith("data/") and p not in free}
    (path / bag.TAG_MANIFEST).write_bytes(bag.manifest({p: bag.sha256(d) for p, d in tags.items()}))


def test_without_an_anchor_the_verdict_says_so(package: Path) -> None:
    report = verify_package(package)
    assert report.ok
    assert UNCHECKED in report.verdict
    assert (report.id, report.serial, report.signer) == ("tiny-2026", 1, "")
    assert report.require() is report


def test_added_removed_renamed_swapped(package: Path) -> None:
    (package / "data" / "extra.csv").write_text("a")
    assert "extra" in verify_package(package).faults[0].path
    (package / "data" / "extra.csv").unlink()
    (package / "extra").mkdir()
    assert not verify_package(package).ok
    (package / "extra").rmdir()

    kept = (package / "data" / "mergers.csv").read_bytes()
    (package / "data" / "mergers.csv").rename(package / "data" / "m.csv")
    assert {f.path for f in verify_package(package).faults} >= {"data/mergers.csv", "data/m.csv"}
    (package / "data" / "m.csv").unlink()
    assert verify_package(package).faults[0].what.to("en") == "is missing"
    (package / "data" / "mergers.csv").write_bytes(
        (package / "data" / "collapses.csv").read_bytes()
    )
    (package / "data" / "collapses.csv").write_bytes(kept)
    assert [f.what.to("en") for f in verify_package(package).faults] == ["was changed"] * 2


def test_links_are_refused(package: Path) -> None:
    target = package / "data" / "use.csv"
    aside = package.parent / "use.csv"
    target.rename(aside)
    target.symlink_to(aside)
    assert not verify_package(package).ok
    target.unlink()
    os.link(aside, target)
    assert not verify_package(package).ok
    target.unlink()
    shutil.move(aside, target)
    assert verify_package(package).ok
    other = package.parent / "link"
    other.symlink_to(package)
    assert not verify_package(other).ok


def test_names_doubled_in_case_are_refused(package: Path) -> None:
    (package / "data" / "USE.csv").write_bytes((package / "data" / "use.csv").read_bytes())
    recompute(package)
    assert any("double" in f.what.to("en") for f in verify_package(package).faults)


def test_a_listed_path_outside_is_refused(package: Path) -> None:
    line = f"{bag.sha256(b'x')}  ../evil\n"
    (package.parent / "evil").write_bytes(b"x")
    for name in (bag.MANIFEST, bag.TAG_MANIFEST):
        kept = (package / name).read_bytes()
        lines = sorted([*kept.decode().splitlines(keepends=True), line], key=lambda t: t[66:])
        (package / name).write_bytes("".join(lines).encode())
        assert not verify_package(package).ok
        (package / name).write_bytes(kept)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"13104","見本市","411","住宅",240,', '"13104","見本市","411","住宅",241,'),
        ('"13104001001","本町一丁目","411","住宅",70,', '"13104001001","本町一丁目","411","住宅",71,'),
        ('"工場",-,"-"', '"工場",3,"A"'),
        ('"工場",-,"-"', '"工場",0,"-"'),
        # the printed parts exceed the total although some are hidden: 50 + 10 > 59
        ('"本町二丁目","TOTAL","総数",80,', '"本町二丁目","TOTAL","総数",59,'),
        ('"商業系",20,"A"', '"商業系",020,"A"'),
    ],
)  # fmt: skip
def test_totals_are_added_up_again(package: Path, old: str, new: str) -> None:
    table = package / "data" / "use.csv"
    text = table.read_bytes().decode("utf-8-sig")
    assert old in text
    table.write_bytes(text.replace(old, new, 1).encode("utf-8-sig"))
    recompute(package)
    info = (package / bag.BAG_INFO).read_text()
    sizes = [len(d) for p, d in files.tree(package).items() if p.startswith("data/")]
    lines = [
        f"Payload-Oxum: {sum(sizes)}.{len(sizes)}" if t.startswith("Payload-Oxum") else t
        for t in info.splitlines()
    ]
    (package / bag.BAG_INFO).write_text("\n".join(lines) + "\n")
    recompute(package)
    report = verify_package(package)
    assert {f.path for f in report.faults} == {"data/use.csv"}
    with pytest.raises(PackageError, match=r"data/use\.csv"):
        report.require()


def test_wide_and_long_must_agree(package: Path) -> None:
    table = package / "data" / "use_wide.csv"
    table.write_bytes(table.read_bytes().replace(b",50,", b",51,"))
    recompute(package)
    assert [f.path for f in verify_package(package).faults] == ["data/use_wide.csv"]


def test_a_seen_serial_catches_replays(build: Build, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    old = write_package(build(), tmp_path / "1")
    new = write_package(build(serial=2), tmp_path / "2")
    assert verify_package(old, seen=seen).ok
    assert verify_package(new, seen=seen).ok
    assert verify_package(new, seen=seen).ok
    assert "older" in verify_package(old, seen=seen).faults[0].what.to("en")
    forged = write_package(build(serial=2, title="別"), tmp_path / "3")
    assert "differs" in verify_package(forged, seen=seen).faults[0].what.to("en")


def test_a_forged_serial_does_not_make_the_true_release_look_old(
    build: Build, tmp_path: Path
) -> None:
    """Whoever sends an unsigned package with a high serial must not shut out the city's own."""
    seen, key = tmp_path / "seen.json", Ed25519PrivateKey.from_private_bytes(bytes(32))
    true = write_package(build(), tmp_path / "1", signer=KeySigner(key, "release@131041"))
    forged = write_package(build(serial=99), tmp_path / "2")
    print_ = fingerprint(public_blob(key.public_key()))
    assert verify_package(forged, seen=seen).ok
    assert verify_package(true, fingerprint=print_, seen=seen).ok
    # without an anchor both memories count: the true one is older than the forged one was
    assert not verify_package(true, seen=seen).ok


def test_two_cities_may_call_their_releases_alike(build: Build, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    assert verify_package(write_package(build(serial=5), tmp_path / "1"), seen=seen).ok
    other = build(municipality="131059", municipality_name="文京区")
    assert verify_package(write_package(other, tmp_path / "2"), seen=seen).ok


def test_nonsense_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    assert not verify_package(tmp_path / "nowhere").ok
    (tmp_path / "empty").mkdir()
    assert not verify_package(tmp_path / "empty").ok
    (tmp_path / "bad.zip").write_bytes(b"PK\x05\x06 nothing")
    assert not verify_package(tmp_path / "bad.zip").ok
