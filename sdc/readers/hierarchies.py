"""Which codes does a hierarchy file list, and where does it contradict itself?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.readers.codes import malformed
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import read_grid

TOTAL_NAMES = (TOTAL, "Total", "total", "総数", "合計", "総計", "全体", "計")
"""What a total may be called where no hierarchy file says which code it is."""


def read_hierarchy(path: str | Path, name: str, *, encoding: str | None = None) -> Hierarchy:
    """Read a code list with the columns ``code,parent`` and optionally ``label``; O(n).

    The root has an empty parent. Codes are text and stay as written. Raises InputError with all
    findings: blank, damaged or double codes, parents that are not listed, several or no roots,
    cycles.
    """
    table = read_grid(path, encoding=encoding)
    problems = Problems(table.file)
    table.require(["code", "parent"], problems)
    problems.stop()
    codes = table.frame["code"].tolist()
    parents = table.frame["parent"].tolist()
    labels = table.frame["label"].tolist() if "label" in table.frame else [""] * len(codes)
    first = {code: row for row, code in reversed(list(enumerate(codes, start=2)))}
    for row, (code, parent) in enumerate(zip(codes, parents, strict=True), start=2):
        _check(code, parent, row, first=first, problems=problems)
    _check_tree(codes, parents, problems)
    problems.stop()
    texts = {c: label or c for c, label in zip(codes, labels, strict=True)}
    return Hierarchy.of(name, dict(zip(codes, parents, strict=True)), texts)


def _check(code: str, parent: str, row: int, *, first: dict[str, int], problems: Problems) -> None:
    """The laws of one row."""
    wrong = malformed(code)
    if wrong:
        problems.add(wrong, row=row, column="code", value=code)
    elif first[code] != row:
        problems.add("code-duplicate", row=row, column="code", value=code, first=first[code])
    if parent and parent not in first:
        problems.add("hierarchy-parent", row=row, column="parent", value=parent)


def _check_tree(codes: Sequence[str], parents: Sequence[str], problems: Problems) -> None:
    """One root; every other code leads to it."""
    roots = [i for i, parent in enumerate(parents) if not parent]
    if not roots:
        problems.add("hierarchy-root", column="parent")
    for i in roots[1:]:
        problems.add("hierarchy-root", row=i + 2, column="parent", value=codes[i])
    if problems.found:
        return
    above = dict(zip(codes, parents, strict=True))
    good = {""}
    for i, start in enumerate(codes):
        path: dict[str, None] = {}
        code = start
        while code not in good and code not in path:
            path[code] = None
            code = above[code]
        if code in good:
            good.update(path)
        else:
            problems.add("hierarchy-cycle", row=i + 2, column="parent", value=start)


def flat_hierarchy(name: str, codes: Sequence[str]) -> Hierarchy:
    """A dimension without a file: all codes below one total.

    The total is the first of ``TOTAL_NAMES`` that occurs, else ``TOTAL``; whether it is one shows
    when the totals are added up.

    >>> flat_hierarchy("use", ["a", "総数", "b"]).codes
    ('a', 'b', '総数')
    """
    total = next((t for t in TOTAL_NAMES if t in codes), TOTAL)
    return Hierarchy.flat(name, [c for c in dict.fromkeys(codes) if c != total], total=total)
