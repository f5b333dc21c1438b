"""What can go wrong, and which exit status says so?

Every failure the tool foresees is one of these; anything else is a defect.

    SdcError                       exit status
    ├── InputError        2        a file, a code, a value or a configuration is not usable
    │   └── RulesError    2        the rules contradict themselves or lack what is required
    ├── NotProven         3        safety could not be proven: nothing is published
    │   └── Infeasible    3        some cells cannot be protected at the level asked for
    ├── DisclosureFound   4        the audit found a hidden value that follows
    ├── PackageError      3        a package does not verify
    └── SolverError       1        a solver answered with a status nobody may rely on

Messages are told in the language of whoever reads them; a message never holds a hidden number.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sdc.messages import Text


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with an input, and where.

    ``row`` counts as a spreadsheet does: the first line of the file is row 1. ``must`` says what has
    to hold, ``remedy`` what to do.

    >>> f = Finding("value", must=Text("must be a whole number"), remedy=Text("correct the value"),
    ...             file="a.csv", row=3, column="n", value="x")
    >>> f.place
    'a.csv, 3, n'
    >>> f.to("en")
    "a.csv row 3 column 'n' — must be a whole number — found: 'x' — correct the value"
    """

    code: str
    must: Text
    remedy: Text
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    @property
    def place(self) -> str:
        """File, row and column as far as they are known."""
        row = "" if self.row is None else str(self.row)
        return ", ".join(part for part in (self.file, row, self.column) if part)

    def to(self, language: str) -> str:
        """One line in Japanese (``ja``) or English (``en``)."""
        where = [self.file] if self.file else []
        if self.row is not None:
            where.append(Text("row {row}", row=self.row).to(language))
        if self.column:
            where.append(Text("column {column!r}", column=self.column).to(language))
        found = Text("found: {value!r}", value=self.value).to(language) if self.value else ""
        parts = [" ".join(where), self.must.to(language), found, self.remedy.to(language)]
        return " — ".join(part for part in parts if part)


class SdcError(Exception):
    """Root of all foreseen failures; ``text`` says it to a person, ``code`` leads to its page.

    >>> NotProven(Text("why")).code, NotProven(Text("why"), code="decision").code
    ('not-proven', 'decision')
    """

    exit_status = 1
    kind = "failure"
    """The code of a message that has none of its own."""

    def __init__(self, text: Text, *, code: str = "") -> None:
        super().__init__(text)
        self.text, self.code = text, code or self.kind

    @property
    def ja(self) -> str:
        """The sentence in Japanese."""
        return self.text.to("ja")

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.text.to("en")


class InputError(SdcError):
    """An input is not usable; ``findings`` lists every place where it is not."""

    exit_status = 2
    kind = "input"

    def __init__(self, text: Text, *, code: str = "", findings: Iterable[Finding] = ()) -> None:
        super().__init__(text, code=code)
        self.findings: tuple[Finding, ...] = tuple(findings)

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> InputError:
        """One error for all findings of a check.

        >>> bad = Finding("x", must=Text("a"), remedy=Text("b"), file="f.csv")
        >>> InputError.of([bad]).en
        'problems in the input (1): f.csv — a — b'
        """
        first = findings[0]
        told = Text("problems in the input ({count}): {first}", count=len(findings), first=first)
        return cls(told, code=first.code, findings=findings)


class RulesError(InputError):
    """The rules contradict themselves, or something required is missing."""

    kind = "rules"


class NotProven(SdcError):
    """Safety could not be proven at the level asked for; nothing may be published."""

    exit_status = 3
    kind = "not-proven"


class Infeasible(NotProven):
    """No pattern of hidden cells protects the cells named in ``cells``."""

    kind = "infeasible"

    def __init__(self, text: Text, *, cells: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.cells: tuple[str, ...] = tuple(cells)


class DisclosureFound(SdcError):
    """The audit found that a hidden value follows from what would be published."""

    exit_status = 4
    kind = "disclosure"


class PackageError(SdcError):
    """A package is altered, incomplete, or not signed by whom it should be."""

    exit_status = 3
    kind = "package"


class SolverError(SdcError):
    """A solver ended in a way on which nothing may be built."""

    exit_status = 1
    kind = "solver"


AT_FAULT = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)
"""What a system refuses because of the path that it was given; all else is a failure of the disk."""


def disk_error(error: OSError, what: object = Text("the output")) -> SdcError:
    """What the disk refused, without the path of this machine unless ``what`` names it.

    >>> disk_error(PermissionError(13, "no"), "out").exit_status, disk_error(OSError()).exit_status
    (2, 1)
    """
    kind = InputError if isinstance(error, AT_FAULT) else SdcError
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return kind(
        Text(
            "cannot use {what} ({reason}); check the path, the free space and the permissions",
            what=what,
            reason=reason,
        ),
        code="disk",
    )
