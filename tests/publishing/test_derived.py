from __future__ import annotations

import csv
import io
from decimal import Decimal

import numpy as np
import pytest
from handmade import area_dim, make_release, marked, use_dim, use_table
from hypothesis import given
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.release import Figure
from sdc.model.states import State
from sdc.publishing.csvfile import csv_files
from sdc.publishing.derived import densities, derive, printed_places, ratios, shares


def test_shares_are_of_the_printed_total() -> None:
    found = shares(use_table(), "use").figures
    assert found["13104001001", "411"] == "70.0"  # 70 of 100
    assert found["13104", "441"] == "6.3"  # 25 of 400 = 6.25, rounded half up
    assert found["13104001001", "441"] == "-"
    assert found["13104001002", "401"] == "X"


def test_a_hidden_total_hides_every_share() -> None:
    cells = np.array([[10, 4, 6]] * 6)
    cells[2, 2] = -1
    from sdc.model.hierarchy import Hierarchy

    table = marked("t", (area_dim(), Hierarchy.flat("sex", ["f", "m"], total="z")), cells)
    found = shares(table, "sex").figures
    hidden = area_dim().codes[2]
    assert {found[hidden, c] for c in ("f", "m", "z")} == {"X"}


def test_densities_need_a_size_for_every_printed_code() -> None:
    sizes = dict.fromkeys(area_dim().codes, 12.5)
    assert densities(use_table(), "area", sizes, unit="棟/ha").figures["13104", "TOTAL"] == "32.0"
    del sizes["13104001001"]
    with pytest.raises(InputError, match="13104001001"):
        densities(use_table(), "area", sizes, unit="棟/ha")


def test_means_come_from_two_tables() -> None:
    count = use_table()
    cells = np.where(
        count.state == State.SHOWN, count.value * 30, np.where(count.state == 1, 0, -1)
    )
    floor = marked("floor", count.dims, cells, measure="floor_area", unit="m²")
    found = ratios(floor, count, unit="m²/棟").figures
    assert found["13104001001", "411"] == "30.0"
    assert found["13104001002", "401"] == "X"
    with pytest.raises(InputError, match="codes"):
        ratios(floor, marked("u", (use_dim(),), np.array([1, 2, 3, 4, 10])), unit="")


@given(st.lists(st.integers(-1, 50), min_size=30, max_size=30))
def test_a_figure_depends_on_printed_places_only(cells: list[int]) -> None:
    """The claim of the module: everything comes from places that are printed, or it is X."""
    table = marked("t", (area_dim(), use_dim()), np.array(cells).reshape(6, 5))
    printed = printed_places(table)
    made = shares(table, "use")
    for place, text in made.figures.items():
        numbers = [printed[part] for _, part in made.parts[place]]
        if None in numbers:
            assert text == "X"
        elif text not in "X-":
            top, bottom = numbers
            assert top is not None
            assert bottom is not None
            assert abs(Decimal(text) - top * 100 / bottom) <= Decimal("0.05")


def test_figures_are_written_beside_their_table() -> None:
    made = make_release()
    figure = Figure("use_share", "share", "use", "use")
    object.__setattr__(made, "figures", (figure,))
    text = dict(csv_files(made))["data/derived_use_share.csv"].decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 30
    assert {r["figure"] for r in rows if r["area"] == "13104001004"} == {
        "X", "66.7", "-", "100.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    "figure",
    [
        Figure("f", "median", "use", "use"), Figure("f", "share", "nope", "use"),
        Figure("f", "share", "use", "nope"), Figure("f", "share", "use", "use", decimals=5),
    ],
)  # fmt: skip
def test_unknown_figures_are_refused(figure: Figure) -> None:
    with pytest.raises(InputError):
        derive(make_release(), figure)
