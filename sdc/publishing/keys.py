"""Where does the signing key come from, and when is it refused?

A key is an Ed25519 key in OpenSSH's own format, locked by a passphrase, outside every package.
It is not used where others could read it, where it is not locked, or where it is reached through
a link.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_ssh_private_key,
)

from sdc.errors import InputError
from sdc.messages import Text
from sdc.publishing import files
from sdc.publishing.signature import (
    NAMESPACE,
    KeySigner,
    TrustedKey,
    fingerprint,
    parse_signers,
    public_blob,
    signers_line,
)
from sdc.secretfile import read_secret

CODE = "signing-key"
MIN_PASSPHRASE = 12
PASSPHRASE_VARIABLE = "SDC_SIGNING_PASSPHRASE"


@dataclass(frozen=True)
class NewKey:
    """Where a new key was written, and what goes on the city's web page."""

    private: Path
    signers: Path
    fingerprint: str


def keygen(
    path: Path | str, principal: str, passphrase: str, *, namespace: str = NAMESPACE
) -> NewKey:
    """Make a key: ``path`` (0600, locked), ``path.pub``, ``path.allowed_signers``.

    ``namespace`` is the only purpose for which receivers accept its signatures.

    Raises InputError where any of them exists, where the passphrase is shorter than twelve
    characters, or where the principal is not usable.
    """
    private = Path(path)
    public = private.with_name(private.name + ".pub")
    signers = private.with_name(private.name + ".allowed_signers")
    if len(passphrase) < MIN_PASSPHRASE:
        raise InputError(
            Text(
                "a passphrase has at least {MIN_PASSPHRASE} characters",
                MIN_PASSPHRASE=MIN_PASSPHRASE,
            ),
            code="passphrase",
        )
    taken = [p.name for p in (private, public, signers) if os.path.lexists(p)]
    if taken:
        raise InputError(Text("exists already: {found}", found=taken[0]), code="key")
    key = Ed25519PrivateKey.generate()
    line = signers_line(key.public_key(), principal, namespace)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(passphrase.encode())
    )
    _, kind, text = line.decode().rsplit(" ", 2)
    # The private key last: whoever finds it finds the other two beside it.
    files.write_file(public, f"{kind} {text.strip()} {principal}\n".encode(), mode=0o644)
    files.write_file(signers, line, mode=0o644)
    files.write_file(private, locked, mode=files.PRIVATE_FILE)
    return NewKey(private, signers, fingerprint(public_blob(key.public_key())))


def load_key(path: Path | str, principal: str, passphrase: str) -> KeySigner:
    """Unlock a key for signing.

    Raises InputError where the file is a link, readable or writable by others, not an Ed25519 key,
    not locked at all, or locked by another passphrase.
    """
    data = read_secret(path, Text("the signing key"), code=CODE)
    if _opens(data, None):
        raise _refused(Text("the signing key has no passphrase"))
    key = _opens(data, passphrase.encode())
    if key is None:
        raise _refused(
            Text("the signing key does not open (wrong passphrase, or not Ed25519)"),
        )
    signers_line(key.public_key(), principal)
    return KeySigner(key, principal)


def _opens(data: bytes, passphrase: bytes | None) -> Ed25519PrivateKey | None:
    try:
        key = load_ssh_private_key(data, passphrase)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None


def passphrase_from(
    file: Path | str | None = None, *, variable: str = PASSPHRASE_VARIABLE
) -> str | None:
    """The passphrase for unattended runs: the first line of a private file, or the variable.

    None where neither is given; then a person is asked. Raises InputError for a file that others
    can read.
    """
    if file is not None:
        what = Text("the passphrase file")
        try:
            text = read_secret(file, what, code=CODE, links=True).decode("utf-8")
        except UnicodeDecodeError as error:
            raise _refused(Text("{what} cannot be read", what=what)) from error
        return text.split("\n", 1)[0].rstrip("\r")
    return os.environ.get(variable)


def fingerprints(signers: Path | str) -> tuple[tuple[TrustedKey, str], ...]:
    """Every key of an ``allowed_signers`` file with its fingerprint, for the city's web page."""
    found = parse_signers(Path(signers).read_bytes())
    return tuple((key, fingerprint(key.blob)) for key in found)


def _refused(text: Text) -> InputError:
    return InputError(text, code=CODE)
