"""Is a delivered package complete, unaltered, consistent, and from whom it should be?

Without a trust anchor from outside the package the answer can only be about integrity, and the
report says so. What lies inside a package (its own ``allowed_signers`` included) never proves
who made it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sdc.errors import InputError, PackageError
from sdc.messages import Text
from sdc.publishing import manifest as bag
from sdc.publishing import signature as ssh
from sdc.publishing.container import Fault, read_container
from sdc.publishing.figurecheck import figure_faults
from sdc.publishing.gate import RELEASE_ID
from sdc.publishing.outlinecheck import outline_faults
from sdc.publishing.readback import table_faults

UNCHECKED = "INTEGRITY ONLY, SIGNER NOT CHECKED"
_SERIAL = re.compile("[1-9][0-9]{0,17}")
_REQUIRED = (bag.BAGIT, bag.BAG_INFO, bag.MANIFEST, bag.TAG_MANIFEST)


@dataclass(frozen=True)
class VerifyReport:
    """What was found; ``signer`` is empty unless a key from outside the package was checked."""

    id: str
    serial: int
    files: int
    faults: tuple[Fault, ...]
    signer: str = ""
    fingerprint: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; says nothing about the signer unless ``signer`` is named."""
        return not self.faults

    @property
    def verdict(self) -> str:
        """One line for people.

        >>> VerifyReport("r", 1, 12, ()).verdict[:34]
        'INTEGRITY ONLY, SIGNER NOT CHECKED'
        """
        what = Text("({id}, serial {serial}, {files:,} files)",
                    id=self.id, serial=self.serial, files=self.files)  # fmt: skip
        if not self.id:  # nothing was read that could say so
            what = Text("({files:,} files)", files=self.files)
        if self.faults:
            return str(Text("FAILED: {n} {what}", n=len(self.faults), what=what))
        if not self.signer:
            return str(Text("INTEGRITY ONLY, SIGNER NOT CHECKED {what}", what=what))
        who = f"{self.signer} {self.fingerprint}"
        return str(Text("VERIFIED: {who} {what}", who=who, what=what))

    def require(self) -> VerifyReport:
        """The report itself; PackageError naming the first fault where there is one."""
        if self.faults:
            raise PackageError(Text("{fault}", fault=self.faults[0]))
        return self


def verify_package(
    path: Path | str,
    *,
    signers: Path | str | None = None,
    fingerprint: str | None = None,
    seen: Path | str | None = None,
    now: datetime | None = None,
) -> VerifyReport:
    """Check a package folder or zip; never unpacks, never raises for a bad package.

    ``signers`` is an ``allowed_signers`` file and ``fingerprint`` a ``SHA256:…`` text, both from
    outside the package; with either, a package without a fitting signature is refused. ``seen``
    is a JSON file of the serials accepted before: an older one, or other bytes under the same
    one, is a replay; it is brought up to date where everything is right, apart for packages whose
    signer was checked. Raises InputError for an unreadable anchor. O(bytes of the package).
    """
    contents = read_container(Path(path))
    files = contents.files
    faults = list(contents.faults)
    if not faults:
        faults += _integrity(files)
    name, serial = "", 0
    if not faults:
        info = bag.parse_bag_info(files[bag.BAG_INFO])
        name, serial = info["External-Identifier"], int(info["Release-Serial"])
        faults += table_faults(files) or figure_faults(files) or outline_faults(files)
    who = print_ = ""
    if not faults and (signers is not None or fingerprint is not None):
        anchor = _anchor(signers, fingerprint)
        try:
            who, print_ = _signer(files, anchor, fingerprint, now or datetime.now(UTC))
        except PackageError as error:
            faults.append(Fault(bag.SIGNATURE, error.text))
    elif not faults:
        faults += _own_signature(files)
    if not faults and seen is not None:
        city = bag.parse_bag_info(files[bag.BAG_INFO]).get("Municipality-Code", "")
        digest = bag.sha256(files[bag.TAG_MANIFEST])
        faults += _replay(Path(seen), f"{city}/{name}", serial, digest, checked=bool(who))
    return VerifyReport(name, serial, len(files), tuple(faults), who, print_)


