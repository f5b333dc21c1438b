"""Which small releases leak although they look safe? Each is worked out by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

import sdc

Cell = tuple[str, ...]
Cells = Mapping[tuple[str, Cell], tuple[int, int]]
ALL = ("linear", "integer", "interval")


@dataclass(frozen=True)
class Oracle:
    """A release with a pattern of X that leaks.

    ``finds`` says in which interval an attacker places an X of a table, ``refused`` at which levels the
    audit must refuse the pattern (exit status 4), ``allowed`` at which it may pass. ``meeting`` names
    dimensions that classify the same thing, and the codes that can meet.
    """

    name: str
    tables: tuple[sdc.Table, ...]
    pattern: Mapping[str, Collection[Cell]]
    finds: Cells
    min_count: int
    refused: tuple[str, ...] = ALL
    allowed: tuple[str, ...] = ()
    zeros: str = "hide"
    least: int = 0
    joint: tuple[str, ...] = ()
    meeting: Mapping[tuple[str, ...], tuple[Cell, ...]] = field(default_factory=dict)
    owners: bool = True

    def rules(self, level: str = "interval") -> sdc.Rules:
        return sdc.Rules(
            min_count=self.min_count, zeros=self.zeros, level=level, owners=self.owners
        )

    def system(self) -> sdc.System:
        dims = {d.name: d for t in self.tables for d in t.dims}
        crossings = []
        for names, pairs in self.meeting.items():
            place = [{dims[n].codes[i]: k for k, i in enumerate(dims[n].leaves)} for n in names]
            index = [[p[c] for p, c in zip(place, pair, strict=True)] for pair in pairs]
            crossings.append(sdc.Crossing(names, np.array(index, dtype=np.int64)))
        return sdc.system_of(self.tables, crossings=crossings)


def flat(name: str, codes: str) -> sdc.Hierarchy:
    return sdc.Hierarchy.flat(name, codes.split())


def tree(name: str, **groups: str) -> sdc.Hierarchy:
    """Groups of codes below one total."""
    parent = {"TOTAL": ""}
    for group, codes in groups.items():
        parent |= {group: "TOTAL", **dict.fromkeys(codes.split(), group)}
    return sdc.Hierarchy.of(name, parent)


def table(name: str, dims: tuple[sdc.Hierarchy, ...], values: object) -> sdc.Table:
    """Values of the innermost codes, in code order."""
    leaf = np.array(values, dtype=np.int64)
    return sdc.Table(name, dims, sdc.aggregate(leaf, dims))


def grid(rows: str, columns: str) -> list[Cell]:
    return [(r, c) for r in rows.split() for c in columns.split()]


def bridge() -> Oracle:
    # Every line holds two X or more. Rows r1 and r2 hold 5 + 8 hidden units, columns c1 and c2
    # hold 3 + 9 of them, and only (r2, c3) stands in those rows but not in those columns: 13 - 12.
    dims = flat("area", "r1 r2 r3 r4"), flat("use", "c1 c2 c3 c4")
    rows = [[1, 4, 9, 9], [2, 5, 1, 9], [9, 9, 6, 2], [9, 9, 4, 1]]
    hidden = [*grid("r1 r2", "c1 c2"), *grid("r3 r4", "c3 c4"), ("r2", "c3")]
    finds = {("t", ("r2", "c3")): (1, 1)}
    return Oracle("bridge", (table("t", dims, rows),), {"t": hidden}, finds, 3)


def linked() -> Oracle:
    # County 1 says A + B = 20 - 8 - 8 = 4; the small areas say A + B + K = 30 - 8 - 8 - 7 = 7: K = 3.
    # O is a zero that might have been hidden; without one an X of the county alone is at least 1.
    county = tree("county", C1="A B I J", C2="K L M N O")
    size = tree("size", BIG="L M", SMALL="A B I J K N O")
    values = {"A": 2, "B": 2, "I": 8, "J": 8, "K": 3, "L": 3, "M": 3, "N": 7, "O": 0}
    tables = tuple(
        table(d.name, (d,), [values[d.codes[i]] for i in d.leaves]) for d in (county, size)
    )
    hidden = [(c,) for c in "ABKLM"]
    finds = {("county", ("K",)): (3, 3), ("county", ("A",)): (0, 4)}
    same = {("county", "size"): tuple((c, c) for c in values)}
    pattern = {"county": hidden, "size": hidden}
    return Oracle("linked", tables, pattern, finds, 4, joint=("county", "size"), meeting=same)


def shared_margins() -> Oracle:
    # a1 is all s1, a2 all s2, a3 all s1. The s2 of u1 are a2's alone: (a2, u1) = 4, and
    # (a1, u1) = 10 - 4 - 5 = 1, whereas the margins alone allow 0 to 5.
    area, use, kind = flat("area", "a1 a2 a3"), flat("use", "u1 u2"), flat("structure", "s1 s2")
    tables = (
        table("area_use", (area, use), [[1, 4], [4, 4], [5, 5]]),
        table("area_structure", (area, kind), [[5, 0], [0, 8], [10, 0]]),
        table("use_structure", (use, kind), [[6, 4], [9, 4]]),
    )
    finds = {("area_use", ("a1", "u1")): (1, 1)}
    # Elimination alone does not see it: the zeros count only where numbers cannot be negative.
    return Oracle(
        "shared margins", tables, {"area_use": grid("a1 a2", "u1 u2")}, finds, 3,
        refused=("integer", "interval"), joint=("area", "use", "structure"),
    )  # fmt: skip


def mesh_against_area() -> Oracle:
    # Meshes 5, 4, 4, 4 make 17; one area of 16 covers all but one unit: 17 - 16 = 1. In the table
    # of areas alone the total is hidden as well and the X can be anything.
    mesh, area = flat("mesh", "m1 m2 m3 m4"), flat("areas", "in out")
    tables = (table("areas", (area,), [16, 1]), table("mesh", (mesh,), [5, 4, 4, 4]))
    met = (("in", "m1"), ("in", "m2"), ("in", "m3"), ("in", "m4"), ("out", "m1"))
    pattern = {"areas": [("out",), ("TOTAL",)], "mesh": [("TOTAL",)]}
    return Oracle(
        "mesh against area", tables, pattern, {("areas", ("out",)): (1, 1)}, 3,
        joint=("areas", "mesh"), meeting={("areas", "mesh"): met},
    )  # fmt: skip


def band_edges() -> Oracle:
    # <20, 20-24, 25-39 hold 10, 1, 11. 20-24 and 25-39 are X in one table (12 together); <25 and
    # 25-39 stand in the other: 11 - 10 = 1.
    fine, coarse = flat("age", "00-19 20-24 25-39"), flat("band", "00-24 25-39")
    tables = table("age", (fine,), [10, 1, 11]), table("band", (coarse,), [11, 11])
    met = (("00-19", "00-24"), ("20-24", "00-24"), ("25-39", "25-39"))
    pattern = {"age": [("20-24",), ("25-39",)]}
    return Oracle(
        "band edges", tables, pattern, {("age", ("20-24",)): (1, 1)}, 3,
        joint=("age", "band"), meeting={("age", "band"): met},
    )  # fmt: skip


def pair_of_ones() -> Oracle:
    # 27 - 9 - 8 - 8 = 2 in two places, none of them a zero because zeros are printed: both are 1.
    # No elimination finds it.
    uses = flat("use", "u1 u2 u3 u4 u5 u6")
    finds = {("t", ("u1",)): (1, 1), ("t", ("u2",)): (1, 1)}
    return Oracle(
        "pair of ones", (table("t", (uses,), [1, 1, 9, 8, 8, 0]),), {"t": [("u1",), ("u2",)]},
        finds, 3, refused=("integer", "interval"), allowed=("linear",), zeros="show", least=1,
    )  # fmt: skip


def pair_of_ones_among_zeros() -> Oracle:
    # The same print where an X may be a zero: 0 to 2. More than one value, but never the threshold.
    uses = flat("use", "u1 u2 u3 u4 u5 u6")
    return Oracle(
        "pair of ones, zeros hidden", (table("t", (uses,), [1, 1, 9, 8, 8, 0]),),
        {"t": [("u1",), ("u2",)]}, {("t", ("u1",)): (0, 2)}, 3,
        refused=("interval",), allowed=("linear", "integer"),
    )  # fmt: skip


def lone_zero() -> Oracle:
    # The only partner of the 2 is a true zero: together 2, so that neither can be 3.
    uses = flat("use", "u1 u2 u3 u4")
    return Oracle(
        "lone zero partner", (table("t", (uses,), [2, 0, 9, 8]),), {"t": [("u1",), ("u2",)]},
        {("t", ("u1",)): (0, 2)}, 3, refused=("interval",), allowed=("linear", "integer"),
    )  # fmt: skip


def trips(*, zero_printed: bool) -> Oracle:
    # A-B-C has 5 and B-C-D has 6 of the 10 who go from B to C, so that A-B-C-D has at least
    # 5 + 6 - 10 = 1, and exactly 1 where the others from elsewhere to elsewhere are a printed zero.
    first, leg, last = flat("first", "A else"), flat("leg", "BC XY"), flat("last", "D else")
    tables = (
        table("first_leg", (first, leg), [[5, 40], [5, 40]]),
        table("leg_last", (leg, last), [[6, 4], [40, 40]]),
        table("trips", (first, leg, last), [[[1, 4], [20, 20]], [[5, 0], [20, 20]]]),
    )
    shown = {("else", "BC", "else")} if zero_printed else set()
    hidden = [(a, b, c) for a in ("A", "else") for b in ("BC", "XY") for c in ("D", "else")]
    finds = {("trips", ("A", "BC", "D")): (1, 1) if zero_printed else (1, 5)}
    return Oracle(
        "trips, zero printed" if zero_printed else "trips", tables,
        {"trips": [c for c in hidden if c not in shown]}, finds, 3,
        refused=ALL if zero_printed else ("interval",),
        allowed=() if zero_printed else ("linear", "integer"),
    )  # fmt: skip


ORACLES = (
    bridge(),
    linked(),
    shared_margins(),
    mesh_against_area(),
    band_edges(),
    pair_of_ones(),
    pair_of_ones_among_zeros(),
    lone_zero(),
    trips(zero_printed=False),
    trips(zero_printed=True),
)
