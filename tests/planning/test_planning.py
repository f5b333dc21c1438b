from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdc.disclosure.audit import audit
from sdc.errors import InputError, NotProven
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import apply
from sdc.model.rules import Rules
from sdc.planning.changes import CHEAPER, NEEDED, SPARED, changes, distance
from sdc.planning.choice import Budget, choose, decide, pareto
from sdc.planning.decision import (
    Decision,
    hidden_cells,
    hidden_mask,
    read_decision,
    write_decision,
)
from sdc.planning.price import priced, repriced
from sdc.planning.score import Scored, Trial, score
from sdc.planning.search import BEATEN, survey
from sdc.planning.structure import problem_of, recodings_of
from sdc.planning.study import (
    Candidate,
    Earlier,
    Grid,
    Neighbourhood,
    Study,
    Wanted,
    structures,
)
from sdc.planning.view import Measured, innermost, readers_view
from sdc.suppression.replay import replay

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
    )


@pytest.fixture(scope="module")
def scored(study: Study) -> list[Scored]:
    return survey(study, refine=1)


def test_structures_begin_with_the_least(study: Study) -> None:
    assert structures(study) == [
        (0, ()),
        (0, (("use", "rare"),)),
        (5, ()),
        (5, (("use", "rare"),)),
    ]


def test_every_plan_is_audited_and_measured(study: Study, scored: list[Scored]) -> None:
    assert all(s.safe == (s.plan is not None) and np.isfinite(s.loss) for s in scored)
    assert {s.why for s in scored if not s.safe} <= {BEATEN}
    by = {s.candidate: s for s in scored}
    plain = by[Candidate(0, (), "given")]
    assert plain.changes == 0
    assert plain.loss > 0
    assert 0 < plain.records < 1
    merged = by[Candidate(5, (), "given")]
    # a7 holds 2 records, fewer than 5: it is merged into its only neighbour.
    assert merged.merges == {"area": {"a7": "a6"}}
    assert merged.changes == 1
    cut = by[Candidate(0, (("use", "rare"),), "given")]
    assert cut.collapses == {"use": {"w": "wx", "x": "wx"}}
    # Only u and v are still printed at the finest level.
    use = study.coded["r"].leaf["use"]
    assert cut.records <= (use < 2).mean()
    both = score(study, Candidate(5, (("use", "rare"),), "given"))
    assert both.safe
    assert both.plan is not None
    assert not both.plan.hidden.any()
    assert by[both.candidate].why == BEATEN  # nothing is hidden, and still it loses more
    assert by[both.candidate].loss == pytest.approx(both.loss)


def test_the_best_structure_is_refined(scored: list[Scored]) -> None:
    *plain, refined = scored
    assert refined.candidate.policy == "measured"
    best = min((s for s in plain if s.safe), key=lambda s: (s.loss, s.candidate))
    assert refined.candidate.structure == best.candidate.structure
    # It begins with the best plain plan, so it is never worse.
    assert refined.safe
    assert refined.loss <= best.loss


def test_a_bound_is_never_above_a_plan_of_its_structure(study: Study, scored: list[Scored]) -> None:
    for structure in structures(study):
        least = Trial(study, structure).least
        for s in scored:
            if s.safe and s.candidate.structure == structure:
                assert least.loss <= s.loss + 1e-6
                assert least.records >= s.records


def test_a_structure_that_is_beaten_is_not_carried_out(study: Study) -> None:
    # With everything in one class a reader learns no use at all: no plan of it can be on the list.
    asked = replace(study, schemes={"use": {"all": dict.fromkeys(USES, "any")}}, merge_levels=())
    found = survey(asked, refine=0)
    assert [s.why for s in found if s.candidate.cuts] == [BEATEN]
    assert all(s.plan is None for s in found if s.candidate.cuts)
    assert sum(s.safe for s in found) == 2


def test_work_ends_where_it_is_told_to(study: Study) -> None:
    found = survey(study, most=1, refine=0)
    assert sum(s.plan is not None for s in found) == 1
    assert found[0].candidate == Candidate()


