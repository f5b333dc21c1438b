"""How do the kept columns of one file become coarser, and which records stay in too small groups?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from sdc.config import Config, EntrySection
from sdc.config.entry import EntryColumn
from sdc.errors import Finding, InputError
from sdc.messages import Text
from sdc.microdata.addresses import warning_of
from sdc.microdata.catalogue import METHODS
from sdc.microdata.coding import blank_until, bottom_cut, join_rare, top_cut
from sdc.microdata.generaliser import Generaliser, generalise
from sdc.microdata.kanonymity import Ladder, least_loss
from sdc.microdata.roles import Role
from sdc.microdata.times import from_birth
from sdc.microdata.values import parse_number, trim
from sdc.model.system import BoolArray
from sdc.pipeline.entered import Entered, in_file
from sdc.readers.pairs import read_pairs

ALL = "*"
"""The last step of every ladder: nothing is told apart."""
GIVEN_UP = "-"
"""Stands in a cell that was blanked so that k persons share the rest."""


@dataclass(frozen=True, eq=False)
class Coarse:
    """The kept columns, the words of their codes, who must go, and which steps were chosen."""

    frame: pd.DataFrame
    labels: Mapping[str, Mapping[str, str]]
    deleted: BoolArray
    levels: Mapping[str, str]
    open: frozenset[str]
    warnings: tuple[Text, ...]


def coarser(config: Config, section: EntrySection, state: Entered) -> Coarse:
    """All kept columns by their methods, rare classes joined, then groups of at least k persons.

    Raises InputError with the findings of all columns, NotProven where k cannot be had.
    """
    made: dict[str, pd.Series] = {}
    labels: dict[str, dict[str, str]] = {}
    found: list[Finding] = []
    open_ = [out for out, column in section.columns.items() if column.ladder]
    for out, column in section.columns.items():
        if Role(column.role) in (Role.IDENTIFIER, Role.LINKING) or column.ladder:
            continue
        if Role(column.role) is Role.LOCATION and column.method is None:
            continue
        by = generaliser_of(config, column, state, section=section)
        codes, wrong = _applied(by, column, state, out=out)
        found += wrong
        if column.rare and not wrong:
            codes, _ = join_rare(codes, state.person, k=section.k or 2)
        made[out] = codes
        labels[out] = words_of(by, codes)
        open_ += [] if by.classes is not None else [out]
    if found:
        raise InputError.of(found)
    _given_up(section, state, made=made, labels=labels)
    made, deleted, levels = _climbed(config, section, state, made=made, labels=labels)
    frame = pd.DataFrame(
        {c: made[c].astype(str).to_numpy() for c in section.columns if c in made},
        index=pd.RangeIndex(len(state.records)), dtype="str",
    )  # fmt: skip
    return Coarse(frame, labels, deleted, levels, frozenset(open_), _warnings(section, state))


def _applied(
    by: Generaliser, column: EntryColumn, state: Entered, *, out: str
) -> tuple[pd.Series, list[Finding]]:
    frame = state.records.frame
    names = [column.source or out, column.birth or column.at_column]
    columns = [frame[name] for name in names if name]
    if column.method is None and column.leave is None:  # kept as it is: nothing to do a value
        return columns[0].astype(object), []
    codes, found = generalise(
        columns, by, file=state.records.file, first_row=state.records.first_row
    )
    return codes, in_file(found, state)


def words_of(by: Generaliser, codes: pd.Series) -> dict[str, str]:
    """Japanese words of all classes of a finite method, else of the codes that occur, by code."""
    known = list(by.classes.codes) if by.classes is not None else []
    every = dict.fromkeys([*known, *sorted({str(c) for c in codes.unique()})])
    return {code: by.label(code)[0] for code in every}


def generaliser_of(
    config: Config, column: EntryColumn, state: Entered, *, section: EntrySection
) -> Generaliser:
    """The method of a column with its options; cuts that leave k persons are chosen here."""
    if column.leave is not None:
        return _leaving(column, section, state)
    name = column.method or "keep"
    options: dict[str, Any] = {
        key: getattr(column, key)
        for key in ("breaks", "unit", "names", "size", "minutes", "hours", "top", "bottom", "start",
                    "holidays", "level", "decimals", "drop")
        if getattr(column, key) is not None
    }  # fmt: skip
    if column.map is not None:
        options["mapping"] = read_pairs(config.resolve(column.map))
    if "names" in options:
        options["names"] = [(pair[0], pair[-1]) for pair in options["names"]]
    by = METHODS[name](**options)
    aged = column.at is not None or column.at_column is not None
    return from_birth(by, at=column.at) if aged else by


def _leaving(column: EntryColumn, section: EntrySection, state: Entered) -> Generaliser:
    """Tails cut so that at least k persons are in each."""
    name = column.source or next(c for c, spec in section.columns.items() if spec is column)
    texts = state.records.frame[name]
    parsed = [parse_number(trim(str(t))) for t in texts]
    good = np.array([i for i, v in enumerate(parsed) if isinstance(v, Decimal)], dtype=np.int64)
    values = [v for v in parsed if isinstance(v, Decimal)]
    k, person = section.k or 2, state.person[good]
    wanted = {
        "top": top_cut(values, person, k=k) if column.leave != "bottom" else None,
        "bottom": bottom_cut(values, person, k=k) if column.leave != "top" else None,
    }
    ends = {key: end for key, end in wanted.items() if end is not None}
    return METHODS["cut"](unit=column.unit or "", **ends) if ends else METHODS["keep"]()


def _given_up(
    section: EntrySection,
    state: Entered,
    *,
    made: dict[str, pd.Series],
    labels: dict[str, dict[str, str]],
) -> None:
    """Blank the columns that may be given up, in their order, where fewer than k share them."""
    order = [name for name in section.give_up if name in made]
    names = [
        name for name in made
        if name in order or Role(section.columns[name].role) in (Role.QUASI, Role.AS_IS)
    ]  # fmt: skip
    if not order:
        return
    columns = [made[name] for name in names]
    places = [names.index(name) for name in order]
    blanked, _ = blank_until(columns, state.person, k=section.k or 2, order=places)
    for name in order:
        codes = blanked[names.index(name)]
        made[name] = codes.where(codes != "", GIVEN_UP)
        labels[name][GIVEN_UP] = "(匿名化のため削除)"


def _climbed(
    config: Config,
    section: EntrySection,
    state: Entered,
    *,
    made: dict[str, pd.Series],
    labels: dict[str, dict[str, str]],
) -> tuple[dict[str, pd.Series], BoolArray, dict[str, str]]:
    """The least loss among the ladders that puts k persons into every group."""
    if section.k is None:
        return made, np.zeros(len(state.records), dtype=bool), {}
    ladders, steps = [], {}
    for out, column in section.columns.items():
        if column.ladder:
            single = [
                column.model_copy(
                    update={"method": name, "ladder": None, "source": column.source or out}
                )
                for name in column.ladder
            ]
            steps[out] = [_step(config, one, state, section=section) for one in single]
            steps[out].append((ALL, pd.Series([ALL] * len(state.records)), {ALL: "すべて"}))
            levels = [pd.factorize(codes)[0].astype(np.int64) for _, codes, _ in steps[out]]
            ladders.append(Ladder(out, tuple(levels)))
        elif out in made and Role(column.role) in (Role.QUASI, Role.AS_IS):
            ladders.append(Ladder(out, (pd.factorize(made[out])[0].astype(np.int64),)))
    choice = least_loss(ladders, state.person, k=section.k, allowance=float(section.allowance))
    chosen = {ladder.name: level for ladder, level in zip(ladders, choice.levels, strict=True)}
    names = {}
    for out, found in steps.items():
        names[out], made[out], labels[out] = found[chosen[out]]
    return made, choice.deleted, names


def _step(
    config: Config, column: EntryColumn, state: Entered, *, section: EntrySection
) -> tuple[str, pd.Series, dict[str, str]]:
    """One step of a ladder: its name, the codes, their words."""
    by = generaliser_of(config, column, state, section=section)
    codes, wrong = _applied(by, column, state, out=column.source or "")
    if wrong:
        raise InputError.of(wrong)
    return column.method or "", codes, words_of(by, codes)


def _warnings(section: EntrySection, state: Entered) -> tuple[Text, ...]:
    """What a person must know about coordinates that were only cut."""
    out = []
    for name, column in section.columns.items():
        if column.method == "coordinate" and len(state.records):
            text = trim(str(state.records.frame[column.source or name].iloc[0]))
            places = len(text.partition(".")[2])
            left = column.decimals if column.decimals is not None else places - (column.drop or 0)
            latitude = float(np.nanmean(state.records.y)) if _degrees(state) else 36.0
            out.append(warning_of(left, latitude))
    return tuple(out)


def _degrees(state: Entered) -> bool:
    return bool(np.nanmax(np.abs(state.records.y), initial=0.0) <= 90)
