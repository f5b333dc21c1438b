"""What does a whole release package tell a stranger, all tables and the map taken together?

Reads the package alone: its long tables, its code lists and the shapes of its areas. Mesh cells are
drawn from their codes (JIS X 0410). Imports nothing of the tool.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from attacker import MOST, Attack, Cell, Key, Seen, Tree
from othersolver import cp_model

SLACK = 1e-5
"""Degrees (about a metre) by which a drawn border may be off, to the attacker's disadvantage."""

Want = tuple[Key, tuple[tuple[str, int], ...]]
"""A place, and the ranges (">=" or "<=", bound) of which it should reach one."""


@dataclass
class Package:
    """The long tables of a package and the trees of their columns."""

    folder: Path
    tables: dict[str, Seen]
    trees: dict[str, Tree]

    @classmethod
    def read(cls, folder: Path) -> Package:
        data = folder / "data"
        tables = {}
        for path in sorted(data.glob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as handle:
                head = next(csv.reader(handle))
            names = [h for h in head if f"{h}_name" in head or f"{h}_label" in head]
            if {"value", "status"} <= set(head) and names:
                tables[path.stem] = Seen.read(path, names)
        dims = sorted({n for t in tables.values() for n in t.names})
        trees = {n: Tree.read(data / f"codelist_{n}.csv") for n in dims}
        return cls(folder, tables, trees)

    def attack(self, names: Sequence[str], *, joint: Sequence[str] = (), **more) -> Attack:
        """All tables of one population; areas and mesh cells meet where their shapes do."""
        seen = [self.tables[n] for n in names]
        trees = {n: self.trees[n] for t in seen for n in t.names}
        possible = {}
        if {"areas", "mesh"} <= set(joint):
            possible[("areas", "mesh")] = self.meeting()
        # Nothing exceeds the total of all, where that is printed.
        every = [t.number.get(tuple(trees[n].root for n in t.names)) for t in seen]
        most = max((v for v in every if v is not None), default=MOST)
        return Attack(seen, trees, joint=joint, possible=possible, **{"most": most, **more})

    def meeting(self) -> set[Cell]:
        """Innermost areas and mesh cells that have ground in common."""
        text = (self.folder / "data" / "areas.geojson").read_text(encoding="utf-8")
        inner = set(self.trees["areas"].leaves)
        shapes: dict[str, list[shapely.Geometry]] = {}
        for feature in json.loads(text)["features"]:
            code = next(v for v in feature["properties"].values() if v in inner)
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            shapes.setdefault(code, []).append(shape)
        assert set(shapes) == inner
        cells = self.trees["mesh"].leaves
        index = shapely.STRtree([mesh_box(c) for c in cells])
        out = set()
        for code, parts in shapes.items():
            shape = shapely.buffer(shapely.union_all(parts), SLACK)
            for i in index.query(shape, predicate="intersects"):
                out.add((code, cells[i]))
        return out


def mesh_box(code: str) -> shapely.Geometry:
    """Bounds of a mesh cell of 80, 10, 1 km or 500 m, in degrees.

    Tokyo Tower stands at 35.658581, 139.745433 in 533935992.
    """
    south, west = int(code[:2]) / 1.5, 100.0 + int(code[2:4])
    high, wide = 2 / 3, 1.0
    for at, parts in ((4, 8), (6, 10)):
        if len(code) > at:
            high, wide = high / parts, wide / parts
            south, west = south + int(code[at]) * high, west + int(code[at + 1]) * wide
    if len(code) > 8:
        assert len(code) == 9, code
        high, wide = high / 2, wide / 2
        quadrant = int(code[8]) - 1
        south, west = south + quadrant // 2 * high, west + quadrant % 2 * wide
    return shapely.box(west, south, west + wide, south + high)


@dataclass
class Sweep:
    """What a search for many tables at once came to."""

    unmet: list[Want]
    tables: int = 0
    single: int = 0


def sweep(
    attack: Attack,
    wants: Iterable[Want],
    *,
    hint: Mapping[Key, int] | None = None,
    effort: float = 0.1,
    rounds: int = 40,
    seed: int = 0,
) -> Sweep:
    """Which ranges no table reaches: whole tables first, each reaching many, then one by one.

    Every table is checked by adding up; ``hint`` only tells the solver where to begin.
    """
    rng = random.Random(seed)
    values = _first_table(attack, hint or {})
    open_, result = _open(attack, wants, values), Sweep([], tables=1)
    while open_ and result.tables < rounds:
        found = _table(attack, open_, rng, start=values, effort=effort)
        if found is None:
            break
        values = found
        result.tables += 1
        before = len(open_)
        open_ = _open(attack, open_, values)
        if before - len(open_) <= before // 50:
            break
    for want in open_:
        result.single += 1
        if not any(attack.allows(want[0], **_range(*way)) for way in want[1]):
            result.unmet.append(want)
    return result


def _open(attack: Attack, wants: Iterable[Want], values: Sequence[int]) -> list[Want]:
    """The wants that a table leaves open."""
    return [w for w in wants if not _reached(values[attack.variables[w[0]].index], w[1])]


def _reached(value: int, ways: Iterable[tuple[str, int]]) -> bool:
    return any(value >= b if sign == ">=" else value <= b for sign, b in ways)


def _range(sign: str, bound: int) -> dict[str, int]:
    return {"at_least": bound} if sign == ">=" else {"at_most": bound}


def _first_table(attack: Attack, hint: Mapping[Key, int]) -> list[int]:
    """Any table that agrees with what was seen."""
    model = attack.model.clone()
    for key, variable in attack.variables.items():
        if key in hint:
            model.add_hint(model.get_int_var_from_proto_index(variable.index), hint[key])
    solver = attack.solver()
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL, "what was printed contradicts itself"
    return _checked(attack, solver)


def _table(
    attack: Attack,
    wants: Sequence[Want],
    rng: random.Random,
    *,
    start: Sequence[int],
    effort: float,
) -> list[int] | None:
    """A table that agrees with what was seen and reaches many of the ranges."""
    model = attack.model.clone()
    for i, value in enumerate(start):
        model.add_hint(model.get_int_var_from_proto_index(i), value)
    by_key: dict[Key, list[tuple[str, int]]] = {}
    for key, ways in wants:
        by_key.setdefault(key, []).extend(ways)
    aims = []
    for key, ways in by_key.items():
        sign, bound = rng.choice(ways)
        own = model.get_int_var_from_proto_index(attack.variables[key].index)
        aim = model.new_bool_var("")
        model.add(own >= bound if sign == ">=" else own <= bound).only_enforce_if(aim)
        model.add_hint(aim, _reached(start[own.index], [(sign, bound)]))
        aims.append(rng.randint(1, 3) * aim)
    model.maximize(sum(aims))
    solver = attack.solver()
    solver.parameters.max_deterministic_time = effort
    solver.parameters.random_seed = rng.randint(0, 10**6)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return _checked(attack, solver)


def _checked(attack: Attack, solver: cp_model.CpSolver) -> list[int]:
    """The solver's numbers by variable, once they add up."""
    values = list(solver.response_proto.solution)[: len(attack.model.proto.variables)]
    for known, terms in attack.equations:
        assert known + sum(sign * values[i] for sign, i in terms) == 0
    return values
