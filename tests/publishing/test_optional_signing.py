"""The extra ``sign``: certified PDFs and timestamps. Skipped where it is not installed."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from handmade import make_release, small_table

from sdc.errors import InputError, PackageError
from sdc.publishing.package import publish, write_package
from sdc.publishing.pades import certifier
from sdc.publishing.signature import KeySigner
from sdc.publishing.timestamp import stamp
from sdc.publishing.verify import verify_package

PHRASE = "correct horse battery"
WHEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
AUTHORITY = "https://tsa.example/"


def certificate(
    purpose: x509.ObjectIdentifier | None,
) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mihon")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(WHEN)
        .not_valid_after(WHEN + dt.timedelta(days=3650))
    )
    if purpose is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return key, made.sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key, cert = certificate(None)
    lock = BestAvailableEncryption(PHRASE.encode())
    place = tmp_path_factory.mktemp("k") / "key.p12"
    place.write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, cert, None, lock))
    place.chmod(0o600)
    return place


@pytest.mark.filterwarnings("ignore")
def test_documents_are_certified_against_any_change(key_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyhanko")
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature

    release = make_release(small_table(), formats=("pdf", "csv"))
    path = publish(release, tmp_path, certify=certifier(key_file, PHRASE)).path
    assert verify_package(path).ok
    data = (path / "data" / "docs" / "sex.pdf").read_bytes()
    (signature,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    status = validate_pdf_signature(signature)
    assert status.intact
    assert status.valid
    assert signature.docmdp_level.name == "NO_CHANGES"
    broken = data.replace(b"/Subject", b"/Subjekt", 1)
    (changed,) = PdfFileReader(io.BytesIO(broken)).embedded_signatures
    assert not validate_pdf_signature(changed).intact


def test_pdf_keys_are_kept_private(key_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyhanko")
    with pytest.raises(InputError, match="passphrase"):
        certifier(key_file, "wrong one entirely")
    copy = tmp_path / "copy.p12"
    shutil.copy(key_file, copy)
    copy.chmod(0o644)
    with pytest.raises(InputError, match="others"):
        certifier(copy, PHRASE)
    with pytest.raises(InputError, match="cannot be read"):
        certifier(tmp_path / "nowhere", PHRASE)


def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("pyhanko.sign.signers", "rfc3161_client"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"sdc-smallarea\[sign\]"):
        certifier(tmp_path, PHRASE)
    with pytest.raises(InputError, match=r"sdc-smallarea\[sign\]"):
        stamp(tmp_path, AUTHORITY)


def answer(folder: Path, query: bytes) -> bytes:
    """What a time-stamping authority of our own replies; made by OpenSSL."""
    key, cert = certificate(x509.ExtendedKeyUsageOID.TIME_STAMPING)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(cert.public_bytes(Encoding.PEM))
    (folder / "serial").write_text("01")
    (folder / "q.tsq").write_bytes(query)
    (folder / "tsa.cnf").write_text(
        f"[tsa]\ndefault_tsa=t\n[t]\nserial={folder}/serial\nsigner_cert={folder}/cert.pem\n"
        f"signer_key={folder}/key.pem\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n"
        "digests=sha256,sha512\n"
    )
    command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-out", "r"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "r").read_bytes()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_timestamp_lies_beside_the_package(tmp_path: Path) -> None:
    pytest.importorskip("rfc3161_client")
    signer = KeySigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "release@131041")
    path = write_package(make_release(), tmp_path / "out", signer=signer)
    folder = tmp_path / "tsa"
    folder.mkdir()
    done = stamp(path, AUTHORITY, ask=lambda where, query: answer(folder, query))
    assert done.path == tmp_path / "out" / "tiny-2026.tsr"
    assert verify_package(path).ok
    check = ["openssl", "ts", "-verify", "-data", path / "tagmanifest-sha256.txt.sig"]
    check += ["-in", done.path, "-CAfile", folder / "cert.pem"]
    assert b"Verification: OK" in subprocess.run(check, capture_output=True, check=True).stdout
    # an answer to another question, or noise, is refused
    old = done.path.read_bytes()
    for wrong in (old, b"noise"):
        with pytest.raises(PackageError, match="does not fit"):
            stamp(path, AUTHORITY, ask=lambda where, query, wrong=wrong: wrong)


def test_without_a_network_a_note_is_enough(tmp_path: Path) -> None:
    pytest.importorskip("rfc3161_client")
    signer = KeySigner(Ed25519PrivateKey.from_private_bytes(bytes(32)), "release@131041")
    path = write_package(make_release(), tmp_path, signer=signer)

    def offline(where: str, query: bytes) -> bytes:
        raise urllib.error.URLError("no route")

    done = stamp(path, AUTHORITY, ask=offline)
    assert done.path is None
    assert "could not be reached" in done.text.to("en")
    bare = write_package(make_release(), tmp_path / "bare")
    with pytest.raises(PackageError, match="not signed"):
        stamp(bare, AUTHORITY, ask=offline)
    with pytest.raises(InputError, match="https"):
        stamp(path, "http://tsa.example/")
