"""Do derived figures say anything about the cells that the printed numbers do not say already?

A figure that is printed beside the tables is one more statement for an attacker: a row of whole
numbers over the cells. Rows over printed cells alone add nothing to the attacker's equations; a row
that touches a hidden or latent cell narrows it, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sdc.errors import DisclosureFound, NotProven
from sdc.messages import Text
from sdc.model.plan import Published
from sdc.model.report import AuditReport
from sdc.model.system import System

Row = tuple[tuple[tuple[int, int], ...], int]
"""``((cell, coefficient), ...)`` and the least that their sum reaches, in steps."""


def with_figures(
    report: AuditReport, system: System, published: Published, rows: Iterable[Row]
) -> AuditReport:
    """The report of an audit, with all rows of derived figures entered; O(rows).

    Raises DisclosureFound where a row speaks of a cell that is not printed, NotProven where a row
    does not hold for the printed numbers: such a figure was made from something else.

    >>> import numpy as np, scipy.sparse as sp
    >>> s = System.plain(np.array([7, 3, 4]), sp.csr_matrix(np.array([[-1, 1, 1]])))
    >>> p = Published(s.digest, (), np.array([7, 0, 0]), np.array([False, True, True]))
    >>> from sdc.model.system import Level
    >>> none = np.zeros(0, dtype=np.int64)
    >>> r = AuditReport(Level.INTERVAL, none, none, none, "p", p.digest, True)
    >>> with_figures(r, s, p, [(((0, 2),), 14)]).checks
    ('derived figures: 1 rows over printed cells only',)
    >>> with_figures(r, s, p, [(((1, 1), (2, -1)), -1)])
    Traceback (most recent call last):
    sdc.errors.DisclosureFound: 指標が秘匿値に関わります: #0 / a figure speaks of a hidden cell: #0
    """
    printed = system.shown & ~published.hidden
    value = published.value.tolist()
    count = 0
    for cells, least in rows:
        hidden = [cell for cell, _ in cells if not printed[cell]]
        if hidden:
            name = system.name_of(hidden[0])
            raise DisclosureFound(
                Text("a figure speaks of a hidden cell: {name}", name=name),
            )
        if sum(coefficient * value[cell] for cell, coefficient in cells) < least:
            name = system.name_of(cells[0][0])
            raise NotProven(
                Text("a figure does not follow from the printed numbers: {name}", name=name),
            )
        count += 1
    if not count:
        return report
    check = f"derived figures: {count} rows over printed cells only"
    return replace(report, checks=(*report.checks, check))
