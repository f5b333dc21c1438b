"""What does each candidate publish, is it proven safe, and what does a reader lose?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sdc.disclosure.audit import audit
from sdc.errors import NotProven
from sdc.model.coded import Coded
from sdc.model.hierarchy import IntArray
from sdc.model.plan import Plan, Published, apply
from sdc.model.states import State
from sdc.model.system import Problem
from sdc.planning.loss import Printed, divergence, rebuild
from sdc.planning.study import Candidate, Study, finest, priced
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.collapse import coarser
from sdc.tables.merge import merge_areas
from sdc.tables.recode import Recoding, merged_areas, recode_crossing, recode_records
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate


@dataclass(frozen=True, eq=False)
class Scored:
    """A candidate with what came of it; all shares are of the finest tables.

    ``loss`` nats per record; ``records`` share of records in cells printed at the finest level;
    ``cells`` share of non-zero finest cells printed; ``changes`` codes that are published otherwise
    than at the finest level (areas merged away, classes collapsed); ``worst`` the area that loses
    most, with its nats per record. ``safe`` is the audit's word; ``why`` says what failed.
    """

    candidate: Candidate
    safe: bool
    loss: float = float("inf")
    records: float = 0.0
    cells: float = 0.0
    changes: int = 0
    worst: tuple[str, float] = ("", 0.0)
    merges: Mapping[str, str] = field(default_factory=dict)
    collapses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    plan: Plan | None = None
    why: str = ""


def score(
    study: Study, candidate: Candidate, *, method: str = "auto", budget: float | None = None
) -> Scored:
    """Carry a candidate out, audit it, and measure it; a candidate that is not safe is kept as such."""
    recodings = recodings_of(study, candidate)
    problem = problem_of(study, recodings, policy=candidate.policy)
    base = Scored(
        candidate,
        safe=False,
        changes=sum(len(r.changed) for r in recodings),
        merges=next((r.changed for r in recodings if _is_area(study, r)), {}),
        collapses={r.name: r.changed for r in recodings if not _is_area(study, r)},
    )
    try:
        plan = suppress(problem, method=method, budget=budget)
    except NotProven as error:
        return replace(base, why=error.en)
    published = apply(problem.system, plan)
    report = audit(problem, published, moves=plan.moves)
    measured = measure(study, recodings, published)
    return replace(
        measured,
        candidate=candidate,
        safe=report.passed,
        changes=base.changes,
        merges=base.merges,
        collapses=base.collapses,
        plan=plan,
        why="" if report.passed else "the audit did not pass",
    )


def recodings_of(study: Study, candidate: Candidate) -> list[Recoding]:
    """The merge map and the cuts of a candidate as recodings of their dimensions."""
    found = []
    if candidate.merge and study.areas is not None:
        near = study.areas
        dim = study.dimension(near.dimension)
        codes = [dim.codes[i] for i in dim.leaves]
        merging = merge_areas(
            profile(study, near.dimension),
            codes=codes,
            edges=near.edges,
            parents=near.parents,
            nearest=near.nearest,
            min_count=candidate.merge,
            within=near.within,
            partners=near.partners,
            weights=near.weights,
            never=near.never,
            previous=study.previous,
        )
        found.append(merged_areas(dim, merging.merged))
    for name, scheme in candidate.cuts:
        found.append(coarser(study.dimension(name), study.schemes[name][scheme]))
    return found


def profile(study: Study, dimension: str) -> IntArray:
    """Records of every set in each area by its first other dimension (areas, classes)."""
    parts = []
    for name, coded in study.coded.items():
        if dimension not in coded.dims:
            continue
        by = [d for t in study.tables if t.records == name for d in t.by if d != dimension]
        width = len(coded.dims[by[0]].leaves) if by else 1
        inner = coded.leaf[by[0]] if by else np.zeros(len(coded), dtype=np.int64)
        size = len(coded.dims[dimension].leaves)
        flat = np.bincount(coded.leaf[dimension] * width + inner, minlength=size * width)
        parts.append(flat.reshape(size, width).astype(np.int64))
    return np.hstack(parts)


def problem_of(study: Study, recodings: Sequence[Recoding], *, policy: str) -> Problem:
    """The demands on the tables once areas are merged and classes collapsed."""
    coded: dict[str, Coded] = dict(study.coded)
    crossings = list(study.crossings)
    for recoding in recodings:
        coded = {name: recode_records(c, recoding) for name, c in coded.items()}
        crossings = [recode_crossing(c, recoding) for c in crossings]
    tables = [tabulate(coded[t.records], t.by, name=t.name) for t in study.tables]
    system = system_of(tables, crossings=crossings, coded=coded)
    problem = demands_of(system, study.rules)
    return replace(problem, cost=priced(problem, policy))


def measure(study: Study, recodings: Sequence[Recoding], published: Published) -> Scored:
    """What a reader loses and what is still printed at the finest level."""
    index = {r.name: r.index for r in recodings}
    total = lost = kept = shown = filled = 0.0
    by_area: dict[str, tuple[float, int]] = {}
    for name, coded in study.coded.items():
        wanted = [t for t in study.tables if t.records == name]
        if not wanted:
            continue
        names, true = finest(coded, wanted)
        own = {d: index.get(d, np.arange(len(coded.dims[d].leaves))) for d in names}
        printed = [
            Printed(t.dims, t.value, t.state != State.HIDDEN, {d.name: own[d.name] for d in t.dims})
            for t in published.tables
            if t.records == name
        ]
        apart = divergence(true, rebuild(names, true.shape, printed).value)
        exact = _printed_exactly(names, printed)
        total, lost = total + float(true.sum()), lost + float(apart.sum())
        kept += float(true[exact].sum())
        shown, filled = shown + float((exact & (true > 0)).sum()), filled + float((true > 0).sum())
        if study.areas is not None and study.areas.dimension in names:
            _add_areas(by_area, coded, names, true=true, apart=apart, study=study)
    worst = max(((v / n, c) for c, (v, n) in by_area.items() if n), default=(0.0, ""))
    return Scored(
        Candidate(),
        safe=False,
        loss=lost / total if total else 0.0,
        records=kept / total if total else 1.0,
        cells=shown / filled if filled else 1.0,
        worst=(worst[1], worst[0]),
    )


def _printed_exactly(names: Sequence[str], printed: Sequence[Printed]) -> np.ndarray:
    """Finest cells that some table with all their dimensions prints, not counted with others."""
    shape = tuple(len(p) for p in _indices(names, printed))
    exact = np.zeros(shape, dtype=bool)
    for p in printed:
        if {d.name for d in p.dims} != set(names):
            continue
        place, single = [], np.ones(shape, dtype=bool)
        for axis, name in enumerate(names):
            dim = next(d for d in p.dims if d.name == name)
            times = np.bincount(p.index[name], minlength=len(dim.leaves))
            form = [1] * len(names)
            form[axis] = -1
            single &= (times[p.index[name]] == 1).reshape(form)
            place.append(dim.leaves[p.index[name]])
        order = [names.index(d.name) for d in p.dims]
        seen = np.transpose(p.seen, np.argsort(order))
        exact |= single & seen[np.ix_(*place)]
    return exact


def _indices(names: Sequence[str], printed: Sequence[Printed]) -> list[IntArray]:
    return [next(p.index[name] for p in printed if name in p.index) for name in names]


def _add_areas(
    by_area: dict[str, tuple[float, int]],
    coded: Coded,
    names: Sequence[str],
    *,
    true: IntArray,
    apart: np.ndarray,
    study: Study,
) -> None:
    """Add the loss and the records of every area."""
    assert study.areas is not None
    axis = list(names).index(study.areas.dimension)
    other = tuple(k for k in range(true.ndim) if k != axis)
    dim = coded.dims[study.areas.dimension]
    nats, units = apart.sum(axis=other), true.sum(axis=other)
    for k, leaf in enumerate(dim.leaves):
        lost, count = by_area.get(dim.codes[leaf], (0.0, 0))
        by_area[dim.codes[leaf]] = (lost + float(nats[k]), count + int(units[k]))


def _is_area(study: Study, recoding: Recoding) -> bool:
    return study.areas is not None and recoding.name == study.areas.dimension
