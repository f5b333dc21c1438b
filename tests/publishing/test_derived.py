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
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Figure
from sdc.model.states import State
from sdc.publishing.csvfile import csv_files
from sdc.publishing.datapackage import datapackage
from sdc.publishing.derived import Derived, derive, printed_places, rows
from sdc.publishing.figurecheck import figure_faults

SHARE = Figure("use_share", "share", "use", "use")


def texts(derived: Derived) -> dict[tuple[str, ...], str]:
    return {place: q.text for place, q in derived.quotients.items()}


def test_shares_are_of_the_printed_total() -> None:
    found = texts(derive([use_table()], SHARE))
    assert found["13104001001", "411"] == "70.0"  # 70 of 100
    assert found["13104", "441"] == "6.3"  # 25 of 400 = 6.25, rounded half up
    assert found["13104001001", "441"] == "-"
    assert found["13104001002", "401"] == "X"


def test_a_hidden_total_hides_every_share() -> None:
    cells = np.array([[10, 4, 6]] * 6)
    cells[2, 2] = -1
    table = marked("use", (area_dim(), Hierarchy.flat("use", ["f", "m"], total="z")), cells)
    found = texts(derive([table], SHARE))
    hidden = area_dim().codes[2]
    assert {found[hidden, c] for c in ("f", "m", "z")} == {"X"}


def test_densities_need_a_size_for_every_printed_code() -> None:
    sizes = dict.fromkeys(area_dim().codes, 12.5)
    figure = Figure("d", "density", "use", "area", "棟/ha", sizes=sizes)
    made = derive([use_table()], figure)
    assert made.quotients["13104", "TOTAL"].text == "32.0"  # 400 / 12.5
    assert made.quotients["13104", "TOTAL"].bottom == "12.5"
    del sizes["13104001001"]
    with pytest.raises(InputError, match="13104001001"):
        derive([use_table()], figure)


def floor_table() -> PublishedTable:
    """Thirty square metres a building, wherever buildings are printed."""
    count = use_table()
    shown = np.where(count.state == 1, 0, -1)
    cells = np.where(count.state == State.SHOWN, count.value * 30, shown)
    return marked("floor", count.dims, cells, measure="floor_area", unit="m²")


def test_means_come_from_two_tables() -> None:
    figure = Figure("mean", "ratio", "floor", "use", "m²/棟")
    found = texts(derive([use_table(), floor_table()], figure))
    assert found["13104001001", "411"] == "30.0"
    assert found["13104001002", "401"] == "X"
    assert found["13104001004", "441"] == "-"


def test_tables_with_other_classes_are_divided_at_their_totals() -> None:
    sex = Hierarchy.flat("sex", ["f", "m"])
    people = marked("people", (sex, area_dim()), np.array([[50] * 6, [20] * 6, [30] * 6]))
    figure = Figure("head", "ratio", "floor", "people", "m²/人", decimals=2)
    made = derive([floor_table(), people], figure)
    assert [d.name for d in made.dims] == ["area"]
    # 100 buildings of 30 m² among 50 people (the first row of a flat hierarchy is its total)
    assert made.quotients["13104001001",].text == "60.00"
    assert made.quotients["13104001001",].below == ("people", ("TOTAL", "13104001001"))
    other = marked("other", (use_dim(),), np.array([1, 2, 3, 4, 10]))
    lonely = marked("lonely", (area_dim(),), np.full(6, 4))
    with pytest.raises(InputError, match="in common"):
        derive([other, lonely], Figure("f", "ratio", "other", "lonely", "%"))


@given(st.lists(st.integers(-1, 50), min_size=30, max_size=30))
def test_a_figure_depends_on_printed_places_only(cells: list[int]) -> None:
    """The claim of the module: everything comes from places that are printed, or it is X."""
    table = marked("use", (area_dim(), use_dim()), np.array(cells).reshape(6, 5))
    printed = printed_places(table)
    for quotient in derive([table], SHARE).quotients.values():
        assert quotient.below is not None
        top, bottom = printed[quotient.above[1]], printed[quotient.below[1]]
        if "X" in (top, bottom):
            assert quotient.text == "X"
        elif quotient.text != "-":
            exact = Decimal(top) * 100 / Decimal(bottom)
            assert abs(Decimal(quotient.text) - exact) <= Decimal("0.05")


