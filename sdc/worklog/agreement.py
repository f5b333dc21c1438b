"""Have maker, checker and approver agreed to exactly this release, and are they three persons?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdc.messages import Text
from sdc.worklog.chain import Entry

ROLES: Mapping[str, Text] = {
    "maker": Text("maker"),
    "checker": Text("checker"),
    "approver": Text("approver"),
}
"""Every role in Japanese and English, in the order in which they sign."""

NAMESPACE = "sdc-approval"


@dataclass(frozen=True)
class Agreement:
    """Who has agreed to a digest in which role; ``missing`` are the roles still open."""

    given: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all three have agreed."""
        return not self.missing


def statement(release: str, serial: int, digest: str, *, role: str) -> bytes:
    """The bytes that a person signs.

    >>> statement("sample", 1, "ab", role="checker")
    b'sdc-approval\\nrelease sample\\nserial 1\\ndigest ab\\nrole checker\\n'
    """
    return (
        f"sdc-approval\nrelease {release}\nserial {serial}\ndigest {digest}\nrole {role}\n".encode()
    )


def agreement(
    entries: Sequence[Entry], digest: str, people: Mapping[str, Sequence[str]]
) -> Agreement:
    """What the log says about a digest; ``people`` names who may act in which role.

    Of a person only the first role counts, of a role only the first person: nobody agrees twice.
    Signatures are checked before an entry is written and again before a package is (``approving``).
    """
    given: dict[str, str] = {}
    for entry in entries:
        if entry.kind != "approval" or entry.detail.get("digest") != digest:
            continue
        role, who = str(entry.detail.get("role")), str(entry.detail.get("principal"))
        allowed = who in people.get(role, ())
        if allowed and role not in given and who not in given.values():
            given[role] = who
    return Agreement(given, tuple(role for role in ROLES if role not in given))
