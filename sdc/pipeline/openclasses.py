"""Which classes may be named at all, where only those that occur are known?

A list of routes, days or towns that occur says of each that somebody was there: an X beside it is
then at least 1, whatever an audit assumes. So a class that occurs is named only where enough persons
are in it; the others are counted together. Classes of a finite method (ages, hours) are all listed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sdc.config import Config
from sdc.microdata.coding import OTHER, join_rare
from sdc.model.coded import Coded
from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.pipeline.entered import Entered


def with_rare_joined(config: Config, coded: Coded, entered: Entered) -> Coded:
    """The records with the rare classes of open columns counted as その他.

    Rare is a class of fewer persons than ``min_count`` of some table that uses the column. A class
    that nobody is left in is not named either.
    """
    for column, spec in config.records[coded.name].columns.items():
        if column not in coded.dims or spec.classes != "generalised":
            continue
        if spec.source not in entered.open:
            continue
        tables = [t for t in config.tables if t.records == coded.name and column in t.by]
        least = max((config.rules[t.rules].min_count for t in tables), default=2)
        dim = coded.dims[column]
        codes = pd.Series([dim.codes[i] for i in dim.leaves], dtype=object)
        person = np.arange(len(coded)) if coded.owner is None else coded.owner
        found, _ = join_rare(codes.iloc[coded.leaf[column]].reset_index(drop=True), person, k=least)
        names = sorted(found.unique())
        words = {code: dim.labels[dim.position(code)] for code in names if code in dim}
        after = Hierarchy.flat(column, names, labels={TOTAL: "総数", OTHER: OTHER, **words})
        place = {after.codes[i]: k for k, i in enumerate(after.leaves)}
        leaf = found.map(place).to_numpy(dtype=np.int64)
        coded = replace(
            coded, dims={**coded.dims, column: after}, leaf={**coded.leaf, column: leaf}
        )  # fmt: skip
    return coded
