"""Stays, hops and trips: appendix 3 of the guideline and its figures 1-5, 2-4 and 3-4, exactly."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdc.errors import RulesError
from sdc.microdata.addresses import place as address
from sdc.microdata.catalogue import METHODS
from sdc.microdata.meshplaces import centres
from sdc.microdata.presence import present
from sdc.microdata.times import from_birth
from sdc.microdata.trips import (
    Stays,
    journeys,
    once_a_person,
    route,
    stays,
    trips,
)

A, B, C, D = range(4)
WALKS = {"α": [A, B, C, D], "β": [A, B, D], "γ": [B], "δ": [C, D], "ε": [B, C]}


def appendix_three() -> Stays:
    """The people of the appendix: α goes A B C D, β A B D, γ stays at B, δ goes C D, ε B C."""
    rows = [(i, hour * 3600 + extra * 960, place)
            for i, way in enumerate(WALKS.values())
            for hour, place in enumerate(way)
            for extra in (0, 1)]  # fmt: skip
    person, time, place = (np.array(c) for c in zip(*rows, strict=True))
    return stays(person, time, place, minutes=15)


def test_hops_of_appendix_three() -> None:
    found = journeys(appendix_three())
    # α 3 hops, β 2, γ 0 (stays in one place), δ 1, ε 1
    assert dict(zip(WALKS, found.hops.tolist(), strict=True)) == {
        "α": 3, "β": 2, "γ": 0, "δ": 1, "ε": 1,
    }  # fmt: skip


def test_trips_of_appendix_three() -> None:
    s = appendix_three()
    chains = Counter(trips(s, definition="chains").places)
    # A→B→C→D as one trip: α alone
    assert chains == {(A, B, C, D): 1, (A, B, D): 1, (C, D): 1, (B, C): 1}
    hops = trips(s, definition="hops")
    who = {pair: [list(WALKS)[p] for p, q in zip(hops.person, hops.places, strict=True) if q == pair]
           for pair in set(hops.places)}  # fmt: skip
    assert who == {
        (A, B): ["α", "β"], (B, C): ["α", "ε"], (C, D): ["α", "δ"], (B, D): ["β"],
    }  # fmt: skip


def test_no_hop_is_counted_in_two_trips() -> None:
    s = appendix_three()
    hops = Counter(p for trip in trips(s, definition="chains").places for p in pairwise(trip))
    assert hops == Counter(trips(s, definition="hops").places)


def test_fifteen_minutes_to_the_second() -> None:
    minute = 60
    person = np.zeros(4, dtype=int)
    for last, n in ((14 * minute + 59, 1), (15 * minute, 2)):
        time = np.array([0, last, 3600, 3600 + 15 * minute])
        found = stays(person, time, np.array([A, A, B, B]))
        assert len(found) == n


def test_a_gap_breaks_a_stay_and_a_short_stop_is_none() -> None:
    time = np.array([0, 10, 100, 110]) * 60
    person, place = np.zeros(4, dtype=int), np.full(4, A)
    assert len(stays(person, time, place, gap=30)) == 0  # twice ten minutes, ninety apart
    assert len(stays(person, time, place)) == 1
    # A (20 min), B (5 min), A (20 min): one stay at A, no hop
    time = np.array([0, 20, 30, 35, 40, 60]) * 60
    found = stays(np.zeros(6, dtype=int), time, np.array([A, A, B, B, A, A]))
    assert (found.place.tolist(), found.start.tolist(), found.end.tolist()) == ([A], [0], [3600])


def test_a_long_rest_ends_a_journey() -> None:
    hour = 3600
    found = Stays(*(np.array(c) for c in (
        [0] * 4, [A, B, C, D], [0, hour, 3 * hour, 9 * hour], [hour // 2, 2 * hour, 8 * hour, 10 * hour],
        [0, 1, 2, 3])))  # fmt: skip
    assert journeys(found, rest=240).places == ((A, B, C), (C, D))
    assert journeys(found, rest=241).places == ((A, B, C), (C, D))
    assert journeys(found, rest=301).places == ((A, B, C, D),)


def test_via_is_a_dash_where_there_is_none() -> None:
    found = trips(appendix_three(), definition="via", via=[C])
    names = ["A", "B", "C", "D"]
    assert Counter(route(p, names) for p in found.places) == {
        "A→C→D": 1, "A→-→D": 1, "C→-→D": 1, "B→-→C": 1,
    }  # fmt: skip
    assert "0" not in route((A, -1, B), names)
    assert trips(appendix_three(), definition="ends").places == ((A, D), (A, D), (C, D), (B, C))
    with pytest.raises(RulesError):
        trips(appendix_three(), definition="tours")


def test_a_repeater_is_one_person() -> None:
    # a hundred trips A→B of one commuter and three of three others: 103 trips, 4 persons
    person = np.array([0] * 100 + [1, 2, 3])
    key = np.zeros(103, dtype=np.int64)
    assert len(once_a_person([key], person)) == 4


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_chains_and_hops_agree(rows: list[tuple[int, int]]) -> None:
    person = np.array([r[0] for r in rows], dtype=np.int64)
    place = np.array([r[1] for r in rows], dtype=np.int64)
    found = stays(person, np.arange(len(rows)) * 60, place, minutes=0)
    hops = trips(found, definition="hops")
    assert sum(journeys(found).hops) == len(hops)
    assert all(a != b for a, b in hops.places)
    cut = journeys(found, rest=0)  # every stay cuts: chains are hops then
    assert Counter(p for p in cut.places if len(p) > 1) == Counter(hops.places)


def test_present_once_an_hour() -> None:
    # 9:00 A, 9:20 B, 9:40 B, 10:00 A; another person 9:59 C; a record without a place
    time = np.array([9 * 60, 9 * 60 + 20, 9 * 60 + 40, 600, 9 * 60 + 59, 9 * 60]) * 60
    rows = present(np.array([0, 0, 0, 0, 1, 2]), time, np.array([A, B, B, A, C, -1]))
    assert rows.tolist() == [1, 3, 4]
    # a tie goes to the place where the person was first
    tie = present(np.zeros(2, dtype=int), np.array([600, 0]), np.array([A, B]))
    assert tie.tolist() == [1]


# --- the figures ------------------------------------------------------------------------------

FIGURE_1_5 = {  # October 12, 2016, 13 to 15 h; routes as they are printed
    ("40代", "女性", "埼玉県さいたま市", "観劇", "5339460004→553946004"): 15,
    ("60代", "女性", "東京都練馬区", "観劇", "5339460004→553946004"): 35,
    ("50代", "男性", "群馬県前橋市", "スポーツ観戦", "5339460004→553946004"): 13,
    ("60代", "男性", "東京都練馬区", "観劇", "5339460004→533946111"): 8,
    ("40代", "女性", "千葉県千葉市", "観劇", "5339460004"): 75,
}
BORN = {"40代": "1972-04-04", "50代": "1966-10-12", "60代": "1946-10-13", "20代": "1996-10-12"}
STREET = {"埼玉県さいたま市": "見沼区東大宮1-1", "東京都練馬区": "豊玉北6-12-1",
          "群馬県前橋市": "大手町2-12-1", "千葉県千葉市": "中央区千葉港1-1"}  # fmt: skip
HOBBY = {"観劇": ["オペラ観劇", "マジックショー"], "スポーツ観戦": ["野球観戦"]}


def test_figure_1_5() -> None:
    """Subscribers with birthday, address and hobby; records a minute apart from 13:00 on."""
    people: list[tuple[str, str, str, str]] = []
    rows: list[tuple[int, int, str]] = []
    for (age, sex, town, hobby, way), n in FIGURE_1_5.items():
        for i in range(n):
            who = len(people)
            names = HOBBY[hobby]
            people.append((BORN[age], sex, town + STREET[town], names[i % len(names)]))
            for step, code in enumerate(way.split("→")):
                start = 13 * 3600 + step * 2700
                rows += [(who, start + minute * 60, code) for minute in range(0, 31, 15)]
                rows.append((who, start + 2000, "pass"))  # a short stop on the way
    codes, names_of = pd.factorize(pd.Series([r[2] for r in rows]))
    passing = list(names_of).index("pass")
    found = stays(
        np.array([r[0] for r in rows]), np.array([r[1] for r in rows]),
        np.where(codes == passing, -1, codes),
    )  # fmt: skip
    made = trips(found, definition="chains", alone=True)
    seven = from_birth(METHODS["age-7"](), at=date(2016, 10, 12))
    category = METHODS["map"](mapping={n: c for c, ns in HOBBY.items() for n in ns})
    counted: Counter[tuple[str, ...]] = Counter()
    for who, places in zip(made.person.tolist(), made.places, strict=True):
        born, sex, home, hobby = people[who]
        counted[
            seven.label(seven.convert(born))[0], sex, address(home, level="municipality") or "",
            category.convert(hobby), route(places, list(names_of)),
        ] += 1  # fmt: skip
    assert counted == FIGURE_1_5


def test_the_impossible_code_and_the_slip_of_figure_1_5_are_caught() -> None:
    codes = pd.Series(["5339460004", "533946004"], name="mesh")
    _, _, found = centres(codes, "250m", file="moves.csv")
    assert [(f.code, f.row, f.value) for f in found] == [
        ("mesh-impossible", 2, "5339460004"), ("mesh-impossible", 3, "533946004"),
    ]  # fmt: skip
    assert "100m" in found[0].remedy.to("ja")  # possible only where that level is declared
    assert centres(codes[:1], "100m")[2] == []
    tokyo = (35.5, 139.5, 35.9, 139.95)
    slip = pd.Series(["533946004", "553946004", "533946111"], name="mesh")
    _, lat, found = centres(slip, "500m", area=tokyo, file="moves.csv")
    assert [(f.code, f.row, f.value) for f in found] == [("mesh-outside", 3, "553946004")]
    assert "533946004" in found[0].remedy.to("en")
    # two 80 km cells to the north: 2 x 40 minutes of latitude, 148 km
    assert round((lat[1] - lat[0]) * 111.0) == 148


FIGURE_2_4 = {
    ("2016年10月", "英語", "東京駅→新宿駅→横浜駅→箱根駅"): 35,
    ("2016年10月", "英語", "有楽町駅→皇居→歌舞伎座→有楽町駅"): 13,
    ("2016年10月", "英語", "東京駅→浅草駅→雷門→両国国技館→東京駅"): 10,
    ("2016年10月", "中国語", "東京駅→銀座→舞浜駅→ディズニーランド"): 120,
}
LANGUAGE = {"英語": ["英語"], "中国語": ["中国語(簡体字)", "中国語(繁体字)"]}


def test_figure_2_4() -> None:
    """Access points stand for facilities; two points of one facility make no hop."""
    spots = sorted({s for _, _, way in FIGURE_2_4 for s in way.split("→")})
    rows: list[tuple[int, int, int, str]] = []
    who = 0
    for (_, language, way), n in FIGURE_2_4.items():
        for i in range(n):
            tongue = LANGUAGE[language][i % len(LANGUAGE[language])]
            for step, spot in enumerate(way.split("→")):
                at = spots.index(spot) * 2  # two access points each, one after the other
                rows += [(who, step * 3600 + i * 600, at + i, tongue) for i in (0, 1)]
            who += 1
    to_facility = METHODS["map"](mapping={str(p): spots[p // 2] for p in range(2 * len(spots))})
    facility = [spots.index(to_facility.convert(str(r[2]))) for r in rows]
    person = np.array([r[0] for r in rows])
    made = trips(stays(person, np.array([r[1] for r in rows]), np.array(facility), minutes=0),
                 definition="chains")  # fmt: skip
    tongues = METHODS["map"](mapping={n: c for c, ns in LANGUAGE.items() for n in ns})
    month = METHODS["month"]()
    when = month.label(month.convert("20161023145731"))[0]
    counted = Counter(
        (when, tongues.convert(rows[row][3]), route(places, spots))
        for places, row in zip(made.places, made.row.tolist(), strict=True)
    )
    assert counted == FIGURE_2_4


FIGURE_3_4 = {
    ("平日", "40代", "女性", "新宿駅", "羽田空港", "浜松町駅"): 50,
    ("平日", "60代", "女性", "新宿駅", "羽田空港", "大井JCT"): 75,
    ("平日", "40代", "男性", "浜松町駅", "羽田空港", "-"): 25,
    ("平日", "60代", "男性", "高田馬場駅", "成田空港", "大井JCT"): 8,
    ("休日祝日", "40代", "女性", "新宿駅", "羽田空港", "大井JCT"): 100,
    ("休日祝日", "40代", "女性", "池袋駅", "羽田空港", "浜松町駅"): 100,
    ("休日祝日", "20代", "女性", "新宿駅", "成田空港", "大井JCT"): 40,
    ("休日祝日", "50代", "男性", "浜松町駅", "羽田空港", "-"): 14,
}


def test_figure_3_4() -> None:
    """Journeys to the airports; a place that is no via (新橋駅) lies on every way."""
    spots = [
        "新宿駅",
        "池袋駅",
        "高田馬場駅",
        "新橋駅",
        "大井JCT",
        "浜松町駅",
        "羽田空港",
        "成田空港",
    ]
    vias = [spots.index(s) for s in ("大井JCT", "浜松町駅")]
    rows: list[tuple[int, int, int]] = []
    facts: list[tuple[str, str, str]] = []
    for (kind, age, sex, start, end, via), n in FIGURE_3_4.items():
        day = "2016-10-12" if kind == "平日" else "2016-10-10"  # a Wednesday; the Sports Day
        for _ in range(n):
            way = [start, "新橋駅", *([via] if via != "-" else []), end]
            rows += [(len(facts), i * 3600, spots.index(s)) for i, s in enumerate(way)]
            facts.append((day, BORN[age], sex))
    person, time, place = (np.array(c) for c in zip(*rows, strict=True))
    made = trips(stays(person, time, place, minutes=0), definition="via", via=vias)
    kinds = METHODS["day-kind"](holidays=[date(2016, 10, 10)])
    seven = from_birth(METHODS["age-7"](), at=date(2016, 10, 12))
    counted: Counter[tuple[str, ...]] = Counter()
    for who, places in zip(made.person.tolist(), made.places, strict=True):
        day, born, sex = facts[who]
        words = route(places, spots).split("→")
        counted[
            kinds.label(kinds.convert(day))[0], seven.label(seven.convert(born))[0], sex,
            words[0], words[2], words[1],
        ] += 1  # fmt: skip
    assert counted == FIGURE_3_4
