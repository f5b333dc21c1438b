"""Which areas that are too small are merged into which others, with the least loss?

Treatment ② of the survey guideline (合算): every class is summed, the absorbing area's code is
adopted, and readers are told. The map that comes back applies to every table and picture of a
release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.sharing import Runner
from sdc.tables.merging.apart import by_parts
from sdc.tables.merging.build import Pairs, Permissions, build_problem
from sdc.tables.merging.greedy import Cluster, greedy
from sdc.tables.merging.problem import MergeLoss, MergeProblem
from sdc.tables.merging.result import Choice, Effort, Merging

__all__ = ["METHODS", "MergeLoss", "Merging", "merge_areas"]


def merge_areas(
    counts: npt.ArrayLike,
    *,
    codes: Sequence[str],
    edges: Pairs,
    parents: Sequence[str] | None = None,
    min_count: int,
    weights: MergeLoss | None = None,
    within: str = "parent",
    partners: str = "edge",
    never: Sequence[str] = (),
    previous: Mapping[str, str] | None = None,
    by: str = "total",
    contributors: npt.ArrayLike | None = None,
    empty: str = "exempt",
    nearest: Pairs | None = None,
    min_length: float = 1.0,
    method: str = "auto",
    run: Runner = map,
) -> Merging:
    """Join areas into connected clusters that are large enough, losing as little as possible.

    Parameters
    ----------
    counts : (n,) or (n, k) whole numbers
        Units per area, or per area and class; the classes enter the loss and ``by="class"``.
    codes : n texts
        Area codes; ties are broken by them.
    edges : (i, j, length)
        Positions in ``codes`` of areas that share an edge, and its length in metres. Contacts
        shorter than ``min_length`` (corners) do not count. Leave out edges along a barrier.
    parents : n texts, optional
        The group above each area (大字, 区). Without it every area is its own group, which only
        makes sense with ``within="any"``.
    min_count : int
        What a published area must reach.
    weights : MergeLoss, optional
        The prices of the loss.
    within : {"parent", "any"}
        Whether areas of different groups may be merged.
    partners : {"edge", "district"}
        Neighbours share an edge; with ``district`` any two areas of one group are partners too.
    never : codes
        Areas that are neither merged nor merged into.
    previous : {code: published code}, optional
        An earlier release's map; every area whose published code changes costs ``weights.change``.
    by : {"total", "class", "contributors"}
        What must reach ``min_count``: the area's units, every class that is not empty, or the given
        ``contributors`` ((n,) or (n, t) whole numbers).
    empty : {"exempt", "merge"}
        Whether an area without any unit may stand alone.
    nearest : (i, j, distance), optional
        Candidate pairs for areas that cannot reach ``min_count`` through edges (islands); the
        nearest is admitted and named in ``Merging.by_distance``.
    method : {"auto", "greedy", "partition", "exact"}
        See ``METHODS``.
    run : map
        Shares out the parts of a problem of thousands of areas; the answer does not depend on it.

    Raises InputError for inputs or options that are not usable. Areas that no permitted merge makes
    large enough are left alone and named in ``Merging.unsafe``.

    >>> m = merge_areas([2, 9, 30], codes=["a", "b", "c"], edges=([0, 1], [1, 2], [50.0, 50.0]),
    ...                 within="any", min_count=10)
    >>> m.mapping
    {'a': 'b', 'b': 'b', 'c': 'c'}
    """
    if method not in METHODS:
        names = ", ".join(METHODS)
        raise InputError(
            Text(
                "there is no merging method {method!r}; choose one of {names}",
                method=method,
                names=names,
            ),
            code="method",
        )
    problem = build_problem(
        counts,
        codes=codes,
        edges=edges,
        parents=parents,
        minimum=min_count,
        permissions=Permissions(within, partners, tuple(never), min_length),
        weights=weights or MergeLoss(),
        by=by,
        contributors=contributors,
        empty=empty,
        nearest=nearest,
        previous=previous,
    )
    return by_parts(problem, METHODS[method], run=run)


def _starts(problem: MergeProblem) -> list[list[Cluster]]:
    return [greedy(problem, look_ahead=share) for share in (0.0, 0.5, 1.0)]


def _greedy(problem: MergeProblem) -> Merging:
    return finish(problem, Choice(greedy(problem), 0.0), method="greedy")


def _partition(
    problem: MergeProblem, *, effort: Effort | None = None, method: str = "partition"
) -> Merging:
    from sdc.tables.merging.partition import partition  # imports a compiler

    choice = partition(problem, _starts(problem), effort=effort or Effort())
    return finish(problem, choice, method=method)


def _exact(problem: MergeProblem) -> Merging:
    effort = Effort(nodes=5_000_000, columns=100_000, choice=1_000_000, seconds=1800.0)
    return _partition(problem, effort=effort, method="exact")


METHODS: dict[str, Callable[[MergeProblem], Merging]] = {
    "auto": _partition,
    "greedy": _greedy,
    "partition": _partition,
    "exact": _exact,
}
"""By name: ``greedy`` joins one by one, ``partition`` chooses among priced clusters with a bound,
``exact`` does the same with much more work; ``auto`` is ``partition``."""


def finish(problem: MergeProblem, choice: Choice, *, method: str) -> Merging:
    """Check every law of a merge map again and name the absorbing areas."""
    clusters = choice.clusters
    target = np.arange(problem.n)
    by_distance: list[int] = []
    loss = 0.0
    for cluster in sorted(clusters):
        if not problem.connected(cluster) or not problem.safe(cluster):
            raise AssertionError("a cluster is not connected or not large enough")
        if (target[list(cluster)] != list(cluster)).any():
            raise AssertionError("an area stands in two clusters")
        target[list(cluster)] = problem.host(cluster)
        loss += problem.loss(cluster)
        if not problem.connected(cluster, by_edges=True):
            by_distance.extend(cluster)
    alone = np.setdiff1d(np.arange(problem.n), [a for c in clusters for a in c])
    loss += sum(problem.loss([int(a)]) for a in alone)
    unsafe = [int(a) for a in alone if not problem.alone[a]]
    names = np.array(problem.codes, dtype=object)
    return Merging(
        codes=problem.codes,
        target=tuple(names[target].tolist()),
        loss=float(loss),
        bound=min(float(choice.bound), float(loss)),
        method=method,
        optimal=choice.optimal,
        columns=choice.columns,
        reproducible=choice.reproducible,
        unsafe=tuple(names[unsafe].tolist()),
        by_distance=tuple(names[sorted(by_distance)].tolist()),
        log=problem.log + tuple(choice.log),
    )
