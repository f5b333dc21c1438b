"""The list of what was published: nothing changes unseen, writers take turns, a crash counts."""

from __future__ import annotations

import io
import multiprocessing
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sdc.errors import InputError, PackageError, SdcError
from sdc.ledger.payload import unpack
from sdc.ledger.store import GENESIS, PENDING, PUBLISHED, Entry, Ledger, head, link

ENTRY = Entry(PENDING, "2026-04-01T00:00:00+00:00", "r", 1, "082996", "public", "2025-10-01",
              "2025-10-01", "d" * 64, b"body")  # fmt: skip


def filled(path: Path, size: int = 3) -> Ledger:
    book = Ledger(path, create=True)
    for i in range(size):
        book.append(replace(ENTRY, serial=i + 1), after=head(book.rows()))
    return book


def test_what_is_added_is_read_again_in_order(tmp_path: Path) -> None:
    book = filled(tmp_path / "l.sqlite")
    rows = Ledger(tmp_path / "l.sqlite").rows()
    assert [r.entry.serial for r in rows] == [1, 2, 3]
    assert rows[0].previous == GENESIS
    assert rows[2].previous == rows[1].hash == link(rows[0].hash, 2, rows[1].entry)
    assert head(book.rows()) == rows[2].hash
    assert (tmp_path / "l.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="no such rights")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_ledger_that_others_can_open_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    filled(path)
    path.chmod(mode)
    for create in (False, True):
        with pytest.raises(InputError, match="chmod 600") as caught:
            Ledger(path, create=create)
        assert caught.value.code == "ledger-open"
        assert "台帳" in str(caught.value)
    path.chmod(0o600)
    assert len(Ledger(path).rows()) == 3


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="plain file"):
        Ledger(tmp_path)


def test_rows_cannot_be_changed_through_the_file_s_own_rules(tmp_path: Path) -> None:
    filled(tmp_path / "l.sqlite")
    with sqlite3.connect(tmp_path / "l.sqlite") as base:
        for words in ("UPDATE entry SET serial = 9", "DELETE FROM entry WHERE number = 3"):
            with pytest.raises(sqlite3.IntegrityError):
                base.execute(words)
    base.close()


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE entry SET serial = 9 WHERE number = 2",
        "UPDATE entry SET body = x'00' WHERE number = 1",
        "UPDATE entry SET recipient = 'other' WHERE number = 3",
        "DELETE FROM entry WHERE number = 2",
        "UPDATE entry SET number = 7 WHERE number = 3",
    ],
)
def test_somebody_who_removes_the_rules_breaks_the_chain(words: str, tmp_path: Path) -> None:
    book = filled(tmp_path / "l.sqlite")
    base = sqlite3.connect(tmp_path / "l.sqlite")
    base.executescript(f"DROP TRIGGER no_update; DROP TRIGGER no_delete; {words};")
    base.close()
    with pytest.raises(PackageError):
        book.rows()


def test_a_writer_who_saw_an_older_state_is_refused(tmp_path: Path) -> None:
    book = filled(tmp_path / "l.sqlite", 1)
    seen = head(book.rows())
    book.append(replace(ENTRY, serial=2), after=seen)
    with pytest.raises(SdcError, match="run again"):
        book.append(replace(ENTRY, serial=3), after=seen)
    assert len(book.rows()) == 2


def _race(path: str, seen: str, serial: int, results: object) -> None:
    try:
        Ledger(Path(path)).append(replace(ENTRY, serial=serial), after=seen)
        results.put("won")  # type: ignore[attr-defined]
    except SdcError as error:
        results.put(error.code)  # type: ignore[attr-defined]


def test_of_several_processes_one_wins_and_none_corrupts(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    seen = head(filled(path, 1).rows())
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    racers = [
        context.Process(target=_race, args=(str(path), seen, i, results)) for i in range(2, 8)
    ]
    for racer in racers:
        racer.start()
    told = [results.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    assert sorted(told) == ["ledger-moved"] * 5 + ["won"]
    assert len(Ledger(path).rows()) == 2


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Ledger(tmp_path / "none.sqlite")
    other = tmp_path / "other.sqlite"
    other.write_text("not a database, but long enough to look at " * 10, encoding="utf-8")
    with pytest.raises(InputError):
        Ledger(other).rows()
    empty = tmp_path / "empty.sqlite"
    sqlite3.connect(empty).close()
    empty.touch()
    with pytest.raises(InputError):
        Ledger(empty)


@pytest.mark.parametrize(
    "change",
    [{"body": b""}, {"kind": "revoked"}, {"kind": "revoked", "body": b""}, {"kind": PUBLISHED}],
    ids=["a release without a body", "another kind", "nothing", "published with a body"],
)
def test_a_row_that_nobody_writes_is_refused_though_its_hash_is_right(
    change: dict[str, object], tmp_path: Path
) -> None:
    """Every later audit would pass over a release without a body as if it had never been."""
    book = filled(tmp_path / "l.sqlite", 1)
    book.append(replace(ENTRY, serial=2, **change), after=head(book.rows()))
    with pytest.raises(PackageError, match="row 2"):
        book.rows()


@pytest.mark.parametrize(
    "head_text",
    ["[" * 100_000, "[]", '{"version": Infinity}', '{"version": 1, "dims": {"a": [["x"], [5]]}}',
     '{"version": 1, "dims": {"a": [["x", "x"], [-1, -1]]}, "units": {}, "tables": []}'],
    ids=["nested", "list", "infinite", "no such parent", "twice"],
)  # fmt: skip
def test_a_body_that_is_made_up_is_refused(head_text: str) -> None:
    out = io.BytesIO()
    np.savez_compressed(out, head=np.frombuffer(head_text.encode(), dtype=np.uint8))
    for body in (out.getvalue(), out.getvalue()[:40], b"body"):
        with pytest.raises(PackageError):
            unpack(body)


def test_published_repeats_no_body(tmp_path: Path) -> None:
    book = filled(tmp_path / "l.sqlite", 1)
    book.append(replace(ENTRY, kind=PUBLISHED, body=b""), after=head(book.rows()))
    assert [r.entry.body for r in book.rows()] == [b"body", b""]
