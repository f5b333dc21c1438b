"""Does each part of the reverse-delete search improve on the plain order, by itself?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tinytables import flat, safe

from sdc.model.rules import Rules
from sdc.model.system import Level
from sdc.suppression import reverse_delete
from sdc.suppression.cocircuits import Covers
from sdc.suppression.complementary import suppress
from sdc.suppression.found import Budget
from sdc.suppression.presolve import reduce
from sdc.suppression.relaxation import relax

RULES = Rules(min_count=4, level=Level.LINEAR, zeros="show", cost="value")
TABLE = flat(np.random.default_rng(19).integers(1, 40, (8, 8)), RULES)
"""A table on which no order that the relaxation guides is better than the plain one."""


def searched(orders: int, work: int, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float]:
    """The loss by falling price alone, and that after so many random orders and so much re-opening."""
    monkeypatch.setattr(reverse_delete, "STARTS", orders)
    monkeypatch.setattr(reverse_delete, "WORK", work)
    reduced = reduce(TABLE)
    deleter = reverse_delete.Deleter.of(reduced)
    plain = deleter.delete(reduced.weight)
    bound: Any = relax(reduced, Covers(reduced), Budget())
    found, _ = reverse_delete.search(deleter, bound, Budget(), seed=0, starts=[plain])
    assert safe(TABLE, reduced.cells(found))
    return deleter.loss(plain), deleter.loss(found)


def test_random_orders_and_re_opening_each_improve_on_the_plain_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = reverse_delete.STARTS, reverse_delete.WORK // 10
    plain, neither = searched(0, 0, monkeypatch)
    assert neither == plain
    _, orders = searched(usual[0], 0, monkeypatch)
    _, hoods = searched(0, usual[1], monkeypatch)
    _, both = searched(*usual, monkeypatch)
    assert both <= orders < plain
    assert hoods < plain
    assert both >= suppress(TABLE, method="optimal").bound
