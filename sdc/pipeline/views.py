"""Which records does a view make of de-identified ones: who was present, or who made which trip?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sdc.config import Config
from sdc.config.entry import ViewSection
from sdc.errors import InputError
from sdc.messages import Text
from sdc.microdata.presence import present
from sdc.microdata.times import hour_of_day
from sdc.microdata.trips import NO_VIA, Trips, route, stays, trips
from sdc.model.hierarchy import IntArray
from sdc.pipeline.entered import Entered, degrees
from sdc.spatial import mesh

HOUR, DAY = "hour", "day"
ORIGIN, DESTINATION, VIA, ROUTE = "origin", "destination", "via", "route"


def view_of(config: Config, name: str, source: Entered) -> Entered:
    """The records of ``[records.<name>.view]``: one a person and hour, or one a trip.

    They keep the source's columns and gain ``hour``, ``day`` and, for trips, ``origin``,
    ``destination``, ``via`` and ``route``; their position is that of the person, for trips at the
    origin.
    """
    section = config.records[name].view
    assert section is not None
    place, names = _places(section, source)
    if section.kind == "presence":
        rows = present(source.person, source.time, place)
        return _timed(source.take(rows), source.time[rows])
    return _trips(section, source, place, names=names)


def _places(section: ViewSection, source: Entered) -> tuple[IntArray, list[str]]:
    """The place of every record as a number, -1 for none, and the names of the places."""
    if section.level is not None:
        lon, lat = degrees(source.records)
        codes = mesh.encode_numbers(lat, lon, section.level, outside="mark")
        unique, number = np.unique(codes, return_inverse=True)
        names = [str(t) for t in mesh.texts(unique, section.level)]
        return np.where(codes < 0, -1, number).astype(np.int64), names
    column = source.records.frame.get(section.place)
    if column is None:
        raise InputError(
            Text("there is no column {place!r} to take places from", place=section.place),
            code="view-place",
        )
    number, texts = pd.factorize(column.astype(object), sort=True)
    words = source.labels.get(str(section.place), {})
    blank = np.array([not str(t) for t in texts], dtype=bool)
    return (
        np.where(blank[number], -1, number).astype(np.int64),
        [words.get(str(t), str(t)) for t in texts],
    )


def _timed(made: Entered, time: IntArray) -> Entered:
    """Hour of the day and day of every record, as columns."""
    hours = hour_of_day()
    frame = made.records.frame.copy()
    frame[HOUR] = [f"{h:02d}" for h in (time // 3600 % 24).tolist()]
    frame[DAY] = time.astype("datetime64[s]").astype("datetime64[D]").astype(str)
    assert hours.classes is not None
    labels = {
        **made.labels,
        HOUR: dict(zip(hours.classes.codes, hours.classes.labels_ja, strict=True)),
        DAY: {d: d for d in sorted(set(frame[DAY]))},
    }
    records = replace(made.records, frame=frame)
    return replace(made, records=records, labels=labels, time=time, open=made.open | {DAY})


def _trips(
    section: ViewSection, source: Entered, place: IntArray, *, names: Sequence[str]
) -> Entered:
    found = stays(source.follow, source.time, place, minutes=section.minutes, gap=section.gap)
    vias = None
    if section.via is not None:
        unknown = [v for v in section.via if v not in names]
        vias = [names.index(v) for v in section.via if v not in unknown]
    assert section.definition is not None
    made = trips(
        found, definition=section.definition, rest=section.rest, via=vias, alone=section.alone
    )  # fmt: skip
    timed = _timed(source.take(made.row), made.start)
    return _with_routes(timed, made, names)


def _with_routes(timed: Entered, made: Trips, names: Sequence[str]) -> Entered:
    columns = {
        ORIGIN: [names[p[0]] for p in made.places],
        DESTINATION: [names[p[-1]] for p in made.places],
        VIA: [NO_VIA if len(p) < 3 or p[1] < 0 else names[p[1]] for p in made.places],
        ROUTE: [route(p, names) for p in made.places],
    }
    frame = timed.records.frame.assign(**columns)
    labels = {
        **timed.labels,
        **{name: {t: t for t in sorted(set(texts))} for name, texts in columns.items()},
    }
    records = replace(timed.records, frame=frame)
    return replace(timed, records=records, labels=labels, open=timed.open | set(columns))
