from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.model.table import Table, aggregate
from sdc.tables.merge import MergeLoss, Merging, merge_areas
from sdc.tables.recode import merged_areas, recode_table
from tests.tables.merge_cases import Case, cases, connected, fine, loss_of

CHAIN = Case(
    counts=[[2], [9], [30]], codes=["a", "b", "c"], pairs=[(0, 1), (1, 2)], parents=["P", "P", "Q"]
)


def run(case: Case, **changes: object) -> Merging:
    return merge_areas(case.counts, **case.arguments(**changes))


def groups_of(case: Case, merging: Merging) -> list[list[int]]:
    """Clusters as positions in the case's own order, single areas included."""
    place = {code: k for k, code in enumerate(case.codes)}
    alone = [[place[c]] for c in merging.codes if c not in merging.merged]
    inside = [[place[c] for c in members] for members in merging.clusters.values()]
    taken = {k for group in inside for k in group}
    return inside + [g for g in alone if g[0] not in taken]


@pytest.mark.parametrize("method", ["greedy", "auto"])
@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_laws_of_a_merge_map(method: str, case: Case) -> None:
    merging = run(case, method=method)
    # No area vanishes, no chains, no cycles.
    assert merging.codes == tuple(sorted(case.codes))
    assert set(merging.target) <= set(merging.codes)
    assert all(merging.mapping[into] == into for into in merging.target)
    for group in groups_of(case, merging):
        # Every cluster holds together and is large enough; the largest member gives its code.
        assert connected(group, case.pairs)
        small = {case.codes[k] for k in group} & set(merging.unsafe)
        assert fine(case, group) or (len(group) == 1 and small)
        into = merging.mapping[case.codes[group[0]]]
        sizes = {case.codes[k]: sum(case.counts[k]) for k in group}
        assert sizes[into] == max(sizes.values())
    total = sum(loss_of(case, g) for g in groups_of(case, merging))
    assert merging.loss == pytest.approx(total, abs=1e-9)
    assert merging.bound <= merging.loss


@settings(max_examples=30, deadline=None)
@given(case=cases(), data=st.data())
def test_shuffled_rows_give_the_same_map(case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.codes))))
    assert run(case) == run(case.shuffled(list(order)))


