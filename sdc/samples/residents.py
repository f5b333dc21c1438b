"""Who lives in the sample city, and with whom?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sdc.model.hierarchy import IntArray
from sdc.model.system import FloatArray
from sdc.samples.chance import Chance

HOMES = ("411", "412", "413", "414", "415")
FLATS = ("412", "414")
EMPTY = 0.25
"""Share of houses without a household."""
KINDS = ("single", "couple", "family", "parent", "three")
CHANCES = {
    "flat": (0.60, 0.18, 0.13, 0.08, 0.01),
    "town": (0.28, 0.31, 0.27, 0.08, 0.06),
    "farm": (0.18, 0.31, 0.22, 0.07, 0.22),
}
WOMAN, MAN = 2, 1
AGES = (0, 104)


def make_residents(buildings: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row a person: household, position of the building, sex (1 male, 2 female), age."""
    chance = Chance(seed, "residents")
    homes = buildings[buildings["use"].isin(HOMES)]
    flat = homes["use"].isin(FLATS).to_numpy()
    by_size = np.floor(homes["floor_area"].to_numpy() / 115) * chance.uniform(
        len(homes), 0.55, 0.95
    )
    lived_in = (chance.uniform(len(homes)) >= EMPTY).astype(np.int64)
    number = np.where(flat, np.clip(by_size, 1, 60).astype(np.int64), lived_in)
    home = np.repeat(np.arange(len(homes)), number)
    place = np.where(flat, 0, np.where(homes["farm"].to_numpy() > 0.5, 2, 1))[home]
    kind = chance.pick(np.array(list(CHANCES.values()))[place])
    people = _people(kind, place, chance)
    where = homes.iloc[home[people["household"]]]
    return pd.DataFrame(
        {
            "household": [f"H{i + 1:05d}" for i in people["household"]],
            "lon": where["lon"].to_numpy(),
            "lat": where["lat"].to_numpy(),
            "sex": people["sex"].to_numpy(),
            "age": people["age"].to_numpy(),
        }
    )


def _people(kind: IntArray, place: IntArray, chance: Chance) -> pd.DataFrame:
    """Members of every household, household by household, the eldest generation last."""
    head = _heads(kind, place, chance)
    man = chance.uniform(len(kind)) < np.where(np.isin(kind, (0, 3)), 0.48, 0.9)
    rows = [_rows(np.arange(len(kind)), head, np.where(man, MAN, WOMAN))]
    pair = np.flatnonzero(np.isin(kind, (1, 2, 4)))
    partner = head[pair] + chance.normal(len(pair), -1.5, 3.5)
    rows.append(_rows(pair, np.maximum(partner, 20), np.where(man[pair], WOMAN, MAN)))
    rows.append(_children(kind, head, chance))
    rows.append(_elders(kind, head, chance))
    people = pd.concat(rows, ignore_index=True)
    people["age"] = np.clip(np.floor(people["age"]), *AGES).astype(int)
    return people.sort_values("household", kind="stable", ignore_index=True)


def _rows(household: IntArray, age: FloatArray, sex: IntArray) -> pd.DataFrame:
    return pd.DataFrame({"household": household, "age": age, "sex": sex})


def _heads(kind: IntArray, place: IntArray, chance: Chance) -> FloatArray:
    """Age of the head: singles are young or old, couples mostly old, parents in between."""
    n = len(kind)
    young, old = chance.uniform(n, 19, 38), 92 - 34 * chance.uniform(n) ** 0.8
    middle, parent = chance.uniform(n, 30, 66), chance.normal(n, 48, 10)
    youth = np.where(place == 0, 0.58, 0.14)
    dice = chance.uniform(n)
    single = np.where(dice < youth, young, np.where(dice < youth + 0.24, middle, old))
    couple = np.where(dice < 0.30, middle, old)
    head = np.select([kind == 0, kind == 1], [single, couple], default=parent)
    return np.asarray(np.clip(head, 19, 99))


def _children(kind: IntArray, head: FloatArray, chance: Chance) -> pd.DataFrame:
    """One to three children of the heads that are parents."""
    with_child = np.flatnonzero(kind >= 2)
    number = 1 + chance.choose((0.47, 0.42, 0.11), len(with_child))
    household = np.repeat(with_child, number)
    age = head[household] - chance.normal(len(household), 31.5, 4.5)
    sex = np.where(chance.uniform(len(household)) < 0.513, MAN, WOMAN)
    return _rows(household, np.clip(age, 0, 45), sex)


def _elders(kind: IntArray, head: FloatArray, chance: Chance) -> pd.DataFrame:
    """Grandmother, and in half of the households grandfather too."""
    three = np.flatnonzero(kind == 4)
    age = head[three] + chance.normal(len(three), 28, 4)
    both = chance.uniform(len(three)) < 0.5
    grandfather = _rows(three[both], age[both] + 2, np.full(int(both.sum()), MAN))
    return pd.concat([_rows(three, age, np.full(len(three), WOMAN)), grandfather])
