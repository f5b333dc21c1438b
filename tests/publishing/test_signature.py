from __future__ import annotations

import base64
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from handmade import make_release

from sdc.errors import InputError, PackageError
from sdc.publishing import keys
from sdc.publishing.package import write_package
from sdc.publishing.signature import (
    KeySigner,
    fingerprint,
    parse_signers,
    public_blob,
    sign,
    signer_blob,
    signers_line,
)
from sdc.publishing.verify import UNCHECKED, verify_package

PHRASE = "correct horse battery"
WHO = "release@131041"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OPENSSH = shutil.which("ssh-keygen") is not None


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package signed with KEY."""
    return write_package(make_release(), tmp_path_factory.mktemp("s"), signer=KeySigner(KEY, WHO))


def anchor(tmp_path: Path, key: Ed25519PrivateKey = KEY, line: bytes | None = None) -> Path:
    path = tmp_path / "signers"
    path.write_bytes(signers_line(key.public_key(), WHO) if line is None else line)
    return path


def openssh(message: bytes, signature: Path, signers: Path, *, namespace: str) -> bool:
    command = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", WHO, "-n", namespace]
    done = subprocess.run(
        [*command, "-s", signature], check=False, input=message, capture_output=True
    )
    return done.returncode == 0


@pytest.mark.skipif(not OPENSSH, reason="ssh-keygen is not installed")
def test_openssh_accepts_ours_and_we_accept_openssh(signed: Path, tmp_path: Path) -> None:
    message = (signed / "tagmanifest-sha256.txt").read_bytes()
    signature = signed / "tagmanifest-sha256.txt.sig"
    signers = anchor(tmp_path)
    assert openssh(message, signature, signers, namespace="sdc-release")
    assert not openssh(message, signature, signers, namespace="file")
    assert not openssh(message + b" ", signature, signers, namespace="sdc-release")
    assert not openssh(message, signature, anchor(tmp_path, OTHER), namespace="sdc-release")

    # and the other way round: a key and a signature made by OpenSSH alone
    theirs = tmp_path / "id"
    run = ["ssh-keygen", "-q", "-t", "ed25519", "-N", PHRASE, "-C", "", "-f", theirs]
    subprocess.run(run, check=True)
    signer = keys.load_key(theirs, WHO, PHRASE)
    blob = base64.b64decode((tmp_path / "id.pub").read_text().split()[1])
    assert public_blob(signer.key.public_key()) == blob
    listed = subprocess.run(
        ["ssh-keygen", "-lf", theirs], capture_output=True, text=True, check=True
    )
    assert fingerprint(blob) in listed.stdout
    assert signer_blob(signer.sign(message), message) == blob


def test_with_an_anchor_the_signer_is_named(signed: Path, tmp_path: Path) -> None:
    assert UNCHECKED in verify_package(signed).verdict
    by_file = verify_package(signed, signers=anchor(tmp_path))
    print_ = fingerprint(public_blob(KEY.public_key()))
    by_print = verify_package(signed, fingerprint=print_)
    assert by_file.ok
    assert by_file.signer == WHO
    assert by_print.ok
    assert by_print.fingerprint == print_
    assert UNCHECKED not in by_file.verdict + by_print.verdict


def test_another_key_or_purpose_or_no_signature_is_refused(signed: Path, tmp_path: Path) -> None:
    assert not verify_package(signed, signers=anchor(tmp_path, OTHER)).ok
    other = fingerprint(public_blob(OTHER.public_key()))
    assert not verify_package(signed, fingerprint=other).ok
    purpose = signers_line(KEY.public_key(), WHO).replace(b"sdc-release", b"git")
    assert not verify_package(signed, signers=anchor(tmp_path, line=purpose)).ok
    bare = write_package(make_release(), tmp_path / "bare")
    assert verify_package(bare).ok
    assert not verify_package(bare, signers=anchor(tmp_path)).ok
    with pytest.raises(InputError):
        verify_package(signed, fingerprint="MD5:00")
    with pytest.raises(InputError):
        verify_package(signed, signers=tmp_path / "nowhere")


def test_the_enclosed_key_proves_nothing(tmp_path: Path) -> None:
    """An attacker signs with an own key and encloses it: integrity holds, the anchor refuses."""
    forged = write_package(make_release(), tmp_path / "f", signer=KeySigner(OTHER, WHO))
    assert UNCHECKED in verify_package(forged).verdict
    assert not verify_package(forged, signers=anchor(tmp_path)).ok


def test_expired_and_not_yet_valid_keys(signed: Path, tmp_path: Path) -> None:
    line = signers_line(KEY.public_key(), WHO).decode()
    dated = line.replace(
        '"sdc-release"', '"sdc-release",valid-after="20260101",valid-before="20270101"'
    )
    place = anchor(tmp_path, line=dated.encode())
    for year, good in ((2025, False), (2026, True), (2027, False)):
        now = datetime(year, 6, 1, tzinfo=UTC)
        assert verify_package(signed, signers=place, now=now).ok is good


def test_a_signature_is_canonical_or_refused() -> None:
    message = b"m"
    good = sign(KEY, message)
    assert signer_blob(good, message) == public_blob(KEY.public_key())
    text = good.decode()
    body = text.split("\n", 1)[1].rsplit("-----BEGIN", 1)[0]
    variants = [
        text + "\n", "\n" + text, text.replace("\n", "\r\n"), text[:-1], text.replace("SSH", "ssh"),
        text.replace(body[:70] + "\n", body[:70]), text.replace("-----END", " -----END"),
    ]  # fmt: skip
    for variant in variants:
        assert variant != text
        with pytest.raises(PackageError):
            signer_blob(variant.encode(), message)
    for position in range(len(good)):
        changed = bytearray(good)
        changed[position] ^= 1
        with pytest.raises(PackageError):
            signer_blob(bytes(changed), message)


def test_signers_files_are_read_strictly() -> None:
    line = signers_line(KEY.public_key(), WHO)
    found = parse_signers(b"# comment\n\n" + line)
    assert [k.principal for k in found] == [WHO]
    for bad in (
        b"x",
        b"a cert-authority ssh-ed25519 AAAA",
        b"a ssh-rsa AAAA",
        b'a odd="1" ssh-ed25519 AA==',
    ):
        with pytest.raises(InputError):
            parse_signers(bad + b"\n")
    for who in ("a b", 'a"', "*", "a,b", ""):
        with pytest.raises(InputError):
            signers_line(KEY.public_key(), who)


@pytest.mark.parametrize(
    "limits",
    [
        "valid-before=20200101",  # without quotes
        'VALID-BEFORE="20200101"',
        'valid-before="20200101" namespaces="sdc-release"',  # a blank for a comma
        'valid-before="20200101",',
        'valid-before="20200101",valid-before="20990101"',
        "namespaces",
        'namespaces=""',
        'namespaces="sdc-approval",namespaces="sdc-release"',
        'valid-before="soon"',
        'valid-before="20200101", ',
    ],
)
def test_a_limit_that_is_not_understood_is_no_licence(limits: str) -> None:
    """Passing over an option would trust a key for every purpose and for ever."""
    kind, key = signers_line(KEY.public_key(), WHO).decode().split()[-2:]
    assert parse_signers(f'{WHO} valid-before="20200101" {kind} {key}\n'.encode())[0].before
    with pytest.raises(InputError):
        parse_signers(f"{WHO} {limits} {kind} {key}\n".encode())


@pytest.mark.parametrize("end", ["\u2028", "\x85", "\x0b", "\x0c", "\x1e"])
def test_a_comment_ends_where_its_line_ends(end: str) -> None:
    line = signers_line(KEY.public_key(), WHO).decode()
    assert parse_signers(f"# withdrawn:{end}{line}".encode()) == ()


@pytest.mark.parametrize("text", ["AAA", "AAAA", "A" * 5, "AAAAC3NzaC1yc2EAAAAA"])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_signers(f"{WHO} ssh-ed25519 {text}\n".encode())


def test_keygen_makes_a_locked_private_key(tmp_path: Path) -> None:
    made = keys.keygen(tmp_path / "key", WHO, PHRASE)
    assert stat.S_IMODE(made.private.stat().st_mode) == 0o600
    assert b"OPENSSH PRIVATE KEY" in made.private.read_bytes()
    ((trusted, print_),) = keys.fingerprints(made.signers)
    assert (trusted.principal, print_) == (WHO, made.fingerprint)
    assert keys.load_key(made.private, WHO, PHRASE).principal == WHO
    with pytest.raises(InputError, match="exists"):
        keys.keygen(tmp_path / "key", WHO, PHRASE)
    with pytest.raises(InputError, match="characters"):
        keys.keygen(tmp_path / "k2", WHO, "short")
    assert not (tmp_path / "k2").exists()


def test_unsafe_keys_are_refused(tmp_path: Path) -> None:
    made = keys.keygen(tmp_path / "key", WHO, PHRASE)
    with pytest.raises(InputError, match="wrong passphrase"):
        keys.load_key(made.private, WHO, "another passphrase")
    link = tmp_path / "link"
    link.symlink_to(made.private)
    with pytest.raises(InputError, match="plain file"):
        keys.load_key(link, WHO, PHRASE)
    made.private.chmod(0o640)
    with pytest.raises(InputError, match="others"):
        keys.load_key(made.private, WHO, PHRASE)
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    bare = tmp_path / "bare"
    bare.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    bare.chmod(0o600)
    with pytest.raises(InputError, match="no passphrase"):
        keys.load_key(bare, WHO, PHRASE)
    with pytest.raises(InputError, match="cannot be read"):
        keys.load_key(tmp_path / "nowhere", WHO, PHRASE)


def test_unattended_passphrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(keys.PASSPHRASE_VARIABLE, raising=False)
    assert keys.passphrase_from() is None
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, PHRASE)
    assert keys.passphrase_from() == PHRASE
    place = tmp_path / "phrase"
    place.write_text(PHRASE + "\nsecond line\n")
    place.chmod(0o600)
    assert keys.passphrase_from(place) == PHRASE
    place.chmod(0o644)
    with pytest.raises(InputError, match="others"):
        keys.passphrase_from(place)


def test_the_same_key_gives_the_same_package(signed: Path, tmp_path: Path) -> None:
    again = write_package(make_release(), tmp_path, signer=KeySigner(KEY, WHO))
    for path in sorted(signed.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(signed)).read_bytes()
