"""Which records does a rule of ``[[deidentify.R.delete]]`` leave to be counted?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdc.config import Config, EntrySection
from sdc.config.entry import DeleteRule
from sdc.errors import InputError
from sdc.messages import Text
from sdc.microdata import deleting
from sdc.microdata.kanonymity import groups_of
from sdc.model.system import BoolArray
from sdc.pipeline.entered import Entered, degrees, persons_of
from sdc.readers.problems import Problems
from sdc.readers.spreadsheet import read_grid
from sdc.spatial import mesh

CODE = "code"


def objections(config: Config, section: EntrySection, state: Entered) -> BoolArray:
    """(n,) True for the records of persons who have not objected; before anything else.

    The list has a column ``code``; it names persons or devices, and one device that is named takes
    all devices of its person with it.
    """
    if section.opt_out is None or section.person is None:
        return np.ones(len(state.records), dtype=bool)
    table = read_grid(config.resolve(section.opt_out), encoding=None)
    problems = Problems(table.file)
    table.require([CODE], problems)
    problems.stop()
    listed = {str(code).strip() for code in table.frame[CODE]}
    devices = state.records.frame[section.columns[section.person].source or section.person]
    named = ~deleting.objected(devices, listed)
    named |= ~deleting.objected(persons_of(config, section, state.records), listed)
    return np.asarray(~np.isin(state.person, np.unique(state.person[named])), dtype=bool)


def kept_by(
    config: Config, rule: DeleteRule, state: Entered, *, section: EntrySection
) -> BoolArray:
    """(n,) True for the records that a rule leaves."""
    if rule.rule in ("home", "residents", "from"):
        return _by_column(section, rule, state)
    if rule.rule in ("near", "far"):
        return _by_distance(config, rule, state)
    if rule.rule == "days":
        return deleting.not_on(_days(state), _named_days(rule))
    if rule.rule == "groups":
        frame = state.records.frame
        codes = [pd.factorize(frame[c])[0].astype(np.int64) for c in rule.columns or ()]
        group = groups_of(codes, len(frame))
        return deleting.at_least_persons(group, state.person, rule.persons or 2)
    count = deleting.at_least_records if rule.rule == "few" else deleting.at_most_records
    return count(state.person, rule.records or 1)


def _by_distance(config: Config, rule: DeleteRule, state: Entered) -> BoolArray:
    lon, lat = degrees(state.records)
    assert rule.metres is not None
    near = deleting.within(lon, lat, points_of(config, rule), metres=float(rule.metres))
    if rule.rule == "far":
        return near
    return deleting.not_on(_days(state), _named_days(rule), near) if rule.days else ~near


def _by_column(section: EntrySection, rule: DeleteRule, state: Entered) -> BoolArray:
    assert rule.column is not None
    spec = section.columns.get(rule.column)
    name = (spec.source if spec is not None else None) or rule.column
    if name not in state.records.frame:
        raise InputError(Text("there is no column {name!r}", name=name), code="delete")
    column = state.records.frame[name]
    if rule.rule == "residents":
        return deleting.not_living_in(column, rule.areas or ())
    if rule.rule == "from":
        assert rule.value is not None
        return deleting.under(column, rule.value)
    assert rule.level is not None
    lon, lat = degrees(state.records)
    here = pd.Series(mesh.encode(lat, lon, rule.level, outside="mark"), index=column.index)
    return deleting.away_from_home(here, column.astype(object))


def _days(state: Entered) -> pd.Series:
    days = state.time.astype("datetime64[s]").astype("datetime64[D]").astype(str)
    return pd.Series(days, index=state.records.frame.index, dtype=object)


def _named_days(rule: DeleteRule) -> list[str]:
    return [day.isoformat() for day in rule.days or ()]


def points_of(config: Config, rule: DeleteRule) -> list[tuple[float, float]]:
    """Longitude and latitude of the places of a rule, from a file with ``lon`` and ``lat``."""
    assert rule.points is not None
    table = read_grid(config.resolve(rule.points), encoding=None)
    problems = Problems(table.file)
    table.require(["lon", "lat"], problems)
    problems.stop()
    try:
        pairs = zip(table.frame["lon"].map(float), table.frame["lat"].map(float), strict=True)
        return [(float(x), float(y)) for x, y in pairs]
    except ValueError:
        problems.fail("position-syntax", value="", column="lon, lat")
