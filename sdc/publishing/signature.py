"""Who vouches for the package, in a form that OpenSSH on every computer can check?

An SSHSIG signature (OpenSSH ``PROTOCOL.sshsig``) with Ed25519 and SHA-512 over
``tagmanifest-sha256.txt``, namespace ``sdc-release``. Ed25519 is deterministic, so the same key
and the same bytes give the same signature file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sdc.errors import InputError, PackageError
from sdc.messages import Text

NAMESPACE = "sdc-release"
KEY_TYPE = b"ssh-ed25519"
_MAGIC, _VERSION, _HASH = b"SSHSIG", 1, b"sha512"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n"
_WIDTH = 70
_PRINCIPAL = re.compile(r"[A-Za-z0-9._@-]{1,100}")
_STAMP = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True)
class KeySigner:
    """Signs with a private key that is already unlocked; made by ``keys.load_key``."""

    key: Ed25519PrivateKey
    principal: str

    def allowed_signers(self) -> bytes:
        """The line for the city's web page; the package carries a copy for convenience only."""
        return signers_line(self.key.public_key(), self.principal)

    def sign(self, message: bytes) -> bytes:
        """An armoured SSHSIG over the message."""
        return sign(self.key, message)


@dataclass(frozen=True)
class TrustedKey:
    """One line of an ``allowed_signers`` file."""

    principal: str
    blob: bytes
    namespaces: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None

    def holds(self, namespace: str, at: datetime) -> bool:
        """Whether the key may sign for this purpose at this time."""
        in_time = (self.after is None or at >= self.after) and (
            self.before is None or at < self.before
        )
        return in_time and (not self.namespaces or namespace in self.namespaces)


def sign(key: Ed25519PrivateKey, message: bytes, namespace: str = NAMESPACE) -> bytes:
    """The armoured signature file.

    >>> key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    >>> signer_blob(sign(key, b"m"), b"m") == public_blob(key.public_key())
    True
    """
    raw = key.sign(_to_sign(message, namespace.encode()))
    return _armour(public_blob(key.public_key()), namespace.encode(), raw)


def signer_blob(signature: bytes, message: bytes, namespace: str = NAMESPACE) -> bytes:
    """The public key that signed the message for this purpose.

    Raises PackageError where the file is not exactly what ``sign`` writes, was made for another
    purpose, or does not fit the message.
    """
    blob, found, raw = _parse(signature)
    if found != namespace.encode():
        raise _bad(Text("the signature was made for another purpose"))
    if _armour(blob, found, raw) != signature:
        raise _bad(Text("the signature file is not canonical"))
    try:
        Ed25519PublicKey.from_public_bytes(_key_bytes(blob)).verify(raw, _to_sign(message, found))
    except (InvalidSignature, ValueError) as error:
        raise _bad(Text("the signature does not fit")) from error
    return blob


