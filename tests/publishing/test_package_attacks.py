"""Every attack on a delivered package is refused, on a folder and on a zip, each by a test."""

from __future__ import annotations

import csv
import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from handmade import area_dim, make_release, marked, shapes, use_table

from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Figure, Release
from sdc.publishing import files
from sdc.publishing import manifest as bag
from sdc.publishing.archive import zip_bytes
from sdc.publishing.container import ZIP_DATE, ZIP_MODE
from sdc.publishing.package import publish
from sdc.publishing.signature import KeySigner, fingerprint, public_blob, sign, signers_line
from sdc.publishing.verify import UNCHECKED, VerifyReport, verify_package

WHO = "release@131041"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
Files = dict[str, bytes]
Attack = Callable[[Files], None]
TABLE, WIDE = "data/use.csv", "data/use_wide.csv"


def built(**changes: object) -> Release:
    made = make_release(**{"formats": ("csv", "geojson", "pdf")} | changes)
    object.__setattr__(made, "figures", (Figure("use_share", "share", "use", "use"),))
    return made


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed package with its archive beside it."""
    signer = KeySigner(KEY, WHO)
    return publish(built(), tmp_path_factory.mktemp("s"), signer=signer, archive=True).path


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    place = tmp_path / "signers"
    place.write_bytes(signers_line(KEY.public_key(), WHO))
    return place


def write(root: Path, content: Files) -> Path:
    """The files as a folder that may be played with."""
    for path, data in content.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def tags(content: Files) -> None:
    """Write both manifests anew, as an attacker without the key can."""
    free = {bag.TAG_MANIFEST, bag.SIGNATURE, bag.MANIFEST}
    inside = {p: d for p, d in content.items() if p.startswith("data/")}
    content[bag.MANIFEST] = bag.manifest({p: bag.sha256(d) for p, d in inside.items()})
    info = content[bag.BAG_INFO].decode().splitlines()
    oxum = f"Payload-Oxum: {sum(map(len, inside.values()))}.{len(inside)}"
    lines = [oxum if t.startswith("Payload-Oxum") else t for t in info]
    content[bag.BAG_INFO] = ("\n".join(lines) + "\n").encode()
    rest = {p: d for p, d in content.items() if p not in inside and p not in free}
    rest[bag.MANIFEST] = content[bag.MANIFEST]
    content[bag.TAG_MANIFEST] = bag.manifest({p: bag.sha256(d) for p, d in rest.items()})


def changed(content: Files) -> None:
    data = bytearray(content[TABLE])
    data[-9] ^= 1
    content[TABLE] = bytes(data)


def changed_and_recomputed(content: Files) -> None:
    content["README.md"] = content["README.md"].replace(b"hidden", b"public", 1)
    tags(content)


def added(content: Files) -> None:
    content["data/extra.csv"] = b"a\r\n"


def added_beside(content: Files) -> None:
    content[".DS_Store"] = b""


def added_and_recomputed(content: Files) -> None:
    added(content)
    tags(content)


def removed(content: Files) -> None:
    del content["data/mergers.csv"]


def removed_and_recomputed(content: Files) -> None:
    removed(content)
    tags(content)


def without_manifest(content: Files) -> None:
    del content[bag.MANIFEST]


def without_signature(content: Files) -> None:
    del content[bag.SIGNATURE]


def renamed(content: Files) -> None:
    content["data/m.csv"] = content.pop("data/mergers.csv")


def renamed_and_recomputed(content: Files) -> None:
    renamed(content)
    tags(content)


def swapped(content: Files) -> None:
    content[TABLE], content[WIDE] = content[WIDE], content[TABLE]


def swapped_and_recomputed(content: Files) -> None:
    swapped(content)
    tags(content)


def doubled_in_case(content: Files) -> None:
    content["data/USE.csv"] = content[TABLE]
    tags(content)


def doubled_in_width(content: Files) -> None:
    content["data/ｕse.csv"] = content[TABLE]
    tags(content)


def listed_outside(content: Files) -> None:
    line = f"{bag.sha256(b'x')}  ../evil\n"
    lines = [line, *content[bag.TAG_MANIFEST].decode().splitlines(keepends=True)]
    content[bag.TAG_MANIFEST] = "".join(lines).encode()


def another_key(content: Files) -> None:
    content[bag.SIGNERS] = signers_line(OTHER.public_key(), WHO)
    tags(content)
    content[bag.SIGNATURE] = sign(OTHER, content[bag.TAG_MANIFEST])


def another_key_over_the_same(content: Files) -> None:
    content[bag.SIGNATURE] = sign(OTHER, content[bag.TAG_MANIFEST])


def another_purpose(content: Files) -> None:
    content[bag.SIGNATURE] = sign(KEY, content[bag.TAG_MANIFEST], "file")


def another_message(content: Files) -> None:
    content[bag.SIGNATURE] = sign(KEY, content[bag.MANIFEST])


def encoded_otherwise(content: Files) -> None:
    content[bag.SIGNATURE] = content[bag.SIGNATURE].replace(b"\n", b"\r\n")


def serial_raised(content: Files) -> None:
    info = content[bag.BAG_INFO]
    content[bag.BAG_INFO] = info.replace(b"Release-Serial: 1", b"Release-Serial: 2")
    tags(content)


ATTACKS: tuple[Attack, ...] = (
    changed, changed_and_recomputed, added, added_beside, added_and_recomputed, removed,
    removed_and_recomputed, without_manifest, without_signature, renamed, renamed_and_recomputed,
    swapped, swapped_and_recomputed, doubled_in_case, doubled_in_width, listed_outside, another_key,
    another_key_over_the_same, another_purpose, another_message, encoded_otherwise, serial_raised,
)  # fmt: skip


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_every_attack_is_refused(
    attack: Attack, kind: str, signed: Path, anchor: Path, tmp_path: Path
) -> None:
    content = files.tree(signed)
    print_ = fingerprint(public_blob(KEY.public_key()))

    def check(name: str) -> tuple[VerifyReport, VerifyReport]:
        if kind == "folder":
            place = write(tmp_path / name, content)
        else:
            place = tmp_path / f"{name}.zip"
            place.write_bytes(zip_bytes(content, signed.name))
        return verify_package(place, signers=anchor), verify_package(place, fingerprint=print_)

    assert all(r.ok and UNCHECKED not in r.verdict for r in check("good"))
    attack(content)
    for report in check("bad"):
        assert not report.ok
        assert report.verdict.startswith("FAILED")
        assert report.signer == ""


def symlinked(root: Path) -> None:
    (root / TABLE).rename(root.parent / "aside")
    (root / TABLE).symlink_to(root.parent / "aside")


def hardlinked(root: Path) -> None:
    os.link(root / TABLE, root.parent / "aside")


def folder_linked(root: Path) -> None:
    (root / "data").rename(root.parent / "data")
    (root / "data").symlink_to(root.parent / "data", target_is_directory=True)


def with_a_pipe(root: Path) -> None:
    os.mkfifo(root / "data" / "pipe")


def with_an_empty_folder(root: Path) -> None:
    (root / "data" / "empty").mkdir()


@pytest.mark.parametrize(
    "attack",
    [symlinked, hardlinked, folder_linked, with_a_pipe, with_an_empty_folder],
    ids=lambda a: a.__name__,
)
def test_links_and_devices_are_refused(
    attack: Callable[[Path], None], signed: Path, anchor: Path, tmp_path: Path
) -> None:
    root = write(tmp_path / "p", files.tree(signed))
    assert verify_package(root, signers=anchor).ok
    attack(root)
    assert not verify_package(root, signers=anchor).ok


@pytest.mark.parametrize(
    "name", ["../evil", "tiny-2026/../../evil", "/evil", "..\\evil", "C:\\evil", "tiny-2026/a:b"]
)
def test_archives_that_lead_outside_are_refused(
    name: str, signed: Path, anchor: Path, tmp_path: Path
) -> None:
    buffer = io.BytesIO(zip_bytes(files.tree(signed), signed.name))
    with zipfile.ZipFile(buffer, "a") as archive:
        entry = zipfile.ZipInfo(name, ZIP_DATE)
        entry.create_system, entry.external_attr = 3, ZIP_MODE
        entry.compress_type = zipfile.ZIP_STORED
        archive.writestr(entry, b"x")
    place = tmp_path / "p.zip"
    place.write_bytes(buffer.getvalue())
    assert not verify_package(place, signers=anchor).ok
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.zip", "signers"]


def test_a_replayed_package_is_refused(signed: Path, anchor: Path, tmp_path: Path) -> None:
    signer = KeySigner(KEY, WHO)
    newer = publish(built(serial=2), tmp_path / "2", signer=signer, archive=True).path
    seen = tmp_path / "seen.json"
    for old, new in ((signed, newer), (signed.with_suffix(".zip"), newer.with_suffix(".zip"))):
        seen.unlink(missing_ok=True)
        assert verify_package(old, signers=anchor, seen=seen).ok
        assert verify_package(new, signers=anchor, seen=seen).ok
        replay = verify_package(old, signers=anchor, seen=seen)
        assert [f.what.to("en") for f in replay.faults] == ["is older than one seen before"]
        # the replay has not made the store forget
        assert verify_package(new, signers=anchor, seen=seen).ok


def test_a_bad_package_never_enters_the_store_of_serials(
    signed: Path, anchor: Path, tmp_path: Path
) -> None:
    content = files.tree(signed)
    changed(content)
    seen = tmp_path / "seen.json"
    assert not verify_package(write(tmp_path / "p", content), signers=anchor, seen=seen).ok
    assert not seen.exists()


LEADS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1+1", "－1+1", "＠A")


@pytest.mark.parametrize("lead", LEADS)
def test_no_name_can_be_a_formula(lead: str, tmp_path: Path) -> None:
    area = area_dim()
    labels = dict(zip(area.codes, area.labels, strict=True)) | {"13104001001": lead}
    parents = {c: "" if c == "13104" else "13104" for c in area.codes}
    use = Hierarchy.flat("use", ["401", "411"], labels={"401": lead, "TOTAL": "総数"})
    dims = (Hierarchy.of("area", parents, labels), use)
    release = make_release(
        marked("use", dims, np.full((6, 3), 7)), title=lead.strip() + "題", formats=("csv",)
    )
    object.__setattr__(release, "figures", (Figure("f", "share", "use", "use", lead),))
    object.__setattr__(release, "collapses", ())
    path = publish(release, tmp_path).path
    found = [cell for _, cell in cells(path)]
    assert not [c for c in found if c != "-" and c[:1] in tuple("=+-@\t\r＝＋－＠")]
    assert any(c.startswith("'") for c in found)


def cells(package: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every CSV file."""
    for path in sorted((package / "data").glob("*.csv")):
        text = path.read_bytes().decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text, newline="")):
            yield from ((path.name, cell) for cell in row)


