from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdc.errors import InputError, NotProven
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.planning.choice import (
    Budget,
    changed,
    choose,
    decision,
    pareto,
    read_decision,
    survey,
    table,
)
from sdc.planning.score import (
    Scored,
    problem_of,
    readers_view,
    recodings_of,
    repriced,
    score,
)
from sdc.planning.study import Candidate, Neighbourhood, Study, Wanted, candidates, priced

AREAS = [f"a{k}" for k in range(8)]
USES = ["u", "v", "w", "x"]


@pytest.fixture(scope="module")
def study() -> Study:
    """Eight areas in a row, four uses, the last of them rare and the last area nearly empty."""
    rng = np.random.default_rng(3)
    rows = [(a, u) for a in range(7) for u in range(3) for _ in range(int(rng.integers(3, 14)))]
    rows += [(0, 3), (3, 3), (5, 3), (5, 3), (7, 0), (7, 1)]
    area, use = np.array(rows, dtype=np.int64).T
    dims = {
        "area": Hierarchy.of("area", {"T": "", **dict.fromkeys(AREAS, "T")}),
        "use": Hierarchy.flat("use", USES),
    }
    coded = {"r": Coded("r", dims, {"area": area, "use": use})}
    edges = (np.arange(7), np.arange(1, 8), np.full(7, 50.0))
    return Study(
        coded,
        (Wanted("t", "r", ("area", "use")),),
        Rules(min_count=3),
        areas=Neighbourhood("area", edges, ["T"] * 8),
        merge_levels=(5,),
        schemes={"use": {"rare": {"u": "u", "v": "v", "w": "wx", "x": "wx"}}},
        policies=("given", "spare zeros"),
    )


@pytest.fixture(scope="module")
def scored(study: Study) -> list[Scored]:
    return survey(study, refine=1)


def test_candidates_begin_with_the_least_structure(study: Study) -> None:
    found = candidates(study)
    assert len(found) == 8  # 2 merge levels x 2 cuts x 2 policies
    assert found[0] == Candidate(0, (), "given")
    assert [bool(c.merge) + len(c.cuts) for c in found] == sorted(
        bool(c.merge) + len(c.cuts) for c in found
    )
    assert len(candidates(study, most=3)) == 3


def test_every_plan_is_audited_and_measured(study: Study, scored: list[Scored]) -> None:
    assert all(s.safe and s.plan is not None and np.isfinite(s.loss) for s in scored)
    by = {s.candidate: s for s in scored}
    plain = by[Candidate(0, (), "given")]
    assert plain.changes == 0
    assert plain.loss > 0
    assert 0 < plain.records < 1
    merged = by[Candidate(5, (), "given")]
    # a7 holds 2 records, fewer than 5: it is merged into its only neighbour.
    assert merged.merges == {"a7": "a6"}
    assert merged.changes == 1
    cut = by[Candidate(0, (("use", "rare"),), "given")]
    assert cut.collapses == {"use": {"w": "wx", "x": "wx"}}
    # Only u and v are still printed at the finest level.
    use = study.coded["r"].leaf["use"]
    assert cut.records <= (use < 2).mean()
    both = by[Candidate(5, (("use", "rare"),), "given")]
    assert both.plan is not None
    assert not both.plan.hidden.any()


def test_the_best_structure_is_refined(scored: list[Scored]) -> None:
    *plain, refined = scored
    assert len(plain) == 8
    assert refined.candidate.policy == "measured"
    structure = (refined.candidate.merge, refined.candidate.cuts)
    assert structure == min((s.loss, (s.candidate.merge, s.candidate.cuts)) for s in plain)[1]
    rivals = [s for s in plain if (s.candidate.merge, s.candidate.cuts) == structure]
    # It begins with the plain policies, so it is never worse than any of them.
    assert refined.safe
    assert refined.loss <= min(s.loss for s in rivals)


def test_cells_that_lost_more_become_dearer(study: Study, scored: list[Scored]) -> None:
    plan = scored[0].plan
    assert plan is not None
    seen = readers_view(study, [], apply(plan.problem.system, plan))
    again = repriced(plan, seen)
    before = plan.problem.cost
    assert (again[~plan.complementary] == before[~plan.complementary]).all()
    ratio = (again / before)[plan.complementary]
    assert (ratio >= 0.7).all()
    assert (ratio <= 3.0).all()
    assert ratio.max() > ratio.min()


