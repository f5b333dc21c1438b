"""What is wrong with an input, all of it, and how is that shown and written down?"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from sdc.errors import Finding, InputError
from sdc.readers import texts, texts_data

TEXTS: dict[str, texts.Text] = {
    **texts.FILES,
    **texts.CODES,
    **texts_data.PLACES,
    **texts_data.VALUES,
    **texts_data.FORMATS,
}
"""Every finding code of the readers and its words."""

COLUMNS = ("file", "row", "column", "value", "problem_ja", "problem_en", "remedy_ja", "remedy_en")
"""The columns of ``errors.csv``."""

LONGEST = 120
"""Characters of a value that a finding repeats; the rest is cut with an ellipsis."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass
class Problems:
    """Collects the findings of one file; nothing is raised before the whole file is seen.

    >>> p = Problems("a.csv")
    >>> p.add("value-negative", row=3, column="value", value="-1")
    >>> [(f.row, f.value) for f in p.found]
    [(3, '-1')]
    """

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        *,
        row: int | None = None,
        column: str = "",
        value: str = "",
        alike: int = 0,
        **fill: Any,
    ) -> None:
        """Note one problem; ``fill`` completes the words of its text. KeyError: unknown code.

        ``alike`` says that the problem stands for that many rows, all of the file.
        """
        text = TEXTS[code]
        ja_must, en_must, ja_remedy, en_remedy = (
            part.format(**{"column": column, **fill}) for part in text
        )
        if alike:
            ja_must, en_must = f"（全{alike}行）{ja_must}", f"(all {alike} rows) {en_must}"
        finding = Finding(code, must=(ja_must, en_must), remedy=(ja_remedy, en_remedy))
        where: dict[str, Any] = {
            "file": self.file,
            "row": row,
            "column": column,
            "value": shorten(value),
        }
        self.found.append(replace(finding, **where))

    def fail(self, code: str, **where: Any) -> NoReturn:
        """Note one last problem and raise all of them; arguments as in ``add``."""
        self.add(code, **where)
        self.stop()
        raise AssertionError(code)

    def stop(self) -> None:
        """Raise InputError with all findings in row order, if there are any."""
        if self.found:
            raise InputError.of(sorted(self.found, key=lambda f: (f.file, f.row or 0)))


def shorten(value: str) -> str:
    """A value as a message repeats it: at most ``LONGEST`` characters."""
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"


def guard(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula; plain numbers and ``-`` stay.

    Texts that begin with = + - @ TAB CR LF, or their full-width forms, get an apostrophe in front.

    >>> guard("=1+1"), guard("-"), guard("-3.5"), guard("＝A1")
    ("'=1+1", '-', '-3.5', "'＝A1")
    """
    if text == "-" or _NUMBER.fullmatch(text):
        return text
    start = unicodedata.normalize("NFKC", text.lstrip(" \u3000"))[:1]
    risky = text.startswith(_FORMULA) or start in _FORMULA
    return f"'{text}" if text and start and risky else text


def write_errors(findings: Sequence[Finding], path: str | Path) -> None:
    """Write all findings as CSV (UTF-8 with BOM, CRLF), safe to open in a spreadsheet."""
    with Path(path).open("w", encoding="utf-8-sig", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(COLUMNS)
        for f in findings:
            row = "" if f.row is None else str(f.row)
            cells = (f.file, row, f.column, f.value, *f.must, *f.remedy)
            out.writerow([guard(cell) for cell in cells])


def show(findings: Sequence[Finding], limit: int = 20, *, language: int | None = None) -> str:
    """Findings for a terminal: the first ``limit``, in Japanese (0), English (1) or both (None).

    >>> p = Problems("a.csv")
    >>> p.add("code-blank", row=2, column="area")
    >>> print(show(p.found, language=1))
    a.csv row 2 column 'area' — a code must not be blank — fill in the code
    """
    wanted = (0, 1) if language is None else (language,)
    lines: list[str] = []
    for f in findings[:limit]:
        lines += [("  " if i else "") + f.text(which) for i, which in enumerate(wanted)]
    rest = len(findings) - limit
    if rest > 0:
        more = (f"ほか {rest} 件", f"{rest} more")
        lines.append(" / ".join(more[which] for which in wanted))
    return "\n".join(lines)
