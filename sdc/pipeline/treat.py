"""How are classes collapsed and small areas merged before anything is suppressed?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sdc.config import Config
from sdc.errors import RulesError
from sdc.model.coded import Coded
from sdc.model.hierarchy import IntArray
from sdc.model.release import Collapse, Merge
from sdc.pipeline.geography import AREAS, Places
from sdc.pipeline.prepare import Prepared, Tell
from sdc.readers.pairs import read_scheme
from sdc.spatial.areas import Areas, dissolve
from sdc.spatial.neighbours import islands, nearest, neighbours
from sdc.tables.collapse import collapse_scheme
from sdc.tables.merge import merge_areas
from sdc.tables.recode import merged_areas, recode_records


@dataclass(frozen=True, eq=False)
class Treated:
    """Places and records after the structural treatments, and what was done."""

    places: Places
    coded: Mapping[str, Coded]
    merges: tuple[Merge, ...] = ()
    collapses: tuple[Collapse, ...] = ()
    log: tuple[str, ...] = field(default=())


def treat(config: Config, prepared: Prepared, tell: Tell) -> Treated:
    """Collapse and merge in the configured order; suppression comes after the tables are made.

    Raises InputError where a scheme does not fit its dimension.
    """
    if config.treatment.automatic:
        raise RulesError(
            'order = "auto" はこの版では使えません。処理の順序を書いてください',
            'order = "auto" is not offered by this version; write the order of the treatments',
            code="order",
        )
    state = Treated(prepared.places, prepared.coded)
    for step in config.treatment.order:
        if step == "collapse" and config.treatment.collapse:
            tell("区分の集約", "collapsing classes")
            state = _collapse(config, state)
        elif step == "merge" and config.treatment.merge is not None and state.places.areas:
            tell("小区域の合算", "merging small areas")
            state = _merge(config, state)
    return state


def _collapse(config: Config, state: Treated) -> Treated:
    coded = dict(state.coded)
    done: list[Collapse] = []
    for column, path in config.treatment.collapse.items():
        found = [c.dims[column] for c in coded.values() if column in c.dims]
        if not found:
            continue  # no table uses the column
        dim = found[0]
        scheme, labels = read_scheme(config.resolve(path))
        recoding = collapse_scheme(dim, scheme, labels=labels)
        coded = {
            name: recode_records(c, recoding) if column in c.dims else c
            for name, c in coded.items()
        }
        after = recoding.after
        done += [
            Collapse(
                column, source, target, dim.labels[dim.position(source)],
                after.labels[after.position(target)],
            )
            for source, target in sorted(recoding.changed.items())
        ]  # fmt: skip
    return Treated(state.places, coded, state.merges, (*state.collapses, *done), state.log)


def _merge(config: Config, state: Treated) -> Treated:
    areas, section = state.places.areas, config.treatment.merge
    assert areas is not None
    assert section is not None
    mapping, log = merge_map(
        areas,
        area_profile(config, areas, state.coded),
        min_count=section.min_count,
        partners=section.partners,
        within=section.within,
    )
    recoding = merged_areas(areas.hierarchy, mapping)
    coded = {name: recode_records(c, recoding) for name, c in state.coded.items()}
    names = dict(zip(areas.shapes["code"], areas.shapes["name"], strict=True))
    merges = tuple(Merge(a, b, names[a], names[b]) for a, b in sorted(mapping.items()))
    places = Places(dissolve(areas, mapping), state.places.mesh)
    return Treated(places, coded, merges, state.collapses, (*state.log, *log))


def area_profile(config: Config, areas: Areas, coded: Mapping[str, Coded]) -> IntArray:
    """Records of every kind in each area by the first class of their first table (areas, classes).

    Every record stands in exactly one column, so that rows add up to the records of an area.
    """
    size = len(areas.shapes)
    parts: list[IntArray] = []
    for name, c in coded.items():
        if AREAS not in c.leaf:
            continue
        by = [t.by[0] for t in config.tables if t.records == name and t.by]
        parts.append(np.atleast_2d(c.count([AREAS, *by[:1]]).T).T)
    return np.hstack(parts) if parts else np.zeros((size, 1), dtype=np.int64)


def merge_map(
    areas: Areas, counts: IntArray, *, min_count: int, partners: str, within: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Code -> absorbing code, for the areas that are merged away; ``counts`` (areas, classes)."""
    pairs = neighbours(areas)
    lonely = islands(areas, pairs)
    far = nearest(areas, lonely)
    merging = merge_areas(
        counts,
        codes=list(areas.shapes["code"]),
        edges=(pairs["i"].to_numpy(), pairs["j"].to_numpy(), pairs["length"].to_numpy()),
        nearest=(far["i"].to_numpy(), far["j"].to_numpy(), far["distance"].to_numpy()),
        parents=list(areas.shapes["parent"]),
        min_count=min_count,
        within=within,
        partners=partners,
    )
    return merging.merged, merging.log