def _integrity(files: dict[str, bytes]) -> list[Fault]:
    """Every file is listed once with its sum, and nothing is listed that is not there."""
    missing = [Fault(p, Text("is missing")) for p in _REQUIRED if p not in files]
    if missing:
        return missing
    try:
        payload = bag.parse_manifest(files[bag.MANIFEST], bag.MANIFEST)
        tags = bag.parse_manifest(files[bag.TAG_MANIFEST], bag.TAG_MANIFEST)
        info = bag.parse_bag_info(files[bag.BAG_INFO])
    except PackageError as error:
        return [Fault("manifest", error.text)]
    faults = list(_compare(files, payload, tags))
    if files[bag.BAGIT] != bag.BAGIT_TEXT:
        faults.append(Fault(bag.BAGIT, Text("is not a BagIt 1.0 declaration")))
    sizes = [len(files[p]) for p in payload if p in files]
    if info.get("Payload-Oxum") != f"{sum(sizes)}.{len(sizes)}":
        faults.append(Fault(bag.BAG_INFO, Text("Payload-Oxum differs")))
    named = RELEASE_ID.fullmatch(info.get("External-Identifier", ""))
    if not named or not _SERIAL.fullmatch(info.get("Release-Serial", "")):
        faults.append(Fault(bag.BAG_INFO, Text("lacks id or serial")))
    return faults


def _compare(
    files: dict[str, bytes], payload: dict[str, str], tags: dict[str, str]
) -> Iterator[Fault]:
    """Files against the two manifests, in both directions."""
    listed = payload | tags
    for path in sorted(listed):
        if (path in payload) != path.startswith("data/") or (path in payload and path in tags):
            yield Fault(path, Text("is listed in the wrong manifest"))
        if path not in files:
            yield Fault(path, Text("is missing"))
        elif bag.sha256(files[path]) != listed[path]:
            yield Fault(path, Text("was changed"))
    free = {bag.TAG_MANIFEST, bag.SIGNATURE}
    for path in sorted(set(files) - set(listed) - free):
        yield Fault(path, Text("is not listed"))


def _anchor(
    signers: Path | str | None, fingerprint: str | None
) -> tuple[ssh.TrustedKey, ...] | None:
    """The keys of the file named; None where the fingerprint alone decides."""
    if fingerprint is not None and not fingerprint.startswith("SHA256:"):
        raise InputError(Text("a fingerprint starts with SHA256:"))
    if signers is None:
        return None
    try:
        return ssh.parse_signers(Path(signers).read_bytes())
    except OSError as error:
        raise InputError(Text("cannot read allowed_signers")) from error


def _signer(
    files: dict[str, bytes],
    trusted: tuple[ssh.TrustedKey, ...] | None,
    fingerprint: str | None,
    now: datetime,
) -> tuple[str, str]:
    """Principal and fingerprint of a key that both fits and is trusted; else PackageError."""
    if bag.SIGNATURE not in files:
        raise PackageError(Text("the package is not signed"), code="signature")
    blob = ssh.signer_blob(files[bag.SIGNATURE], files[bag.TAG_MANIFEST])
    found = ssh.fingerprint(blob)
    if fingerprint is not None and found != fingerprint:
        raise PackageError(Text("signed by a key with another fingerprint"))
    if trusted is None:
        return "key", found
    for key in trusted:
        if key.blob == blob and key.holds(ssh.NAMESPACE, now):
            return key.principal, found
    raise PackageError(Text("not signed by a trusted key"))


def _own_signature(files: dict[str, bytes]) -> list[Fault]:
    """A signature that does not even fit its own package is a fault without any anchor."""
    if bag.SIGNATURE not in files:
        return []
    try:
        ssh.signer_blob(files[bag.SIGNATURE], files[bag.TAG_MANIFEST])
    except PackageError as error:
        return [Fault(bag.SIGNATURE, error.text)]
    return []


def _replay(store: Path, name: str, serial: int, digest: str, *, checked: bool) -> list[Fault]:
    """Compare with what was accepted before; remember it where it is newer.

    What nobody vouched for is remembered apart: a forged package with a high serial must not make
    the true one look old.
    """
    own = name if checked else f"{name} (signer not checked)"
    try:
        known = json.loads(store.read_text("utf-8")) if store.exists() else {}
        before = [known[key] for key in dict.fromkeys((name, own)) if key in known]
        last = max([int(number) for number, _ in before], default=0)
        others = {digest_ for number, digest_ in before if number == serial} - {digest}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(Text("cannot read the store of seen serials")) from error
    if serial < last:
        return [Fault(bag.BAG_INFO, Text("is older than one seen before"))]
    if others:
        return [Fault(bag.BAG_INFO, Text("differs from the one seen before"))]
    if known.get(own) != [serial, digest]:
        known[own] = [serial, digest]
        fresh = store.with_name(store.name + ".new")
        fresh.write_text(json.dumps(known, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")
        os.replace(fresh, store)
    return []
