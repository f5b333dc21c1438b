"""Is the working log what was once written, line by line, and how is a line added to it?

One JSON object a line, each with the SHA-256 of the line before it: nothing can be changed, taken
out or put in between without breaking every later line. The file is private (0600) and only ever
appended to. What the chain cannot show is that lines are missing at the end: compare the head with
the one kept in the internal folder of a release.

Source: guideline for sufficient anonymisation (2017), appendix 2, (1) キ and (4) イ: who, when, which
computer, success or failure, protected against alteration.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sdc.errors import InputError, PackageError
from sdc.locking import hold
from sdc.messages import Text
from sdc.secretfile import read_secret

NAME = Text("the working log")
START = "0" * 64
MODE = 0o600
KINDS = ("step", "candidate", "approval", "published", "provision", "purge")


@dataclass(frozen=True)
class Entry:
    """One line of the log; ``head`` is the digest of the log up to and with this line."""

    number: int
    at: str
    who: str
    host: str
    kind: str
    result: str
    detail: Mapping[str, Any]
    head: str


def digest_of_line(previous: str, line: str) -> str:
    """The head after a line.

    >>> digest_of_line(START, "{}")[:8]
    '5649d09e'
    """
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def read_log(path: Path) -> tuple[Entry, ...]:
    """All entries of a log, none where the file does not exist yet; O(lines).

    Raises PackageError where a line was changed, removed or inserted, or the numbers jump;
    InputError where others can read the file.
    """
    if not os.path.lexists(path):
        return ()
    text = read_secret(path, NAME, code="worklog-mode").decode("utf-8")
    entries: list[Entry] = []
    head = START
    # A line ends with a line feed alone: words of people may hold other characters that end lines.
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        body, _, stated = line.rpartition("\t")
        head = digest_of_line(head, body)
        if stated != head:
            raise _broken(number)
        try:
            value = json.loads(body)
            entry = Entry(**value, head=head)
        except (ValueError, TypeError) as error:
            raise _broken(number) from error
        if entry.number != number:
            raise _broken(number)
        entries.append(entry)
    return tuple(entries)


def append(
    path: Path,
    kind: str,
    detail: Mapping[str, Any],
    *,
    who: str,
    host: str,
    at: datetime,
    result: str = "ok",
) -> Entry:
    """Add one entry and flush it to the disk; the whole chain is checked first.

    Raises what ``read_log`` raises, and InputError for an unknown kind.
    """
    if kind not in KINDS:
        raise InputError(Text("unknown kind of entry: {kind}", kind=kind))
    read_log(path)  # refuses a link, which opening would not explain
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, MODE)
    try:
        hold(handle, wait=True)
        known = read_log(path)
        value = {
            "number": len(known) + 1, "at": at.isoformat(timespec="seconds"), "who": who,
            "host": host, "kind": kind, "result": result, "detail": dict(detail),
        }  # fmt: skip
        body = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        head = digest_of_line(known[-1].head if known else START, body)
        os.write(handle, f"{body}\t{head}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    return Entry(**json.loads(body), head=head)


def _broken(number: int) -> PackageError:
    return PackageError(
        Text("the working log was altered at line {number} or before", number=number),
        code="worklog",
    )
