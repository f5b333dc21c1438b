"""Where did somebody stay, which hops lie between the stays, and what is one trip?

A stay is a run of records of one person in one place that lasts at least 15 minutes. Two stays one
after the other at different places make a hop, the smallest unit of movement; staying is no hop. A
trip is what a table counts: every hop for itself, or a chain of hops as one. The same hop must
never be counted in two trips of one release, and the same data must never be cut in two ways
(A→B→C five times and B→C→D six times reveal that A→B→C→D was made once).

Source: guideline for sufficient anonymisation (2017), appendix 3 and figures 1-4, 2-2, 3-4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.microdata.kanonymity import groups_of
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray

DEFINITIONS = ("hops", "chains", "ends", "via")
"""``hops``: every hop is a trip. ``chains``: all hops of a journey in one. ``ends``: first and last
place of a journey. ``via``: first place, last place and one place between them."""

NO_VIA = "-"
"""Stands where a journey has no place between its ends; it is no zero and no blank."""

ARROW = "→"


@dataclass(frozen=True, eq=False)
class Stays:
    """Stays in order of person and time: person, place, first and last second (s,) each.

    ``row`` (s,) is the first record of every stay, which carries the person's other columns.
    """

    person: IntArray
    place: IntArray
    start: IntArray
    end: IntArray
    row: IntArray

    def __len__(self) -> int:
        return len(self.person)


def stays(
    person: IntArray, time: IntArray, place: IntArray, *, minutes: int = 15, gap: int | None = None
) -> Stays:
    """Runs of consecutive records in one place that last at least ``minutes``; O(n log n).

    ``person``, ``time`` (seconds) and ``place`` (n,); a negative place is none and breaks a run.
    With ``minutes=0`` every record is a stay (access points, gates). ``gap`` in minutes breaks a
    run between records further apart. Runs at one place with nothing but shorter runs between them
    are one stay, so that no hop leads from a place to itself.

    >>> t = np.array([0, 14, 15, 40, 60]) * 60
    >>> s = stays(np.zeros(5, dtype=int), t, np.array([4, 4, 4, 7, 7]), minutes=15)
    >>> s.place.tolist(), s.end.tolist()
    ([4, 7], [900, 3600])
    """
    order = np.lexsort((time, person))
    p, t, q = person[order], time[order], place[order]
    fresh = _changes(p, q)
    if gap is not None:
        fresh[1:] |= (t[1:] - t[:-1]) > gap * 60
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(p))[: len(first)] - 1
    long = (t[last] - t[first] >= minutes * 60) & (q[first] >= 0)
    first, last = first[long], last[long]
    again = _changes(p[first], q[first])
    head = np.flatnonzero(again)
    tail = np.append(head[1:], len(first))[: len(head)] - 1
    a, b = first[head], last[tail]
    return Stays(p[a], q[a], t[a], t[b], order[a].astype(np.int64))


def _changes(*columns: IntArray) -> BoolArray:
    """(n,) whether a row differs from the one before it; the first one does."""
    out = np.ones(len(columns[0]), dtype=bool)
    out[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return out


@dataclass(frozen=True, eq=False)
class Trips:
    """One trip a row: who, the stays it leads through, and the record its journey begins with.

    ``places`` holds a tuple of places a trip; ``row`` (t,) the first record of the first stay,
    ``hops`` (t,) how many hops it consists of.
    """

    person: IntArray
    places: tuple[tuple[int, ...], ...]
    row: IntArray
    start: IntArray

    def __len__(self) -> int:
        return len(self.person)

    @property
    def hops(self) -> IntArray:
        """(t,) number of hops: one less than the places."""
        return np.array([len(p) - 1 for p in self.places], dtype=np.int64)


def journeys(found: Stays, *, rest: int | None = None) -> Trips:
    """Every person's stays in one chain, cut where somebody stays ``rest`` minutes or longer.

    A stay that cuts ends one journey and begins the next. A person with one stay makes none of
    hops: 0 hops, kept here with one place.

    >>> s = Stays(*(np.array(a) for a in ([1, 1, 1], [5, 6, 7], [0, 60, 120], [0, 60, 120], [0, 1, 2])))
    >>> journeys(s).places, journeys(s).hops.tolist()
    (((5, 6, 7),), [2])
    """
    person: list[int] = []
    places: list[tuple[int, ...]] = []
    rows: list[int] = []
    start: list[int] = []
    cuts = np.flatnonzero(_changes(found.person)).tolist() if len(found) else []
    place = found.place.tolist()
    long = np.zeros(len(found), dtype=bool)
    if rest is not None:
        long = found.end - found.start >= rest * 60
    for a, b in pairwise([*cuts, len(found)]):
        inner = [i for i in range(a + 1, b - 1) if long[i]]
        for first, last in zip([a, *inner], [*inner, b - 1], strict=True):
            person.append(int(found.person[a]))
            places.append(tuple(place[first : last + 1]))
            rows.append(int(found.row[first]))
            start.append(int(found.end[first]))
    return Trips(_ints(person), tuple(places), _ints(rows), _ints(start))


def _ints(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def trips(
    found: Stays,
    *,
    definition: str,
    rest: int | None = None,
    via: Sequence[int] | None = None,
    alone: bool = False,
) -> Trips:
    """The trips of a definition; each hop stands in exactly one of them (``chains``, ``hops``).

    ``via`` are the places that may stand between the ends; the first of them on the way counts,
    -1 where there is none. Without ``via`` the first place between the ends counts. With ``alone``
    chains also hold who stayed in one place all the time (0 hops).

    Raises RulesError for an unknown definition.
    """
    if definition not in DEFINITIONS:
        names = ", ".join(DEFINITIONS)
        raise RulesError(Text("trips are {names}", names=names), code="trips")
    if definition == "hops":
        one = np.flatnonzero(~_changes(found.person)) if len(found) else _ints([])
        pairs = zip(found.place[one - 1].tolist(), found.place[one].tolist(), strict=True)
        before = one - 1
        return Trips(found.person[one], tuple(pairs), found.row[before], found.end[before])
    whole = journeys(found, rest=rest)
    moved = np.flatnonzero(whole.hops >= (0 if alone and definition == "chains" else 1))
    places = tuple(_named(whole.places[i], definition, via) for i in moved)
    return Trips(whole.person[moved], places, whole.row[moved], whole.start[moved])


def _named(places: tuple[int, ...], definition: str, via: Sequence[int] | None) -> tuple[int, ...]:
    if definition == "chains":
        return places
    first, *between, last = places
    if definition == "ends":
        return first, last
    wanted = between if via is None else [p for p in between if p in set(via)]
    return first, wanted[0] if wanted else -1, last


def route(places: Sequence[int], names: Sequence[str]) -> str:
    """A trip in words; ``-`` for a place that there is none of.

    >>> route((0, -1, 1), ["浜松町駅", "羽田空港"])
    '浜松町駅→-→羽田空港'
    """
    return ARROW.join(NO_VIA if p < 0 else names[p] for p in places)


def once_a_person(keys: Sequence[IntArray], person: IntArray) -> IntArray:
    """Positions of the first record of every person in every combination of ``keys`` (n,) each.

    Repeaters are counted once: a hundred trips of one commuter are one.

    >>> once_a_person([np.array([1, 1, 2])], np.array([9, 9, 9])).tolist()
    [0, 2]
    """
    joint = groups_of([*keys, person], len(person))
    return np.sort(np.unique(joint, return_index=True)[1]).astype(np.int64)
