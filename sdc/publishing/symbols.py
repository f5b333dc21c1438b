"""How is one published place printed, and which text is safe to open in a spreadsheet?

======== ========= ============================================================
state    printed   reading
======== ========= ============================================================
SHOWN    digits    a whole number in the unit of the table
ZERO     ``-``     a zero that is not hidden
HIDDEN   ``X``     hidden; the true value may be 0, so X is never read as 0
MERGED   ``X``     the area was added to another one
GROUPED  (empty)   the class is counted in a group of classes
======== ========= ============================================================
"""

from __future__ import annotations

import re
import unicodedata

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.plan import PublishedTable
from sdc.model.states import State

HIDDEN, NOTHING = "X", "-"
VALUE_PATTERN = r"^(X|-|[0-9]+)?$"
FIGURE_PATTERN = r"^(X|-|[0-9]+(\.[0-9]+)?)$"
ENCODINGS = ("utf-8-sig", "utf-8", "cp932")

_PRINTED = {State.ZERO: NOTHING, State.HIDDEN: HIDDEN, State.MERGED: HIDDEN, State.GROUPED: ""}
_FORMULA = tuple("=+-@＝＋－＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_NAME = re.compile(r"[\w-]{1,80}")


def one_line(text: str) -> str:
    """The text on one line, whatever blanks and breaks it holds.

    >>> one_line(" a\\n b")
    'a b'
    """
    return " ".join(text.split())


def symbol(value: int, state: int, factor: int = 1) -> str:
    """What stands in the place of one cell; ``factor`` turns steps into whole units.

    >>> [symbol(v, s) for v, s in ((12, 0), (0, 1), (0, 2), (0, 3), (0, 4))]
    ['12', '-', 'X', 'X', '']
    """
    if state == State.SHOWN:
        return str(int(value) * factor)
    return _PRINTED[State(state)]


def scale(table: PublishedTable) -> tuple[int, str]:
    """By which whole number steps are multiplied in print, and the unit that results.

    A step that is not whole (0.1 m²) stays one printed step, and the unit says so.
    """
    if float(table.step).is_integer() and table.step >= 1:
        return int(table.step), table.unit
    return 1, f"{table.step:g} {table.unit}".strip()


def printed(table: PublishedTable) -> list[str]:
    """All places of a table in C order; O(cells)."""
    factor, _ = scale(table)
    pairs = zip(table.value.ravel().tolist(), table.state.ravel().tolist(), strict=True)
    return [symbol(value, state, factor) for value, state in pairs]


def guard(text: str) -> str:
    """A name that no spreadsheet takes for a formula; control characters become blanks.

    Names that start with ``= + - @`` or their full-width forms get an apostrophe in front; a lone
    ``-`` and plain numbers stay as they are.

    >>> guard("=1+1"), guard("－SUM(A1)"), guard("-"), guard("-5"), guard("本町\\t一丁目")
    ("'=1+1", "'－SUM(A1)", '-', '-5', '本町 一丁目')
    """
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
    clean = clean.strip()
    if clean == NOTHING or _NUMBER.fullmatch(clean):
        return clean
    return f"'{clean}" if clean.startswith(_FORMULA) else clean


def safe_code(code: str, column: str) -> str:
    """The code itself; InputError where it would have to be altered to be safe to open."""
    if guard(code) != code:
        must = Text("a code must not look like a formula")
        remedy = Text("assign another code")
        raise InputError.of(
            [Finding("formula", must=must, remedy=remedy, column=column, value=code)]
        )
    return code


def safe_name(name: str) -> str:
    """The name itself, if it can be part of a file name everywhere; else InputError.

    >>> safe_name("use_x_structure")
    'use_x_structure'
    """
    if not _NAME.fullmatch(name) or unicodedata.normalize("NFC", name) != name:
        raise InputError(
            Text("not usable in a file name: {name!r} (letters, digits, - and _ only)", name=name),
            code="file-name",
        )
    return name


def encode(text: str, encoding: str, what: str) -> bytes:
    """Bytes in the encoding asked for, with nothing lost on the way; else InputError.

    >>> encode("髙", "utf-8-sig", "a.csv")[:3]
    b'\\xef\\xbb\\xbf'
    """
    if encoding not in ENCODINGS:
        names = ", ".join(ENCODINGS)
        raise InputError(Text("encoding must be one of {names}", names=names))
    lost = sorted({c for c in set(text) if not _survives(c, encoding)})
    if lost:
        names = "".join(lost[:10])
        raise InputError(
            Text(
                "{what}: not representable in {encoding}: {names!r}; use utf-8-sig, or write m² as ㎡",
                what=what,
                encoding=encoding,
                names=names,
            )
            if "²" in names
            else Text(
                "{what}: not representable in {encoding}: {names!r}; use utf-8-sig",
                what=what,
                encoding=encoding,
                names=names,
            ),
            code="encoding",
        )
    return text.encode(encoding)


def _survives(character: str, encoding: str) -> bool:
    try:
        return character.encode(encoding).decode(encoding) == character
    except UnicodeError:
        return False
