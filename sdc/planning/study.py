"""What is planned for: the records, the tables, the rules, and the treatments to choose from?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sdc.errors import InputError
from sdc.messages import Text, listed
from sdc.model.coded import Coded, Crossing
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.rules import Rules
from sdc.model.system import Problem
from sdc.model.table import COUNT
from sdc.tables.merging.build import Pairs
from sdc.tables.merging.problem import MergeLoss
from sdc.tables.recode import Recoding

GIVEN, EXPECTED, MEASURED = "given", "expected", "measured"
PRICES = {GIVEN: Text("given"), EXPECTED: Text("expected"), MEASURED: Text("measured")}
"""What a hidden cell costs under each policy, in words."""
POLICIES = tuple(PRICES)
"""How complementary cells are priced: by the rules, by what a reader would miss, by what was missed."""


BY_AREA = "by area"
"""Name of the cut of a dimension that each area makes for itself."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Who may be merged with whom; positions count the innermost codes of the area dimension.

    ``edges`` and ``nearest`` are (i, j, metres); ``parents`` holds the group of every area. ``by``
    says what must reach the merge level; ``measure`` names the amount whose contributors count.
    The other fields are those of ``merge_areas``.
    """

    dimension: str
    edges: Pairs
    parents: Sequence[str]
    nearest: Pairs | None = None
    within: str = "parent"
    partners: str = "edge"
    weights: MergeLoss = field(default_factory=MergeLoss)
    never: Sequence[str] = ()
    by: str = "total"
    measure: str = ""
    empty: str = "exempt"
    method: str = "auto"


@dataclass(frozen=True)
class Grid:
    """A mesh whose cells may be published inside larger ones; those in ``never`` are not divided."""

    dimension: str
    by: str = "total"
    never: Sequence[str] = ()


@dataclass(frozen=True)
class Wanted:
    """One table of the release: ``records`` counted, or a measure added up, by ``by``."""

    name: str
    records: str
    by: tuple[str, ...]
    measure: str = COUNT


@dataclass(frozen=True)
class Earlier:
    """What an earlier release did: merges and collapses by dimension, cells under X by table.

    ``groups`` holds what was counted together area by area: ``records/column`` -> area -> class -> group.
    """

    merges: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    collapses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    hidden: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Study:
    """Everything the planner may look at and change.

    ``schemes`` offers cuts: dimension -> name -> {innermost code: code it is counted under}.
    ``merge_levels`` are minimum numbers of units; at each, ``areas`` are merged and ``grids`` grouped.
    ``demands`` makes the problem of some recodings and groups where more than the tables enters it,
    such as releases of earlier years. ``by_area`` offers, a dimension, what each area would count
    together once records are recoded; that cut is called ``BY_AREA``.

    Raises InputError for tables of unknown records or dimensions and schemes that are not total.
    """

    coded: Mapping[str, Coded]
    tables: tuple[Wanted, ...]
    rules: Rules | Mapping[str, Rules]
    areas: Neighbourhood | None = None
    grids: tuple[Grid, ...] = ()
    merge_levels: tuple[int, ...] = ()
    schemes: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    policies: tuple[str, ...] = POLICIES
    crossings: tuple[Crossing, ...] = ()
    earlier: Earlier | None = None
    demands: Callable[[Sequence[Recoding], Sequence[Grouped]], Problem] | None = None
    by_area: Mapping[str, Callable[[Mapping[str, Coded]], tuple[Grouped, ...]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        for table in self.tables:
            have = self.coded[table.records].dims if table.records in self.coded else {}
            missing = [d for d in table.by if d not in have]
            if missing or not have:
                name = ", ".join(missing) or table.records
                raise InputError(
                    Text(
                        "table {name!r} asks for what is not there: {name2}",
                        name=table.name,
                        name2=name,
                    ),
                )
        unknown = sorted(set(self.policies) - set(POLICIES))
        if unknown or not self.policies:
            names = ", ".join(POLICIES)
            raise InputError(Text("policies are among {names}", names=names))
        if self.merge_levels and self.areas is None and not self.grids:
            raise InputError(Text("merging needs to know who borders on whom"))
        for name, offered in self.schemes.items():
            if BY_AREA in offered:
                raise InputError(Text("{name!r} is not the name of a scheme", name=BY_AREA))
            for scheme in offered.values():
                self.dimension(name, scheme)

    def dimension(self, name: str, scheme: Mapping[str, str] | None = None) -> Hierarchy:
        """A dimension by name; with a scheme, checked that every innermost code has a target."""
        found = [c.dims[name] for c in self.coded.values() if name in c.dims]
        if not found:
            raise InputError(Text("there is no dimension {name!r}", name=name))
        leaves = {found[0].codes[i] for i in found[0].leaves}
        if scheme is not None and set(scheme) != leaves:
            raise InputError(Text("a scheme does not fit {name!r}", name=name))
        return found[0]


Structure = tuple[int, tuple[tuple[str, str], ...]]
"""A merge level (0: none) and at most one cut a dimension."""


@dataclass(frozen=True, order=True)
class Candidate:
    """One combination: merge areas below a level (0: none), cut dimensions, price cells.

    >>> Candidate(10, (("use", "tens"),), "given").name.to("en")
    'merge < 10, use: tens, cells: given'
    """

    merge: int = 0
    cuts: tuple[tuple[str, str], ...] = ()
    policy: str = GIVEN

    @property
    def structure(self) -> Structure:
        """All but the price of the cells."""
        return self.merge, self.cuts

    @property
    def name(self) -> Text:
        """What a person reads."""
        parts = [Text("merge < {n}", n=self.merge)] if self.merge else []
        own: dict[str, object] = {BY_AREA: Text("by area")}
        parts += [
            Text("{dim}: {scheme}", dim=dim, scheme=own.get(scheme, scheme))
            for dim, scheme in self.cuts
        ]
        return listed([*parts, Text("cells: {policy}", policy=PRICES[self.policy])])


def structures(study: Study) -> list[Structure]:
    """Merge level x one cut a dimension, the least structure first.

    >>> import numpy as np
    >>> from sdc.model.coded import Coded
    >>> use = Hierarchy.flat("use", ["a", "b"])
    >>> coded = {"r": Coded("r", {"use": use}, {"use": np.array([0, 1])})}
    >>> study = Study(coded, (Wanted("t", "r", ("use",)),), Rules(min_count=3),
    ...               schemes={"use": {"one": {"a": "x", "b": "x"}}})
    >>> structures(study)
    [(0, ()), (0, (('use', 'one'),))]
    """
    cuts: list[tuple[tuple[str, str], ...]] = [()]
    for dim in sorted({*study.schemes, *study.by_area}):
        names = [*study.schemes.get(dim, {}), *([BY_AREA] if dim in study.by_area else [])]
        cuts += [(*cut, (dim, name)) for cut in list(cuts) for name in names]
    levels = (0, *sorted(set(study.merge_levels)))
    return sorted(
        ((level, cut) for level in levels for cut in cuts),
        key=lambda s: (bool(s[0]) + len(s[1]), s),
    )


def finest(coded: Coded, tables: Sequence[Wanted]) -> tuple[list[str], IntArray]:
    """The dimensions of all tables of some records, and their full cross-classification."""
    names = list(dict.fromkeys(d for t in tables if t.records == coded.name for d in t.by))
    return names, coded.count(names)
