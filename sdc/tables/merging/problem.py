"""Which areas exist, who borders on whom, when is a cluster large enough, and what does it cost?

The one checked description that every merging method reads. Areas stand in code order, whatever the
order of the caller's rows, so that a shuffled input gives the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.system import BoolArray, FloatArray


@dataclass(frozen=True)
class MergeLoss:
    """The price of a cluster C, in nats and in charges per structural change; all settable.

    ``profile``  x sum over members a and classes u of n_au ln((n_au / n_a) / (n_Cu / n_C))
    ``location`` x sum over members a of n_a ln(n_C / n_a)
    ``parent``   x (parents the cluster touches - 1)
    ``member``   x (members - 1)
    ``change``   x members whose published code differs from the earlier release

    The first two are what a reader loses when each member's profile and share are replaced by the
    cluster's; both are 0 for an area on its own and never shrink when a cluster grows.

    Raises InputError for a negative or non-finite weight.

    >>> MergeLoss(location=-1)
    Traceback (most recent call last):
        ...
    sdc.errors.InputError: 重みは0以上です: location / a loss weight is finite and >= 0: location
    """

    profile: float = 1.0
    location: float = 0.3
    parent: float = 50.0
    member: float = 1.0
    change: float = 2.0

    def __post_init__(self) -> None:
        for name in ("profile", "location", "parent", "member", "change"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise InputError(
                    Text("a loss weight is finite and >= 0: {name}", name=name),
                    code="merge-loss",
                )


@dataclass(frozen=True, eq=False)
class MergeProblem:
    """Areas in code order, their permitted contacts, and the rule that a cluster must meet.

    ========== ======= ======================================================================
    field      shape   meaning
    ========== ======= ======================================================================
    codes      n       area codes, ascending
    counts     (n, k)  units per class, >= 0
    tested     (n, t)  the numbers that must be 0 or reach ``minimum`` when summed over a cluster
    minimum            the smallest admissible number
    parent     (n,)    parent group of each area, 0 .. p-1
    contacts   n       per area the permitted partners, ascending
    length     n       per area the shared length with each partner (0 for a pair without an edge)
    strange    set     pairs (i < j) admitted by distance only
    previous   (n,)    position of the code an area had in the earlier release, -1 unknown
    empty_ok           whether a cluster whose tested numbers are all 0 may stand alone
    ========== ======= ======================================================================
    """

    codes: tuple[str, ...]
    counts: IntArray
    tested: IntArray
    minimum: int
    parent: IntArray
    contacts: tuple[tuple[int, ...], ...]
    length: tuple[tuple[float, ...], ...]
    weights: MergeLoss
    strange: frozenset[tuple[int, int]] = frozenset()
    previous: IntArray | None = None
    empty_ok: bool = True
    log: tuple[str, ...] = field(default=())

    @property
    def n(self) -> int:
        """Number of areas."""
        return len(self.codes)

    @cached_property
    def size(self) -> IntArray:
        """(n,) units of each area."""
        return np.asarray(self.counts.sum(axis=1), dtype=np.int64)

    @cached_property
    def entropy(self) -> FloatArray:
        """(n,) sum over classes of n_u ln n_u, minus n ln n."""
        return np.asarray(xlogx(self.counts).sum(axis=1) - xlogx(self.size))

    @cached_property
    def spread(self) -> FloatArray:
        """(n,) n ln n."""
        return xlogx(self.size)

    @cached_property
    def alone(self) -> BoolArray:
        """(n,) whether an area meets the rule on its own."""
        return self.meets(self.tested)

    @cached_property
    def neighbour_sets(self) -> tuple[frozenset[int], ...]:
        """The permitted partners of each area as sets, for membership only."""
        return tuple(frozenset(c) for c in self.contacts)

    def meets(self, sums: IntArray) -> BoolArray:
        """Whether summed tested numbers (..., t) meet the rule."""
        fine = ((sums == 0) | (sums >= self.minimum)).all(axis=-1)
        return np.asarray(fine if self.empty_ok else fine & (sums > 0).any(axis=-1))

    def safe(self, members: Sequence[int]) -> bool:
        """Whether a cluster meets the rule."""
        return bool(self.meets(self.tested[list(members)].sum(axis=0)))

    def host(self, members: Sequence[int]) -> int:
        """The member whose code the cluster adopts.

        The one that took in most of the others in the earlier release, else the largest; ties go to
        the larger and then to the smaller code.
        """
        votes = dict.fromkeys(members, 0)
        if self.previous is not None:
            for a in members:
                kept = int(self.previous[a])
                if kept != a and kept in votes:
                    votes[kept] += 1
        return min(members, key=lambda a: (-votes[a], -int(self.size[a]), a))

    def loss(self, members: Sequence[int]) -> float:
        """The loss of one cluster, members in any order; O(members x classes)."""
        group = sorted(members)
        w, rows = self.weights, np.array(group, dtype=np.int64)
        total = w.change * self.changes(group) if self.previous is not None else 0.0
        if len(group) == 1:
            return total
        sums = self.counts[rows].sum(axis=0)
        whole = float(xlogx(sums.sum()))
        together = float(xlogx(sums).sum()) - whole
        total += w.profile * max(0.0, float(self.entropy[rows].sum()) - together)
        total += w.location * (whole - float(self.spread[rows].sum()))
        total += w.parent * (len(np.unique(self.parent[rows])) - 1)
        return total + w.member * (len(group) - 1)

    def changes(self, members: Sequence[int]) -> int:
        """How many members would carry another code than in the earlier release."""
        if self.previous is None:
            return 0
        host = self.host(members)
        return sum(1 for a in members if self.previous[a] >= 0 and self.previous[a] != host)

    def connected(self, members: Iterable[int], *, by_edges: bool = False) -> bool:
        """Whether all members are reached through permitted contacts inside the cluster.

        ``by_edges`` leaves out the pairs that were admitted by distance.
        """
        group = set(members)
        if not group:
            return False
        stack = [min(group)]
        group.discard(stack[0])
        while stack:
            a = stack.pop()
            near = set(self.neighbour_sets[a] & group)
            if by_edges:
                near = {b for b in near if (min(a, b), max(a, b)) not in self.strange}
            group -= near
            stack.extend(near)
        return not group

    def components(self) -> list[list[int]]:
        """The areas that can reach one another, each group ascending, by smallest member."""
        seen = np.zeros(self.n, dtype=bool)
        groups = []
        for start in range(self.n):
            if seen[start]:
                continue
            seen[start] = True
            group = [start]
            for a in group:
                for b in self.contacts[a]:
                    if not seen[b]:
                        seen[b] = True
                        group.append(b)
            groups.append(sorted(group))
        return groups


def xlogx(values: npt.ArrayLike) -> FloatArray:
    """x ln x, with 0 at 0.

    >>> xlogx([0, 1]).tolist()
    [0.0, 0.0]
    """
    x = np.asarray(values, dtype=np.float64)
    return np.asarray(x * np.log(np.where(x > 0, x, 1.0)))


def previous_positions(codes: Sequence[str], previous: Mapping[str, str] | None) -> IntArray | None:
    """Where the earlier release's target of each area stands; -1 where either code is not here."""
    if previous is None:
        return None
    place = {code: i for i, code in enumerate(codes)}
    return np.array([place.get(previous.get(c, ""), -1) for c in codes], dtype=np.int64)
