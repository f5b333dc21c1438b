"""Which of the measured plans is taken, and which are worth a person's look?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdc.errors import InputError, NotProven
from sdc.messages import Text
from sdc.planning.decision import Decision, hidden_cells
from sdc.planning.score import Scored


@dataclass(frozen=True)
class Budget:
    """What a plan may cost: codes that change at most, or nats per record at most.

    With ``changes`` the least loss within it is taken, with ``loss`` the fewest changes within it.
    """

    changes: int | None = None
    loss: float | None = None


def pareto(scored: Sequence[Scored]) -> list[Scored]:
    """The safe plans that no other safe plan beats in loss, printed records and changes alike.

    >>> from sdc.planning.study import Candidate
    >>> from sdc.planning.view import Measured
    >>> a = Scored(Candidate(), True, Measured(loss=0.2, records=0.9), changes=0)
    >>> b = Scored(Candidate(10), True, Measured(loss=0.1, records=0.9), changes=4)
    >>> c = Scored(Candidate(30), True, Measured(loss=0.3, records=0.8), changes=9)
    >>> [s.candidate.merge for s in pareto([a, b, c])]
    [10, 0]
    """
    safe = [s for s in scored if s.safe]
    kept = [s for s in safe if not any(_beats(other, s) for other in safe)]
    return sorted(kept, key=lambda s: (s.loss, s.changes, s.candidate))


def _beats(one: Scored, two: Scored) -> bool:
    """At least as good in everything and better in something; equals go by candidate order."""
    mine = (one.loss, -one.records, one.changes)
    theirs = (two.loss, -two.records, two.changes)
    if mine == theirs:
        return one.candidate < two.candidate
    return all(a <= b for a, b in zip(mine, theirs, strict=True))


def choose(scored: Sequence[Scored], budget: Budget | None = None, *, alike: float = 0.0) -> Scored:
    """Safety first, then the budget, then the least loss (or the fewest changes).

    Plans that lose at most the share ``alike`` more than the least count as equal, and the fewest
    changes decide among them: a time series is worth a little.

    Raises NotProven where no plan is safe, InputError where none keeps to the budget.

    >>> from sdc.planning.study import Candidate
    >>> from sdc.planning.view import Measured
    >>> a = Scored(Candidate(), True, Measured(loss=0.2, records=0.9), changes=0)
    >>> b = Scored(Candidate(10), True, Measured(loss=0.1, records=0.9), changes=4)
    >>> choose([a, b]).candidate.merge, choose([a, b], Budget(changes=3)).candidate.merge
    (10, 0)
    >>> choose([a, b], Budget(loss=0.3)).candidate.merge
    0
    """
    limits = budget or Budget()
    safe = [s for s in scored if s.safe]
    if not safe:
        raise NotProven(Text("no plan was proven safe"))
    within = [
        s
        for s in safe
        if (limits.changes is None or s.changes <= limits.changes)
        and (limits.loss is None or s.loss <= limits.loss)
    ]
    if not within:
        raise InputError(Text("no safe plan keeps to the budget"), code="plan-budget")
    if limits.loss is not None:
        return min(within, key=lambda s: (s.changes, s.loss, s.candidate))
    least = min(s.loss for s in within) * (1 + alike)
    near = [s for s in within if s.loss <= least]
    return min(near, key=lambda s: (s.changes if alike else 0, s.loss, s.changes, s.candidate))


def decide(chosen: Scored, *, by: str = "", reason: str = "") -> Decision:
    """A measured plan as the decision to publish it. Raises NotProven for one that is not safe."""
    if not chosen.safe or chosen.plan is None:
        raise NotProven(Text("a plan that is not proven cannot be chosen"))
    hidden = hidden_cells(chosen.plan.problem.system, chosen.plan.hidden)
    return Decision(
        chosen.candidate, chosen.merges, chosen.collapses, hidden, by, reason, chosen.groups
    )
