"""What does a published table give away, whoever made it?

Only what everybody can see is used: the printed numbers, the marks, and the hierarchies. Each X gets
the interval in which an attacker who knows that numbers are whole must place it, and where it follows
by adding and subtracting, an irreducible set of published cells that reveals it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.disclosure.elimination import determined, equations
from sdc.disclosure.intervals import Intervals, intervals
from sdc.disclosure.work import Work
from sdc.errors import InputError, NotProven, RulesError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.marked import MarkedTable
from sdc.model.system import UNBOUNDED, Level, Problem, System
from sdc.solver.highs import Model
from sdc.solver.program import Status

NODES = 10_000


def audit_published(
    table: MarkedTable,
    *,
    min_count: int | None = None,
    zeros: str = "hide",
    bounds: IntArray | None = None,
    budget: int | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Attack a published table of counts.

    ``zeros`` says what an X may stand on: "show" means that every zero is printed, so that X >= 1.
    ``bounds`` (b, 3) are what the attacker takes cells for beforehand: a cell in C order, the least and
    the most.
    The result holds ``level`` (``interval`` where ``min_count`` asks for intervals, else
    ``integer``), ``exact`` and ``unknown`` (numbers of X), and ``cells``: for every X in code order
    ``cell`` {dimension: code}, ``lower``, ``upper`` (None: unbounded), ``exact``, and ``equation``: a
    list of {"cell", "coefficient", "value"} over published cells whose sum is the X, or None.

    Raises InputError where no table of whole numbers agrees with what is printed and with the bounds,
    RulesError for an unknown policy, NotProven where the solver gives no answer at all.

    >>> use = Hierarchy.flat("use", ["a", "b"])
    >>> shown = MarkedTable("t", (use,), np.array([7, 3, 0]), np.array([False, False, True]),
    ...                     np.ones(3, dtype=bool))
    >>> found = audit_published(shown)
    >>> found["exact"], found["cells"][0]["lower"], in_words(found["cells"][0])
    (1, 4, 'use=b: X = 7 [use=TOTAL] - 3 [use=a]')
    """
    if zeros not in ("hide", "show"):
        raise RulesError(Text("zeros must be 'hide' or 'show'"))
    known = np.zeros((0, 3), dtype=np.int64) if bounds is None else bounds
    problem, free = _problem(table, 1 if zeros == "show" else 0, known)
    marked = np.flatnonzero(table.hidden.ravel()).astype(np.int64)
    found = intervals(problem, free, marked, whole=True, work=Work(budget), seed=seed)
    level = Level.INTEGER if min_count is None else Level.INTERVAL
    return {
        "level": str(level),
        "exact": int(found.exact.sum()),
        "unknown": int(found.unknown.sum()),
        "cells": _entries(table, problem, found),
    }


def in_words(entry: Mapping[str, Any]) -> str:
    """One line on one X: the published cells that reveal it, or its bounds."""
    name = _name(entry["cell"])
    if not entry["equation"]:
        upper = "" if entry["upper"] is None else entry["upper"]
        bounds = f"X = {entry['lower']}" if entry["exact"] else f"{entry['lower']} … {upper}"
        return f"{name}: {bounds}"
    words: list[str] = []
    zeros = sum(term["value"] == 0 for term in entry["equation"])
    for term in entry["equation"]:
        if not term["value"]:
            continue
        factor = Fraction(term["coefficient"])
        sign = "-" if factor < 0 else "+" if words else ""
        size = "" if abs(factor) == 1 else f"{abs(factor)} × "
        words.append(f"{sign} {size}{term['value']} [{_name(term['cell'])}]".strip())
    rest = f" ({Text('{zeros} zero cells', zeros=zeros)})" if zeros else ""
    return f"{name}: X = {' '.join(words) or '0'}{rest}"


def _name(cell: Mapping[str, str]) -> str:
    return ", ".join(f"{k}={v}" for k, v in cell.items())


def _problem(table: MarkedTable, least: int, bounds: IntArray) -> tuple[Problem, Any]:
    """A system around some table that agrees with the print; places that show nothing are free."""
    relations = balances(table.dims)
    free = ~table.visible.ravel()
    floor = np.where(table.hidden.ravel(), least, 0).astype(np.int64)
    ceiling = np.full(len(free), UNBOUNDED, dtype=np.int64)
    np.maximum.at(floor, bounds[:, 0], bounds[:, 1])
    np.minimum.at(ceiling, bounds[:, 0], bounds[:, 2])
    value = _some_table(relations, (table.value.ravel(), free), (floor, ceiling))
    none, n = np.zeros(0, dtype=np.int64), len(value)
    problem = Problem(
        System.plain(value, relations), Level.INTEGER, none, none, none, none, floor,
        ceiling, np.ones(n, dtype=bool), np.ones(n),
    )  # fmt: skip
    return problem, free


