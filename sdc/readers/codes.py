"""Is a code written as in its list, and if not, what happened to it?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.system import BoolArray
from sdc.readers.numbers import factorize
from sdc.readers.problems import Problems

_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+", re.ASCII)
_DECIMAL = re.compile(r"(\d+)\.0*", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_CODE_NAME = re.compile(r"code$|^code|コード|key_?code", re.IGNORECASE)
_KEY_CODE = re.compile(r"key_?code", re.IGNORECASE)
_CITY_CODE = re.compile(r"(市|区|町|村|団体|自治体).*コード|^(city|muni\w*)_?code$", re.IGNORECASE)

KEY_CODE_LENGTHS = (5, 9, 11)
"""City, town, chome: a KEY_CODE one digit shorter has lost its leading zero."""

CITY_CODE_LENGTHS = (5, 6)
"""Municipality without and with its check digit."""


def folded(code: str) -> str:
    """A code without differences of width, composition and surrounding blanks.

    >>> folded("４１１ ")
    '411'
    """
    return unicodedata.normalize("NFKC", code).strip()


class Known:
    """The codes of a list by their folded form, made once however many codes are wrong.

    >>> Known(["01101"]).diagnose("1101"), Known(["1"]).diagnose("１")
    (('code-truncated', '01101'), ('code-form', '1'))
    """

    def __init__(self, codes: Iterable[str]) -> None:
        self.exact = set(codes)
        self.by_form = {folded(code): code for code in sorted(self.exact)}

    def diagnose(self, code: str) -> tuple[str, str]:
        """Finding code and, where there is one, the right spelling of a code not in the list."""
        shape = malformed(code)
        if shape in ("code-blank", "code-scientific", "code-space"):
            return shape, ""
        form = folded(code)
        if form in self.by_form:
            return "code-form", self.by_form[form]
        if shape:
            return shape, ""
        longer = [f"{'0' * n}{form}" for n in (1, 2)]
        guess = next((self.by_form[c] for c in longer if c in self.by_form), "")
        return ("code-truncated", guess) if guess else ("code-unknown", "")


def malformed(code: str) -> str:
    """The finding code of a text that cannot be a code in any list; empty for a sound one."""
    if not code.strip():
        return "code-blank"
    if code != code.strip():
        return "code-space"
    if _SCIENTIFIC.fullmatch(code):
        return "code-scientific"
    return "code-decimal" if _DECIMAL.fullmatch(code) else ""


def place_codes(
    column: pd.Series[str],
    dim: Hierarchy,
    problems: Problems,
    *,
    first_row: int | None,
    silent: BoolArray | None = None,
) -> IntArray:
    """Position of every cell in a hierarchy, -1 and a finding where it is not listed; O(n).

    ``first_row`` None: the codes are column names and stand in row 1. ``silent`` (n,) marks rows
    whose code need not be listed.
    """
    places, texts = factorize(column)
    positions = np.array([dim.position(t) if t in dim else -1 for t in texts], dtype=np.int64)
    at = positions[places]
    if (at < 0).any():
        known = Known(dim.codes)
        told = {k: known.diagnose(texts[k]) for k in np.flatnonzero(positions < 0).tolist()}
        for i in np.flatnonzero((at < 0) & (True if silent is None else ~silent)):
            text = texts[places[i]]
            code, guess = told[int(places[i])]
            row = 1 if first_row is None else first_row + int(i)
            head = text if first_row is None else str(column.name)
            problems.add(code, row=row, column=head, value=text, guess=guess, name=dim.name)
    return np.asarray(at, dtype=np.int64)


def looks_like_code(name: str) -> bool:
    """Whether a column's name says that it holds codes.

    >>> looks_like_code("KEY_CODE"), looks_like_code("市区町村コード"), looks_like_code("height")
    (True, True, False)
    """
    return bool(_CODE_NAME.search(name))


def check_codes(column: pd.Series[str], problems: Problems, *, first_row: int) -> None:
    """Note codes that a spreadsheet has damaged, where no list says which codes exist; O(n).

    Scientific notation and decimal points always; a lost leading zero where the length gives it
    away: KEY_CODE has 5, 9 or 11 digits, a municipality 5 or 6, and elsewhere a digit less than
    codes of the same column that begin with 0. Blank cells are sound here.
    """
    places, texts = factorize(column)
    lengths = {len(t) for t in texts if _DIGITS.fullmatch(t) and t.startswith("0")}
    told = {k: _damage(t, str(column.name), lengths) for k, t in enumerate(texts) if t.strip()}
    bad = np.zeros(len(texts), dtype=bool)
    bad[[k for k, (code, _) in told.items() if code]] = True
    for i in np.flatnonzero(bad[places]):
        k, row = int(places[i]), first_row + int(i)
        code, guess = told[k]
        problems.add(code, row=row, column=str(column.name), value=texts[k], guess=guess)


def _damage(code: str, name: str, zero_lengths: set[int]) -> tuple[str, str]:
    """Finding code and guess for one code of a column with a name; empty texts for a sound one."""
    if _SCIENTIFIC.fullmatch(code):
        return "code-scientific", ""
    if _DECIMAL.fullmatch(code):
        return "code-decimal", ""
    if not _DIGITS.fullmatch(code):
        return "", ""
    n = len(code)
    if _KEY_CODE.search(name):
        lost = n not in KEY_CODE_LENGTHS and n + 1 in KEY_CODE_LENGTHS
    elif _CITY_CODE.search(name):
        lost = n not in CITY_CODE_LENGTHS and n + 1 in CITY_CODE_LENGTHS
    else:
        lost = not code.startswith("0") and n + 1 in zero_lengths
    return ("code-truncated", f"0{code}") if lost else ("", "")
