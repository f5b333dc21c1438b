"""How are classes collapsed and small areas merged before anything is suppressed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sdc.config import Config
from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.coded import Coded, Crossing
from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Collapse, Merge
from sdc.pipeline.geography import AREAS, MESH, Places, crossing
from sdc.pipeline.neighbourhood import grids_of, neighbourhood
from sdc.pipeline.prepare import Prepared, Tell
from sdc.pipeline.schemes import labels_of
from sdc.planning.decision import Decision
from sdc.planning.structure import grouped, merge
from sdc.planning.study import Earlier, Wanted
from sdc.readers.pairs import read_scheme
from sdc.spatial.areas import dissolve
from sdc.spatial.grouping import group_cells
from sdc.tables.collapse import coarser, collapse_scheme
from sdc.tables.recode import Recoding, merged_areas, recode_crossing, recode_records


@dataclass(frozen=True, eq=False)
class Treated:
    """Places and records after the structural treatments, and what was done."""

    places: Places
    coded: Mapping[str, Coded]
    crossings: tuple[Crossing, ...] = ()
    merges: tuple[Merge, ...] = ()
    collapses: tuple[Collapse, ...] = ()
    log: tuple[str, ...] = field(default=())

    @property
    def merge_maps(self) -> dict[str, dict[str, str]]:
        """Merges by dimension: source -> target."""
        found: dict[str, dict[str, str]] = {}
        for m in self.merges:
            found.setdefault(m.dimension, {})[m.source] = m.target
        return found

    @property
    def collapse_maps(self) -> dict[str, dict[str, str]]:
        """Collapses by dimension: source -> target."""
        found: dict[str, dict[str, str]] = {}
        for c in self.collapses:
            found.setdefault(c.dimension, {})[c.source] = c.target
        return found


def wanted_tables(config: Config) -> tuple[Wanted, ...]:
    """The tables of the configuration as the planner names them."""
    return tuple(Wanted(t.id, t.records, t.dimensions, t.measure) for t in config.tables)


def untreated(config: Config, prepared: Prepared) -> Treated:
    """Places and records as they are, and how the geographies cross."""
    used = {t.geography for t in config.tables} - {"none"}
    found = crossing(prepared.places, list(prepared.coded.values())) if len(used) > 1 else []
    return Treated(prepared.places, prepared.coded, tuple(found))


def treat(
    config: Config,
    prepared: Prepared,
    tell: Tell,
    *,
    decision: Decision | None = None,
    earlier: Earlier | None = None,
) -> Treated:
    """Collapse and merge, as decided before or in the configured order; suppression comes later.

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
            state = _merge(config, state, earlier)
    return state


def _collapse(config: Config, state: Treated) -> Treated:
    for column, path in config.treatment.collapse.items():
        dim = dimension(state.coded, column)
        if dim is not None:  # else no table uses the column
            scheme, labels = read_scheme(config.resolve(path))
            state = apply(state, collapse_scheme(dim, scheme, labels=labels))
    return state


def _merge(config: Config, state: Treated, earlier: Earlier | None) -> Treated:
    areas, section = state.places.areas, config.treatment.merge
    assert section is not None
    tables, level = wanted_tables(config), section.min_count
    recodings, log = [], state.log
    if areas is not None and dimension(state.coded, AREAS) is not None:
        previous = None if earlier is None else earlier.merges.get(AREAS, {})
        near = neighbourhood(config, areas)
        merging = merge(near, state.coded, tables, level=level, previous=previous)
        recodings.append(merged_areas(areas.hierarchy, merging.merged))
        log = (*log, *merging.log)
    recodings += [
        grouped(g, state.coded, tables, level=level) for g in grids_of(config, state.places)
    ]
    for recoding in recodings:
        state = apply(state, recoding)
    return replace(state, log=log)


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
    return state


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
        return Places(dissolve(places.of(AREAS), recoding.changed), places.mesh)
    return Places(places.areas, group_cells(places.of(MESH), recoding.after))
