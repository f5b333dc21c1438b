"""Are the codes of an area file whole and consistent, and which code stands above which?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy

_Verdict = tuple[Text, Text]
BoolArray = npt.NDArray[np.bool_]

_HEADER_ROWS = 2
"""A table of attributes opened in a spreadsheet shows its first record in row 2."""
_FLOAT = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+|[0-9]+\.0*")
_WHOLE_LENGTHS = (5, 9, 11)
"""Digits of municipality, town and chome codes; one less means that a leading zero was lost."""


def excluded_rows(gdf: pd.DataFrame, exclude: Mapping[str, Sequence[str]], file: str) -> BoolArray:
    """(n,) whether a row is set apart because one of its columns holds one of the values.

    Values are compared as text; 8154 and 8154.0 are the text 8154. Raises InputError for columns
    that do not exist.
    """
    out = np.zeros(len(gdf), dtype=bool)
    for column, values in exclude.items():
        _need(gdf, column, file)
        wanted = {str(value) for value in values}
        out |= np.array([_plain(value) in wanted for value in gdf[column]], dtype=bool)
    return out


def check_codes(
    gdf: pd.DataFrame,
    counted: BoolArray,
    *,
    code: str,
    name: str | None,
    parents: Sequence[str],
    file: str,
) -> pd.DataFrame:
    """Codes, names and groups of all rows as text: columns code, name, parent, above0, above1 ...

    Raises InputError with a finding a row for codes that are not clean text. Rows that are not
    counted need no code.
    """
    for column in [code, *([name] if name else []), *parents]:
        _need(gdf, column, file)
    findings: list[Finding] = []
    for column in [code, *parents]:
        findings += _unclean(gdf[column], counted, name=column, file=file, optional=column != code)
    findings += _truncated(gdf[code], counted, name=code, file=file)
    if findings:
        raise InputError.of(findings)
    rows = pd.DataFrame({"code": [_plain(v) for v in gdf[code]]})
    rows["name"] = [_plain(v) for v in gdf[name]] if name else rows["code"]
    rows["parent"] = [_plain(v) for v in gdf[parents[0]]] if parents else ""
    for k, column in enumerate(parents):
        rows[f"above{k}"] = [_plain(v) for v in gdf[column]]
    _same_groups(rows[counted], code, file)
    return rows


def descent(rows: pd.DataFrame, columns: Sequence[str], root: str, *, file: str) -> dict[str, str]:
    """``{code: code above}`` of all areas and groups, up to the root.

    Raises InputError where an area's code is the root's or that of a group of other areas, and
    where a group lies in two groups.
    """
    unique = rows.drop_duplicates("code").sort_values("code")
    chains = {
        row[0]: _chain(row[0], row[1:], root)
        for row in unique[["code", *(f"above{k}" for k in range(len(columns)))]].itertuples(
            index=False, name=None
        )
    }
    groups = {group for chain in chains.values() for group in chain}
    findings = [
        _finding("areas-codes", _OWN_CODE, _UNIQUE, value=c, file=file)
        for c in chains
        if c in groups or c == root
    ]
    above: dict[str, str] = {root: ""}
    for code, chain in chains.items():
        path = [code, *chain, root]
        for lower, upper in pairwise(path):
            if above.setdefault(lower, upper) != upper:
                value = f"{lower}: {above[lower]}, {upper}"
                findings.append(
                    _finding("areas-parents", _ONE_PARENT, _CHECK, value=value, file=file)
                )
    if findings:
        raise InputError.of(list(dict.fromkeys(findings)))
    return above


def without(hierarchy: Hierarchy, gone: set[str]) -> Hierarchy:
    """The hierarchy without some innermost codes and without what they leave empty."""
    codes = hierarchy.codes
    above = {c: codes[p] if p >= 0 else "" for c, p in zip(codes, hierarchy.parents, strict=True)}
    leaves = [codes[i] for i in hierarchy.leaves if codes[i] not in gone]
    kept: dict[str, str] = {}
    for leaf in leaves:
        step = leaf
        while step and step not in kept:
            kept[step] = above[step]
            step = above[step]
    return Hierarchy.of(hierarchy.name, kept, dict(zip(codes, hierarchy.labels, strict=True)))


def check_merges(codes: Iterable[str], moves: Mapping[str, str]) -> None:
    """Raise InputError unless both sides of every merge are known and no target is merged away."""
    known = set(codes)
    unknown = [c for pair in moves.items() for c in pair if c not in known]
    chained = [source for source, target in moves.items() if target in moves]
    must = Text("merges name innermost areas")
    chain = Text("a target is not merged away itself")
    remedy = Text("correct the merge map")
    findings = [
        Finding("merge", must=rule, remedy=remedy, value=c)
        for rule, wrong in ((must, unknown), (chain, chained))
        for c in sorted(set(wrong))
    ]
    if findings:
        raise InputError.of(findings)


def _chain(code: str, ups: Iterable[str], root: str) -> list[str]:
    """The groups above an area, without blanks, the root, itself and repetitions."""
    chain: list[str] = []
    for up in ups:
        if up and up not in (root, code, *chain):
            chain.append(up)
    return chain


def _unclean(
    column: pd.Series[Any], counted: BoolArray, *, name: str, file: str, optional: bool
) -> list[Finding]:
    """Every counted value that is not text as it should be."""
    if pd.api.types.is_numeric_dtype(column):
        dtype = str(column.dtype)
        return [_finding("code-text", _TEXT, _AS_TEXT, column=name, value=dtype, file=file)]
    verdicts: dict[str, _Verdict | None] = {}
    findings = []
    for i, value in enumerate(column):
        if not counted[i]:
            continue
        if isinstance(value, str):
            if value not in verdicts:
                verdicts[value] = _verdict(value, optional)
            verdict = verdicts[value]
        elif pd.isna(value):
            verdict = None if optional else (_PRESENT, _FILL)
        else:
            verdict = _TEXT, _AS_TEXT
        if verdict:
            must, remedy = verdict
            findings.append(
                _finding("code-text", must, remedy, row=i, column=name, value=str(value), file=file)
            )
    return findings


def _verdict(value: str, optional: bool) -> _Verdict | None:
    """What a code violates, or None."""
    if not value.strip():
        return None if optional else (_PRESENT, _FILL)
    if _FLOAT.fullmatch(value):
        return _TEXT, _AS_TEXT
    folded = unicodedata.normalize("NFKC", value)
    # names may hold full-width digits; a code that is letters and digits only may not
    if value != value.strip() or (folded != value and folded.isascii()) or not value.isprintable():
        return _CLEAN, _HALF_WIDTH
    return None


def _truncated(
    column: pd.Series[Any], counted: BoolArray, *, name: str, file: str
) -> list[Finding]:
    """Digit codes one shorter than a census length, where codes of that length stand beside."""
    texts = [v if isinstance(v, str) and v.isdigit() else "" for v in column]
    lengths = {len(v) for v, here in zip(texts, counted, strict=True) if v and here}
    short = {n - 1 for n in _WHOLE_LENGTHS if n in lengths and n - 1 in lengths}
    return [
        _finding("code-truncated", _LEADING, _AS_TEXT, row=i, column=name, value=v, file=file)
        for i, v in enumerate(texts)
        if counted[i] and len(v) in short
    ]


def _same_groups(rows: pd.DataFrame, code: str, file: str) -> None:
    """All polygons of one code name the same groups."""
    ups = [c for c in rows.columns if c.startswith("above")]
    distinct = rows[["code", *ups]].drop_duplicates()
    twice = distinct[distinct["code"].duplicated(keep=False)]
    findings = [
        _finding("areas-parents", _ONE_PARENT, _CHECK, column=code, value=c, file=file)
        for c in sorted(set(twice["code"]))
    ]
    if findings:
        raise InputError.of(findings)


def _need(gdf: pd.DataFrame, column: str, file: str) -> None:
    if column not in gdf.columns:
        must = Text("there is a column {column!r}", column=column)
        have = [c for c in gdf.columns if c != "geometry"]
        remedy = Text("the columns are {names}", names=", ".join(have))
        raise InputError.of([Finding("column-missing", must=must, remedy=remedy, file=file)])


def _plain(value: Any) -> str:
    """A cell as text; missing is empty, 8154.0 is 8154."""
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _finding(
    kind: str,
    must: Text,
    remedy: Text,
    *,
    row: int | None = None,
    column: str = "",
    value: str = "",
    file: str = "",
) -> Finding:
    place = None if row is None else row + _HEADER_ROWS
    return Finding(kind, must=must, remedy=remedy, file=file, row=place, column=column, value=value)


_TEXT = Text("a code is text (numbers lose leading zeros)")
_AS_TEXT = Text("export it again from the source as text")
_PRESENT = Text("every area has a code")
_FILL = Text("fill it in or exclude the row by a rule")
_CLEAN = Text("a code is half-width without blanks around it")
_HALF_WIDTH = Text("make it half-width and remove blanks")
_LEADING = Text("a code keeps its leading zero")
_OWN_CODE = Text("an area's code differs from the total's and from those of groups of other areas")
_UNIQUE = Text("check the columns of the groups above")
_ONE_PARENT = Text("a code lies in one group")
_CHECK = Text("correct the columns of the groups above")
