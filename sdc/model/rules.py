"""Which cells does the city hide, and how strongly must they be protected?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.system import UNBOUNDED, Level

ZEROS = ("hide", "show")
COSTS = ("log", "value", "count")


@dataclass(frozen=True)
class Rules:
    """The secrecy rules of one table or of several; nothing has a silent numeric default.

    Parameters
    ----------
    min_count : int
        Required. Values from 1 to ``min_count - 1`` units are hidden; at least 2.
    ground : str
        The ordinance on which hiding rests; a release demands it.
    zeros : {"hide", "show"}
        Whether an X may stand on a true zero ("hide", the survey's rule) or every zero is printed.
    level : Level
        The promise for every hidden primary cell.
    owners : bool
        Whether ``integer`` and ``interval`` also hold for the owner of any one unit, and in measures for
        up to ``min_count`` - 1 contributors to one cell. Without, for readers alone: fewer X.
    dominance : (n, k), optional
        Measures: hide where the n largest contributors make more than the share k of a cell.
    p_percent : float, optional
        Measures: hide where the second largest contributor can estimate the largest within p %.
    cost : str
        ``log`` (1 + ln(1 + value)), ``value``, ``count``, or the name of a measure.
    never_hide, must_hide : tuple of {dimension: code}
        Cells by their codes; a dimension that is not named matches every code.
    profile : str
        Name and version of the set of rules, for the record.

    Raises RulesError for values that are out of range or contradict each other.

    >>> Rules(min_count=3).hides(2), Rules(min_count=3).hides(0)
    (True, False)
    >>> Rules(min_count=1)
    Traceback (most recent call last):
        ...
    sdc.errors.RulesError: min_countは2以上の整数です / min_count must be a whole number >= 2
    """

    min_count: int
    ground: str = ""
    zeros: str = "hide"
    level: Level = Level.INTERVAL
    dominance: tuple[int, float] | None = None
    p_percent: float | None = None
    cost: str = "log"
    never_hide: tuple[Mapping[str, str], ...] = field(default=())
    must_hide: tuple[Mapping[str, str], ...] = field(default=())
    profile: str = ""
    owners: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.min_count, bool) or not isinstance(self.min_count, int):
            raise RulesError(Text("min_count must be a whole number >= 2"))
        if self.min_count < 2:
            raise RulesError(Text("min_count must be a whole number >= 2"))
        if self.min_count >= UNBOUNDED:
            raise RulesError(Text("min_count must be below 2^53"))
        if self.zeros not in ZEROS:
            raise RulesError(Text("zeros must be 'hide' or 'show'"))
        if self.level not in tuple(Level):
            names = ", ".join(Level)
            raise RulesError(Text("level must be one of {names}", names=names))
        object.__setattr__(self, "level", Level(self.level))
        if self.dominance is not None:
            n, k = self.dominance
            if n < 1 or not 0 < k < 1:
                raise RulesError(Text("dominance is (n >= 1, 0 < k < 1)"))
        if self.p_percent is not None and not (
            math.isfinite(self.p_percent) and 0 < self.p_percent <= 100
        ):
            raise RulesError(Text("p_percent must be in (0, 100]"))

    def hides(self, count: int) -> bool:
        """Whether a number of units must be hidden by the minimum count."""
        return 0 < count < self.min_count
