"""The working log: appended to, never altered, and every alteration is found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError, PackageError
from sdc.worklog.agreement import agreement
from sdc.worklog.chain import START, Entry, append, digest_of_line, read_log

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PEOPLE = {"maker": ("m",), "checker": ("c", "m"), "approver": ("a", "c")}


def add(path: Path, kind: str = "step", **detail: object) -> Entry:
    return append(path, kind, detail, who="toshi", host="pc1", at=AT)


def test_entries_come_back_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert read_log(path) == ()
    first = add(path, command="release")
    second = add(path, "provision", to="協会")
    assert read_log(path) == (first, second)
    assert (second.number, second.who, second.host, second.at) == (
        2, "toshi", "pc1", "2026-11-22T09:30:00+00:00",
    )  # fmt: skip
    assert path.stat().st_mode & 0o777 == 0o600
    # the head of the first line by hand: SHA-256 of 64 zeros, a line end and the line
    body = path.read_text("utf-8").split("\t")[0]
    assert first.head == digest_of_line(START, body)


def test_words_of_people_may_hold_other_line_ends(tmp_path: Path) -> None:
    """U+2028, U+0085 and others end a line for some readers, and come with pasted text."""
    path = tmp_path / "log"
    add(path, to="協会\u2028部\x85課\x0b\x0c\x1c")
    last = add(path, to="大学")
    assert [e.number for e in read_log(path)] == [1, 2]
    assert read_log(path)[-1] == last


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_changed_byte_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    for i in range(3):
        add(path, command=str(i))
    raw = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 2))  # the last line end says nothing
    raw[at] = data.draw(st.sampled_from([b for b in (48, 97, 34) if b != raw[at]]))
    path.write_bytes(bytes(raw))
    with pytest.raises(PackageError):
        read_log(path)


@pytest.mark.parametrize("order", [[1, 2], [0, 2], [0, 2, 1], [0, 0, 1, 2]])
def test_lines_that_are_missing_moved_or_doubled_are_found(
    tmp_path: Path, order: list[int]
) -> None:
    path = tmp_path / "log"
    for i in range(3):
        add(path, command=str(i))
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[i] for i in order), encoding="utf-8")
    with pytest.raises(PackageError):
        read_log(path)
    with pytest.raises(PackageError):
        add(path)


def test_a_rewritten_chain_has_another_head(tmp_path: Path) -> None:
    path = tmp_path / "log"
    head = add(path, command="a").head
    body = json.loads(path.read_text("utf-8").split("\t")[0])
    body["who"] = "somebody else"
    line = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_text(f"{line}\t{digest_of_line(START, line)}\n", encoding="utf-8")
    assert read_log(path)[-1].head != head  # what the internal folder of a release shows


def test_a_log_that_others_can_read_or_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    add(path)
    path.chmod(0o644)
    with pytest.raises(InputError):
        read_log(path)
    path.chmod(0o600)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(InputError):
        read_log(tmp_path / "link")
    with pytest.raises(InputError):
        add(tmp_path / "link")
    with pytest.raises(InputError):
        add(path, "gossip")


@pytest.mark.parametrize(
    ("given_by", "missing"),
    [
        ([], ("maker", "checker", "approver")),
        ([("maker", "m"), ("checker", "c"), ("approver", "a")], ()),
        ([("maker", "m"), ("checker", "m"), ("approver", "a")], ("checker",)),  # one person twice
        ([("maker", "m"), ("checker", "c"), ("approver", "c")], ("approver",)),
        ([("maker", "c"), ("checker", "c")], ("maker", "approver")),  # c is no maker
        ([("approver", "a"), ("approver", "c")], ("maker", "checker")),
    ],
)
def test_three_persons(
    tmp_path: Path, given_by: list[tuple[str, str]], missing: tuple[str, ...]
) -> None:
    path = tmp_path / "log"
    for role, who in given_by:
        add(path, "approval", digest="d", role=role, principal=who)
    add(path, "approval", digest="other", role="approver", principal="a")
    found = agreement(read_log(path), "d", PEOPLE)
    assert found.missing == missing
    assert found.complete == (not missing)
