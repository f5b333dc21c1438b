"""Which cuts of each class column may the planner choose from, and what are their groups called?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sdc.config import Config
from sdc.errors import RulesError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.table import COUNT
from sdc.pipeline.prepare import Prepared
from sdc.planning.structure import counts_by
from sdc.readers.pairs import read_scheme
from sdc.tables.collapse import collapse_scheme
from sdc.tables.collapse_best import best_bands, best_cut
from sdc.tables.schemes import PREFIX, shipped_scheme

BEST = "best"
"""Name of the cut that the planner works out by itself."""
PRICE = 3.0
"""Nats that a cell below the minimum is taken to cost when the best cut is worked out."""


@dataclass(frozen=True)
class Offered:
    """A cut: innermost code -> code it is counted under, and names of the groups."""

    mapping: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)


def offered_cuts(config: Config, prepared: Prepared) -> dict[str, dict[str, Offered]]:
    """Column -> name of the cut -> cut; files are named by their stem.

    Raises InputError for a scheme that does not fit its column.
    """
    files: dict[str, list[str]] = {
        c: [own.scheme]
        for c, own in config.treatment.collapse.items()
        if own.where == "everywhere" and own.scheme is not None
    }
    for column, paths in config.plan.collapse.items():
        files.setdefault(column, []).extend(paths)
    found: dict[str, dict[str, Offered]] = {}
    for column, named in files.items():
        dim = _dimension(prepared, column)
        if dim is None:
            continue  # no table uses the column
        for path in dict.fromkeys(named):
            scheme, labels, unused = scheme_named(config, path)
            recoding = collapse_scheme(dim, scheme, labels=labels, unused=unused)
            stem = PurePosixPath(path.removeprefix(PREFIX)).stem
            found.setdefault(column, {})[stem] = Offered(recoding.mapping, labels)
    for column in config.plan.cut:
        dim = _dimension(prepared, column)
        if dim is not None:
            found.setdefault(column, {})[BEST] = _best(config, prepared, dim)
    return found


def scheme_named(config: Config, name: str) -> tuple[Mapping[str, str], Mapping[str, str], str]:
    """A scheme from a file, or one of the tool's: targets, labels, and what of codes that are not used.

    Raises InputError for a file that cannot be read.
    """
    if name.startswith(PREFIX):
        shipped = shipped_scheme(name.removeprefix(PREFIX))
        return shipped.targets, shipped.labels, "ignore"
    return *read_scheme(config.resolve(name)), "refuse"


def labels_of(config: Config, prepared: Prepared, column: str, cut: str) -> Mapping[str, str]:
    """Names of the groups of a cut that is offered; none for any other."""
    cuts = offered_cuts(config, prepared).get(column, {})
    return cuts[cut].labels if cut in cuts else {}


def _dimension(prepared: Prepared, column: str) -> Hierarchy | None:
    return next((c.dims[column] for c in prepared.coded.values() if column in c.dims), None)


def _best(config: Config, prepared: Prepared, dim: Hierarchy) -> Offered:
    """The best bands of a column with breaks, the best cut of a code list's tree."""
    tables = [t for t in config.tables if dim.name in t.by and t.geography != "none"]
    if not tables:
        raise RulesError(
            Text(
                "no cut can be chosen for {name!r}: no table with a geography has it", name=dim.name
            ),
            code="best-geography",
        )
    table = min(tables, key=lambda t: t.measure != COUNT)
    counts = counts_by(prepared.coded[table.records], table.geography, dim.name)
    level = config.rules[table.rules].min_count
    section = config.records[table.records].columns[dim.name]
    if section.breaks is None:
        return Offered(best_cut(dim, counts, min_count=level, price=PRICE).mapping)
    order = [dim.codes[i] for i in dim.leaves]
    blank = order[-1:] if section.missing is not None else []  # no band holds the unknown
    order = order[: len(order) - len(blank)]
    cut = best_bands(order, counts[:, : len(order)], min_count=level, price=PRICE)
    return Offered({**cut.mapping, **{c: c for c in blank}}, _band_labels(dim, cut.mapping))


def _band_labels(dim: Hierarchy, mapping: Mapping[str, str]) -> dict[str, str]:
    """``first – last`` of the labels of a band's classes."""
    members: dict[str, list[str]] = {}
    for code, to in mapping.items():
        members.setdefault(to, []).append(dim.labels[dim.position(code)])
    return {to: f"{m[0]}–{m[-1]}" for to, m in members.items() if len(m) > 1}
