"""Every case of the catalogue of processing cases that bears on tables, with its exact edges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdc.errors import RulesError
from sdc.microdata.addresses import cell_size, place, warning_of
from sdc.microdata.catalogue import METHODS
from sdc.microdata.coding import blank_until, bottom_cut, by_density, join_rare, top_cut
from sdc.microdata.deleting import (
    at_least_persons,
    at_least_records,
    at_most_records,
    away_from_home,
    not_living_in,
    not_on,
    objected,
    under,
    within,
)
from sdc.microdata.generaliser import Generaliser, Unfit, generalise
from sdc.microdata.kanonymity import persons_in
from sdc.microdata.times import from_birth
from sdc.spatial import mesh


def labels(by: Generaliser, *values: str) -> list[str]:
    return [by.label(by.convert(v))[0] for v in values]


@pytest.mark.parametrize(
    ("method", "options", "edges"),
    [
        # retail 2 and the guideline: 7 classes of age
        ("age-7", {}, {"0": "20歳未満", "19": "20歳未満", "20": "20代", "29": "20代", "30": "30代",
                       "59": "50代", "60": "60代", "69": "60代", "70": "70歳以上", "104": "70歳以上"}),
        # medical 2, card 1: 5 years, 85 and over together
        ("age-5-years", {}, {"0": "0～4歳", "4": "0～4歳", "5": "5～9歳", "79": "75～79歳",
                             "84": "80～84歳", "85": "85歳以上", "99": "85歳以上"}),
        # medical 4, 5, 6: 100 and over together
        ("age-100", {}, {"0": "0歳", "1": "1歳", "99": "99歳", "100": "100歳以上", "113": "100歳以上"}),
        # pawn shop: 19 and younger joined to the 20s
        ("age-from-20s", {}, {"18": "20代以下", "29": "20代以下", "30": "30代", "99": "90代",
                              "100": "100歳以上"}),
        # housing 2: dwelling area, persons, photovoltaic capacity, 4 classes each
        ("bands", {"breaks": [100, 120, 140], "unit": "m²"},
         {"99.99": "100m²未満", "100": "100m²以上120m²未満", "119.99": "100m²以上120m²未満",
          "120": "120m²以上140m²未満", "139.99": "120m²以上140m²未満", "140": "140m²以上"}),
        ("bands", {"breaks": [2, 3, 4], "names": [("1人", "1"), ("2人", "2"), ("3人", "3"),
                                                  ("4人以上", "4 or more")]},
         {"1": "1人", "2": "2人", "3": "3人", "4": "4人以上", "9": "4人以上"}),
        ("bands", {"breaks": [3, 4, 5], "unit": "kW"},
         {"2.99": "3kW未満", "3": "3kW以上4kW未満", "3.99": "3kW以上4kW未満", "4": "4kW以上5kW未満",
          "4.99": "4kW以上5kW未満", "5": "5kW以上"}),
        # shopping street: 200 yen; insurer: 1,000 yen; card 2: 1,000,000 yen
        ("steps", {"size": 200}, {"0": "0円以上200円未満", "199.99": "0円以上200円未満",
                                  "200": "200円以上400円未満", "399": "200円以上400円未満"}),
        ("steps", {"size": 1000}, {"999": "0円以上1000円未満", "1000": "1000円以上2000円未満"}),
        ("steps", {"size": 1_000_000}, {"4999999": "4000000円以上5000000円未満",
                                        "5000000": "5000000円以上6000000円未満"}),
        # guideline, general part: height of 150 cm and over in one class
        ("cut", {"top": 150, "unit": "cm"}, {"149.9": "149.9cm", "150": "150cm以上", "170": "150cm以上"}),
        # insurer: both tails
        ("cut", {"top": 90, "bottom": 40, "unit": "kg"},
         {"39": "40kg以下", "40": "40kg以下", "40.1": "40.1kg", "89.9": "89.9kg", "90": "90kg以上"}),
        # guideline: times floored to 15 minutes; visitors: seconds deleted; shopping street: hours
        ("minutes", {"minutes": 15}, {"20161128131459": "2016-11-28T13:00",
                                      "20161128131500": "2016-11-28T13:15",
                                      "20161128235959": "2016-11-28T23:45"}),
        ("minutes", {"minutes": 1}, {"2016-11-28 13:14:59": "2016-11-28T13:14"}),
        ("minutes", {"minutes": 60}, {"2016-11-28 13:59:59": "2016-11-28T13:00"}),
        ("hour", {}, {"2016-11-28 00:59": "0時～1時", "2016-11-28 23:00": "23時～24時"}),
        # property 1: time slots
        ("slots", {"hours": [0, 6, 11, 17]}, {"2016-11-28 05:59": "0時～6時",
                                              "2016-11-28 06:00": "6時～11時",
                                              "2016-11-28 17:00": "17時～24時"}),
        # retail 2, medical 2: the day without the time; shopping street: the day of the week
        ("day", {}, {"20161128235959": "2016-11-28", "2016年11月28日": "2016-11-28"}),
        ("weekday", {}, {"2016-11-27": "日曜日", "2016-11-28": "月曜日"}),
        # figure 3-4: working days, weekends and holidays (3 November 2016 was a Thursday)
        ("day-kind", {"holidays": [date(2016, 11, 3)]},
         {"2016-11-03": "休日祝日", "2016-11-04": "平日", "2016-11-05": "休日祝日"}),
        # card 1: two weeks; month of joining; medical 3 and 5: month of birth
        ("two-weeks", {"start": date(2019, 4, 1)},
         {"2019-04-14": "2019-04-01～2019-04-14", "2019-04-15": "2019-04-15～2019-04-28"}),
        ("month", {}, {"1972-04-30": "1972年4月", "19720501": "1972年5月"}),
        # medical 5, housing 2: a postal code without its last four digits
        ("postcode", {}, {"100-0005": "100", "〒1580094": "158"}),
        # pedestrians: the last two digits of a coordinate cut off, not rounded
        ("coordinate", {"drop": 2}, {"35.658593": "35.6585", "139.745999": "139.7459"}),
        ("coordinate", {"decimals": 3}, {"-35.658593": "-35.658"}),
        # shopping street: a shop becomes its trade; garage: a colour its family
        ("map", {"mapping": {"八百屋A": "食料品", "魚屋B": "食料品"}}, {"魚屋B": "食料品"}),
        ("map", {"mapping": {"040": "白", "070": "白", "202": "黒"}}, {"070": "白", "202": "黒"}),
        # 13104001001 is a chome of 13104 in prefecture 13
        ("code", {"level": "chome"}, {"13104001001": "13104001001"}),
        ("code", {"level": "town"}, {"13104001001": "131040010"}),
        ("code", {"level": "municipality"}, {"13104001001": "13104"}),
        ("code", {"level": "prefecture"}, {"13104001001": "13"}),
        ("keep", {}, {"女性": "女性"}),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_edges(method: str, options: dict[str, object], edges: dict[str, str]) -> None:
    by = METHODS[method](**options)
    assert dict(zip(edges, labels(by, *edges), strict=True)) == edges


@pytest.mark.parametrize(
    ("address", "prefecture", "municipality", "chome"),
    [  # the addresses of figures 1-3 and 3-2, and names that hold 市, 郡, 区, 町 or 村 inside
        ("東京都千代田区丸の内 6-5-3", "東京都", "東京都千代田区", "東京都千代田区丸の内6丁目"),
        ("東京都西東京市保谷町 2-8-18", "東京都", "東京都西東京市", "東京都西東京市保谷町2丁目"),
        ("神奈川県横浜市旭区二俣川 236", "神奈川県", "神奈川県横浜市", "神奈川県横浜市旭区二俣川"),
        ("東京都新宿区市谷本村町5-1", "東京都", "東京都新宿区", "東京都新宿区市谷本村町"),
        ("三重県四日市市諏訪町1番5号", "三重県", "三重県四日市市", "三重県四日市市諏訪町"),
        ("千葉県市川市八幡１丁目1番1号", "千葉県", "千葉県市川市", "千葉県市川市八幡1丁目"),
        ("福島県郡山市朝日一丁目23-7", "福島県", "福島県郡山市", "福島県郡山市朝日一丁目"),
        ("奈良県大和郡山市北郡山町248", "奈良県", "奈良県大和郡山市", "奈良県大和郡山市北郡山町"),
        ("北海道余市郡余市町朝日町26番地", "北海道", "北海道余市郡余市町", "北海道余市郡余市町朝日町"),
        ("群馬県佐波郡玉村町下新田201", "群馬県", "群馬県佐波郡玉村町", "群馬県佐波郡玉村町下新田"),
        ("東京都町田市森野2-2-22", "東京都", "東京都町田市", "東京都町田市森野2丁目"),
        ("京都府京都市中京区寺町通488", "京都府", "京都府京都市", "京都府京都市中京区寺町通"),
        ("東京都大島町元町1-1-14", "東京都", "東京都大島町", "東京都大島町元町1丁目"),
    ],
)  # fmt: skip
def test_addresses_down_to_a_level(
    address: str, prefecture: str, municipality: str, chome: str
) -> None:
    assert place(address, level="prefecture") == prefecture
    assert place(address, level="municipality") == municipality
    assert place(address, level="chome") == chome


def test_an_address_without_its_prefecture_is_refused() -> None:
    wrong = generalise([pd.Series(["丸の内1-1"], name="home")], METHODS["place"](level="chome"))
    assert [(f.code, f.row, f.column) for f in wrong.found] == [("address-syntax", 2, "home")]


def test_the_ward_of_a_designated_city() -> None:
    assert place("埼玉県さいたま市見沼区東大宮1-1", level="ward") == "埼玉県さいたま市見沼区"
    with pytest.raises(RulesError):
        place("東京都", level="street")


def test_age_from_a_birthday_at_a_fixed_day_and_on_admission() -> None:
    # born 1996-10-12: 19 on 11 October 2016, 20 the day after
    fixed = from_birth(METHODS["age-7"](), at=date(2016, 10, 11))
    assert labels(fixed, "1996-10-12", "1996-10-11") == ["20歳未満", "20代"]
    admitted = from_birth(METHODS["age-100"]())
    born = pd.Series(["1916-11-01", "1916-11-01"])
    day = pd.Series(["2016-10-31", "2016-11-01"])
    codes = generalise([born, day], admitted).codes
    assert [admitted.label(c)[0] for c in codes] == ["99歳", "100歳以上"]
    with pytest.raises(Unfit, match="date-order"):
        admitted.convert("2016-11-01", "2016-10-31")


def test_months_since_birth_replace_the_month_of_treatment() -> None:
    by = METHODS["months-since-birth"]()
    # November 2015 to October 2016 are 11 months, the days do not matter
    assert [by.convert("2016-10-01", "2015-11-30"), by.convert("2015-11-30", "2015-11-01")] == [
        "0011", "0000",
    ]  # fmt: skip
    assert by.label("0011") == ("生後11か月", "11 months after birth")


def test_a_list_of_replacements_is_total() -> None:
    column = pd.Series(["八百屋A", "新しい店"], name="shop")
    codes, found = generalise([column], METHODS["map"](mapping={"八百屋A": "食料品"}), file="b.csv")
    assert codes.tolist() == ["食料品", ""]
    assert [(f.code, f.row, f.value) for f in found] == [("map-missing", 3, "新しい店")]
    assert "新しい店,置換え後" in found[0].remedy.to("ja")


def test_misfits_are_told_with_their_rows() -> None:
    column = pd.Series(["34", "-1", "三十", "", "1,000"], name="age")
    found = generalise([column], METHODS["age-7"](), file="b.csv").found
    assert [(f.row, f.code) for f in found] == [
        (3, "number-negative"), (4, "number-syntax"), (5, "number-blank"), (6, "number-grouped"),
    ]  # fmt: skip


def test_the_size_of_a_cut_coordinate_is_shown() -> None:
    # GRS80 at 35 degrees: a degree of latitude is 110,941 m, of longitude 91,288 m (GSI tables)
    high, wide = cell_size(4, 35.0)
    assert (round(high, 2), round(wide, 2)) == (11.09, 9.13)
    warning = warning_of(4, 35.0)
    assert "11.1m×9.13m" in warning.to("ja")
    assert "11.1 m x 9.13 m" in warning.to("en")


def test_the_cut_leaves_k_persons() -> None:
    heights = [Decimal(n) for n in (130, 140, 150, 151, 151, 170)]
    # 170, 151, 151 are three records of two persons (4 and 5): the cut goes on to 150
    person = np.array([1, 2, 3, 4, 4, 5])
    assert top_cut(heights, person, k=3) == 150
    assert top_cut(heights, np.arange(6), k=3) == 151
    assert bottom_cut(heights, person, k=2) == 140
    assert top_cut(heights, person, k=6) is None


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(2, 6))
def test_top_cut_is_the_largest_that_leaves_k(values: list[int], k: int) -> None:
    found = top_cut([Decimal(v) for v in values], np.arange(len(values)), k=k)
    ok = [v for v in values if sum(w >= v for w in values) >= k]
    assert found == (max(ok) if ok else None)


def test_rare_classes_become_other_by_persons() -> None:
    jobs = pd.Series(["会社員"] * 5 + ["公務員"] * 4 + ["鷹匠"] * 3 + ["杜氏"])
    # the three records of the falconer are one person's: 1 + 1 persons are too few for k = 4, so
    # the next smallest class, the 4 civil servants, joins them
    person = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 10])
    codes, joined = join_rare(jobs, person, k=4)
    assert joined == ("公務員", "杜氏", "鷹匠")
    assert codes.value_counts().to_dict() == {"その他": 8, "会社員": 5}
    codes, joined = join_rare(jobs, person, k=2)
    assert joined == ("杜氏", "鷹匠")


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(2, 5))
def test_join_rare_leaves_no_small_class_unless_all_are_one(codes: list[int], k: int) -> None:
    out, _ = join_rare(pd.Series([str(c) for c in codes]), np.arange(len(codes)), k=k)
    sizes = out.value_counts()
    assert (sizes >= k).all() or len(sizes) == 1


def test_the_pharmacy_is_blanked_before_the_drug() -> None:
    # drug z: 3 records, one in each pharmacy (k = 1); drug y: 4 and 4. k <= 3 becomes k >= 4: the
    # pharmacies of drug z are blanked, and as 3 are still too few, its records are deleted
    drug = pd.Series(["y"] * 8 + ["z"] * 3)
    shop = pd.Series(["A"] * 4 + ["B"] * 4 + ["A", "B", "C"])
    (kept_drug, kept_shop), gone = blank_until([drug, shop], np.arange(11), k=4, order=[1])
    assert kept_shop.tolist() == ["A"] * 4 + ["B"] * 4 + [""] * 3
    assert kept_drug.tolist() == drug.tolist()
    assert gone.tolist() == [False] * 8 + [True] * 3
    drug[7] = "z"  # now z has four: blanking the pharmacy is enough for them, not for y in B
    _, gone = blank_until([drug, shop], np.arange(11), k=4, order=[1])
    assert gone.tolist() == [False] * 4 + [True] * 3 + [False] * 4


@pytest.mark.parametrize(
    ("least", "size", "kept"), [(4, 3, False), (4, 4, True), (5, 4, False), (5, 5, True)]
)
def test_small_groups_to_the_unit(least: int, size: int, kept: bool) -> None:
    # k <= 3 is deleted and 4 stays; "fewer than 5" is deleted and 5 stays
    group = np.zeros(size, dtype=np.int64)
    assert at_least_persons(group, np.arange(size), least).all() == kept
    # five records of four persons are four
    assert not at_least_persons(np.zeros(5, dtype=np.int64), np.array([0, 0, 1, 2, 3]), 5).any()


def test_within_500_metres_of_a_station() -> None:
    # Shinjuku station; 0.0045 degrees of latitude are 499.2 m there, 0.0046 are 510.3 m
    lon, lat = 139.700464, 35.689729
    at = within(np.full(3, lon), lat + np.array([0.0, 0.0045, 0.0046]), [(lon, lat)], metres=500)
    assert at.tolist() == [True, True, False]


def test_records_at_home_and_of_residents() -> None:
    place_codes = pd.Series(["533946004", "533946111", "533946004"])
    home = pd.Series(["533946004", "533946004", "533946111"])
    assert away_from_home(place_codes, home).tolist() == [False, True, True]
    living = pd.Series(["13101001001", "11100002003"])
    assert not_living_in(living, ["13101"]).tolist() == [False, True]


def test_event_days_sensitive_places_and_objections() -> None:
    day = pd.Series(["2016-10-12", "2016-10-12", "2016-10-13"])
    assert not_on(day, ["2016-10-12"]).tolist() == [False, False, True]
    temple = np.array([True, False, True])
    assert not_on(day, ["2016-10-12"], temple).tolist() == [False, True, True]
    assert objected(pd.Series(["a", "b", "a"]), ["a"]).tolist() == [False, True, False]


def test_persons_of_few_and_of_very_many_records() -> None:
    person = np.array([0, 1, 1, 2, 2, 2])
    assert at_least_records(person, 2).tolist() == [False, True, True, True, True, True]
    assert at_most_records(person, 2).tolist() == [True, True, True, False, False, False]


def test_ninety_and_over_and_extreme_consumption_are_left_out() -> None:
    assert under(pd.Series(["89", "90", "89.99", ""]), 90).tolist() == [True, False, True, True]


def test_dense_cells_are_divided_and_thin_ones_are_not() -> None:
    # one 1 km cell (53393599): its south-west quarter has 3 persons, its north-east one 2
    lat = 35.6584 + np.array([0, 0, 0, 0.005, 0.005])
    lon = 139.7376 + np.array([0, 0, 0, 0.007, 0.007])
    codes, level = by_density(lat, lon, np.arange(5), levels=["1km", "500m"], k=3)
    assert level.tolist() == [0] * 5  # dividing it would leave two alone
    codes, level = by_density(lat, lon, np.arange(5), levels=["1km", "500m"], k=2)
    assert level.tolist() == [1] * 5
    assert {str(c)[:8] for c in codes} == {str(mesh.encode(lat[:1], lon[:1], "1km")[0])}


@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), min_size=1, max_size=60))
def test_cells_by_density_form_a_partition(points: list[tuple[int, int]]) -> None:
    # a grid of 250 m cells in the middle of them, 10 by 10 kilometre cells
    lat = 35.0 + np.array([(p[0] + 0.5) / 480 for p in points])
    lon = 139.0 + np.array([(p[1] + 0.5) / 320 for p in points])
    codes, level = by_density(lat, lon, np.arange(len(points)), levels=["1km", "500m", "250m"], k=3)
    sizes = persons_in(codes, np.arange(len(points)))
    assert (sizes[level > 0] >= 3).all()
    texts = sorted({str(c) for c in codes})
    assert not [a for a in texts for b in texts if a != b and b.startswith(a)]
