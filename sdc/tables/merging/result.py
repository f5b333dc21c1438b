"""Into which code was each area merged, at what loss, and how good is that provably?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sdc.errors import InputError
from sdc.messages import Text


@dataclass(frozen=True)
class Merging:
    """Where every area's numbers are published; an area on its own is its own target.

    =============== ==========================================================================
    field           meaning
    =============== ==========================================================================
    codes           area codes, ascending
    target          per area the code it is published under (the absorbing area, B's code)
    loss            the loss of the whole map, see ``MergeLoss``
    bound           no permitted map loses less than this
    optimal         whether no map made of the ``columns`` that were generated loses less
    columns         number of candidate clusters that the choice was made from
    method          how it was found
    unsafe          areas that no permitted merge makes large enough: left for suppression
    by_distance     areas in a cluster that holds together only by a pair admitted by distance
    reproducible    False where the wall clock ended a search
    log             what was decided on the way; never holds a count
    =============== ==========================================================================

    Raises InputError for chains, cycles and targets that are no area.

    >>> m = Merging(("a", "b"), ("b", "b"), loss=1.0, bound=0.5, method="greedy")
    >>> m.mapping, m.clusters, m.gap
    ({'a': 'b', 'b': 'b'}, {'b': ('a', 'b')}, 0.5)
    """

    codes: tuple[str, ...]
    target: tuple[str, ...]
    loss: float
    bound: float
    method: str
    optimal: bool = False
    columns: int = 0
    unsafe: tuple[str, ...] = ()
    by_distance: tuple[str, ...] = ()
    reproducible: bool = True
    log: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.codes) != len(self.target):
            raise InputError(Text("one target an area is needed"), code="merge")
        check_targets(self.mapping)

    @cached_property
    def mapping(self) -> dict[str, str]:
        """Code -> code under which it is published, all areas, in code order."""
        return dict(zip(self.codes, self.target, strict=True))

    @cached_property
    def merged(self) -> dict[str, str]:
        """Only the areas that were merged away."""
        return {a: b for a, b in self.mapping.items() if a != b}

    @cached_property
    def clusters(self) -> dict[str, tuple[str, ...]]:
        """Absorbing code -> all members, for clusters of at least two."""
        members: dict[str, list[str]] = {}
        for area, into in self.mapping.items():
            members.setdefault(into, []).append(area)
        return {into: tuple(m) for into, m in sorted(members.items()) if len(m) > 1}

    @property
    def gap(self) -> float:
        """(loss - bound) / loss, 0 where nothing is lost."""
        return (self.loss - self.bound) / self.loss if self.loss > 0 else 0.0


@dataclass(frozen=True)
class Effort:
    """How long to search: work decides, the clock is an emergency stop.

    ``nodes`` of the branch and bound in one sweep over all areas, ``columns`` in the final choice,
    ``choice`` nodes of the mixed-integer search, ``seconds`` of it before it is cut off.
    """

    nodes: int = 250_000
    columns: int = 12_000
    choice: int = 2_000
    seconds: float = 120.0


@dataclass
class Choice:
    """The clusters of two or more areas that were chosen, and how good they are provably."""

    clusters: list[tuple[int, ...]]
    bound: float
    optimal: bool = False
    columns: int = 0
    reproducible: bool = True
    log: list[str] = field(default_factory=list)


def check_targets(mapping: Mapping[str, str]) -> None:
    """Refuse a map with chains, cycles or targets outside it.

    >>> check_targets({"a": "b", "b": "c", "c": "c"})
    Traceback (most recent call last):
        ...
    sdc.errors.InputError: 合算先も合算されています: a → b / a merge target is merged itself: a → b
    """
    for area, into in mapping.items():
        if into not in mapping:
            raise InputError(
                Text("a merge target is no area: {area} → {into}", area=area, into=into),
                code="merge-target",
            )
        if mapping[into] != into:
            raise InputError(
                Text("a merge target is merged itself: {area} → {into}", area=area, into=into),
                code="merge-chain",
            )
