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
from sdc.messages import LANGUAGES, Text, spoken
from sdc.readers import texts, texts_data

TEXTS: dict[str, texts.Law] = {
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
        must, remedy = (part.with_(column=column, **fill) for part in TEXTS[code])
        if alike:
            must = Text("(all {alike} rows) {must}", alike=alike, must=must)
        finding = Finding(code, must=must, remedy=remedy)
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
            words = (text.to(language) for text in (f.must, f.remedy) for language in LANGUAGES)
            cells = (f.file, row, f.column, f.value, *words)
            out.writerow([guard(cell) for cell in cells])


def show(findings: Sequence[Finding], limit: int = 20) -> str:
    """Findings for a terminal, the first ``limit``, each with its code.

    >>> p = Problems("a.csv")
    >>> p.add("code-blank", row=2, column="area")
    >>> print(show(p.found).splitlines()[-1])
      a.csv row 2 column 'area' — a code must not be blank — fill in the code [code-blank]
    """
    lines: list[str] = []
    for f in findings[:limit]:
        told = [f.to(language) for language in spoken()]
        lines += [("  " if i else "") + line for i, line in enumerate(told)]
        lines[-1] += f" [{f.code}]"
    rest = len(findings) - limit
    return "\n".join([*lines, *([str(Text("{rest} more", rest=rest))] if rest > 0 else [])])