def test_cells_that_lost_more_become_dearer(study: Study, scored: list[Scored]) -> None:
    plan = scored[0].plan
    assert plan is not None
    seen = readers_view(study, [], [], (plan.problem.system, plan.hidden))
    again = repriced(plan, seen)
    before = plan.problem.cost
    assert (again[~plan.complementary] == before[~plan.complementary]).all()
    ratio = (again / before)[plan.complementary]
    assert (ratio >= 0.7).all()
    assert (ratio <= 3.0).all()
    assert ratio.max() > ratio.min()


def test_measures_of_a_plan_by_hand(study: Study) -> None:
    both = score(study, Candidate(5, (("use", "rare"),), "given"))
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
    assert both.measured.cells == pytest.approx((kept > 0).sum() / (true > 0).sum())
    share = nats.sum(axis=1) / true.sum(axis=1)
    assert both.measured.worst == (AREAS[int(share.argmax())], pytest.approx(share.max(), abs=1e-6))


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
    with pytest.raises(NotProven):
        decide(replace(best, safe=False))


def test_a_series_may_be_worth_a_little() -> None:
    a = Scored(Candidate(), True, Measured(loss=0.104, records=0.9), changes=0)
    b = Scored(Candidate(10), True, Measured(loss=0.1, records=0.9), changes=4)
    assert choose([a, b]) is b
    assert choose([a, b], alike=0.05) is a
    assert choose([a, b], alike=0.03) is b


def test_the_front_beats_everything_else(scored: list[Scored]) -> None:
    front = pareto(scored)
    assert front
    for s in scored:
        assert any(
            f.loss <= s.loss and f.records >= s.records and f.changes <= s.changes for f in front
        )


def test_a_decision_can_be_replayed(study: Study, scored: list[Scored]) -> None:
    for chosen in (s for s in scored if s.safe):
        text = write_decision(decide(chosen, by="都市計画課", reason="時系列"))
        assert text == write_decision(decide(chosen, by="都市計画課", reason="時系列"))
        found = read_decision(text)
        assert (found.candidate, found.by) == (chosen.candidate, "都市計画課")
        assert found.merges == chosen.merges
        assert found.collapses == chosen.collapses
        problem = problem_of(study, recodings_of(study, found.candidate.structure))
        mask, strange = hidden_mask(problem.system, found.hidden)
        assert not strange
        assert chosen.plan is not None
        assert mask.tolist() == chosen.plan.hidden.tolist()
        plan = replay(problem, mask)
        assert plan.hidden.tolist() == mask.tolist()
        assert audit(problem, apply(problem.system, plan), moves=plan.moves).passed


def test_a_decision_for_other_data_is_refused(study: Study, scored: list[Scored]) -> None:
    plan = scored[0].plan
    assert plan is not None
    shown = plan.hidden.copy()
    shown[plan.problem.primary[0]] = False
    with pytest.raises(NotProven, match="other data"):
        replay(plan.problem, shown)
    cells = hidden_cells(plan.problem.system, plan.hidden)
    assert hidden_mask(plan.problem.system, {"t": [("a9", "u")], **{"x": cells["t"][:1]}})[1] == [
        ("t", "a9", "u"), ("x", *cells["t"][0]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        write_decision(Decision()).replace('"schema": 1', '"schema": 2'),
        write_decision(Decision()).replace('"merges"', '"moves"'),
    ],
)
def test_what_is_no_decision_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="decision"):
        read_decision(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"merge": 0', '"merge": -1'), ('"merge": 0', '"merge": "0"'), ('"given"', '"free"'),
     ('"merges": {}', '"merges": {"a": 1}'), ('"merges": {}', '"merges": {"a": {"b": 1}}'),
     ('"collapses": {}', '"collapses": []'), ('"hidden": {}', '"hidden": {"t": [1]}'),
     ('"hidden": {}', '"hidden": {"t": "a"}')],
)  # fmt: skip
def test_a_damaged_decision_is_refused(old: str, new: str) -> None:
    text = write_decision(Decision())
    assert old in text
    with pytest.raises(InputError, match="decision"):
        read_decision(text.replace(old, new))


