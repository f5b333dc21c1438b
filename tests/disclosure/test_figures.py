"""Derived figures as rows of the audit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from sdc.disclosure.figures import with_figures
from sdc.errors import DisclosureFound, NotProven
from sdc.model.plan import Published
from sdc.model.report import AuditReport
from sdc.model.system import Level, System

# A total of 40 with parts 30, 8 and 2; the parts 8 and 2 are hidden.
VALUE = np.array([40, 30, 8, 2])
SYSTEM = System.plain(VALUE, sp.csr_matrix(np.array([[-1, 1, 1, 1]])))
HIDDEN = np.array([False, False, True, True])
PUBLISHED = Published(SYSTEM.digest, (), np.where(HIDDEN, 0, VALUE), HIDDEN)
NONE = np.zeros(0, dtype=np.int64)
REPORT = AuditReport(
    Level.INTERVAL, NONE, NONE, NONE, "p", PUBLISHED.digest, True, checks=("agreement",)
)

# "75 %" for 30 of 40, no decimals: 149 * 40 <= 200 * 30 < 151 * 40
SHARE = [(((1, 200), (0, -149)), 0), (((1, -200), (0, 151)), 1)]


def test_rows_over_printed_cells_are_entered_and_add_nothing() -> None:
    report = with_figures(REPORT, SYSTEM, PUBLISHED, SHARE)
    assert report.checks == ("agreement", "derived figures: 2 rows over printed cells only")
    assert report.passed


def test_without_figures_the_report_stays_as_it_is() -> None:
    assert with_figures(REPORT, SYSTEM, PUBLISHED, []) is REPORT


def test_a_share_of_a_hidden_number_is_a_disclosure() -> None:
    # "5 %" of 40 is 1.8 to 2.2: nothing but 2. Percentages from raw values are found here.
    raw = [(((3, 200), (0, -9)), 0), (((3, -200), (0, 11)), 1)]
    with pytest.raises(DisclosureFound, match="speaks of a hidden cell"):
        with_figures(REPORT, SYSTEM, PUBLISHED, [*SHARE, *raw])


def test_a_figure_that_says_more_than_the_printed_numbers_is_refused() -> None:
    # "74 %" was not computed from 30 and 40: 200 * 30 < 149 * 40 does not hold.
    wrong = [(((1, -200), (0, 149)), 1)]
    with pytest.raises(NotProven, match="does not follow"):
        with_figures(REPORT, SYSTEM, PUBLISHED, wrong)


def test_latent_cells_count_as_hidden() -> None:
    shown = np.array([True, True, True, False])
    arrays = {"shown": shown, "group": SYSTEM.group, "count": SYSTEM.count, "known": SYSTEM.known}
    system = System(VALUE, SYSTEM.relations, **arrays)
    published = Published(system.digest, (), VALUE, np.zeros(4, dtype=bool))
    with pytest.raises(DisclosureFound):
        with_figures(REPORT, system, published, [(((3, 1),), 0)])