def test_measures_of_a_plan_by_hand(study: Study, scored: list[Scored]) -> None:
    both = next(s for s in scored if s.candidate == Candidate(5, (("use", "rare"),), "given"))
    true = np.zeros((8, 4))
    np.add.at(true, (study.coded["r"].leaf["area"], study.coded["r"].leaf["use"]), 1)
    guess = true.copy()
    guess[6:] = true[6:].sum(axis=0) / 2
    guess[:, 2:] = guess[:, 2:].sum(axis=1, keepdims=True) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        nats = np.where(true > 0, true * np.log(true / guess), 0.0) - true + guess
    assert both.loss == pytest.approx(nats.sum() / true.sum(), abs=1e-6)
    kept = true[:6, :2]
    assert both.records == pytest.approx(kept.sum() / true.sum())
    assert both.cells == pytest.approx((kept > 0).sum() / (true > 0).sum())
    share = nats.sum(axis=1) / true.sum(axis=1)
    assert both.worst == (AREAS[int(share.argmax())], pytest.approx(share.max(), abs=1e-6))


def test_the_choice_keeps_to_the_budget(scored: list[Scored]) -> None:
    best = choose(scored)
    assert best.loss == min(s.loss for s in scored)
    none = choose(scored, Budget(changes=0))
    assert none.changes == 0
    assert none.loss >= best.loss
    worst = max(s.loss for s in scored)
    fewest = choose(scored, Budget(loss=worst))
    assert fewest.changes == 0
    with pytest.raises(InputError, match="budget"):
        choose(scored, Budget(changes=0, loss=0.0))
    with pytest.raises(NotProven):
        choose([replace(s, safe=False) for s in scored])


def test_the_front_beats_everything_else(scored: list[Scored]) -> None:
    front = pareto(scored)
    assert front
    for s in scored:
        assert any(
            f.loss <= s.loss and f.records >= s.records and f.changes <= s.changes for f in front
        )
    rows = table(scored)
    assert sum(row["pareto"] == "*" for row in rows) == len(front)
    assert {row["safe"] for row in rows} == {"yes"}


def test_a_decision_can_be_replayed(study: Study, scored: list[Scored]) -> None:
    chosen = next(s for s in scored if s.candidate.merge and s.candidate.cuts)
    text = decision(chosen, by="都市計画課", reason="時系列")
    assert text == decision(chosen, by="都市計画課", reason="時系列")
    found = read_decision(text)
    assert (found.candidate, found.by) == (chosen.candidate, "都市計画課")
    assert found.merges == chosen.merges
    again = score(study, found.candidate)
    assert again.plan is not None
    assert chosen.plan is not None
    assert again.plan.hidden.tolist() == chosen.plan.hidden.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        decision(Scored(Candidate(), safe=True)).replace('"schema": 1', '"schema": 2'),
    ],
)
def test_what_is_no_decision_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="decision"):
        read_decision(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"merge": 0', '"merge": -1'), ('"merge": 0', '"merge": "0"'), ('"given"', '"free"'),
     ('"merges": {}', '"merges": {"a": 1}'), ('"collapses": {}', '"collapses": []')],
)  # fmt: skip
def test_a_damaged_decision_is_refused(old: str, new: str) -> None:
    text = decision(Scored(Candidate(), safe=True))
    assert old in text
    with pytest.raises(InputError, match="decision"):
        read_decision(text.replace(old, new))


def test_an_earlier_release_keeps_its_merges(study: Study) -> None:
    # a7 (2) fits a6 alone; make a0 its neighbour too, and let the earlier release say a0.
    near = study.areas
    assert near is not None
    edges = (np.append(near.edges[0], 0), np.append(near.edges[1], 7), np.full(8, 50.0))
    asked = replace(
        study, areas=replace(near, edges=edges), previous={**{a: a for a in AREAS}, "a7": "a0"}
    )
    [merging] = recodings_of(asked, Candidate(5))
    assert merging.changed == {"a7": "a0"}
    assert changed({"a7": "a0"}, merging.changed) == {}


def test_policies_price_zeros_and_large_cells(study: Study) -> None:
    problem = problem_of(study, [])
    value = problem.system.value
    zero, small = int(np.flatnonzero(value == 0)[0]), int(np.flatnonzero(value == 3)[0])
    assert priced(problem, "given")[zero] < priced(problem, "given")[small]
    assert priced(problem, "spare zeros")[zero] > priced(problem, "spare zeros")[small]
    assert set(priced(problem, "count").tolist()) == {1.0}
    with pytest.raises(InputError):
        priced(problem, "cheap")


def test_a_study_is_checked(study: Study) -> None:
    with pytest.raises(InputError):
        replace(study, tables=(Wanted("t", "r", ("area", "height")),))
    with pytest.raises(InputError):
        replace(study, tables=(Wanted("t", "people", ("area",)),))
    with pytest.raises(InputError):
        replace(study, policies=("free",))
    with pytest.raises(InputError):
        replace(study, areas=None)
    with pytest.raises(InputError):
        replace(study, schemes={"use": {"part": {"u": "u"}}})
    with pytest.raises(InputError):
        replace(study, schemes={"height": {"x": {"u": "u"}}})
