"""Which parts of a large merging problem know nothing of each other, and how are their answers joined?

Areas that no chain of permitted contacts ties together never share a cluster, and the loss of a map is
the sum over its clusters: the parts can be solved anywhere, and the joined answer is exact. Where merges
stay within municipalities, a part is a municipality or several small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.model.sharing import Runner
from sdc.tables.merging.problem import MergeProblem
from sdc.tables.merging.result import Merging

APART = 3_000
"""Areas from which a problem is solved part by part."""

BUNDLE = 300
"""Areas of a part at least, where there are so many: small components are solved together."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a problem, each as a problem of its own, made when it is asked for."""

    problem: MergeProblem
    members: Sequence[Sequence[int]]

    @classmethod
    def of(cls, problem: MergeProblem) -> Parts:
        """What hangs together, in the order of the smallest areas, bundled; O(areas + contacts)."""
        members: list[list[int]] = []
        for component in _tied(problem):
            if members and len(members[-1]) + len(component) <= BUNDLE:
                members[-1].extend(component)
            else:
                members.append(list(component))
        return cls(problem, [sorted(m) for m in members])

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[MergeProblem]:
        for members in self.members:
            yield _part(self.problem, members)


def by_parts(
    problem: MergeProblem, method: Callable[[MergeProblem], Merging], *, run: Runner
) -> Merging:
    """The answer to a problem; to a large one part by part, shared out by ``run``.

    Deterministic: how a problem is cut depends on nothing but itself.
    """
    if problem.n < APART:
        return method(problem)
    parts = Parts.of(problem)
    answers: list[Merging] = list(run(method, parts))
    target = dict(pair for answer in answers for pair in answer.mapping.items())
    return Merging(
        codes=problem.codes,
        target=tuple(target[code] for code in problem.codes),
        loss=float(sum(a.loss for a in answers)),
        bound=float(sum(a.bound for a in answers)),
        method=answers[0].method,
        optimal=all(a.optimal for a in answers),
        columns=sum(a.columns for a in answers),
        unsafe=tuple(sorted(code for a in answers for code in a.unsafe)),
        by_distance=tuple(sorted(code for a in answers for code in a.by_distance)),
        reproducible=all(a.reproducible for a in answers),
        log=(*problem.log, *(line for a in answers for line in a.log)),
    )


def _tied(problem: MergeProblem) -> list[list[int]]:
    """Components of the contacts, together where an earlier release merged across them."""
    components = problem.components()
    label = np.empty(problem.n, dtype=np.int64)
    for number, component in enumerate(components):
        label[component] = number
    before = np.arange(problem.n) if problem.previous is None else problem.previous
    known = before >= 0
    links = (np.ones(int(known.sum())), (label[known], label[before[known]]))
    shape = (len(components), len(components))
    _, group = connected_components(sp.coo_matrix(links, shape=shape), directed=False)
    found: dict[int, list[int]] = {}
    for number, component in enumerate(components):
        found.setdefault(int(group[number]), []).extend(component)
    return list(found.values())


def _part(problem: MergeProblem, members: Sequence[int]) -> MergeProblem:
    """Some areas that nothing ties to any other, ascending, as a problem of their own."""
    rows = np.array(members, dtype=np.int64)
    place = {area: k for k, area in enumerate(members)}
    before = None if problem.previous is None else problem.previous[rows].tolist()
    return replace(
        problem,
        codes=tuple(problem.codes[a] for a in members),
        counts=problem.counts[rows],
        tested=problem.tested[rows],
        parent=problem.parent[rows],
        contacts=tuple(tuple(place[b] for b in problem.contacts[a]) for a in members),
        length=tuple(problem.length[a] for a in members),
        strange=frozenset((place[a], place[b]) for a, b in problem.strange if a in place),
        previous=None if before is None else np.array([place.get(b, -1) for b in before]),
        log=(),
    )
