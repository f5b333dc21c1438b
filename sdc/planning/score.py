"""What does each candidate publish, is it proven safe, and what does a reader lose?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from sdc.disclosure.audit import audit
from sdc.errors import NotProven
from sdc.model.plan import Plan, apply
from sdc.model.system import BoolArray, FloatArray, Problem, System
from sdc.planning.changes import distance, regrouped
from sdc.planning.decision import hidden_mask
from sdc.planning.price import priced, repriced
from sdc.planning.structure import groups_of, problem_of, recodings_of
from sdc.planning.study import MEASURED, Candidate, Earlier, Structure, Study
from sdc.planning.view import Measured, Seen, measure, readers_view
from sdc.suppression.complementary import suppress

ROUNDS = 4
"""How often the policy ``measured`` tries again."""


@dataclass(frozen=True, eq=False)
class Scored:
    """A candidate with what came of it.

    ``measured`` is what a reader loses under the plan; without a plan, what any safe plan of the
    same structure loses at least. ``changes`` counts codes that are published otherwise than in the
    earlier release, or without one than at the finest level (areas merged away, cells grouped,
    classes collapsed, in all areas or in some); ``merges``, ``collapses`` and ``groups`` hold them,
    by dimension and as ``Earlier`` has them. ``safe`` is the audit's word; ``why`` says why there is no
    safe plan.
    """

    candidate: Candidate
    safe: bool
    measured: Measured = field(default_factory=Measured)
    changes: int = 0
    merges: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    collapses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    plan: Plan | None = None
    why: str = ""

    @property
    def loss(self) -> float:
        """Nats per record."""
        return self.measured.loss

    @property
    def records(self) -> float:
        """Share of records in cells printed at the finest level."""
        return self.measured.records


class Trial:
    """One structure, its demands, what it loses at least, and the plans made for it.

    ``least`` is exact as a bound: a safe plan hides the primary cells and perhaps more, and whoever
    sees less never guesses better under maximum entropy.
    """

    def __init__(
        self,
        study: Study,
        structure: Structure,
        *,
        method: str = "auto",
        effort: float | None = None,
        seed: int = 0,
    ) -> None:
        self.study, self.structure = study, structure
        self.method, self.effort, self.seed = method, effort, seed
        self.recodings = recodings_of(study, structure)
        self.grouped = groups_of(study, structure, self.recodings)
        self.problem = problem_of(study, self.recodings, self.grouped)
        places = {g.dimension for g in study.grids}
        places |= {study.areas.dimension} if study.areas is not None else set()
        self.merges = {r.name: r.changed for r in self.recodings if r.name in places}
        self.collapses = {r.name: r.changed for r in self.recodings if r.name not in places}
        before = study.earlier or Earlier()
        self.changes = distance(before.merges, self.merges)
        self.changes += distance(before.collapses, self.collapses)
        self.groups = {g.name: g.groups for g in self.grouped}
        self.changes += regrouped(before.groups, self.groups)
        self.previous = _previous(study, self.problem.system)
        self.least = measure(study, self._view(_primary(self.problem)))
        self._best: tuple[Scored, list[Seen]] | None = None

    def attempt(self, policy: str) -> Scored:
        """The plan of a policy; one that is not proven safe is kept as such.

        Under ``measured`` the best plan so far is improved on, round by round: complementary cells
        that lost more than their fellows become dearer.
        """
        if policy != MEASURED:
            cost = priced(self.study, self.recodings, self.grouped, (self.problem, policy))
            return self._carried_out(policy, cost)[0]
        if self._best is None:
            self.attempt(self.study.policies[0])
        if self._best is None:
            return self.unsafe(policy, "no plain policy gave a safe plan")
        best, seen = done, _ = self._best
        for _ in range(ROUNDS):
            if done.plan is None:
                break
            done, seen = self._carried_out(policy, repriced(done.plan, seen))
            best = min(best, done, key=lambda s: (not s.safe, s.loss))
        return replace(best, candidate=Candidate(*self.structure, policy))

    def unsafe(self, policy: str, why: str) -> Scored:
        """The candidate without a plan."""
        return Scored(
            Candidate(*self.structure, policy), safe=False, measured=self.least,
            changes=self.changes, merges=self.merges, collapses=self.collapses, groups=self.groups,
            why=why,
        )  # fmt: skip

    def _view(self, hidden: BoolArray) -> list[Seen]:
        marks = self.problem.system, hidden
        return readers_view(self.study, self.recodings, self.grouped, marks)

    def _carried_out(self, policy: str, cost: FloatArray) -> tuple[Scored, list[Seen]]:
        """One plan for one set of costs."""
        problem = replace(self.problem, cost=cost)
        try:
            plan = suppress(
                problem,
                method=self.method,
                budget=self.effort,
                seed=self.seed,
                previous=self.previous,
            )
        except NotProven as error:
            return self.unsafe(policy, error.en), []
        report = audit(problem, apply(problem.system, plan), moves=plan.moves)
        if not report.passed:
            return self.unsafe(policy, "the audit did not pass"), []
        seen = self._view(plan.hidden)
        found = replace(
            self.unsafe(policy, ""), safe=True, measured=measure(self.study, seen), plan=plan
        )
        if self._best is None or found.loss < self._best[0].loss:
            self._best = found, seen
        return found, seen


def score(
    study: Study, candidate: Candidate, *, method: str = "auto", effort: float | None = None
) -> Scored:
    """Carry one candidate out, audit it, and measure it."""
    return Trial(study, candidate.structure, method=method, effort=effort).attempt(candidate.policy)


def _primary(problem: Problem) -> BoolArray:
    """(n,) what no plan can print: primary cells and what shares their mask."""
    system = problem.system
    bad = np.zeros(int(system.group.max(initial=-1)) + 1, dtype=bool)
    bad[system.group[problem.primary]] = True
    return np.asarray(bad[system.group] & system.shown)


def _previous(study: Study, system: System) -> BoolArray | None:
    """(n,) the cells that were under X in the earlier release, where they still exist."""
    if study.earlier is None or not study.earlier.hidden:
        return None
    return hidden_mask(system, study.earlier.hidden)[0]
