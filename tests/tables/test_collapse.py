from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy
from sdc.model.table import Table, aggregate
from sdc.tables.collapse import collapse_scheme, leaves_below
from sdc.tables.recode import Recoding, merged_areas, recode_crossing, recode_records, recode_table
from sdc.tables.schemes import shipped_scheme, shipped_schemes
from sdc.tables.tabulate import tabulate

USE = Hierarchy.of(
    "use", {"T": "", "G": "T", "H": "T", "a": "G", "b": "G", "c": "H", "d": "H", "e": "T"}
)


def codes(dim: Hierarchy, leaves: bool = True) -> set[str]:
    return {dim.codes[i] for i in (dim.leaves if leaves else dim.inner)}


def test_a_scheme_along_the_hierarchy_keeps_the_levels_above() -> None:
    scheme = {"a": "G", "b": "G", "c": "c", "d": "d", "e": "e"}
    done = collapse_scheme(USE, scheme)
    assert codes(done.after) == {"G", "c", "d", "e"}
    assert codes(done.after, leaves=False) == {"T", "H"}
    assert done.dissolved == ()
    assert done.changed == {"a": "G", "b": "G"}


def test_a_scheme_across_the_hierarchy_dissolves_what_it_cuts() -> None:
    # x = {b, c} cuts through G and H: neither is a sum of published classes any more.
    done = collapse_scheme(USE, {"a": "a", "b": "x", "c": "x", "d": "d", "e": "e"})
    assert codes(done.after) == {"a", "x", "d", "e"}
    assert codes(done.after, leaves=False) == {"T"}
    assert done.dissolved == ("G", "H")


def test_an_inner_code_stands_for_all_below_it() -> None:
    done = collapse_scheme(USE, {"G": "g", "H": "h", "d": "d", "e": "e"}, labels={"g": "names"})
    assert done.mapping == {"a": "g", "b": "g", "c": "h", "d": "d", "e": "e"}
    assert done.after.labels[done.after.position("g")] == "names"


def test_everything_can_become_one() -> None:
    done = collapse_scheme(USE, {"T": "T"})
    assert done.after.codes == ("T",)


REFUSED = {
    "missing": ({"a": "G", "b": "G", "c": "c", "d": "d"}, "e"),
    "unknown": ({"a": "G", "b": "G", "c": "c", "d": "d", "e": "e", "zz": "e"}, "zz"),
    "other meaning of an inner code": ({"a": "H", "b": "H", "c": "c", "d": "d", "e": "e"}, "H"),
    "part of an inner code": ({"a": "G", "b": "b", "c": "c", "d": "d", "e": "e"}, "G"),
    "other leaf": ({"a": "b", "b": "G2", "c": "c", "d": "d", "e": "e"}, "b"),
}