def balances(dims: Sequence[Hierarchy]) -> sp.csr_matrix:
    """One row for every total along every dimension, over all cells in C order; O(cells x dims).

    >>> balances([Hierarchy.flat("use", ["a", "b"])]).toarray().tolist()
    [[-1, 1, 1]]
    """
    shape = [len(d) for d in dims]
    rows = []
    for axis, dim in enumerate(dims):
        before = sp.identity(int(np.prod(shape[:axis])), dtype=np.int64)
        after = sp.identity(int(np.prod(shape[axis + 1 :])), dtype=np.int64)
        rows.append(sp.kron(sp.kron(before, dim.balance), after))
    return sp.csr_matrix(sp.vstack(rows), dtype=np.int64)


def _some_table(
    relations: sp.csr_matrix, printed: tuple[IntArray, Any], known: tuple[IntArray, IntArray]
) -> IntArray:
    """Any whole numbers for the free cells that agree with the printed ones and what is known."""
    value, free = printed[0].copy(), printed[1]
    cells = np.flatnonzero(free)
    low, high = (bound[cells] for bound in known)
    if ((value < known[0]) | (value > known[1]))[~free].any():
        raise _contradiction()
    part = sp.csr_matrix(relations.tocsc()[:, cells])
    target = -(relations @ np.where(free, 0, value))
    empty = np.diff(part.indptr) == 0
    if target[empty].any():
        raise _contradiction()
    part, target = part[~empty], target[~empty]
    links = abs(part).astype(np.int8)
    _, label = connected_components(sp.bmat([[None, links.T], [links, None]]), directed=False)
    by_row = label[len(cells) :]
    order = np.argsort(label[: len(cells)], kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    rows_of = np.argsort(by_row, kind="stable")
    for group in groups:
        if not len(group):
            continue
        first, last = np.searchsorted(by_row[rows_of], [label[group[0]], label[group[0]] + 1])
        rows = rows_of[first:last]
        within = (low[group], high[group])
        value[cells[group]] = _solution(part[rows][:, group], target[rows], within)
    return value


def _solution(
    matrix: sp.csr_matrix, target: IntArray, within: tuple[IntArray, IntArray]
) -> IntArray:
    """Whole numbers x within the bounds with matrix @ x == target."""
    low, high = within
    if (low > high).any():
        raise _contradiction()
    upper = np.where(high < UNBOUNDED, high.astype(np.float64), np.inf)
    model = Model(matrix, row_lower=target, row_upper=target, cost=0.0, lower=low, upper=upper,
                  integer=np.ones(len(low), dtype=bool), options={"mip_max_nodes": NODES})  # fmt: skip
    solution = model.solve()
    if solution.status is Status.INFEASIBLE:
        raise _contradiction()
    if solution.x is None:
        raise NotProven(Text("no table that fits the print could be found"))
    x = np.rint(solution.x).astype(np.int64)
    if (x < low).any() or (x > high).any() or (matrix @ x != target).any():
        raise NotProven(Text("the solver's table does not fit the print"))
    return x


def _contradiction() -> InputError:
    return InputError(
        Text(
            "the printed numbers, or what is known beside them, contradict each other: no table "
            "agrees with all of it"
        ),
        code="contradiction",
    )


def _entries(table: MarkedTable, problem: Problem, found: Intervals) -> list[dict[str, Any]]:
    """The contract's list, with equations for the cells that follow by elimination."""
    relations, free = problem.system.relations, ~table.visible.ravel()
    follows = determined(relations, free)
    asked = found.cells[follows[found.cells]]
    revealed = dict(zip(asked.tolist(), equations(relations, free, asked), strict=True))
    entries = []
    columns = (found.cells, found.lower, found.upper, found.exact)
    for cell, lower, upper, exact in zip(*(c.tolist() for c in columns), strict=True):
        entries.append(
            {
                "cell": _codes(table, cell),
                "lower": lower,
                "upper": None if upper >= UNBOUNDED else upper,
                "exact": exact,
                "equation": _terms(table, revealed.get(cell, ()), cell),
            }
        )
    return entries


def _terms(
    table: MarkedTable, equation: Sequence[tuple[int, int]], cell: int
) -> list[dict[str, Any]] | None:
    """Published cells with the factors by which they add up to the X; the largest first."""
    own = dict(equation).get(cell)
    if own is None:
        return None
    terms = []
    for other, coefficient in equation:
        if other != cell:
            factor = Fraction(coefficient, -own)
            whole = int(factor) if factor.denominator == 1 else str(factor)
            value = int(table.value.ravel()[other])
            terms.append({"cell": _codes(table, other), "coefficient": whole, "value": value})
    return sorted(terms, key=lambda t: (Fraction(t["coefficient"]) < 0, -t["value"]))


def _codes(table: MarkedTable, flat: int) -> dict[str, str]:
    place = np.unravel_index(flat, table.value.shape)
    return {d.name: d.codes[int(i)] for d, i in zip(table.dims, place, strict=True)}