def public_blob(key: Ed25519PublicKey) -> bytes:
    """The public key as SSH encodes it."""
    return _string(KEY_TYPE) + _string(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def fingerprint(blob: bytes) -> str:
    """``SHA256:…`` as ``ssh-keygen -l`` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def signers_line(key: Ed25519PublicKey, principal: str, namespace: str = NAMESPACE) -> bytes:
    """One ``allowed_signers`` line, valid for one purpose only: releases, unless told otherwise.

    Raises InputError for a principal with blanks, quotes or wildcards.
    """
    if not _PRINCIPAL.fullmatch(principal):
        raise InputError(Text("a principal has letters, digits, . _ @ -"))
    text = base64.b64encode(public_blob(key)).decode()
    return f'{principal} namespaces="{namespace}" {KEY_TYPE.decode()} {text}\n'.encode()


def parse_signers(data: bytes) -> tuple[TrustedKey, ...]:
    """All Ed25519 keys of an ``allowed_signers`` file; InputError for a line nobody can read."""
    found = []
    # Lines end with a line feed alone, as for OpenSSH: a comment must not end where others end a line.
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            found.append(_trusted(line.strip(), number))
    return tuple(found)


def _trusted(line: str, number: int) -> TrustedKey:
    """The key of a line; whatever is not understood could be a limit, and is refused."""
    match = re.fullmatch(r"(\S+) (?:(.*?) )?ssh-ed25519 ([A-Za-z0-9+/]+=*)(?: .*)?", line)
    options = _options(match[2] or "") if match else None
    try:
        blob = base64.b64decode(match[3], validate=True) if match else b""
        _key_bytes(blob)
    except (ValueError, struct.error):
        options = None
    if match is None or options is None:
        raise InputError(
            Text(
                "line {number} of allowed_signers is not understood (ssh-ed25519 only)",
                number=number,
            ),
        )
    text = dict(options)
    return TrustedKey(
        principal=match[1],
        blob=blob,
        namespaces=tuple(text["namespaces"].split(",")) if "namespaces" in text else (),
        after=_time(text.get("valid-after"), number),
        before=_time(text.get("valid-before"), number),
    )


def _options(text: str) -> list[tuple[str, str]] | None:
    """Names and values of the options of a line; None where one is unknown, empty or stands twice."""
    option = r'(namespaces|valid-after|valid-before)="([^" ]+)"'
    if not re.fullmatch(rf"(?:{option}(?:,{option})*)?", text):
        return None
    found = re.findall(option, text)
    return found if len(dict(found)) == len(found) else None


def _time(text: str | None, number: int) -> datetime | None:
    """A time of an ``allowed_signers`` option, always read as UTC."""
    if text is None:
        return None
    digits = text.removesuffix("Z")
    try:
        return datetime.strptime(digits, _STAMP[len(digits)]).replace(tzinfo=UTC)
    except (KeyError, ValueError) as error:
        raise InputError(Text("line {number}: not a time", number=number)) from error


def _to_sign(message: bytes, namespace: bytes) -> bytes:
    digest = hashlib.sha512(message).digest()
    return _MAGIC + _string(namespace) + _string(b"") + _string(_HASH) + _string(digest)


def _armour(blob: bytes, namespace: bytes, raw: bytes) -> bytes:
    body = _MAGIC + struct.pack(">I", _VERSION) + _string(blob) + _string(namespace)
    body += _string(b"") + _string(_HASH) + _string(_string(KEY_TYPE) + _string(raw))
    text = base64.b64encode(body).decode()
    lines = [text[i : i + _WIDTH] + "\n" for i in range(0, len(text), _WIDTH)]
    return "".join([_BEGIN, *lines, _END]).encode()


def _parse(signature: bytes) -> tuple[bytes, bytes, bytes]:
    """Public key, namespace and raw signature of an armoured file."""
    try:
        text = signature.decode("ascii")
        if not (text.startswith(_BEGIN) and text.endswith(_END)):
            raise ValueError
        body = base64.b64decode(text[len(_BEGIN) : -len(_END)].replace("\n", ""), validate=True)
        if body[:10] != _MAGIC + struct.pack(">I", _VERSION):
            raise ValueError
        blob, namespace, _, method, wrapped = _strings(body[10:], 5)
        kind, raw = _strings(wrapped, 2)
        if method != _HASH or kind != KEY_TYPE:
            raise ValueError
    except (UnicodeDecodeError, binascii.Error, struct.error, ValueError) as error:
        raise _bad(Text("the signature file cannot be read")) from error
    return blob, namespace, raw


def _key_bytes(blob: bytes) -> bytes:
    kind, raw = _strings(blob, 2)
    if kind != KEY_TYPE:
        raise ValueError
    return raw


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _strings(data: bytes, count: int) -> list[bytes]:
    """Exactly ``count`` length-prefixed strings; ValueError for anything else."""
    found, position = [], 0
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data, position)
        position += 4
        if position + length > len(data):
            raise ValueError
        found.append(data[position : position + length])
        position += length
    if position != len(data):
        raise ValueError
    return found


def _bad(text: Text) -> PackageError:
    return PackageError(text, code="signature")
