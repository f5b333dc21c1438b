"""Are the codes of an e-Stat table sound, and do its merges agree in both directions?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from sdc.readers.codes import malformed
from sdc.readers.problems import Problems

FIRST_ROW = 3
"""Spreadsheet row of the first data: two header rows stand above."""

DIGITS = {"1": 5, "2": 9, "3": 9, "4": 11}
"""HYOSYO and how many digits its KEY_CODE has."""

TREATMENTS = ("0", "1", "2", "")
"""HTKSYORI: none, absorbed others, stands in another area; blank is read as none."""

ABOVE = {"2": (5, ("1",)), "3": (5, ("1",)), "4": (9, ("3",))}
"""HYOSYO, how many digits its parent has and of which HYOSYO that is."""


def check_keys(frame: pd.DataFrame, problems: Problems, *, areas: bool) -> None:
    """Codes of the right length, once each, the area above listed, known HTKSYORI and HYOSYO."""
    codes = frame["KEY_CODE"].tolist()
    levels = frame["HYOSYO"].tolist() if areas else [""] * len(codes)
    treatments = frame["HTKSYORI"].tolist()
    rows: dict[str, int] = {}
    level_of = dict(zip(codes, levels, strict=True))
    for row, (code, level, treatment) in enumerate(
        zip(codes, levels, treatments, strict=True), start=FIRST_ROW
    ):
        if treatment not in TREATMENTS:
            words: dict[str, Any] = {
                "row": row,
                "column": "HTKSYORI",
                "value": treatment,
                "known": "0, 1, 2",
            }
            problems.add("census-code", **words)
        if areas and level not in DIGITS:
            words = {"row": row, "column": "HYOSYO", "value": level, "known": "1, 2, 3, 4"}
            problems.add("census-code", **words)
        wrong = malformed(code)
        if wrong or code in rows:
            words = {"row": row, "column": "KEY_CODE", "value": code, "first": rows.get(code)}
            problems.add(wrong or "code-duplicate", **words)
        elif level in DIGITS:
            _check_area(code, level, row, level_of=level_of, problems=problems)
        rows.setdefault(code, row)


def _check_area(
    code: str, level: str, row: int, *, level_of: dict[str, str], problems: Problems
) -> None:
    """A small-area code has the digits of its level and hangs below a listed area."""
    if len(code) != DIGITS[level] or not code.isdigit():
        n = DIGITS[level]
        problems.add("census-length", row=row, column="KEY_CODE", value=code, n=n, level=level)
    elif level in ABOVE:
        digits, allowed = ABOVE[level]
        parent = code[:digits]
        if level_of.get(parent) not in allowed:
            problems.add("census-parent", row=row, column="KEY_CODE", value=code, parent=parent)


def read_links(
    frame: pd.DataFrame, problems: Problems, *, areas: bool
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Destination of every merged area and members of every absorbing one, with complete codes.

    Notes every link that only one side names, also to an area outside the file.
    """
    rows = {code: i for i, code in enumerate(frame["KEY_CODE"], start=FIRST_ROW)}
    destination: dict[str, str] = {}
    members: dict[str, tuple[str, ...]] = {}
    for code, treatment, to, held in zip(
        frame["KEY_CODE"], frame["HTKSYORI"], frame["HTKSAKI"], frame["GASSAN"], strict=True
    ):
        city = code[:5] if areas else ""
        if to:
            destination[code] = city + to
        if held:
            members[code] = tuple(sorted(city + part for part in held.split(";")))
        for column, text, needed in (("HTKSAKI", to, "2"), ("GASSAN", held, "1")):
            # A destination without HTKSYORI 2 (or members without 1) contradicts itself; a hidden
            # area without a destination is possible, an absorbing one without members is not.
            lone = needed == "1" and treatment == "1" and not text
            if (text and treatment != needed) or lone:
                problems.add("census-link", row=rows[code], column=column, value=text or code)
    back = {a: b for b, group in members.items() for a in group}
    for code, to in destination.items():
        if back.get(code) != to:
            problems.add("census-link", row=rows[code], column="HTKSAKI", value=to)
    for code, group in members.items():
        for part in group:
            if destination.get(part) != code:
                problems.add("census-link", row=rows[code], column="GASSAN", value=part)
    return destination, members
