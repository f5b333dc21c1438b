"""Which candidates are carried out, which need not be, and in which order?

Carrying a candidate out takes a suppression and an audit; a bound takes a fraction of that. So every
structure is bounded first, and one whose bound is beaten in every respect by a safe plan is left.
"""

from __future__ import annotations

from collections.abc import Callable

from sdc.planning.score import Scored, Trial
from sdc.planning.study import MEASURED, Structure, Study, structures

BEATEN = "no plan of this structure can be on the list"
LATE = "the effort ended before"


def survey(
    study: Study,
    *,
    most: int = 24,
    refine: int = 1,
    method: str = "auto",
    effort: float | None = None,
    seed: int = 0,
    tell: Callable[[Scored], None] | None = None,
) -> list[Scored]:
    """Carry out, audit and measure candidates; suppression alone as the rules price it comes first.

    Structures follow by the least they can lose; those that are beaten by a safe plan before a cell
    is hidden are listed with their bound alone. The ``refine`` best structures are tried under
    ``measured`` as well. At most ``most`` candidates are carried out; work decides, not a clock.
    """
    trials = {
        s: Trial(study, s, method=method, effort=effort, seed=seed) for s in structures(study)
    }
    plain = [p for p in study.policies if p != MEASURED]
    first = next(iter(trials))
    order = [first, *sorted((s for s in trials if s != first), key=lambda s: _rank(trials[s], s))]
    found: list[Scored] = []

    def add(scored: Scored) -> None:
        found.append(scored)
        if tell is not None:
            tell(scored)

    for structure in order:
        trial = trials[structure]
        if beaten(trial, found):
            add(trial.unsafe(plain[0] if plain else MEASURED, BEATEN))
            continue
        for policy in plain:
            late = sum(s.plan is not None for s in found) >= most
            add(trial.unsafe(policy, LATE) if late else trial.attempt(policy))
    if MEASURED in study.policies:
        for structure in _best(found, order)[:refine]:
            add(trials[structure].attempt(MEASURED))
    return found


def beaten(trial: Trial, found: list[Scored]) -> bool:
    """Whether a safe plan is at least as good as the bound of a structure in every respect."""
    least = trial.least
    return any(
        s.safe
        and s.loss <= least.loss
        and s.records >= least.records
        and s.changes <= trial.changes
        for s in found
    )


def _rank(trial: Trial, structure: Structure) -> tuple[float, Structure]:
    return trial.least.loss, structure


def _best(found: list[Scored], order: list[Structure]) -> list[Structure]:
    """Structures by the least loss of their safe plans; the first ones where there is none."""
    safe = sorted((s for s in found if s.safe), key=lambda s: (s.loss, s.candidate))
    return list(dict.fromkeys(s.candidate.structure for s in safe)) or order