def test_an_earlier_release_keeps_its_merges(study: Study) -> None:
    # a7 (2) fits a6 alone; make a0 its neighbour too, and let the earlier release say a0.
    near = study.areas
    assert near is not None
    edges = (np.append(near.edges[0], 0), np.append(near.edges[1], 7), np.full(8, 50.0))
    earlier = Earlier(merges={"area": {"a7": "a0"}})
    asked = replace(study, areas=replace(near, edges=edges), earlier=earlier)
    [merging] = recodings_of(asked, (5, ()))
    assert merging.changed == {"a7": "a0"}
    trial = Trial(asked, (5, ()))
    assert (trial.changes, Trial(asked, (0, ())).changes) == (0, 1)
    assert distance(earlier.merges, trial.merges) == 0


def test_an_earlier_release_keeps_its_cells(study: Study, scored: list[Scored]) -> None:
    # The pattern of one policy, asked for again under another one, is met again more nearly.
    first, second = (
        next(s for s in scored if s.candidate == Candidate(0, (), p)) for p in ("given", "expected")
    )
    assert first.plan is not None
    assert second.plan is not None
    earlier = Earlier(hidden=hidden_cells(first.plan.problem.system, first.plan.hidden))
    again = score(replace(study, earlier=earlier), Candidate(0, (), "expected"))
    assert again.plan is not None
    apart = (second.plan.hidden ^ first.plan.hidden).sum()
    assert (again.plan.hidden ^ first.plan.hidden).sum() <= apart


def test_what_changed_is_told_with_its_reason(study: Study, scored: list[Scored]) -> None:
    first, second = (
        next(s for s in scored if s.candidate == Candidate(0, (), p)) for p in ("given", "expected")
    )
    assert second.plan is not None
    old, now = decide(first), decide(second)
    found = changes(old.earlier, now, second.plan.problem)
    went = set(old.hidden["t"]) - set(now.hidden["t"])
    came = set(now.hidden["t"]) - set(old.hidden["t"])
    assert {(c.what, c.before, c.why) for c in found} == {
        *((" ".join(c), "X", SPARED) for c in went),
        *((" ".join(c), "", NEEDED) for c in came),
    }
    moved = Decision(merges={"area": {"a7": "a6"}}, hidden=now.hidden)
    before = Earlier(merges={"area": {"a7": "a0"}}, hidden=now.hidden)
    [change] = changes(before, moved, second.plan.problem, level=5)
    assert (change.what, change.before, change.now, change.why) == ("a7", "a0", "a6", CHEAPER)


def test_prices_follow_what_a_reader_would_miss(study: Study) -> None:
    problem = problem_of(study, [])
    inner = innermost(problem.system)
    price = priced(study, [], [], (problem, "expected"))
    assert (price[~inner] == problem.cost[~inner]).all()
    assert (price[inner] >= problem.cost[inner]).all()
    zero = inner & (problem.system.value == 0)
    assert (price[zero] >= problem.cost[zero] + 4).all()
    with pytest.raises(InputError):
        priced(study, [], [], (problem, "cheap"))


def test_mesh_cells_are_grouped_at_the_level() -> None:
    mesh = Hierarchy.of("mesh", {"T": "", "p": "T", "q": "T", "p1": "p", "p2": "p", "q1": "q"})
    use = Hierarchy.flat("use", ["u", "v"])
    # p1 holds 9 units, p2 2, q1 7: p2 is too small for 5, so that p is published in one piece.
    leaf = np.repeat(np.arange(3), [9, 2, 7])
    coded = {"r": Coded("r", {"mesh": mesh, "use": use}, {"mesh": leaf, "use": leaf % 2})}
    study = Study(
        coded,
        (Wanted("t", "r", ("mesh", "use")),),
        Rules(min_count=3),
        grids=(Grid("mesh"),),
        merge_levels=(5,),
    )
    assert Trial(study, (5, ())).merges == {"mesh": {"p1": "p", "p2": "p"}}


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
