"""What does an e-Stat small-area or mesh table say: numbers, zeros, and which area holds which?

Small areas: KEY_CODE of 5 digits is a city, 9 a town, 11 a chome; HYOSYO tells a town that is
itself innermost (2) from a subtotal (3). HTKSYORI 2 marks an area whose units stand in HTKSAKI, 1
the area that absorbed those in GASSAN, both without the five digits of the city. A subtotal can
itself be the destination: it is then published in place of its chome. A subtotal whose chome were
merged into other towns is X without a destination of its own. Meshes: full codes everywhere, ``*``
and ``0`` for ``X`` and ``-``, and some columns are never hidden.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sdc.model.census import CensusTable
from sdc.model.hierarchy import TOTAL, Hierarchy, IntArray
from sdc.model.states import State
from sdc.model.system import BoolArray
from sdc.readers.census_keys import FIRST_ROW, check_keys, read_links
from sdc.readers.numbers import Kind, read_marked
from sdc.readers.problems import Problems
from sdc.readers.textfile import TextTable, read_csv

KEYS = ("KEY_CODE", "HTKSYORI", "HTKSAKI", "GASSAN")
AREA_KEYS = ("HYOSYO", "CITYNAME", "NAME")


def read_census(path: str | Path, *, encoding: str | None = None) -> CensusTable:
    """Read an e-Stat table (CP932 or UTF-8, two header rows); O(cells).

    Raises InputError with all findings: missing columns, damaged codes, areas without the area
    above, merges whose two directions differ, cells that are neither number nor mark, cities and
    towns that are not the sum of their parts.
    """
    table, words = _two_headers(read_csv(path, encoding=encoding))
    problems = Problems(table.file)
    areas = "HYOSYO" in table.columns
    keys = [*KEYS, *AREA_KEYS] if areas else list(KEYS)
    table.require(keys, problems)
    problems.stop()
    frame = table.frame
    check_keys(frame, problems, areas=areas)
    problems.stop()
    destination, members = read_links(frame, problems, areas=areas)
    columns = [c for c in table.columns if c not in keys]
    value, kind = _numbers(frame, columns, problems)
    problems.stop()
    codes = tuple(frame["KEY_CODE"])
    gone = np.array([code in destination for code in codes], dtype=bool)
    state = _states(value, kind, gone)
    level = np.array([int(x) for x in frame["HYOSYO"]] if areas else [0] * len(codes), np.int64)
    if areas:
        state = _subtotals_merged(frame, state)
        _check_sums(frame, value, state, problems=problems)
        problems.stop()
    kept = (state[gone] != State.MERGED).all(axis=0)
    return CensusTable(
        codes=codes,
        names=tuple(frame["NAME"]) if areas else codes,
        level=level,
        columns=tuple(columns),
        labels=tuple(words[c].strip("\u3000 ") for c in columns),
        value=value,
        state=state,
        destination=destination,
        members=members,
        apart=np.asarray(kept & gone.any(), dtype=bool),
        hierarchy=_hierarchy(frame, areas=areas),
        file=table.file,
        encoding=table.encoding,
    )


def _two_headers(table: TextTable) -> tuple[TextTable, dict[str, str]]:
    """The data below both header rows, and the words of the second one."""
    frame = table.frame
    second = frame.iloc[0]
    if "KEY_CODE" not in frame or second["KEY_CODE"] or len(frame) < 2:
        Problems(table.file).fail("census-header", row=2, column=table.columns[0])
    words = {str(name): str(second[name]) for name in frame.columns}
    return replace(table, frame=frame.iloc[1:].reset_index(drop=True), first_row=FIRST_ROW), words


def _numbers(
    frame: pd.DataFrame, columns: list[str], problems: Problems
) -> tuple[IntArray, IntArray]:
    """Value and kind of every place (n, c)."""
    read = [read_marked(frame[c], problems, first_row=FIRST_ROW)[0] for c in columns]
    for name, cells in zip(columns, read, strict=True):
        for i in np.flatnonzero(cells.of(Kind.BLANK)):
            problems.add("value-blank", row=FIRST_ROW + int(i), column=name)
    shape = (len(frame), len(columns))
    value = np.array([c.value for c in read], dtype=np.int64).T.reshape(shape)
    kind = np.array([c.kind for c in read], dtype=np.int64).T.reshape(shape)
    return np.ascontiguousarray(value), kind


def _states(value: IntArray, kind: IntArray, gone: BoolArray) -> IntArray:
    """The state of every place: a mark is MERGED where the area has a destination."""
    mark = np.where(gone[:, None], int(State.MERGED), int(State.HIDDEN))
    number = np.where(value == 0, int(State.ZERO), int(State.SHOWN))
    return np.where(kind == int(Kind.MARK), mark, number).astype(np.int64)


def _above(frame: pd.DataFrame, level: str, digits: int) -> tuple[IntArray, IntArray]:
    """Rows of the areas that hang below towns (9 digits) or cities (5), and the rows above them."""
    code = frame["KEY_CODE"].tolist()
    row_of = {c: i for i, c in enumerate(code)}
    part = np.flatnonzero([x in level for x in frame["HYOSYO"]])
    above = np.array([row_of[code[i][:digits]] for i in part], dtype=np.int64)
    return part.astype(np.int64), above


def _count_below(part: IntArray, above: IntArray, mask: BoolArray) -> IntArray:
    """(n, c) how many of the areas below have the mask set."""
    found = np.zeros(mask.shape, dtype=np.int64)
    np.add.at(found, above, mask[part].astype(np.int64))
    return found


def _subtotals_merged(frame: pd.DataFrame, state: IntArray) -> IntArray:
    """A hidden subtotal whose marked chome all have a destination is merged, not hidden."""
    part, above = _above(frame, "4", 9)
    hidden = _count_below(part, above, state == State.HIDDEN)
    merged = _count_below(part, above, state == State.MERGED)
    carried = (state == State.HIDDEN) & (hidden == 0) & (merged > 0)
    return np.where(carried, int(State.MERGED), state).astype(np.int64)


def _check_sums(
    frame: pd.DataFrame, value: IntArray, state: IntArray, *, problems: Problems
) -> None:
    """A city is the sum of its towns, a town of its chome; what was merged stands elsewhere.

    Not checked: a town that absorbed others, its own chome perhaps (it may stand in their place),
    and places where a part is hidden without a destination.
    """
    absorbed = (frame["HTKSYORI"] == "1").to_numpy(dtype=bool)
    for digits, parts, total in ((5, "23", "1"), (9, "4", "3")):
        part, above = _above(frame, parts, digits)
        summed = np.zeros_like(value)
        np.add.at(summed, above, value[part])
        unknown = _count_below(part, above, state == State.HIDDEN)
        checked = (frame["HYOSYO"] == total).to_numpy(dtype=bool) & ~(absorbed & (digits == 9))
        told = (state == State.SHOWN) | (state == State.ZERO)
        wrong = checked[:, None] & told & (unknown == 0) & (summed != value)
        for i, j in np.argwhere(wrong):
            name = str(frame.columns[len(frame.columns) - value.shape[1] + int(j)])
            key = str(frame["KEY_CODE"].iloc[int(i)])
            problems.add("total", row=FIRST_ROW + int(i), column=name, value=f"KEY_CODE={key}")


def _hierarchy(frame: pd.DataFrame, *, areas: bool) -> Hierarchy:
    """City, town, chome by HYOSYO below one root; meshes flat."""
    codes = frame["KEY_CODE"].tolist()
    if not areas:
        return Hierarchy.flat("mesh", codes)
    levels = frame["HYOSYO"].tolist()
    cities = [c for c, level in zip(codes, levels, strict=True) if level == "1"]
    root = cities[0] if len(cities) == 1 else TOTAL
    above = {"2": 5, "3": 5, "4": 9}
    pairs = list(zip(codes, levels, strict=True))
    parents = {c: root if level == "1" else c[: above[level]] for c, level in pairs}
    parents[root] = ""
    labels = {c: f"{a}{b}" for c, a, b in zip(codes, frame["CITYNAME"], frame["NAME"], strict=True)}
    return Hierarchy.of("area", parents, labels)
