"""Roles, pseudonyms, k-anonymity: what may enter, under which name, in groups of which size."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError, NotProven, RulesError
from sdc.microdata.kanonymity import (
    Ladder,
    groups_of,
    least_loss,
    persons_in,
    smallest_group,
)
from sdc.microdata.pseudonym import METHOD, check_method, pseudonyms
from sdc.microdata.roles import Role, check_kept, check_roles, kind_of

KEY = bytes(range(32))


def test_every_column_needs_a_role() -> None:
    found = check_roles(["name", "sex", "memo"], {"name": Role.IDENTIFIER, "sex": Role.AS_IS})
    assert [(f.code, f.column) for f in found] == [("role-missing", "memo")]
    assert check_roles(["sex"], {"sex": Role.AS_IS}) == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("090-1234-5678", "phone"),
        ("09012345678", "phone"),
        ("03-1234-5678", "phone"),
        ("19-88-76-55-18-99", "mac"),
        ("19:88:76:55:18:9A", "mac"),
        ("hanako@example.jp", "mail"),
        ("4111 1111 1111 1111", "card"),
        ("123456789012", "card"),
        ("娘の花子さんと来庁。", "text"),
        ("あ" * 41, "text"),
        ("あ" * 40, ""),
        ("one two three four five", "text"),
        ("埼玉県 さいたま市", ""),
        ("2016-10-12", ""),
        ("08299001001", ""),
        ("411", ""),
        ("30代", ""),
        ("東京駅→新宿駅→横浜駅→箱根駅", ""),
    ],
)
def test_what_must_not_be_kept(value: str, kind: str) -> None:
    assert kind_of(value) == kind


def test_free_text_is_refused_without_being_repeated() -> None:
    column = pd.Series(["女性", "娘の花子さんと来庁。"], name="note")
    (found,) = check_kept(column, file="b.csv")
    assert (found.code, found.row, found.column, found.value) == ("role-text", 3, "note", "")
    assert "花子" not in found.to("ja") + found.to("en")


@pytest.mark.parametrize("method", ["sha256", "md5", "sha1", "hash", "bcrypt", ""])
def test_anything_but_the_keyed_hash_is_refused_with_the_reason(method: str) -> None:
    with pytest.raises(RulesError) as caught:
        check_method(method)
    assert "総当たり" in caught.value.ja
    assert "hashing all of them" in caught.value.en
    check_method(METHOD)


def test_a_pseudonym_is_the_keyed_hash_of_scope_and_value() -> None:
    # lengths of 8 bytes before each of release, kind, scope and value, written out by hand
    message = (
        b"\0\0\0\0\0\0\0\x01r" b"\0\0\0\0\0\0\0\x03day" b"\0\0\0\0\0\0\0\x0a2016-10-12"
        b"\0\0\0\0\0\0\0\x03090"
    )  # fmt: skip
    expected = hmac.new(KEY, message, hashlib.sha256).hexdigest()[:32]
    got = pseudonyms(pd.Series(["090", ""]), ["2016-10-12"] * 2, KEY, release="r", scope="day")
    assert got.tolist() == [expected, ""]
    assert expected != hashlib.sha256(b"090").hexdigest()[:32]


def test_pseudonyms_of_two_scopes_two_releases_two_keys_share_nothing() -> None:
    values = pd.Series([f"{n:010d}" for n in range(200)])
    spans = [("2016-10-01", "a", KEY), ("2016-10-02", "a", KEY), ("2016-10-01", "b", KEY),
             ("2016-10-01", "a", bytes(32))]  # fmt: skip
    codes = [
        set(pseudonyms(values, [day] * 200, key, release=release, scope="day"))
        for day, release, key in spans
    ]
    assert all(len(c) == 200 for c in codes)
    assert len(set.union(*codes)) == 800
    again = pseudonyms(values, ["2016-10-01"] * 200, KEY, release="a", scope="day")
    assert set(again) == codes[0]
    camera = pseudonyms(values, ["2016-10-01"] * 200, KEY, release="a", scope="camera")
    assert not set(camera) & codes[0]


def test_a_short_key_and_an_unknown_scope_are_refused() -> None:
    with pytest.raises(InputError, match="32"):
        pseudonyms(pd.Series(["a"]), ["d"], bytes(31), release="r", scope="day")
    with pytest.raises(RulesError, match="scope"):
        pseudonyms(pd.Series(["a"]), ["d"], KEY, release="r", scope="week")


# --- k-anonymity ------------------------------------------------------------------------------


def sweeney() -> tuple[list[Ladder], np.ndarray]:
    """The private table of Sweeney 2002 (Achieving k-anonymity), figure 3: race and ZIP.

    black and white persons in 02138, 02139, 02141, 02142; race goes to person, ZIP to 0213* and
    0214*, then to 021**.
    """
    race = np.repeat([0, 1], 4)
    zips = np.tile([0, 1, 2, 3], 2)
    ladders = [Ladder("race", (race, race * 0)), Ladder("zip", (zips, zips // 2, zips * 0))]
    return ladders, np.arange(8)


def test_the_published_tables_of_sweeney() -> None:
    (race, zips), person = sweeney()
    # her figure: GT[1,0], GT[0,1] satisfy k = 2, GT[1,1] and GT[0,2] satisfy k = 4
    sizes = {
        (a, b): smallest_group([race.levels[a], zips.levels[b]], person)
        for a in (0, 1)
        for b in (0, 1, 2)
    }
    assert sizes == {(0, 0): 1, (1, 0): 2, (0, 1): 2, (1, 1): 4, (0, 2): 4, (1, 2): 8}
    # the minimal ones for k = 2 both take ln 2 away; the tie goes to the finer first column
    found = least_loss([race, zips], person, k=2)
    assert (found.levels, round(found.loss, 6)) == ((0, 1), 0.693147)
    assert least_loss([race, zips], person, k=5).levels == (1, 2)


def sample_residents() -> list[Ladder]:
    """The first 4,000 residents of the sample city: sex (kept, left out), age (1, 5, 10, 20, all)."""
    path = Path(__file__).parents[2] / "data" / "samples" / "residents.csv"
    rows = pd.read_csv(path, dtype=str, nrows=4000)
    age, sex = rows["age"].astype(int).to_numpy(), rows["sex"].astype(int).to_numpy()
    return [
        Ladder("sex", (sex, sex * 0)),
        Ladder("age", (age, age // 5, age // 10, age // 20, age * 0)),
    ]


def test_k_as_pycanon_finds_it() -> None:
    """What ``pycanon.anonymity.k_anonymity`` 1.3.5 answers on the same ten generalisations."""
    sex, age = sample_residents()
    ours = {
        (s, a): smallest_group([sex.levels[s], age.levels[a]], np.arange(4000))
        for s in range(2)
        for a in range(5)
    }
    assert ours == {
        (0, 0): 1, (0, 1): 1, (0, 2): 22, (0, 3): 151, (0, 4): 1986,
        (1, 0): 1, (1, 1): 5, (1, 2): 47, (1, 3): 303, (1, 4): 4000,
    }  # fmt: skip


def test_least_loss_is_never_above_what_anjana_chooses() -> None:
    """``anjana.anonymity.k_anonymity`` 1.2.3, no record deleted, generalises age alone here.

    Its levels of age for each k; ours never lose more. To give up sex costs at most ln 2 = 0.69 nats,
    about as much as to double a class of age, and less than to give up ages of 20 years: so only at
    k = 200, which 20 years without sex reach as well (303), ours is another answer.
    """
    ladders = sample_residents()
    theirs = {2: 2, 5: 2, 20: 2, 50: 3, 200: 4}
    full = [[entropy_of(level) for level in ladder.levels] for ladder in ladders]
    for k, level in theirs.items():
        found = least_loss(ladders, np.arange(4000), k=k)
        loss = full[1][0] - full[1][level]
        assert found.loss <= loss + 1e-9
        assert (found.loss < loss - 1e-9) == (found.levels != (0, level))
    assert least_loss(ladders, np.arange(4000), k=50).levels == (0, 3)
    assert least_loss(ladders, np.arange(4000), k=200).levels == (1, 3)


def entropy_of(codes: np.ndarray) -> float:
    shares = [n / len(codes) for n in Counter(codes.tolist()).values()]
    return -sum(p * math.log(p) for p in shares)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(*[st.integers(0, 7)] * 3, st.integers(0, 5)), min_size=1, max_size=40),
    st.integers(2, 4),
)
def test_least_loss_is_the_optimum_of_all_combinations(
    rows: list[tuple[int, int, int, int]], k: int
) -> None:
    data = np.array(rows)
    person = data[:, 3]
    ladders = [
        Ladder(str(i), tuple(data[:, i] // width for width in (1, 2, 4, 8))) for i in range(3)
    ]

    def loss(node: tuple[int, ...]) -> float:
        pairs = [(lad.levels[0], lad.levels[n]) for lad, n in zip(ladders, node, strict=True)]
        return sum(entropy_of(fine) - entropy_of(coarse) for fine, coarse in pairs)

    def holds(node: tuple[int, ...]) -> bool:
        groups: dict[tuple[int, ...], set[int]] = {}
        for row in rows:
            key = tuple(v // 2**n for v, n in zip(row, node, strict=False))
            groups.setdefault(key, set()).add(row[3])
        return min(map(len, groups.values())) >= k

    good = [node for node in product(range(4), repeat=3) if holds(node)]
    if not good:
        with pytest.raises(NotProven):
            least_loss(ladders, person, k=k)
        return
    found = least_loss(ladders, person, k=k)
    assert holds(found.levels)
    assert found.loss == pytest.approx(min(loss(node) for node in good), abs=1e-9)


def test_an_allowance_deletes_outliers_instead_of_coarsening_all() -> None:
    age = np.array([1] * 50 + [2] * 49 + [9])
    ladder = Ladder("age", (age, age * 0))
    person = np.arange(100)
    assert least_loss([ladder], person, k=4).levels == (1,)
    found = least_loss([ladder], person, k=4, allowance=0.01)
    assert found.levels == (0,)
    assert np.flatnonzero(found.deleted).tolist() == [99]


def test_devices_of_one_person_are_one() -> None:
    group = np.zeros(6, dtype=np.int64)
    assert persons_in(group, np.array([0, 0, 1, 1, 2, 2])).tolist() == [3] * 6
    assert smallest_group([group], np.array([0, 0, 0, 0, 0, 0])) == 1
    assert smallest_group([], np.zeros(0, dtype=np.int64)) == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 5)), max_size=40))
def test_persons_in_counts_as_a_set_does(rows: list[tuple[int, int, int]]) -> None:
    data = np.array(rows, dtype=np.int64).reshape(-1, 3)
    group = groups_of([data[:, 0], data[:, 1]], len(data))
    want = [len({r[2] for r in rows if r[:2] == row[:2]}) for row in rows]
    assert persons_in(group, data[:, 2]).tolist() == want


def test_levels_that_are_not_nested_are_refused() -> None:
    with pytest.raises(RulesError, match="nested"):
        Ladder("age", (np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([0, 1, 1])))
    with pytest.raises(RulesError):
        least_loss([], np.zeros(1, dtype=np.int64), k=1)