@pytest.mark.parametrize(("scheme", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_scheme_is_total_and_keeps_meanings(scheme: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        collapse_scheme(USE, scheme)
    assert code in [finding.value for finding in caught.value.findings]


def test_rows_for_absent_codes_can_be_passed_over() -> None:
    scheme = {"a": "G", "b": "G", "c": "c", "d": "d", "e": "e", "zz": "e"}
    assert "zz" not in collapse_scheme(USE, scheme, unused="ignore").mapping
    with pytest.raises(InputError):
        collapse_scheme(USE, scheme, unused="drop")


def test_ordered_classes_collapse_in_runs() -> None:
    age = Hierarchy.flat("age", ["0", "20", "40", "60"])
    young = {"0": "x", "20": "x", "40": "40", "60": "60"}
    order = ["0", "20", "40", "60"]
    assert collapse_scheme(age, young, ordered=order).changed == {"0": "x", "20": "x"}
    with pytest.raises(InputError) as caught:
        collapse_scheme(age, {"0": "x", "20": "20", "40": "x", "60": "60"}, ordered=order)
    assert [f.value for f in caught.value.findings] == ["x"]
    with pytest.raises(InputError):
        collapse_scheme(age, young, ordered=["0", "20"])


@st.composite
def trees(draw: st.DrawFn) -> Hierarchy:
    """Two or three levels."""
    parent = {"T": ""}
    for g in range(draw(st.integers(1, 3))):
        parent[f"g{g}"] = "T"
        for k in range(draw(st.integers(0, 3))):
            parent[f"g{g}l{k}"] = f"g{g}"
    return Hierarchy.of("use", parent)


@settings(max_examples=60, deadline=None)
@given(use=trees(), data=st.data())
def test_sums_are_kept_and_every_inner_code_keeps_its_meaning(
    use: Hierarchy, data: st.DataObject
) -> None:
    leaves = [use.codes[i] for i in use.leaves]
    mapping = {c: data.draw(st.sampled_from(["x", "y", f"own {c}"])) for c in leaves}
    done = collapse_scheme(use, mapping)
    sex = Hierarchy.flat("sex", ["f", "m"])
    leaf = np.array([[data.draw(st.integers(0, 5)) for _ in "fm"] for _ in leaves])
    table = Table("t", (use, sex), aggregate(leaf, [use, sex]))
    after = recode_table(table, done)
    assert after.value.sum() > 0 or table.value.sum() == 0
    for code in codes(done.after, leaves=False):
        old, new = use.position(code), done.after.position(code)
        assert table.value[old].tolist() == after.value[new].tolist()
    for to in set(mapping.values()):
        members = [k for k, c in enumerate(leaves) if mapping[c] == to]
        got = after.value[done.after.position(to), sex.leaves]
        assert got.tolist() == leaf[members].sum(axis=0).tolist()
    # What is dissolved is no union of targets; what stays is.
    below = leaves_below(use)
    for code in done.dissolved:
        inside = {mapping[c] for c in below[code]}
        outside = {mapping[c] for c in set(leaves) - below[code]}
        assert inside & outside or len(inside) == 1


def test_records_tables_and_crossings_recode_alike() -> None:
    kinds = Hierarchy.flat("kind", ["u", "v"])
    coded = Coded(
        "r",
        {"use": USE, "kind": kinds},
        {"use": np.array([0, 1, 2, 3, 4, 4]), "kind": np.array([0, 0, 0, 1, 1, 1])},
    )
    done = collapse_scheme(USE, {"G": "G", "c": "c", "d": "d", "e": "e"})
    before = tabulate(coded, ["use", "kind"])
    again = tabulate(recode_records(coded, done), ["use", "kind"])
    assert recode_table(before, done).value.tolist() == again.value.tolist()
    # USE's leaves are a b c d e, those after it G c d e: a and b become the first.
    crossing = Crossing(("kind", "use"), np.array([[0, 0], [0, 1], [1, 4]]))
    assert recode_crossing(crossing, done).pairs.tolist() == [[0, 0], [1, 3]]
    other = Crossing(("kind", "area"), np.array([[0, 0]]))
    assert recode_crossing(other, done) is other
    assert recode_records(recode_records(coded, done), Recoding(kinds, kinds, {"u": "u", "v": "v"}))


def test_largest_contributions_follow() -> None:
    # Contributions 7 and 5 in a, 6 in b: the two largest of G = {a, b} are 7 and 6.
    dim = Hierarchy.flat("use", ["a", "b"])
    value, count = np.array([12, 6]), np.array([2, 1])
    top = np.array([[7, 6], [7, 5], [6, 0]])
    table = Table(
        "t", (dim,), aggregate(value, [dim]), contributors=aggregate(count, [dim]), top=top,
        measure="m",
    )  # fmt: skip
    one = recode_table(table, collapse_scheme(dim, {"a": "G", "b": "G"}))
    assert one.top is not None
    assert one.dims[0].codes == ("G", "TOTAL")
    assert one.top.tolist() == [[7, 6], [7, 6]]
    assert one.counts.tolist() == [3, 3]


def test_merging_moves_units_between_groups_and_drops_empty_ones() -> None:
    areas = Hierarchy.of("area", {"T": "", "P": "T", "Q": "T", "p": "P", "q": "Q", "r": "Q"})
    table = Table("t", (areas,), aggregate(np.array([1, 5, 7]), [areas]))
    done = merged_areas(areas, {"p": "q"})
    assert done.dissolved == ("P",)
    after = recode_table(table, done)
    assert dict(zip(after.dims[0].codes, after.value.tolist(), strict=True)) == {
        "T": 13, "Q": 13, "q": 6, "r": 7,
    }  # fmt: skip
    for wrong in ({"p": "Q"}, {"p": "zz"}, {"p": "q", "q": "r"}):
        with pytest.raises(InputError):
            merged_areas(areas, wrong)


def test_a_table_without_the_dimension_is_refused() -> None:
    sex = Hierarchy.flat("sex", ["f", "m"])
    table = Table("t", (sex,), aggregate(np.array([1, 2]), [sex]))
    with pytest.raises(InputError):
        recode_table(table, collapse_scheme(USE, {"T": "T"}))
    other = Hierarchy.flat("use", ["a", "b"])
    table = Table("t", (other,), aggregate(np.array([1, 2]), [other]))
    with pytest.raises(InputError):
        recode_table(table, collapse_scheme(USE, {"T": "T"}))


@pytest.mark.parametrize("name", shipped_schemes())
def test_a_shipped_scheme_is_total_and_named(name: str) -> None:
    scheme = shipped_scheme(name)
    assert set(scheme.targets.values()) == set(scheme.labels)
    assert all(scheme.labels.values())
    dim = Hierarchy.flat("class", list(scheme.targets))
    assert len(collapse_scheme(dim, scheme.targets, labels=scheme.labels).after.leaves) == len(
        scheme.labels
    )


def test_the_two_schemes_for_uses_disagree_where_the_rules_say_so() -> None:
    tens, land = shipped_scheme("use_by_tens"), shipped_scheme("use_by_land_use")
    assert len(tens.targets) == len(land.targets) == 19
    assert tens.targets["452"] == tens.targets["453"] == tens.targets["451"]
    assert land.targets["452"] == land.targets["421"] == land.targets["422"]
    assert land.targets["453"] not in (land.targets["452"], land.targets["451"])
    assert [land.targets[c] for c in ("454", "461", "471")] == ["454", "461", "471"]
    with pytest.raises(InputError):
        shipped_scheme("nothing")


def test_a_recoding_is_total_and_onto() -> None:
    two = Hierarchy.flat("use", ["x", "y"])
    one = Hierarchy.flat("use", ["a", "b"])
    for mapping in ({"a": "x"}, {"a": "x", "b": "x"}, {"a": "x", "b": "y", "c": "y"}):
        with pytest.raises(InputError):
            Recoding(one, two, mapping)
