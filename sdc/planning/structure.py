"""Which areas are merged, which mesh cells grouped, which classes collapsed under a candidate?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.grouped import Grouped
from sdc.model.hierarchy import IntArray
from sdc.model.sharing import Runner
from sdc.model.system import Problem
from sdc.planning.study import BY_AREA, Grid, Neighbourhood, Structure, Study, Wanted
from sdc.sensitivity import problem as demands_of
from sdc.tables.collapse import coarser
from sdc.tables.grouping import with_groups
from sdc.tables.merge import Merging, merge_areas
from sdc.tables.merging.quadtree import quadtree
from sdc.tables.recode import Recoding, merged_areas, recode_crossing, recode_records
from sdc.tables.relations import system_of
from sdc.tables.tabulate import tabulate

Records = Mapping[str, Coded]


def recodings_of(study: Study, structure: Structure) -> list[Recoding]:
    """The cuts of a structure, then its merges and groupings of what the cuts left."""
    level, cuts = structure
    found = [
        coarser(study.dimension(name), study.schemes[name][scheme])
        for name, scheme in cuts
        if scheme != BY_AREA
    ]
    if not level:
        return found
    coded = recoded(study.coded, found)
    if study.areas is not None:
        previous = study.earlier.merges.get(study.areas.dimension, {}) if study.earlier else None
        merging = merge(study.areas, coded, study.tables, level=level, previous=previous)
        found.append(merged_areas(study.dimension(study.areas.dimension), merging.merged))
    found += [grouped(grid, coded, study.tables, level=level) for grid in study.grids]
    return found


def groups_of(
    study: Study, structure: Structure, recodings: Sequence[Recoding]
) -> tuple[Grouped, ...]:
    """What each area counts together under a structure, once records are recoded."""
    coded = recoded(study.coded, recodings)
    cuts = [name for name, scheme in structure[1] if scheme == BY_AREA]
    return tuple(g for name in cuts for g in study.by_area[name](coded))


def merge(
    near: Neighbourhood,
    coded: Records,
    tables: Sequence[Wanted],
    *,
    level: int,
    previous: Mapping[str, str] | None = None,
    run: Runner = map,
) -> Merging:
    """Merge the areas of some records up to a level; see ``merge_areas``.

    Areas that an earlier map does not name stood by themselves then.
    """
    dim = next(c.dims[near.dimension] for c in coded.values() if near.dimension in c.dims)
    codes = [dim.codes[i] for i in dim.leaves]
    return merge_areas(
        profile(coded, tables, near.dimension),
        codes=codes,
        edges=near.edges,
        parents=near.parents,
        nearest=near.nearest,
        min_count=level,
        within=near.within,
        partners=near.partners,
        weights=near.weights,
        never=near.never,
        by=near.by,
        contributors=_contributors(near, coded) if near.by == "contributors" else None,
        empty=near.empty,
        method=near.method,
        previous=None if previous is None else {**{c: c for c in codes}, **previous},
        run=run,
    )


def grouped(grid: Grid, coded: Records, tables: Sequence[Wanted], *, level: int) -> Recoding:
    """Mesh cells inside the larger ones that reach a level; see ``quadtree``.

    The coarsest level stays: what is too small there is left to suppression.
    """
    dim = next(c.dims[grid.dimension] for c in coded.values() if grid.dimension in c.dims)
    counts = profile(coded, tables, grid.dimension)
    tested = counts if grid.by == "class" else counts.sum(axis=1)
    cells = quadtree(dim, tested, min_count=level, never=grid.never, keep_top=True)
    return coarser(dim, cells)


def profile(coded: Records, tables: Sequence[Wanted], dimension: str) -> IntArray:
    """Records of every set in each place by the first class of their first table (places, classes).

    Every record stands in exactly one column, so that rows add up to the records of a place.
    """
    parts = []
    for name, own in coded.items():
        if dimension in own.dims:
            mine = [t for t in tables if t.records == name and dimension in t.by]
            by = [d for t in mine for d in t.by if d != dimension]
            parts.append(counts_by(own, dimension, by[0] if by else None))
    return np.hstack(parts)


def counts_by(coded: Coded, dimension: str, column: str | None) -> IntArray:
    """Records by innermost place and class (places, classes); one class without a column.

    >>> from sdc.model.hierarchy import Hierarchy
    >>> area = Hierarchy.flat("area", ["a", "b"])
    >>> counts_by(Coded("r", {"area": area}, {"area": np.array([0, 1, 1])}), "area", None).tolist()
    [[1], [2]]
    """
    counts = coded.count([dimension, *([column] if column else [])])
    return counts.reshape(len(counts), -1)


def _contributors(near: Neighbourhood, coded: Records) -> IntArray:
    """(areas,) who contributes to a measure in each area, as its table counts them."""
    found = [c for c in coded.values() if near.measure in c.measures and near.dimension in c.dims]
    if not found:
        raise InputError(Text("no records have the measure {measure!r}", measure=near.measure))
    table = tabulate(found[0], [near.dimension], measure=near.measure)
    return np.asarray(table.counts[table.dims[0].leaves])


def recoded(coded: Records, recodings: Sequence[Recoding]) -> dict[str, Coded]:
    """Records under several recodings."""
    found = dict(coded)
    for recoding in recodings:
        found = {name: recode_records(c, recoding) for name, c in found.items()}
    return found


def problem_of(
    study: Study, recodings: Sequence[Recoding], grouped: Sequence[Grouped] = ()
) -> Problem:
    """The demands on the tables once areas are merged and classes collapsed."""
    if study.demands is not None:
        return study.demands(recodings, grouped)
    coded = recoded(study.coded, recodings)
    crossings = list(study.crossings)
    for recoding in recodings:
        crossings = [recode_crossing(c, recoding) for c in crossings]
    tables = [
        tabulate(coded[t.records], t.by, measure=t.measure, name=t.name) for t in study.tables
    ]
    system = with_groups(system_of(tables, crossings=crossings, coded=coded), coded, grouped)
    return demands_of(system, study.rules)
