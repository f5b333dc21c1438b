"""What may the planner try in a city: merges, cuts, groups, beside everything in the ledger?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sdc.config import Config
from sdc.model.coded import Coded
from sdc.model.grouped import Grouped
from sdc.model.system import Problem
from sdc.pipeline.areagroups import area_groups
from sdc.pipeline.demand import make_problem
from sdc.pipeline.geography import AREAS
from sdc.pipeline.history import History
from sdc.pipeline.neighbourhood import grids_of, neighbourhood
from sdc.pipeline.prepare import Prepared
from sdc.pipeline.schemes import offered_cuts
from sdc.pipeline.treat import apply, dimension, group, untreated, wanted_tables
from sdc.planning.study import Earlier, Study
from sdc.tables.recode import Recoding


def study_of(
    config: Config,
    prepared: Prepared,
    *,
    earlier: Earlier | None = None,
    history: History | None = None,
) -> Study:
    """What the planner may try in this city; ``history`` joins the releases of the ledger."""
    state = untreated(config, prepared)
    merge, areas = config.treatment.merge, state.places.areas
    near = None
    if merge is not None and areas is not None and dimension(state.coded, AREAS) is not None:
        near = neighbourhood(config, areas)
    grids = grids_of(config, state.places)
    levels: tuple[int, ...] = ()
    if merge is not None and (near is not None or grids):
        levels = tuple(sorted({merge.min_count, *config.plan.merge}))
    schemes = {
        column: {name: dict(cut.mapping) for name, cut in cuts.items()}
        for column, cuts in offered_cuts(config, prepared).items()
    }
    return Study(
        state.coded,
        wanted_tables(config),
        {t.id: config.rules[t.rules].to_rules() for t in config.tables},
        areas=near,
        grids=grids,
        merge_levels=levels,
        schemes=schemes,
        crossings=state.crossings,
        earlier=earlier,
        demands=_joined(config, prepared, history) if history is not None else None,
        by_area={
            column: _by_area(config, column, earlier)
            for column, own in config.treatment.collapse.items()
            if own.where == "areas"
        },
    )


def _by_area(
    config: Config, column: str, earlier: Earlier | None
) -> Callable[[Mapping[str, Coded]], tuple[Grouped, ...]]:
    """What each area would count together of a column."""
    return lambda coded: area_groups(config, coded, earlier, columns={column})


def _joined(
    config: Config, prepared: Prepared, history: History
) -> Callable[[Sequence[Recoding], Sequence[Grouped]], Problem]:
    """The demands of some recodings beside everything in the ledger."""
    state = untreated(config, prepared)

    def demands(recodings: Sequence[Recoding], grouped: Sequence[Grouped]) -> Problem:
        treated = state
        for recoding in recodings:
            treated = apply(treated, recoding)
        treated = group(treated, tuple(grouped))
        return make_problem(config, (prepared, treated), history, lambda text: None)

    return demands
