"""Which state has every cell, why, and between which values does it lie for everybody outside?

Everything here holds true values: it is for the city alone.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.rules import Rules
from sdc.model.system import Block, System
from sdc.pipeline.demand import table_rules
from sdc.pipeline.run import Safe
from sdc.publishing.symbols import printed, scale

PRIMARY, COMPLEMENTARY, PUBLISHED = "primary", "complementary", "published"
GROUPED = "grouped"
REASONS = {
    "min_count": Text("fewer units than the threshold"),
    "must_hide": Text("named by the city (must_hide)"),
    "share": Text("a large contributor could be estimated"),
    "mask": Text("hidden in another table of the same place"),
    "line": Text("else another X would follow by subtraction"),
    "": ("", ""),
}
"""Why a cell is hidden."""


def cells_of(safe: Safe, table: str) -> pd.DataFrame:
    """One row a cell of a table, in C order: its codes, then what a reviewer asks about it.

    ``value`` true value in printed units; ``printed`` the text that is published; ``status``
    primary, complementary, grouped or published; ``reason`` a key of ``REASONS``; ``lower`` and ``upper``
    values that nobody outside can exclude (NaN where the audit kept none; for complementary cells
    they are what the witnesses happen to show, so the true interval may be wider); ``cell`` the
    number of the unknown, equal in all tables that print it. O(cells + witnesses).

    Raises KeyError for a table that the release does not have.
    """
    block = block_of(safe.system, table)
    shown = {t.name: t for t in safe.published.tables}[table]
    factor, _ = scale(shown)
    index = block.index.ravel()
    lower, upper = intervals(safe)
    places = np.unravel_index(np.arange(index.size), block.index.shape)
    frame = {
        d.name: np.array(d.codes, dtype=object)[place]
        for d, place in zip(block.table.dims, places, strict=True)
    }
    return pd.DataFrame(
        {
            **frame,
            "value": block.table.value.ravel() * factor,
            "printed": printed(shown),
            "status": status_of(safe)[index],
            "reason": reasons_of(safe, block),
            "lower": lower[index] * factor,
            "upper": upper[index] * factor,
            "cell": index,
        }
    )


def block_of(system: System, table: str) -> Block:
    """The block of a table; KeyError where there is none."""
    return {b.table.name: b for b in system.blocks}[table]


def status_of(safe: Safe) -> npt.NDArray[np.object_]:
    """(n,) primary, complementary, grouped or published, for every unknown of the system."""
    status = np.where(safe.system.shown, PUBLISHED, GROUPED).astype(object)
    status[safe.plan.hidden] = COMPLEMENTARY
    status[safe.plan.problem.to_hide] = PRIMARY
    return status


def intervals(safe: Safe) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(n,) values in steps that nobody can exclude; NaN where nothing is hidden or known of it."""
    lower = np.full(safe.system.n, math.nan)
    upper = np.full(safe.system.n, math.nan)
    certificate, problem = safe.report.certificate, safe.plan.problem
    hidden = np.flatnonzero(safe.plan.hidden)
    if certificate is not None and certificate.moves.shape[0]:
        moves = certificate.moves.tocsc()[:, hidden]
        reach = moves.min(axis=0).toarray().ravel(), moves.max(axis=0).toarray().ravel()
        value = safe.system.value[hidden]
        lower[hidden] = value + np.minimum(reach[0], 0) / certificate.scale
        upper[hidden] = value + np.maximum(reach[1], 0) / certificate.scale
    mine = safe.plan.hidden[problem.primary]
    at = problem.primary[mine]
    lower[at] = np.fmin(lower[at], safe.report.lower[mine])
    upper[at] = np.fmax(upper[at], safe.report.upper[mine])
    return lower, upper


def reasons_of(safe: Safe, block: Block) -> npt.NDArray[np.object_]:
    """(cells,) a key of ``REASONS`` for every cell of a table, in C order."""
    rules: Rules = table_rules(safe.config)[block.table.name]
    status = status_of(safe)[block.index.ravel()]
    units: IntArray = block.table.counts.ravel()
    reason = np.full(status.size, "", dtype=object)
    reason[status == COMPLEMENTARY] = "line"
    primary = status == PRIMARY
    reason[primary] = "mask" if block.table.is_count else "share"
    for wish in rules.must_hide:
        reason[primary & _matches(block, dict(wish))] = "must_hide"
    reason[primary & (units > 0) & (units < rules.min_count)] = "min_count"
    return reason


def _matches(block: Block, wish: dict[str, str]) -> npt.NDArray[np.bool_]:
    """(cells,) whether a cell has the codes that are named."""
    fit = np.ones(block.index.shape, dtype=bool)
    for axis, dim in enumerate(block.table.dims):
        if dim.name in wish:
            mine = np.array([c == wish[dim.name] for c in dim.codes])
            fit &= mine.reshape([-1 if a == axis else 1 for a in range(fit.ndim)])
    return fit.ravel()