@given(
    st.lists(st.integers(1, 400), min_size=2, max_size=2),
    st.integers(0, 2),
    st.sampled_from(["share", "density", "ratio"]),
    st.integers(-3, 3),
)
def test_rows_hold_for_what_is_printed_and_speak_of_the_last_decimal(
    numbers: list[int], decimals: int, kind: str, off: int
) -> None:
    """The two rows of a figure hold exactly for the numbers that round to it."""
    low, more = numbers
    dim = Hierarchy.flat("use", ["a", "b"])
    table = marked("use", (dim,), np.array([low + more, low, more]))
    other = marked("by", (dim,), np.array([low + more, 7, 11]))
    by = {"share": "use", "density": "use", "ratio": "by"}[kind]
    sizes = dict.fromkeys(dim.codes, 3.25)
    figure = Figure("f", kind, "use", by, "u", decimals, sizes)
    derived = derive([table, other], figure)
    value = {("use", p): int(t) for p, t in printed_places(table).items()}
    value |= {("by", p): int(t) for p, t in printed_places(other).items()}
    found = list(rows(derived, {"use": 1, "by": 1}))
    assert len(found) == 6
    for parts, least in found:
        assert sum(k * value[part] for part, k in parts) >= least
    # Another number in the first place: both rows hold if and only if the figure stays the same.
    changed = marked("use", (dim,), np.array([low + more, max(1, low + off), more]))
    again = derive([changed, other], figure)
    at = ("use", ("a",))
    value[at] = max(1, low + off)
    mine = [r for r in found if r[0][0][0] == at]
    holds = all(sum(k * value[part] for part, k in parts) >= least for parts, least in mine)
    assert holds == (again.quotients["a",].text == derived.quotients["a",].text)


def test_figures_are_written_beside_their_table() -> None:
    made = make_release()
    object.__setattr__(made, "figures", (SHARE,))
    text = dict(csv_files(made))["data/derived_use_share.csv"].decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(table) == 30
    row = next(r for r in table if (r["area"], r["use"]) == ("13104001004", "411"))
    # 40 of 60
    assert (row["figure"], row["unit"], row["numerator"], row["denominator"]) == (
        "66.7", "%", "40", "60",
    )  # fmt: skip


def delivered() -> dict[str, bytes]:
    """The files that a receiver would check figures with."""
    made = make_release(use_table(), floor_table())
    sizes = dict.fromkeys(area_dim().codes, 12.5)
    figures = (
        SHARE,
        Figure("mean", "ratio", "floor", "use", "m²/棟"),
        Figure("dense", "density", "use", "area", "棟/ha", sizes=sizes),
    )
    object.__setattr__(made, "figures", figures)
    files = dict(csv_files(made))
    sums = dict.fromkeys(files, "")
    return files | {
        "datapackage.json": datapackage(made, {p: len(d) for p, d in files.items()}, sums)
    }


def test_a_receiver_finds_every_figure_in_the_tables() -> None:
    assert figure_faults(delivered()) == ()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("use_share", '66.7,"%",40,60', '66.8,"%",40,60'),  # another quotient
        ("use_share", '66.7,"%",40,60', '66.1,"%",41,62'),  # numbers that no table prints
        ("use_share", 'X,"%",X,60', '3.3,"%",2,60'),  # a share of a hidden number
        ("use_share", '66.7,"%",40,60', '66.7,"%",40,60,1'),  # ragged
        ("mean", "30.0,", "30.1,"),
        ("mean", 'X,"m²/棟",X,X', '30.0,"m²/棟",60,2'),
        ("dense", '8.0,"棟/ha",100,12.5', '8.1,"棟/ha",100,12.5'),
    ],
)  # fmt: skip
def test_a_figure_from_anywhere_else_is_a_fault(path: str, old: str, new: str) -> None:
    """Percentages computed from raw values are found by whoever receives them."""
    files = delivered()
    name = f"data/derived_{path}.csv"
    text = files[name].decode("utf-8-sig")
    assert old in text
    files[name] = text.replace(old, new, 1).encode("utf-8-sig")
    assert figure_faults(files)


def test_a_figure_nobody_describes_is_a_fault() -> None:
    files = delivered()
    files["data/derived_other.csv"] = files["data/derived_mean.csv"]
    assert figure_faults(files)


@pytest.mark.parametrize(
    "figure",
    [
        Figure("f", "median", "use", "use"), Figure("f", "share", "nope", "use"),
        Figure("f", "share", "use", "nope"), Figure("f", "share", "use", "use", decimals=5),
        Figure("f", "ratio", "use", "nope"),
    ],
)  # fmt: skip
def test_unknown_figures_are_refused(figure: Figure) -> None:
    with pytest.raises(InputError):
        derive(make_release().tables, figure)
