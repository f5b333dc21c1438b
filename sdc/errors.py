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

Messages carry both languages; a message never holds a hidden number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with an input, and where.

    ``row`` counts as a spreadsheet does: the first line of the file is row 1. ``must`` says what has
    to hold, ``remedy`` what to do; both come as (Japanese, English).

    >>> f = Finding("value", must=("整数であること", "must be a whole number"),
    ...             remedy=("修正してください", "correct it"), file="a.csv", row=3, column="n", value="x")
    >>> f.place
    'a.csv, 3, n'
    """

    code: str
    must: tuple[str, str]
    remedy: tuple[str, str]
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    @property
    def place(self) -> str:
        """File, row and column as far as they are known."""
        row = "" if self.row is None else str(self.row)
        return ", ".join(part for part in (self.file, row, self.column) if part)

    def text(self, language: int) -> str:
        """One line in Japanese (0) or English (1)."""
        row = ("行", "row ")
        where = [self.file] if self.file else []
        if self.row is not None:
            where.append(f"{self.row}{row[0]}目" if language == 0 else f"{row[1]}{self.row}")
        if self.column:
            where.append(f"列「{self.column}」" if language == 0 else f"column {self.column!r}")
        found = ("値: ", "found: ")[language] + repr(self.value) if self.value else ""
        parts = [" ".join(where), self.must[language], found, self.remedy[language]]
        return " — ".join(part for part in parts if part)


class SdcError(Exception):
    """Root of all foreseen failures; carries a Japanese and an English sentence."""

    exit_status = 1

    def __init__(self, ja: str, en: str, *, code: str = "error") -> None:
        super().__init__(f"{ja} / {en}")
        self.ja, self.en, self.code = ja, en, code


class InputError(SdcError):
    """An input is not usable; ``findings`` lists every place where it is not."""

    exit_status = 2

    def __init__(
        self, ja: str, en: str, *, code: str = "input", findings: Iterable[Finding] = ()
    ) -> None:
        super().__init__(ja, en, code=code)
        self.findings: tuple[Finding, ...] = tuple(findings)

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> InputError:
        """One error for all findings of a check.

        >>> bad = Finding("x", must=("あ", "a"), remedy=("い", "b"), file="f.csv")
        >>> InputError.of([bad]).en
        '1 problem in the input: f.csv — a — b'
        """
        first = findings[0]
        plural = "" if len(findings) == 1 else "s"
        return cls(
            f"入力に{len(findings)}件の問題があります: {first.text(0)}",
            f"{len(findings)} problem{plural} in the input: {first.text(1)}",
            code=first.code,
            findings=findings,
        )


class RulesError(InputError):
    """The rules contradict themselves, or something required is missing."""


class NotProven(SdcError):
    """Safety could not be proven at the level asked for; nothing may be published."""

    exit_status = 3


class Infeasible(NotProven):
    """No pattern of hidden cells protects the cells named in ``cells``."""

    def __init__(self, ja: str, en: str, *, cells: Sequence[str] = ()) -> None:
        super().__init__(ja, en, code="infeasible")
        self.cells: tuple[str, ...] = tuple(cells)


class DisclosureFound(SdcError):
    """The audit found that a hidden value follows from what would be published."""

    exit_status = 4


class PackageError(SdcError):
    """A package is altered, incomplete, or not signed by whom it should be."""

    exit_status = 3


class SolverError(SdcError):
    """A solver ended in a way on which nothing may be built."""

    exit_status = 1