@settings(max_examples=30, deadline=None)
@given(case=cases(), data=st.data())
def test_renamed_codes_give_the_same_loss(case: Case, data: st.DataObject) -> None:
    names = data.draw(st.permutations([f"z{k}" for k in range(len(case.codes))]))
    renamed = run(case, codes=list(names))
    assert renamed.loss == pytest.approx(run(case).loss, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(case=cases(), method=st.sampled_from(["greedy", "auto"]))
def test_a_safe_table_is_left_alone(case: Case, method: str) -> None:
    case.counts = [[x if x == 0 else x + 5 for x in row] for row in case.counts]
    merging = run(case, method=method)
    assert not merging.merged
    assert merging.loss == merging.bound == 0.0


@settings(max_examples=30, deadline=None)
@given(case=cases(), data=st.data())
def test_sums_are_kept(case: Case, data: st.DataObject) -> None:
    merging = run(case)
    areas = Hierarchy.of("area", {"T": "", **dict.fromkeys(case.codes, "T")})
    kinds = Hierarchy.flat("kind", [f"k{u}" for u in range(len(case.counts[0]))])
    table = Table("t", (areas, kinds), aggregate(np.array(case.counts), [areas, kinds]))
    merged = recode_table(table, merged_areas(areas, merging.mapping))
    rows = {code: k for k, code in enumerate(case.codes)}
    for into in dict.fromkeys(merging.target):
        members = [rows[c] for c in merging.codes if merging.mapping[c] == into]
        expected = np.array(case.counts)[members].sum(axis=0)
        at = merged.dims[0].position(into)
        assert merged.value[at, kinds.leaves].tolist() == expected.tolist()


@settings(max_examples=30, deadline=None)
@given(case=cases(), within=st.sampled_from(["parent", "any"]))
def test_clusters_respect_parents_and_barred_areas(case: Case, within: str) -> None:
    merging = run(case, within=within, never=["a0"])
    assert "a0" not in merging.merged
    assert "a0" not in merging.clusters
    up = dict(zip(case.codes, case.parents, strict=True))
    if within == "parent":
        assert all(up[a] == up[b] for a, b in merging.merged.items())


def test_the_neighbour_that_loses_least_is_taken() -> None:
    # a: 2 units, all of class 0. Joining b (9 : 0) loses 0.3 * (11 ln 11 - 2 ln 2 - 9 ln 9) + 1
    # = 0.3 * 5.21 + 1 = 2.56; joining c (0 : 9) adds the divergence of the profiles.
    case = Case([[2, 0], [9, 0], [0, 9]], ["a", "b", "c"], [(0, 1), (0, 2)], ["P", "P", "P"])
    merging = run(case, min_count=5)
    assert merging.merged == {"a": "b"}
    assert merging.loss == pytest.approx(
        0.3 * (11 * np.log(11) - 2 * np.log(2) - 9 * np.log(9)) + 1
    )


def test_contacts_shorter_than_the_minimum_do_not_count() -> None:
    merging = run(CHAIN, edges=([0, 1], [1, 2], [0.5, 40.0]), within="any")
    assert merging.unsafe == ("a",)
    assert run(CHAIN, min_length=0.1, edges=([0, 1], [1, 2], [0.5, 40.0])).unsafe == ()


def test_repeated_edges_add_up() -> None:
    twice = ([0, 1, 1], [1, 0, 2], [0.6, 0.6, 40.0])
    assert run(CHAIN, edges=twice).unsafe == ()


def test_district_partners_need_no_edge() -> None:
    apart = ([1], [2], [40.0])
    assert run(CHAIN, edges=apart, within="parent").unsafe == ("a",)
    merging = run(CHAIN, edges=apart, within="parent", partners="district")
    assert merging.merged == {"a": "b"}


def test_an_island_joins_the_nearest_area_and_is_named() -> None:
    near = ([0, 0], [1, 2], [700.0, 300.0])
    merging = run(CHAIN, edges=([1], [2], [40.0]), nearest=near)
    assert merging.merged == {"a": "c"}
    assert merging.by_distance == ("a", "c")
    assert any("nearest" in line for line in merging.log)
    # Where an edge suffices, distance is not used.
    assert run(CHAIN, nearest=near).by_distance == ()


def test_empty_areas_are_exempt_unless_asked_for() -> None:
    case = Case([[0], [9]], ["a", "b"], [(0, 1)], ["P", "P"])
    assert run(case).merged == {}
    assert run(case, empty="merge").merged == {"a": "b"}


def test_every_class_can_be_tested() -> None:
    # In all a has 12, but only 2 of the second class; with b it has 2 + 9.
    case = Case([[10, 2], [9, 9], [9, 0]], ["a", "b", "c"], [(0, 1), (1, 2)], ["P", "P", "P"])
    assert run(case).merged == {}
    assert run(case, by="class").merged == {"a": "b"}


def test_contributors_can_be_tested() -> None:
    # b has 9 units of only 3 contributors, below 5; a has 2 units of 6. Within P they join, and the
    # larger number of units gives the code.
    assert run(CHAIN, by="contributors", contributors=[6, 3, 8]).merged == {"a": "b"}
    assert run(CHAIN, by="contributors", contributors=[6, 5, 8]).merged == {}


def test_what_cannot_be_made_large_enough_is_left_and_named() -> None:
    merging = run(CHAIN, min_count=10, within="parent", parents=["P", "Q", "Q"])
    assert merging.unsafe == ("a",)
    assert merging.mapping["a"] == "a"


def test_merges_of_an_earlier_release_are_kept_at_a_price() -> None:
    # a (2) fits b (9) and c (9) equally: 2 ln(11/2) + 9 ln(11/9) either way; codes decide for b.
    case = Case([[2], [9], [9]], ["a", "b", "c"], [(0, 1), (0, 2)], ["P", "P", "P"])
    assert run(case).merged == {"a": "b"}
    before = {"a": "c", "b": "b", "c": "c"}
    kept = run(case, previous=before)
    assert kept.merged == {"a": "c"}
    # Going back to b would change one published code: it costs weights.change more.
    free = run(case, previous=before, weights=MergeLoss(change=0.0))
    assert kept.loss == pytest.approx(free.loss)
    assert run(case, previous={"a": "b", "b": "b", "c": "c"}).merged == {"a": "b"}


def test_the_absorbing_code_of_an_earlier_release_stays() -> None:
    case = Case([[2], [4], [5]], ["a", "b", "c"], [(0, 1), (1, 2)], ["P", "P", "P"], min_count=6)
    # a + b = 6 once had the code a; without that the larger b would name it.
    assert run(case).mapping["a"] == run(case).mapping["b"]
    assert run(case, previous={"a": "a", "b": "a", "c": "c"}).mapping["b"] == "a"


BAD = {
    "codes repeat": {"codes": ["a", "a", "c"]},
    "codes are text": {"codes": [1, 2, 3]},
    "edges outside": {"edges": ([0], [7], [10.0])},
    "edge to itself": {"edges": ([0], [0], [10.0])},
    "edges of two lengths": {"edges": ([0, 1], [1], [10.0])},
    "negative length": {"edges": ([0], [1], [-1.0])},
    "unknown within": {"within": "city"},
    "unknown partners": {"partners": "corner"},
    "unknown by": {"by": "area"},
    "unknown empty": {"empty": "drop"},
    "unknown method": {"method": "magic"},
    "unknown never": {"never": ["x"]},
    "minimum not whole": {"min_count": 2.5},
    "minimum below one": {"min_count": 0},
    "parents missing": {"parents": ["P"]},
    "contributors missing": {"by": "contributors"},
    "contributors unasked": {"contributors": [1, 2, 3]},
    "negative min_length": {"min_length": -1.0},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD.keys())
def test_what_is_not_usable_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        run(CHAIN, **changes)


@pytest.mark.parametrize("counts", [[[1.5], [2], [3]], [[-1], [2], [3]], [[1], [2]]])
def test_counts_are_whole_and_not_negative(counts: list[list[float]]) -> None:
    with pytest.raises(InputError):
        merge_areas(counts, **CHAIN.arguments())


def test_a_map_with_a_chain_cannot_be_made() -> None:
    with pytest.raises(InputError, match="merged itself"):
        Merging(("a", "b", "c"), ("b", "c", "c"), loss=0.0, bound=0.0, method="hand")
    with pytest.raises(InputError, match="no area"):
        Merging(("a",), ("x",), loss=0.0, bound=0.0, method="hand")


@pytest.mark.parametrize("name", ["profile", "location", "parent", "member", "change"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_weights_are_finite_and_not_negative(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        MergeLoss(**{name: value})
