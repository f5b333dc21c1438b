"""How is the list of everything that was published kept, so that nothing in it can be changed unseen?

One SQLite file. Rows are only ever added (triggers refuse anything else), and each carries the SHA-256 of
the one before it. A release is two rows: *pending* before its package appears, *published* after; one
that stays pending counts as published. Writers take turns, and a writer who looked at an older state of
the list is refused. The file holds true values: it is created with mode 0600, and refused with any other
that lets others in.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sdc.errors import InputError, PackageError, SdcError
from sdc.messages import Text
from sdc.secretfile import require_secret

PENDING, PUBLISHED, EXTERNAL = "pending", "published", "external"
GENESIS = "0" * 64
WAIT = 30.0
"""Seconds that a writer waits for another one."""

_FIELDS = "kind, at, release, serial, survey, recipient, begins, ends, digest"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, release TEXT NOT NULL,
  serial INTEGER NOT NULL, survey TEXT NOT NULL, recipient TEXT NOT NULL, begins TEXT NOT NULL,
  ends TEXT NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL, previous TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE);
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON entry
  BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON entry
  BEGIN SELECT RAISE(ABORT, 'append only'); END;
PRAGMA user_version = 1;
"""


@dataclass(frozen=True)
class Entry:
    """One event: a package about to appear, one that appeared, or totals known from elsewhere.

    ``survey`` says which units were counted (municipality and survey date), ``begins`` and ``ends``
    (ISO dates) of what time, ``digest`` names the bytes of the package, ``body`` holds what a later
    audit needs; empty for *published*, which repeats a *pending* row.
    """

    kind: str
    at: str
    release: str
    serial: int
    survey: str
    recipient: str
    begins: str
    ends: str
    digest: str
    body: bytes = b""

    @property
    def label(self) -> str:
        """Id and serial."""
        return f"{self.release}.{self.serial}"


@dataclass(frozen=True)
class Row:
    """An entry with its place in the chain."""

    number: int
    entry: Entry
    previous: str
    hash: str


def link(previous: str, number: int, entry: Entry) -> str:
    """SHA-256 over a row and the one before it; every field with its length."""
    sha = hashlib.sha256()
    texts = (previous, str(number), entry.kind, entry.at, entry.release, str(entry.serial),
             entry.survey, entry.recipient, entry.begins, entry.ends, entry.digest)  # fmt: skip
    for part in (*(t.encode() for t in texts), entry.body):
        sha.update(f"{len(part)}:".encode() + part)
    return sha.hexdigest()


class Ledger:
    """The append-only list in one file; created on first use where ``create`` says so.

    Raises InputError for a file that is no ledger or that others can read, PackageError where the chain
    is broken.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        if not path.exists():
            if not create:
                raise InputError(
                    Text("there is no ledger {name!r}", name=path.name),
                    code="no-ledger",
                )  # fmt: skip
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            with self._open() as base:
                base.executescript(_SCHEMA)
        require_secret(path, Text("the ledger {name!r}", name=path.name), code="ledger-open")
        with self._open() as base:
            if base.execute("PRAGMA user_version").fetchone()[0] != 1:
                raise InputError(
                    Text("{name!r} is not a ledger of ours", name=path.name),
                    code="no-ledger",
                )  # fmt: skip

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            base = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise _failed(self.path, error) from error
        try:
            base.execute("PRAGMA synchronous = FULL")
            yield base
        except sqlite3.Error as error:
            raise _failed(self.path, error) from error
        finally:
            base.close()

    def rows(self) -> tuple[Row, ...]:
        """Every row, oldest first, the chain checked. O(bytes).

        Raises PackageError where a row was changed, removed or put in, or is none that we write.
        """
        with self._open() as base:
            found = _read(base)
        previous = GENESIS
        for number, row in enumerate(found, start=1):
            fits = (row.number, row.previous) == (number, previous)
            if not fits or not _sound(row.entry) or row.hash != link(previous, number, row.entry):
                raise PackageError(
                    Text("the ledger's chain breaks at row {number}", number=number),
                )
            previous = row.hash
        return found

    def append(self, entry: Entry, *, after: str) -> str:
        """Add a row behind the one with the hash ``after``; its own hash.

        Raises SdcError where somebody else has added a row since: what was decided looked at an
        older state.
        """
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            last = base.execute("SELECT number, hash FROM entry ORDER BY number DESC").fetchone()
            number, head = last or (0, GENESIS)
            if head != after:
                base.execute("ROLLBACK")
                raise SdcError(
                    Text("the ledger has grown since the audit; run again"),
                    code="ledger-moved",
                )
            own = link(head, number + 1, entry)
            marks = ", ".join("?" * 13)
            base.execute(
                f"INSERT INTO entry (number, {_FIELDS}, body, previous, hash) VALUES ({marks})",
                (number + 1, entry.kind, entry.at, entry.release, entry.serial, entry.survey,
                 entry.recipient, entry.begins, entry.ends, entry.digest, entry.body, head, own),
            )  # fmt: skip
            base.execute("COMMIT")
        return own


def _sound(entry: Entry) -> bool:
    """Whether we write such rows: a release or total with its body, or that a release appeared.

    A release without a body would be passed over by every later audit.
    """
    kind = entry.kind in (PENDING, PUBLISHED, EXTERNAL) and isinstance(entry.body, bytes)
    return kind and bool(entry.body) == (entry.kind != PUBLISHED)


def _read(base: sqlite3.Connection) -> tuple[Row, ...]:
    found = base.execute(
        f"SELECT number, {_FIELDS}, body, previous, hash FROM entry ORDER BY number"
    ).fetchall()
    return tuple(Row(f[0], Entry(*f[1:11]), f[11], f[12]) for f in found)


def head(rows: tuple[Row, ...]) -> str:
    """The hash of the last row."""
    return rows[-1].hash if rows else GENESIS


def _failed(path: Path, error: sqlite3.Error) -> SdcError:
    busy = "locked" in str(error)
    if busy:
        return SdcError(
            Text("the ledger {name!r} is in use", name=path.name),
            code="ledger-busy",
        )
    return InputError(
        Text(
            "the ledger {name!r} cannot be used ({kind}: {error})",
            name=path.name,
            kind=type(error).__name__,
            error=error,
        ),
        code="ledger",
    )
