"""What may each column of a file be used for, and does a column hold what its role says?

Every column must have a role; nothing enters by default. Identifiers never leave the reader, linking
codes go or become keyed pseudonyms, quasi-identifiers are made coarser, locations (places and times)
only place a record. Free text is refused whatever it is called: now and then it holds a name.

Source: guideline for sufficient anonymisation (2017), 4.1.1, 4.1.2; rules 1-4 for anonymised
information (個人情報保護委員会規則).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import pandas as pd

from sdc.errors import Finding
from sdc.messages import Text


class Role(StrEnum):
    """What a column is."""

    IDENTIFIER = "identifier"
    """Names somebody by itself: dropped."""
    LINKING = "linking"
    """A code that links files: dropped, or replaced by a keyed pseudonym."""
    QUASI = "quasi"
    """Names somebody together with others: made coarser, and counted in k-anonymity."""
    LOCATION = "location"
    """Where and when: used to place a record, never kept as it is."""
    ATTRIBUTE = "attribute"
    """What a table counts by; may be made coarser."""
    AS_IS = "as_is"
    """Kept unchanged, with a reason; counted in k-anonymity."""


KEPT = (Role.QUASI, Role.ATTRIBUTE, Role.AS_IS)

LONGEST_VALUE = 40
"""A kept value longer than this is taken for free text."""

_SENTENCE = re.compile(r"[。．!?！？\n\r\t]|\S+ \S+ \S+ \S+ \S+")
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "mail": re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"),
    "mac": re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"),
    # eleven digits without hyphens are a mobile number only where they begin like one: area codes
    # of eleven digits never do
    "phone": re.compile(
        r"(?:\+81-?|0)[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}|0[5-9]0[0-9]{8}|0[0-9]{9}|\+81[0-9]{9,10}"
    ),
    "card": re.compile(r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}(?:[ -]?[0-9]{2,4})?"),
}
_NAMES: Mapping[str, Text] = {
    "mail": Text("a mail address"),
    "mac": Text("a MAC address"),
    "phone": Text("a phone number"),
    "card": Text("a card or personal number"),
    "text": Text("free text"),
}


def check_roles(columns: list[str], roles: Mapping[str, Role], *, file: str = "") -> list[Finding]:
    """A finding for every column without a role, and for every role without a column.

    >>> [f.code for f in check_roles(["name", "sex"], {"name": Role.IDENTIFIER, "age": Role.QUASI})]
    ['role-missing', 'role-unused']
    """
    found = [
        Finding(
            "role-missing",
            must=Text("every column must have a role"),
            remedy=Text("give the column a role in [deidentify.*.columns]; identifier drops it"),
            file=file, row=1, column=column,
        )
        for column in columns
        if column not in roles
    ]  # fmt: skip
    found += [
        Finding(
            "role-unused",
            must=Text("a column with a role must be in the file"),
            remedy=Text("correct the name"),
            file=file, row=1, column=column,
        )
        for column in roles
        if column not in columns
    ]  # fmt: skip
    return found


def check_kept(values: pd.Series, *, file: str = "", first_row: int = 2) -> list[Finding]:
    """At most one finding: the first value of a kept column that is free text or names somebody.

    The value itself is not repeated in the message. O(n + u) for u different texts.

    >>> [f.code for f in check_kept(pd.Series(["女性", "090-1234-5678"], name="sex"))]
    ['role-identifier']
    """
    number, texts = pd.factorize(values.astype(object).fillna(""), use_na_sentinel=False)
    kinds = {i: kind for i, t in enumerate(texts) if (kind := kind_of(str(t)))}
    for row, i in enumerate(number.tolist()):
        if i in kinds:
            return [_refused(kinds[i], str(values.name), file=file, row=first_row + row)]
    return []


def kind_of(text: str) -> str:
    """What a value looks like that must not be kept; empty for one that may be.

    >>> kind_of("19-88-76-55-18-99"), kind_of("訪問時に娘の花子さんが同席。"), kind_of("千葉県千葉市")
    ('mac', 'text', '')
    """
    slim = text.strip()
    for kind, pattern in _PATTERNS.items():
        if pattern.fullmatch(slim):
            return kind
    return "text" if len(slim) > LONGEST_VALUE or _SENTENCE.search(slim) else ""


def _refused(kind: str, column: str, *, file: str, row: int) -> Finding:
    free = kind == "text"
    return Finding(
        "role-text" if free else "role-identifier",
        must=Text("a column that is kept must not hold {what}", what=_NAMES[kind]),
        remedy=Text("drop it with role = identifier, or replace it by a list of classes (map)"),
        file=file, row=row, column=column,
    )  # fmt: skip
