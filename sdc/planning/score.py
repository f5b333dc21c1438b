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
from sdc.model.system import FloatArray, Problem
from sdc.planning.loss import Printed, divergence, rebuild
from sdc.planning.study import MEASURED, PLAIN, Candidate, Study, finest, priced
from sdc.sensitivity import problem as demands_of
from sdc.suppression.complementary import suppress
from sdc.tables.collapse import coarser
from sdc.tables.merge import merge_areas
from sdc.tables.recode import Recoding, merged_areas, recode_crossing, recode_records
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate

ROUNDS = 8
"""How often the policy ``measured`` tries again."""


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


@dataclass(frozen=True, eq=False)
class Seen:
    """One set of records as it is and as a reader guesses it: ``apart`` in nats a finest cell."""

    records: str
    names: tuple[str, ...]
    true: IntArray
    apart: FloatArray
    printed: tuple[Printed, ...]


def score(
    study: Study, candidate: Candidate, *, method: str = "auto", budget: float | None = None
) -> Scored:
    """Carry a candidate out, audit it, and measure it; one that is not safe is kept as such."""
    return _Trial(study, candidate, method, budget).scored()


class _Trial:
    """One structure, its demands, and every plan that was made for it."""

    def __init__(
        self, study: Study, candidate: Candidate, method: str, budget: float | None
    ) -> None:
        self.study, self.candidate = study, candidate
        self.method, self.budget = method, budget
        self.recodings = recodings_of(study, candidate)
        self.problem = problem_of(study, self.recodings)
        self.base = Scored(
            candidate,
            safe=False,
            changes=sum(len(r.changed) for r in self.recodings),
            merges=next((r.changed for r in self.recodings if _is_area(study, r)), {}),
            collapses={r.name: r.changed for r in self.recodings if not _is_area(study, r)},
        )

    def scored(self) -> Scored:
        """The plan of a plain policy, or the best of all of them and of what is learned from it.

        Under ``measured`` the plain policies are tried, and from the best of them on, round by
        round, the complementary cells that lost more than their fellows become dearer.
        """
        if self.candidate.policy != MEASURED:
            return self.carried_out(priced(self.problem, self.candidate.policy))[0]
        tried = [self.carried_out(priced(self.problem, policy)) for policy in PLAIN]
        best, seen = min(tried, key=lambda t: (not t[0].safe, t[0].loss))
        done = best
        for _ in range(ROUNDS):
            if done.plan is None:
                break
            done, seen = self.carried_out(repriced(done.plan, seen))
            best = min(best, done, key=lambda s: (not s.safe, s.loss))
        return best

    def carried_out(self, cost: FloatArray) -> tuple[Scored, list[Seen]]:
        """One plan for one set of costs."""
        problem = replace(self.problem, cost=cost)
        try:
            plan = suppress(problem, method=self.method, budget=self.budget)
        except NotProven as error:
            return replace(self.base, why=error.en), []
        published = apply(problem.system, plan)
        report = audit(problem, published, moves=plan.moves)
        seen = readers_view(self.study, self.recodings, published)
        found = measure(self.study, seen)
        why = "" if report.passed else "the audit did not pass"
        return replace(
            self.base, safe=report.passed, loss=found.loss, records=found.records,
            cells=found.cells, worst=found.worst, plan=plan, why=why,
        ), seen  # fmt: skip


def repriced(plan: Plan, seen: Sequence[Seen]) -> FloatArray:
    """Costs for the next round: what a complementary cell lost beside the mean of all of them."""
    problem = plan.problem
    blame = np.zeros(problem.system.n)
    for block in problem.system.blocks:
        for view in seen:
            if view.records != block.table.records:
                continue
            own = next(p for p in view.printed if p.dims == block.table.dims)
            blame[block.index] = np.maximum(blame[block.index], _nats_below(view, own))
    extra = plan.complementary
    if not extra.any() or blame[extra].mean() <= 0:
        return problem.cost
    factor = np.clip(0.5 + 0.5 * blame / blame[extra].mean(), 0.7, 3.0)
    return np.asarray(np.where(extra, problem.cost * factor, problem.cost))


def _nats_below(view: Seen, table: Printed) -> FloatArray:
    """The divergence of all finest cells that each cell of a printed table sums up."""
    axes = tuple(k for k, name in enumerate(view.names) if name not in {d.name for d in table.dims})
    nats: FloatArray = view.apart.sum(axis=axes)
    kept = [name for name in view.names if name in {d.name for d in table.dims}]
    nats = np.transpose(nats, [kept.index(d.name) for d in table.dims])
    for axis, dim in enumerate(table.dims):
        moved = np.moveaxis(nats, axis, 0)
        summed = np.zeros((len(dim.leaves), *moved.shape[1:]))
        np.add.at(summed, table.index[dim.name], moved)
        full = dim.aggregation @ summed.reshape(len(dim.leaves), -1)
        nats = np.moveaxis(full.reshape(len(dim), *moved.shape[1:]), 0, axis)
    return nats


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
        parts.append(np.atleast_2d(coded.count([dimension, *by[:1]]).T).T)
    return np.hstack(parts)


def problem_of(study: Study, recodings: Sequence[Recoding]) -> Problem:
    """The demands on the tables once areas are merged and classes collapsed."""
    coded: dict[str, Coded] = dict(study.coded)
    crossings = list(study.crossings)
    for recoding in recodings:
        coded = {name: recode_records(c, recoding) for name, c in coded.items()}
        crossings = [recode_crossing(c, recoding) for c in crossings]
    tables = [tabulate(coded[t.records], t.by, name=t.name) for t in study.tables]
    system = system_of(tables, crossings=crossings, coded=coded)
    return demands_of(system, study.rules)


def readers_view(study: Study, recodings: Sequence[Recoding], published: Published) -> list[Seen]:
    """The finest table of every set of records, and how far a reader's guess is from it."""
    index = {r.name: r.index for r in recodings}
    views = []
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
        views.append(Seen(name, tuple(names), true, apart, tuple(printed)))
    return views


def measure(study: Study, views: Sequence[Seen]) -> Scored:
    """What a reader loses and what is still printed at the finest level."""
    total = lost = kept = shown = filled = 0.0
    by_area: dict[str, tuple[float, int]] = {}
    for view in views:
        true, apart = view.true, view.apart
        exact = _printed_exactly(view.names, view.printed)
        total, lost = total + float(true.sum()), lost + float(apart.sum())
        kept += float(true[exact].sum())
        shown, filled = shown + float((exact & (true > 0)).sum()), filled + float((true > 0).sum())
        if study.areas is not None and study.areas.dimension in view.names:
            _add_areas(by_area, study, view)
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


def _add_areas(by_area: dict[str, tuple[float, int]], study: Study, view: Seen) -> None:
    """Add the loss and the records of every area."""
    assert study.areas is not None
    axis = view.names.index(study.areas.dimension)
    other = tuple(k for k in range(view.true.ndim) if k != axis)
    dim = study.coded[view.records].dims[study.areas.dimension]
    nats, units = view.apart.sum(axis=other), view.true.sum(axis=other)
    for k, leaf in enumerate(dim.leaves):
        lost, count = by_area.get(dim.codes[leaf], (0.0, 0))
        by_area[dim.codes[leaf]] = (lost + float(nats[k]), count + int(units[k]))


def _is_area(study: Study, recoding: Recoding) -> bool:
    return study.areas is not None and recoding.name == study.areas.dimension
