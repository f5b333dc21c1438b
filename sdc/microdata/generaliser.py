"""How does a column of values become a column of coarser codes, all misfits told with their rows?

A ``Generaliser`` turns the text of a record into a code and knows the code's label; ``generalise``
applies it to every different text once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from sdc.errors import Finding
from sdc.microdata.classify import Classes
from sdc.microdata.values import finding, trim
from sdc.model.hierarchy import IntArray

Convert = Callable[..., str]
Label = Callable[[str], tuple[str, str]]


class Unfit(ValueError):
    """A value that the method cannot place; the argument is the code of its wording."""


@dataclass(frozen=True)
class Generaliser:
    """What turns values into codes: ``convert`` takes one trimmed text a source column.

    ``classes`` lists all codes where there are finitely many; then a table may print those that
    nobody falls into. ``label`` gives Japanese and English words for a code.
    """

    convert: Convert
    label: Label
    classes: Classes | None = None


class Generalised(NamedTuple):
    """Codes (n,) of a column, blank exactly where a finding says why."""

    codes: pd.Series
    found: list[Finding]


def generalise(
    columns: Sequence[pd.Series], by: Generaliser, *, file: str = "", first_row: int = 2
) -> Generalised:
    """Apply a generaliser to one column, or to several that it needs together; O(n + u).

    >>> upper = Generaliser(str.upper, itself)
    >>> generalise([pd.Series([" a", "b"])], upper).codes.tolist()
    ['A', 'B']
    """
    number, rows = _different(columns)
    results: list[str] = []
    faults: dict[int, str] = {}
    for i, row in enumerate(rows):
        try:
            results.append(by.convert(*map(trim, row)))
        except Unfit as unfit:
            results.append("")
            faults[i] = str(unfit)
    bad = np.zeros(len(rows), dtype=bool)
    bad[list(faults)] = True
    name = str(columns[0].name)
    found = [
        finding(
            faults[int(number[i])], file=file, row=first_row + int(i), column=name,
            value=rows[int(number[i])][0],
        )
        for i in np.flatnonzero(bad[number])
    ]  # fmt: skip
    codes = np.array(results, dtype=object)[number]
    return Generalised(pd.Series(codes, index=columns[0].index, dtype=object), found)


def _different(columns: Sequence[pd.Series]) -> tuple[IntArray, list[tuple[str, ...]]]:
    """Position of every record among the different combinations of texts."""
    parts = [pd.factorize(c.astype(object).fillna(""), use_na_sentinel=False) for c in columns]
    flat = np.zeros(len(columns[0]), dtype=np.int64)
    for number, texts in parts:
        flat = flat * max(len(texts), 1) + number
    unique, first, number = np.unique(flat, return_index=True, return_inverse=True)
    rows = [tuple(str(t[n[i]]) for n, t in parts) for i in first]
    assert len(unique) == len(rows)
    return number.astype(np.int64), rows


def labels_of(classes: Classes) -> Label:
    """The words of a finite list of classes; a code outside it stands for itself."""
    words = dict(
        zip(classes.codes, zip(classes.labels_ja, classes.labels_en, strict=True), strict=True)
    )
    return lambda code: words.get(code, (code, code))


def itself(code: str) -> tuple[str, str]:
    """A code that needs no words."""
    return code, code
