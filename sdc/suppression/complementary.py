"""Which cells become X beside the primary ones, by which method, and with which proof?

One façade for all engines: every method is a function from the same inputs to a ``Found``, every result
passes through the same validator (the audit's integer addition) before it becomes a ``Plan``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

from sdc.errors import InputError, RulesError
from sdc.messages import Text
from sdc.model.plan import Plan
from sdc.model.sharing import Runner, threaded
from sdc.model.system import BoolArray, Level, Problem
from sdc.suppression.areatree import shared_tree
from sdc.suppression.found import Budget, Method
from sdc.suppression.ladder import secured
from sdc.suppression.twins import twinned

METHODS: Mapping[str, str] = {
    "exchange": "sdc.suppression.exchange:exchange",
    "districts": "sdc.suppression.districts:districts",
    "lp-greedy": "sdc.suppression.lp_greedy:lp_greedy",
    "optimal": "sdc.suppression.optimal:optimal",
    "reverse-delete": "sdc.suppression.reverse_delete:reverse_delete",
    "guideline": "sdc.suppression.guideline:guideline",
}
"""Method name -> where its function lives; loaded on first use."""

SHARED = {"districts"}
"""Methods that cut a problem into parts for a ``map``."""

SMALL = 400
"""Unknowns up to which the exact engine is the default."""

LARGE = 60_000
"""Unknowns from which tables that share districts are searched district by district."""

MIDDLE = 6_000
"""Unknowns up to which the exact engine is the default at ``linear``, whose programs are easy."""

GIVEN = 12_000
"""Unknowns up to which it is the default where levels are given and the attacker is real-valued."""

FEW = 20
"""Primary cells up to which it is the default there whatever the size."""


def suppress(
    problem: Problem,
    *,
    method: str = "auto",
    budget: float | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    previous: BoolArray | None = None,
    run: Runner = threaded,
) -> Plan:
    """Protect a problem at its level, at the least loss that the budget finds.

    Where the engine's answer does not hold, the next rung of ``ladder`` is taken and said. ``run`` is
    a ``map`` that shares out what falls apart; the answer does not depend on it. At ``rule-aware`` the
    pattern depends on the classes of the cells alone; ``budget``, ``seed`` and ``previous`` have no
    say.

    Raises Infeasible, naming the cells, where nothing that may be hidden protects them.
    """
    started = time.perf_counter()
    if not 0 <= seed < 2**63:
        raise InputError(Text("seed must be a whole number >= 0 and below 2^63"))
    if problem.level is Level.RULE_AWARE:
        return _rule_aware(problem, method, time_limit)
    name, because = choose(problem) if method == "auto" else (method, "asked for")
    options: dict[str, Any] = {"run": run} if name in SHARED else {}
    engine = partial(load(name), problem, budget=Budget.of(budget, time_limit), seed=seed,
                     previous=previous, **options)  # fmt: skip
    found, given_up = secured(problem, engine, seed=seed)
    return Plan(
        problem,
        found.hidden,
        method=name,
        because=f"{because}; given up: {given_up}" if given_up else because,
        bound=found.bound,
        seconds=time.perf_counter() - started,
        reproducible=found.reproducible,
        log=found.log,
        moves=found.moves,
    )


def _rule_aware(problem: Problem, method: str, time_limit: float | None) -> Plan:
    """The plan of the one engine whose choice depends on nothing but the classes of the cells."""
    if method != "auto" or time_limit is not None:
        raise RulesError(
            Text(
                "at rule-aware leave the method to auto and give no time_limit: the clock must not "
                "decide"
            ),
            code="level",
        )
    started = time.perf_counter()
    found = twinned(problem)
    return Plan(
        problem,
        found.hidden,
        method="twins",
        because=f"level {problem.level}: {found.log[0]}",
        seconds=time.perf_counter() - started,
        log=found.log,
        moves=found.moves,
    )


def choose(problem: Problem) -> tuple[str, str]:
    """Method and reason for a problem: exact where it is small, else what suits the level.

    >>> sorted(METHODS)[:2]
    ['districts', 'exchange']
    """
    size, primary, level = problem.system.n, len(problem.primary), str(problem.level)
    linear = problem.level is Level.LINEAR
    most = MIDDLE if linear else SMALL if problem.whole else GIVEN
    few = primary <= FEW and (linear or not problem.whole)
    if size <= most or few:
        return "optimal", f"{size} unknowns and {primary} primary cells allow a proven optimum"
    if linear:
        return "reverse-delete", f"level {level}, {size} unknowns"
    if size >= LARGE and shared_tree(problem.system) is not None:
        return "districts", f"level {level}, {size} unknowns in districts"
    return "exchange", f"level {level}, {size} unknowns"


def load(name: str) -> Method:
    """The function of a method; RulesError for an unknown one."""
    if name not in METHODS:
        names = ", ".join(["auto", *METHODS])
        raise RulesError(
            Text("there is no method {name!r}; choose one of {names}", name=name, names=names),
            code="method",
        )
    module, function = METHODS[name].split(":")
    method: Method = getattr(import_module(module), function)
    return method