def test_no_code_can_be_a_formula(tmp_path: Path) -> None:
    """A name is disarmed; a code would be another code, so it is refused."""
    from sdc.errors import InputError

    dim = Hierarchy.flat("use", ["=1", "411"])
    with pytest.raises(InputError, match="formula"):
        publish(make_release(marked("t", (dim,), np.array([9, 4, 5]))), tmp_path)
    assert not list(tmp_path.iterdir())


def change_bytes(package: Path, anchor: Path, times: int) -> None:
    """Flip one bit, a file after the other; every change must be refused."""
    rng = random.Random(20261122)
    content = files.tree(package)
    root = write(anchor.parent / "changed", content)
    names = sorted(content)
    for turn in range(times):
        name = names[turn % len(names)]
        data = bytearray(content[name])
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (root / name).write_bytes(data)
        assert not verify_package(root, signers=anchor).ok, name
        (root / name).write_bytes(content[name])
    assert verify_package(root, signers=anchor).ok


def test_a_thousand_single_byte_changes_are_refused(anchor: Path, tmp_path: Path) -> None:
    """Over all files, maps and documents included."""
    release = built(formats=("images", "csv", "geojson", "pdf"))
    signer = KeySigner(KEY, WHO)
    change_bytes(publish(release, tmp_path / "out", signer=signer).path, anchor, 1000)


def test_names_of_shapes_are_disarmed_too(tmp_path: Path) -> None:
    """The table's own label reaches the GeoJSON, guarded; the shape's name does not."""
    release = make_release(use_table(), formats=("geojson",))
    places = shapes()
    places["name"] = "=1+1"
    object.__setattr__(release.geographies["area"], "shapes", places)
    path = publish(release, tmp_path).path
    assert b"=1+1" not in (path / "data" / "areas.geojson").read_bytes()
