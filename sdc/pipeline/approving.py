"""May this release be signed: have three persons agreed, and are all conditions of [approval] met?"""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sdc import __version__
from sdc.config import Config
from sdc.config.entry import ApprovalSection
from sdc.errors import InputError, NotProven, PackageError, RulesError, SdcError
from sdc.messages import Text, listed
from sdc.model.report import AuditReport
from sdc.publishing.keys import load_key
from sdc.publishing.signature import parse_signers, sign, signer_blob
from sdc.worklog.agreement import NAMESPACE, ROLES, Agreement, agreement, statement
from sdc.worklog.chain import Entry, append, read_log


def here() -> dict[str, Any]:
    """Who works, on which computer, and when."""
    return {"who": getpass.getuser(), "host": platform.node(), "at": datetime.now(UTC)}


def log_of(config: Config) -> Path:
    """The working log; InputError where the configuration has none."""
    if config.approval is None:
        raise InputError(Text("the configuration has no [approval]"), code="approval")
    return config.resolve(config.approval.log)


def note(
    config: Config, kind: str, detail: Mapping[str, Any], *, result: str = "ok"
) -> Entry | None:
    """Write one entry; nothing where the configuration keeps no log."""
    if config.approval is None:
        return None
    full = {"release": config.release.id, "serial": config.release.serial, **detail,
            "version": __version__, "configuration": config.sha256}  # fmt: skip
    return append(log_of(config), kind, full, result=result, **here())


@contextmanager
def logged(
    config: Config, command: str, tell: Callable[[Text], None], *, quiet: bool = False
) -> Iterator[Callable[[Text], None]]:
    """Enter which steps a command took and how it ended: done, or the code of its error."""
    result = "unexpected"
    steps: list[str] = []

    def told(text: Text) -> None:
        steps.append(f"{text.to('ja')} / {text.to('en')}")
        tell(text)

    try:
        yield told
        result = "ok"
    except SdcError as error:
        result = error.code
        raise
    finally:
        if not quiet:
            note(config, "step", {"command": command, "steps": steps}, result=result)


def candidate_digest(config: Config, report: AuditReport) -> str:
    """What people agree to: the configuration, the demands, and everything that will be printed."""
    value = [
        config.release.id, config.release.serial, config.sha256, report.problem_digest,
        report.published_digest, str(report.level), list(report.checks),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()


def require_agreement(config: Config, report: AuditReport, facts: Mapping[str, Any]) -> None:
    """Pass where three persons have signed this very release; enter it as a candidate otherwise.

    Raises NotProven with the roles that are missing and what to type, PackageError where a
    signature in the log does not hold, InputError where a contractor's certificate has expired.
    """
    section = config.approval
    if section is None:
        return
    check_contractors(section, config.release.release_date)
    digest = candidate_digest(config, report)
    entries = read_log(log_of(config))
    known = any(e.kind == "candidate" and e.detail.get("digest") == digest for e in entries)
    if not known:
        note(config, "candidate", {"digest": digest, **facts})
    found = agreement(entries, digest, people_of(section))
    _recheck(config, entries, digest)
    if not found.complete:
        raise NotProven(
            Text(
                "waiting for {roles}: sdc approve {name} --role {role}",
                roles=listed([ROLES[role] for role in found.missing]),
                name=config.file.name,
                role=found.missing[0],
            ),
            code="approval",
        )


def people_of(section: ApprovalSection) -> dict[str, tuple[str, ...]]:
    """Who may act in which role."""
    return {
        "maker": section.makers, "checker": section.checkers, "approver": section.approvers,
    }  # fmt: skip


def check_contractors(section: ApprovalSection, day: date) -> None:
    """Raise InputError for the first contractor whose certificate is not valid on a day."""
    for name in sorted(section.contractors):
        contractor = section.contractors[name]
        if contractor.expires < day:
            raise InputError(
                Text(
                    "a contractor's certificate has expired: {name} ({certificate} {expires})",
                    name=contractor.name,
                    certificate=contractor.certificate,
                    expires=contractor.expires,
                ),
                code="contractor",
            )


def approve(config: Config, role: str, *, key: Path, principal: str, passphrase: str) -> Agreement:
    """Sign the latest candidate of a release in a role and enter it into the log.

    Raises InputError for a person who may not act in the role, a key that is not listed for approval,
    somebody who has agreed already, or where there is no candidate.
    """
    section = config.approval
    path = log_of(config)
    assert section is not None
    if role not in ROLES:
        raise RulesError(Text("role is one of {names}", names=", ".join(ROLES)))
    people = people_of(section)
    if principal not in people[role]:
        raise InputError(
            Text("{principal} is not named as {role}", principal=principal, role=ROLES[role]),
            code="role",
        )
    entries = read_log(path)
    digest = _latest(config, entries)
    before = agreement(entries, digest, people)
    if principal in before.given.values() or role in before.given:
        raise InputError(
            Text("nobody agrees in two roles, and no role is given twice"),
            code="role-twice",
        )
    signer = load_key(key, principal, passphrase)
    text = statement(config.release.id, config.release.serial, digest, role=role)
    signature = sign(signer.key, text, NAMESPACE)
    _check_signature(config, text, signature.decode(), principal=principal)
    note(config, "approval", {
        "digest": digest, "role": role, "principal": principal, "signature": signature.decode(),
    })  # fmt: skip
    return agreement(read_log(path), digest, people)


def _latest(config: Config, entries: tuple[Entry, ...]) -> str:
    wanted = (config.release.id, config.release.serial)
    for entry in reversed(entries):
        found = (entry.detail.get("release"), entry.detail.get("serial"))
        if entry.kind == "candidate" and found == wanted:
            return str(entry.detail["digest"])
    raise InputError(
        Text("there is nothing to approve: run sdc release first"),
        code="candidate",
    )


def _recheck(config: Config, entries: tuple[Entry, ...], digest: str) -> None:
    """Every signature for this digest once more: the log is no authority, and one key is one person."""
    holders: dict[bytes, str] = {}
    for entry in entries:
        d = entry.detail
        if entry.kind == "approval" and d.get("digest") == digest:
            text = statement(
                config.release.id, config.release.serial, digest, role=str(d.get("role"))
            )
            who = str(d.get("principal"))
            blob = _check_signature(config, text, str(d.get("signature")), principal=who)
            if holders.setdefault(blob, who) != who:
                raise PackageError(
                    Text("{one} and {other} sign with one key", one=holders[blob], other=who),
                    code="approval-key",
                )


def _check_signature(config: Config, text: bytes, signature: str, *, principal: str) -> bytes:
    """The public key that signed; PackageError where it is not the person's."""
    assert config.approval is not None
    blob = signer_blob(signature.encode(), text, NAMESPACE)
    trusted = parse_signers(config.resolve(config.approval.signers).read_bytes())
    now = datetime.now(UTC)
    if not any(
        t.principal == principal and t.blob == blob and t.holds(NAMESPACE, now) for t in trusted
    ):
        raise PackageError(
            Text(
                "not a key of {principal} for approvals (signers must list it for {NAMESPACE})",
                principal=principal,
                NAMESPACE=NAMESPACE,
            ),
            code="approval-key",
        )
    return blob
