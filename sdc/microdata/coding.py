"""Which cut, which class or which cell leaves at least k persons together?

These are the steps of the catalogue that look at a whole column at once; persons are counted, not
records.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from sdc.microdata.kanonymity import groups_of, persons_in
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray
from sdc.spatial import mesh

OTHER = "その他"


def top_cut(values: Sequence[Decimal], person: IntArray, *, k: int) -> Decimal | None:
    """The largest value that at least ``k`` persons reach; None where there are fewer than k.

    >>> top_cut([Decimal(n) for n in (140, 145, 150, 160, 170)], np.arange(5), k=3)
    Decimal('150')
    """
    seen: set[int] = set()
    order = sorted(range(len(values)), key=lambda i: values[i], reverse=True)
    for i in order:
        seen.add(int(person[i]))
        if len(seen) >= k:
            return values[i]
    return None


def bottom_cut(values: Sequence[Decimal], person: IntArray, *, k: int) -> Decimal | None:
    """The smallest value that at least ``k`` persons do not exceed.

    >>> bottom_cut([Decimal(n) for n in (40, 45, 60)], np.arange(3), k=2)
    Decimal('45')
    """
    found = top_cut([-v for v in values], person, k=k)
    return None if found is None else -found


def join_rare(
    codes: pd.Series, person: IntArray, *, k: int, other: str = OTHER
) -> tuple[pd.Series, tuple[str, ...]]:
    """Classes of fewer than ``k`` persons become ``other``; also which ones did, in code order.

    Where ``other`` itself has fewer than k, the next smallest class joins it: the members of a lone
    rare class would else be found under its new name. O(n log n).

    >>> hobby = pd.Series(["観劇", "観劇", "観劇", "手品", "野球", "野球"])
    >>> join_rare(hobby, np.arange(6), k=2)[1]
    ('手品', '野球')
    """
    number, names = pd.factorize(codes.astype(object), sort=True)
    sizes = persons_in(number.astype(np.int64), person)
    first = np.unique(number, return_index=True)[1]
    n_persons = {str(names[number[i]]): int(sizes[i]) for i in first}
    joined = {name for name, n in n_persons.items() if n < k or name == other}
    rest = sorted((n, name) for name, n in n_persons.items() if name not in joined)
    while joined and rest and len(np.unique(person[codes.isin(joined).to_numpy()])) < k:
        joined.add(rest.pop(0)[1])
    return codes.where(~codes.isin(joined), other), tuple(sorted(joined - {other}))


def by_density(
    lat: np.ndarray, lon: np.ndarray, person: IntArray, *, levels: Sequence[str], k: int
) -> tuple[IntArray, IntArray]:
    """The finest mesh cell of every record that leaves ``k`` persons, and its level (n,), (n,).

    ``levels`` go from coarse to fine and nest. A cell is divided only where every occupied part
    has at least ``k`` persons, so the cells form a partition and none is the difference of two
    others. Cells of the coarsest level may hold fewer. O(n log n) a level.

    >>> lat, lon = np.array([35.6585, 35.6586, 35.6640]), np.full(3, 139.7454)
    >>> by_density(lat, lon, np.arange(3), levels=["1km", "500m"], k=2)[1].tolist()
    [0, 0, 0]
    """
    codes = [mesh.encode_numbers(lat, lon, level) for level in levels]
    chosen = codes[0].copy()
    depth = np.zeros(len(chosen), dtype=np.int64)
    for i, fine in enumerate(codes[1:], start=1):
        enough = persons_in(fine, person) >= k
        parent = np.unique(codes[i - 1], return_inverse=True)[1]
        whole = np.bincount(parent, weights=~enough) == 0
        divide = whole[parent] & (depth == i - 1)
        chosen[divide], depth[divide] = fine[divide], i
    return chosen, depth


def blank_until(
    columns: Sequence[pd.Series], person: IntArray, *, k: int, order: Sequence[int]
) -> tuple[list[pd.Series], BoolArray]:
    """Blank the cells of rare records, column by column, until k persons share what is left.

    ``order`` names the columns to be given up, first to last (the pharmacy's code before the drug).
    Also (n,) the records that stay below k even so, and must be deleted. Blanked and unblanked
    groups are compared anew after each column, so that neither is left small.
    """
    out = [c.astype(object).copy() for c in columns]
    small = _small(out, person, k)
    for column in order:
        if not small.any():
            break
        out[column] = out[column].where(~small, "")
        small = _small(out, person, k)
    return out, small


def _small(columns: Sequence[pd.Series], person: IntArray, k: int) -> BoolArray:
    codes = [pd.factorize(c)[0].astype(np.int64) for c in columns]
    return np.asarray(persons_in(groups_of(codes, len(person)), person) < k, dtype=bool)
