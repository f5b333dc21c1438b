"""Which demands are refused, because what must be hidden cannot be?"""

from __future__ import annotations

import numpy as np

from sdc.errors import Infeasible, RulesError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, Level, System


def refuse_public(system: System, primary: BoolArray) -> None:
    """RulesError where a cell that must be hidden is printed in an earlier release."""
    public = np.flatnonzero(primary & system.known)
    if len(public):
        name = system.name_of(int(public[0]))
        raise RulesError(
            Text(
                "{count} cells that must be hidden are public since an earlier release: "
                "{name}; merge or collapse them, or check the rules",
                count=len(public),
                name=name,
            ),
            code="already-public",
        )


def refuse_grouped(system: System, kept: IntArray) -> None:
    """RulesError where a cell that is never to be hidden is not printed by itself."""
    grouped = kept[~system.shown[kept]]
    if len(grouped):
        name = system.name_of(int(grouped[0]))
        raise RulesError(
            Text(
                "a cell that is never to be hidden is counted in a group of classes: {name}",
                name=name,
            ),
            code="never-hide-grouped",
        )


def refuse_known(
    system: System,
    level: Level,
    asked: tuple[IntArray, IntArray],
    known: tuple[IntArray, IntArray],
) -> None:
    """Infeasible where everybody knows beforehand what must stay unknown.

    ``asked`` are the primary cells and the upper ends promised of them, ``known`` (n,) the least and
    the most that everybody takes every cell to hold.
    """
    (primary, upper), (least, most) = asked, known
    # A place that no table prints need not be open where all know what it holds.
    given_away = (least == most)[primary] & system.shown[primary]
    if level is Level.INTERVAL:
        given_away |= upper > most[primary]
    bad = primary[given_away]
    if len(bad):
        raise Infeasible(
            Text(
                "{count} cells cannot be protected, because everybody knows beforehand how small they "
                "are: {name}; merge or collapse them, or strike the bound",
                count=len(bad),
                name=system.name_of(int(bad[0])),
            ),
            cells=[system.name_of(int(c)) for c in bad],
        )
