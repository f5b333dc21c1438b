"""Which of the measured plans is taken, which are worth a person's look, and how is that written?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sdc.errors import InputError, NotProven
from sdc.planning.score import Scored, score
from sdc.planning.study import MEASURED, POLICIES, Candidate, Study, candidates

SCHEMA = 1


@dataclass(frozen=True)
class Budget:
    """What a plan may cost: codes that change at most, or nats per record at most.

    With ``changes`` the least loss within it is taken, with ``loss`` the fewest changes within it.
    """

    changes: int | None = None
    loss: float | None = None


def survey(
    study: Study,
    *,
    most: int = 24,
    refine: int = 2,
    method: str = "auto",
    effort: float | None = None,
    tell: Callable[[Scored], None] | None = None,
) -> list[Scored]:
    """Carry out, audit and measure every candidate, in their order; then refine the best.

    The ``refine`` structures (merges and cuts) with the least loss are tried again with cells priced
    by what they were measured to lose.
    """
    found = []
    for candidate in candidates(study, most=most):
        found.append(score(study, candidate, method=method, budget=effort))
        if tell is not None:
            tell(found[-1])
    best = sorted((s for s in found if s.safe), key=lambda s: (s.loss, s.candidate))
    structures = dict.fromkeys((s.candidate.merge, s.candidate.cuts) for s in best)
    for merge, cuts in list(structures)[:refine]:
        candidate = Candidate(merge, cuts, MEASURED)
        if candidate not in [s.candidate for s in found]:
            found.append(score(study, candidate, method=method, budget=effort))
            if tell is not None:
                tell(found[-1])
    return found


def pareto(scored: Sequence[Scored]) -> list[Scored]:
    """The safe plans that no other safe plan beats in loss, printed records and changes alike.

    >>> a = Scored(Candidate(), True, loss=0.2, records=0.9, changes=0)
    >>> b = Scored(Candidate(10), True, loss=0.1, records=0.9, changes=4)
    >>> c = Scored(Candidate(30), True, loss=0.3, records=0.8, changes=9)
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


def choose(scored: Sequence[Scored], budget: Budget | None = None) -> Scored:
    """Safety first, then the budget, then the least loss (or the fewest changes).

    Raises NotProven where no plan is safe, InputError where none keeps to the budget.

    >>> a = Scored(Candidate(), True, loss=0.2, records=0.9, changes=0)
    >>> b = Scored(Candidate(10), True, loss=0.1, records=0.9, changes=4)
    >>> choose([a, b]).candidate.merge, choose([a, b], Budget(changes=3)).candidate.merge
    (10, 0)
    >>> choose([a, b], Budget(loss=0.3)).candidate.merge
    0
    """
    limits = budget or Budget()
    safe = [s for s in scored if s.safe]
    if not safe:
        raise NotProven("安全と証明できた計画がありません", "no plan was proven safe")
    within = [
        s
        for s in safe
        if (limits.changes is None or s.changes <= limits.changes)
        and (limits.loss is None or s.loss <= limits.loss)
    ]
    if not within:
        raise InputError(
            "予算内の計画がありません", "no safe plan keeps to the budget", code="plan-budget"
        )
    if limits.loss is not None:
        return min(within, key=lambda s: (s.changes, s.loss, s.candidate))
    return min(within, key=lambda s: (s.loss, s.changes, s.candidate))


def table(scored: Sequence[Scored]) -> list[dict[str, str]]:
    """The list as a person reads it, one row a plan, marked where it is worth a look."""
    front = {id(s) for s in pareto(scored)}
    return [
        {
            "plan": s.candidate.name,
            "safe": "yes" if s.safe else "no",
            "nats per record": f"{s.loss:.4f}" if s.safe else "",
            "records at the finest level": f"{s.records:.1%}" if s.safe else "",
            "cells at the finest level": f"{s.cells:.1%}" if s.safe else "",
            "codes changed": str(s.changes),
            "worst area": f"{s.worst[0]} {s.worst[1]:.3f}" if s.safe and s.worst[0] else "",
            "pareto": "*" if id(s) in front else "",
        }
        for s in scored
    ]


def decision(chosen: Scored, *, by: str = "", reason: str = "") -> str:
    """A person's choice as a text that a release can replay; no count stands in it.

    It holds the candidate, the merge map, the collapses and who decided why, as JSON with sorted
    keys, so that the same choice is the same bytes.
    """
    c = chosen.candidate
    content = {
        "schema": SCHEMA,
        "merge": c.merge,
        "cuts": dict(c.cuts),
        "policy": c.policy,
        "merges": dict(chosen.merges),
        "collapses": {dim: dict(m) for dim, m in chosen.collapses.items()},
        "decided_by": by,
        "reason": reason,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@dataclass(frozen=True)
class Decision:
    """What a decision file says."""

    candidate: Candidate
    merges: Mapping[str, str]
    collapses: Mapping[str, Mapping[str, str]]
    by: str
    reason: str


def read_decision(text: str) -> Decision:
    """Read a decision back. Raises InputError for anything that ``decision`` does not write.

    >>> s = Scored(Candidate(10), True, merges={"a": "b"})
    >>> read_decision(decision(s, by="GIS section")).merges
    {'a': 'b'}
    """
    keys = {"schema", "merge", "cuts", "policy", "merges", "collapses", "decided_by", "reason"}
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise _not_a_decision() from error
    if not isinstance(found, dict) or set(found) != keys or found["schema"] != SCHEMA:
        raise _not_a_decision()
    maps = [found["cuts"], found["merges"], *_values(found["collapses"])]
    texts = [found["policy"], found["decided_by"], found["reason"]]
    texts += [x for m in maps if isinstance(m, dict) for pair in m.items() for x in pair]
    level = found["merge"]
    fits = isinstance(level, int) and not isinstance(level, bool) and level >= 0
    fits = fits and all(isinstance(m, dict) for m in maps) and found["policy"] in POLICIES
    if not fits or not all(isinstance(x, str) for x in texts):
        raise _not_a_decision()
    candidate = Candidate(level, tuple(sorted(found["cuts"].items())), found["policy"])
    return Decision(
        candidate, found["merges"], found["collapses"], found["decided_by"], found["reason"]
    )


def _values(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else [value]


def _not_a_decision() -> InputError:
    return InputError("決定ファイルの形式が不正です", "this is no decision file", code="decision")


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Codes whose published code differs between two maps: code -> (before, now).

    >>> changed({"a": "b"}, {"a": "c", "d": "c"})
    {'a': ('b', 'c'), 'd': ('d', 'c')}
    """
    return {
        code: (before.get(code, code), now.get(code, code))
        for code in sorted(before.keys() | now.keys())
        if before.get(code, code) != now.get(code, code)
    }
