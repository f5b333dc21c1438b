"""How are classes collapsed and small areas merged before anything is suppressed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sdc.config import Config
from sdc.errors import InputError, NotProven
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Collapse, Merge
from sdc.model.sharing import Runner
from sdc.pipeline.areagroups import area_groups, collapses_of, decided_groups
from sdc.pipeline.geography import AREAS, MESH, Places, crossing, geographies_of
from sdc.pipeline.neighbourhood import grids_of, neighbourhood
from sdc.pipeline.prepare import Prepared, Tell
from sdc.pipeline.schemes import labels_of, scheme_named
from sdc.planning.decision import Decision
from sdc.planning.structure import grouped, merge
from sdc.planning.study import Earlier, Wanted
from sdc.spatial.areas import dissolve
from sdc.spatial.grouping import group_cells
from sdc.tables.collapse import coarser, collapse_scheme
from sdc.tables.merging.result import Merging
from sdc.tables.recode import Recoding, merged_areas, recode_crossing, recode_records


@dataclass(frozen=True, eq=False)
class Treated:
    """Places and records after the structural treatments, and what was done."""

    places: Places
    coded: Mapping[str, Coded]
    crossings: tuple[Crossing, ...] = ()
    merges: tuple[Merge, ...] = ()
    collapses: tuple[Collapse, ...] = ()
    grouped: tuple[Grouped, ...] = ()
    log: tuple[str, ...] = field(default=())

    @property
    def collapsed(self) -> object:
        """How many classes are collapsed in all areas, and how many places area by area."""
        here = sum(bool(c.area) for c in self.collapses)
        whole = len(self.collapses) - here
        if not here:
            return f"{whole:,}"
        return Text("{n:,}; area by area {here:,} places", n=whole, here=here)

    @property
    def merge_maps(self) -> dict[str, dict[str, str]]:
        """Merges by dimension: source -> target."""
        found: dict[str, dict[str, str]] = {}
        for m in self.merges:
            found.setdefault(m.dimension, {})[m.source] = m.target
        return found

    @property
    def collapse_maps(self) -> dict[str, dict[str, str]]:
        """Collapses that hold in all areas by dimension: source -> target."""
        found: dict[str, dict[str, str]] = {}
        for c in (c for c in self.collapses if not c.area):
            found.setdefault(c.dimension, {})[c.source] = c.target
        return found


def wanted_tables(config: Config) -> tuple[Wanted, ...]:
    """The tables of the configuration as the planner names them."""
    return tuple(Wanted(t.id, t.records, t.dimensions, t.measure) for t in config.tables)


def untreated(config: Config, prepared: Prepared) -> Treated:
    """Places and records as they are, and how the geographies cross."""
    used = geographies_of(config, {d for t in config.tables for d in t.dimensions})
    found = crossing(prepared.places, list(prepared.coded.values()), used)
    return Treated(prepared.places, prepared.coded, tuple(found))


def treat(
    config: Config,
    prepared: Prepared,
    tell: Tell,
    *,
    decision: Decision | None = None,
    earlier: Earlier | None = None,
    run: Runner = map,
) -> Treated:
    """Collapse and merge, as decided before or in the configured order; suppression comes later.

    What is collapsed area by area comes last, on the areas that are published.

    Raises InputError where a scheme does not fit its dimension, NotProven where a decision does not
    fit the data.
    """
    state = untreated(config, prepared)
    if decision is not None:
        return _replayed(config, prepared, state, decision)
    for step in config.treatment.order:
        if step == "collapse" and config.treatment.collapse:
            tell(Text("collapsing classes"))
            state = _collapse(config, state)
        elif step == "merge" and config.treatment.merge is not None:
            tell(Text("merging small areas"))
            state = _merge(config, state, earlier, run)
    if "collapse" in config.treatment.order:
        return group(state, area_groups(config, state.coded, earlier))
    return state


def group(state: Treated, grouped: tuple[Grouped, ...]) -> Treated:
    """Some classes counted together area by area, and the entries in the list for readers."""
    found = [
        c
        for g in grouped
        for c in collapses_of(g, state.places.of(g.area), state.coded[g.records].dims[g.column])
    ]
    return replace(state, grouped=grouped, collapses=(*state.collapses, *found))


def _collapse(config: Config, state: Treated) -> Treated:
    for column, section in config.treatment.collapse.items():
        dim = dimension(state.coded, column)
        if dim is not None and section.where == "everywhere" and section.scheme is not None:
            scheme, labels, unused = scheme_named(config, section.scheme)
            state = apply(state, collapse_scheme(dim, scheme, labels=labels, unused=unused))
    return state


def _merge(config: Config, state: Treated, earlier: Earlier | None, run: Runner) -> Treated:
    areas, section = state.places.areas, config.treatment.merge
    assert section is not None
    tables, level = wanted_tables(config), section.min_count
    recodings, log = [], state.log
    if areas is not None and dimension(state.coded, AREAS) is not None:
        previous = None if earlier is None else earlier.merges.get(AREAS, {})
        near = neighbourhood(config, areas)
        merging = merge(near, state.coded, tables, level=level, previous=previous, run=run)
        recodings.append(merged_areas(areas.hierarchy, merging.merged))
        log = (*log, *merging.log, *flagged(merging))
    recodings += [
        grouped(g, state.coded, tables, level=level) for g in grids_of(config, state.places)
    ]
    for recoding in recodings:
        state = apply(state, recoding)
    return replace(state, log=log)


def flagged(merging: Merging) -> tuple[str, ...]:
    """What a person should look at: joined without a common border, or too small for every partner."""
    marks = (("joined by distance, without a common border", merging.by_distance),
             ("too small, and no permitted merge helps", merging.unsafe))  # fmt: skip
    return tuple(f"merging: {why}: {', '.join(codes)}" for why, codes in marks if codes)


def _replayed(config: Config, prepared: Prepared, state: Treated, decision: Decision) -> Treated:
    """The maps of a decision, applied as they are."""
    maps = [*sorted(decision.collapses.items()), *sorted(decision.merges.items())]
    for name, changed in maps:
        dim = dimension(state.coded, name)
        leaves = [] if dim is None else [dim.codes[i] for i in dim.leaves]
        if dim is None or not set(changed) <= set(leaves):
            raise NotProven(
                Text("the decision was made for other data: {name}", name=name),
                code="decision",
            )
        full = {**{c: c for c in leaves}, **changed}
        if name == AREAS:
            state = apply(state, merged_areas(dim, changed))
        else:
            labels = labels_of(config, prepared, name, dict(decision.candidate.cuts).get(name, ""))
            state = apply(state, coarser(dim, full, labels=labels))
    try:
        return group(state, decided_groups(config, state.coded, decision.groups))
    except InputError as error:
        raise NotProven(error.text, code="decision") from error


def dimension(coded: Mapping[str, Coded], name: str) -> Hierarchy | None:
    """A dimension by name, None where no records have it."""
    return next((c.dims[name] for c in coded.values() if name in c.dims), None)


def apply(state: Treated, recoding: Recoding) -> Treated:
    """One recoding of records, crossings and shapes, and its entry in the lists for readers."""
    coded = {name: recode_records(c, recoding) for name, c in state.coded.items()}
    crossings = tuple(recode_crossing(c, recoding) for c in state.crossings)
    state = replace(state, coded=coded, crossings=crossings)
    before, after = recoding.before, recoding.after
    changed = sorted(recoding.changed.items())
    if recoding.name not in (AREAS, MESH):
        done = [
            Collapse(
                recoding.name, source, target, before.labels[before.position(source)],
                after.labels[after.position(target)],
            )
            for source, target in changed
        ]  # fmt: skip
        return replace(state, collapses=(*state.collapses, *done))
    shapes = state.places.of(recoding.name).shapes
    names = dict(
        zip(shapes["code"], shapes["name"], strict=True)
    )  # a larger cell has no other name
    merges = [Merge(a, b, names[a], names.get(b, b), recoding.name) for a, b in changed]
    return replace(state, places=_places(state.places, recoding), merges=(*state.merges, *merges))


def _places(places: Places, recoding: Recoding) -> Places:
    """The shapes after areas were merged or mesh cells grouped."""
    if recoding.name == AREAS:
        return replace(places, areas=dissolve(places.of(AREAS), recoding.changed))
    return replace(places, mesh=group_cells(places.of(MESH), recoding.after))
