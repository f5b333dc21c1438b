"""What is planned for: the records, the tables, the rules, and the treatments to choose from?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sdc.errors import InputError
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.rules import Rules
from sdc.model.system import FloatArray, Problem
from sdc.tables.merging.build import Pairs
from sdc.tables.merging.problem import MergeLoss

PLAIN = ("given", "count", "spare zeros", "spare large")
MEASURED = "measured"
POLICIES = (*PLAIN, MEASURED)
"""How complementary cells are priced, see ``priced``; ``measured`` learns from what was lost."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Who may be merged with whom; positions count the innermost codes of the area dimension.

    ``edges`` and ``nearest`` are (i, j, metres); ``parents`` holds the group of every area.
    """

    dimension: str
    edges: Pairs
    parents: Sequence[str]
    nearest: Pairs | None = None
    within: str = "parent"
    partners: str = "edge"
    weights: MergeLoss = field(default_factory=MergeLoss)
    never: Sequence[str] = ()


@dataclass(frozen=True)
class Wanted:
    """One table of the release: counts of ``records`` by ``by``."""

    name: str
    records: str
    by: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Study:
    """Everything the planner may look at and change.

    ``schemes`` offers cuts: dimension -> name -> {innermost code: code it is counted under}.
    ``previous`` is the earlier release's merge map.

    Raises InputError for tables of unknown records or dimensions and schemes that are not total.
    """

    coded: Mapping[str, Coded]
    tables: tuple[Wanted, ...]
    rules: Rules | Mapping[str, Rules]
    areas: Neighbourhood | None = None
    merge_levels: tuple[int, ...] = ()
    schemes: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    policies: tuple[str, ...] = PLAIN
    crossings: tuple[Crossing, ...] = ()
    previous: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for table in self.tables:
            have = self.coded[table.records].dims if table.records in self.coded else {}
            missing = [d for d in table.by if d not in have]
            if missing or not have:
                name = ", ".join(missing) or table.records
                raise InputError(
                    f"表「{table.name}」の区分または記録がありません: {name}",
                    f"table {table.name!r} asks for what is not there: {name}",
                )
        unknown = sorted(set(self.policies) - set(POLICIES))
        if unknown or not self.policies:
            names = ", ".join(POLICIES)
            raise InputError(f"policiesは{names}から選びます", f"policies are among {names}")
        if self.merge_levels and self.areas is None:
            raise InputError(
                "合算には地域の隣接関係が必要です", "merging needs to know who borders on whom"
            )
        for name, offered in self.schemes.items():
            for scheme in offered.values():
                self.dimension(name, scheme)

    def dimension(self, name: str, scheme: Mapping[str, str] | None = None) -> Hierarchy:
        """A dimension by name; with a scheme, checked that every innermost code has a target."""
        found = [c.dims[name] for c in self.coded.values() if name in c.dims]
        if not found:
            raise InputError(f"区分がありません: {name}", f"there is no dimension {name!r}")
        leaves = {found[0].codes[i] for i in found[0].leaves}
        if scheme is not None and set(scheme) != leaves:
            raise InputError(
                f"集約の対応表が区分「{name}」と合いません", f"a scheme does not fit {name!r}"
            )
        return found[0]


@dataclass(frozen=True, order=True)
class Candidate:
    """One combination: merge areas below a level (0: none), cut dimensions, price cells.

    >>> Candidate(10, (("use", "tens"),), "given").name
    'merge < 10, use: tens, cells: given'
    """

    merge: int = 0
    cuts: tuple[tuple[str, str], ...] = ()
    policy: str = "given"

    @property
    def name(self) -> str:
        """What a person reads."""
        parts = [f"merge < {self.merge}"] if self.merge else []
        parts += [f"{dim}: {scheme}" for dim, scheme in self.cuts]
        return ", ".join([*parts, f"cells: {self.policy}"])


def candidates(study: Study, *, most: int = 24) -> list[Candidate]:
    """Merge level x one cut a dimension x policy, the least structure first; at most ``most``.

    >>> from sdc.model.coded import Coded
    >>> use = Hierarchy.flat("use", ["a", "b"])
    >>> coded = {"r": Coded("r", {"use": use}, {"use": np.array([0, 1])})}
    >>> study = Study(coded, (Wanted("t", "r", ("use",)),), Rules(min_count=3), policies=("given",),
    ...               schemes={"use": {"one": {"a": "x", "b": "x"}}})
    >>> [c.name for c in candidates(study)]
    ['cells: given', 'use: one, cells: given']
    """
    cuts: list[tuple[tuple[str, str], ...]] = [()]
    for dim, offered in sorted(study.schemes.items()):
        cuts += [(*cut, (dim, name)) for cut in list(cuts) for name in offered]
    found = [
        Candidate(level, cut, policy)
        for level in (0, *study.merge_levels)
        for cut in cuts
        for policy in study.policies
    ]
    found.sort(key=lambda c: (bool(c.merge) + len(c.cuts), study.policies.index(c.policy), c))
    return found[:most]


def priced(problem: Problem, policy: str) -> FloatArray:
    """The costs of hiding cells under a policy.

    ``given`` is what the rules say. ``count`` makes every cell cost the same. ``spare zeros`` makes
    a zero cost more than small numbers do: a reader who is told X spreads units over it, and that is
    where most nats go. ``spare large`` also lets the price grow with the number.
    """
    value = problem.system.value.astype(np.float64)
    small = 1.0 + np.log1p(value)
    if policy == "given":
        return problem.cost
    if policy == "count":
        return np.ones(len(value))
    if policy == "spare zeros":
        return np.asarray(np.where(value == 0, 6.0, small))
    if policy == "spare large":
        return np.asarray(np.where(value == 0, 10.0, 1.0 + value / 5.0))
    raise InputError(f"policyが不正です: {policy}", f"unknown policy {policy!r}")


def finest(coded: Coded, tables: Sequence[Wanted]) -> tuple[list[str], IntArray]:
    """The dimensions of all tables of some records, and their full cross-classification."""
    names = list(dict.fromkeys(d for t in tables if t.records == coded.name for d in t.by))
    return names, coded.count(names)
