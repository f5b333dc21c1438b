"""What does a whole release package tell a stranger, all tables and the map taken together?

Reads the package alone: its long tables, its code lists and the shapes of its areas. Mesh cells are
drawn from their codes (JIS X 0410). Imports nothing of the tool.
"""

from __future__ import annotations

import csv
import heapq
import json
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
class Groups:
    """Which classes are counted together, in all areas or in one."""

    everywhere: set[tuple[str, str]]
    members: dict[tuple[str, str, str], list[str]]

    @classmethod
    def read(cls, path: Path) -> Groups:
        found = cls(set(), {})
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.DictReader(handle):
                if row["area"]:
                    key = row["column"], row["area"], row["target"]
                    found.members.setdefault(key, []).append(row["source"])
                else:
                    found.everywhere.add((row["column"], row["source"]))
        return found

    @property
    def areas(self) -> set[str]:
        return {area for _, area, _ in self.members}

    def enter(self, table: Seen, trees: dict[str, Tree]) -> None:
        """Which printed or hidden places of a table are sums of which places that it does not print.

        A group that every area prints is a code like any other; the rest leaves the tree.
        """
        for (column, area, group), classes in self.members.items():
            if column not in table.names or area not in {a for cell in table.hidden for a in cell}:
                continue
            of = table.names.index(column)
            root = {n: trees[n].root for n in table.names}
            if tuple(group if n == column else root[n] for n in table.names) in (
                table.number.keys() | table.hidden
            ):
                continue
            for cell in [c for c in table.number.keys() | table.hidden if c[of] == group]:
                if area in cell:
                    table.groups[cell] = [(*cell[:of], c, *cell[of + 1 :]) for c in classes]
            if group in trees[column].parent:
                trees[column] = Tree({c: p for c, p in trees[column].parent.items() if c != group})


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
        groups = Groups.read(data / "collapses.csv")
        for path in sorted(data.glob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as handle:
                head = next(csv.reader(handle))
            names = [h for h in head if f"{h}_name" in head or f"{h}_label" in head]
            if {"value", "status"} <= set(head) and names:
                tables[path.stem] = Seen.read(
                    path, names, here=groups.areas, everywhere=groups.everywhere
                )
        dims = sorted({n for t in tables.values() for n in t.names})
        trees = {n: Tree.read(data / f"codelist_{n}.csv") for n in dims}
        for table in tables.values():
            groups.enter(table, trees)
        return cls(folder, tables, trees)

    def attack(self, names: Sequence[str], *, joint: Sequence[str] = (), **more) -> Attack:
        """All tables of one population; areas and mesh cells meet where their shapes do."""
        seen = [self.tables[n] for n in names]
        trees = {n: self.trees[n] for t in seen for n in t.names}
        possible = {}
        if {"areas", "mesh"} <= set(joint):
            possible[("areas", "mesh")] = self.meeting()
        # Nothing exceeds the total of all. Where that is hidden, a bound far above all that is printed.
        every = [t.number.get(tuple(trees[n].root for n in t.names)) for t in seen]
        far = max(MOST, *(1000 * max(t.number.values(), default=0) for t in seen))
        most = max((far if v is None else v for v in every), default=MOST)
        return Attack(seen, trees, joint=joint, possible=possible, **{"most": most, **more})

    def meeting(self) -> set[Cell]:
        """Innermost areas and mesh cells that have ground in common."""
        cells = self.trees["mesh"].leaves
        index = shapely.STRtree([mesh_box(c) for c in cells])
        out = set()
        for code, shape in self.shapes().items():
            for i in index.query(shape, predicate="intersects"):
                out.add((code, cells[i]))
        return out

    def shapes(self) -> dict[str, shapely.Geometry]:
        """The ground of every innermost area, a hair wider than it is drawn."""
        text = (self.folder / "data" / "areas.geojson").read_text(encoding="utf-8")
        inner = set(self.trees["areas"].leaves)
        shapes: dict[str, list[shapely.Geometry]] = {}
        for feature in json.loads(text)["features"]:
            code = next(v for v in feature["properties"].values() if v in inner)
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            shapes.setdefault(code, []).append(shape)
        assert set(shapes) == inner
        return {c: shapely.buffer(shapely.union_all(p), SLACK) for c, p in shapes.items()}


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
    """What a walk from table to table came to."""

    unmet: list[Want]
    tables: int = 1
    whole: int = 0


def sweep(attack: Attack, wants: Iterable[Want], *, hint: Mapping[Key, int] | None = None) -> Sweep:
    """Which ranges no table reaches.

    One table that agrees with what was seen, then a walk: for each range still open the numbers near
    its place are asked anew while all others stay, which gives another table. Only where growing
    surroundings fail is the whole system asked. Every table is checked by adding up; ``hint`` only
    tells the solver where to begin.
    """
    values = _first_table(attack, hint or {})
    near = _Near(attack)
    open_, result = _open(attack, wants, values), Sweep([])
    while open_:
        want = open_.pop(0)
        found = near.table(values, want)
        if found is None:
            result.whole += 1
            if not any(attack.allows(want[0], **_range(*way)) for way in want[1]):
                result.unmet.append(want)
            continue
        values = found
        result.tables += 1
        open_ = _open(attack, open_, values)
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
    values = list(solver.response_proto.solution)
    for known, terms in attack.equations:
        assert known + sum(sign * values[i] for sign, i in terms) == 0
    return values


class _Near:
    """Other tables that differ from a given one only near a place."""

    SIZES = (60, 250, 1000)

    def __init__(self, attack: Attack) -> None:
        self.attack = attack
        self.range = [tuple(v.domain) for v in attack.model.proto.variables]
        self.equations_of: dict[int, list[int]] = {}
        for e, (_, terms) in enumerate(attack.equations):
            for _, i in terms:
                self.equations_of.setdefault(i, []).append(e)

    def around(self, start: int, size: int) -> set[int]:
        """Variables tied to one, through the shortest equations first."""
        inside, seen = {start}, set()
        heap = [(len(self.attack.equations[e][1]), e) for e in self.equations_of.get(start, ())]
        heapq.heapify(heap)
        while heap and len(inside) < size:
            _, e = heapq.heappop(heap)
            if e in seen:
                continue
            seen.add(e)
            for _, i in self.attack.equations[e][1]:
                if i not in inside:
                    inside.add(i)
                    for other in self.equations_of[i]:
                        heapq.heappush(heap, (len(self.attack.equations[other][1]), other))
        return inside

    def table(self, values: Sequence[int], want: Want) -> list[int] | None:
        """A table that reaches one of the ranges, or None where the surroundings do not allow it."""
        place = self.attack.variables[want[0]].index
        for size in self.SIZES:
            free = self.around(place, size)
            for way in want[1]:
                found = self._solve(values, free, place, way)
                if found is not None:
                    return found
        return None

    def _solve(
        self, values: Sequence[int], free: set[int], place: int, way: tuple[str, int]
    ) -> list[int] | None:
        model = cp_model.CpModel()
        own = {}
        for i in sorted(free):
            own[i] = model.new_int_var(*self.range[i], "")
            model.add_hint(own[i], values[i])
        touched = sorted({e for i in free for e in self.equations_of.get(i, ())})
        for e in touched:
            known, terms = self.attack.equations[e]
            rest = known + sum(sign * values[i] for sign, i in terms if i not in own)
            model.add(sum(sign * own[i] for sign, i in terms if i in own) + rest == 0)
        model.add(own[place] >= way[1] if way[0] == ">=" else own[place] <= way[1])
        solver = self.attack.solver()
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        out = list(values)
        for i, variable in own.items():
            out[i] = int(solver.value(variable))
        for e in touched:
            known, terms = self.attack.equations[e]
            assert known + sum(sign * out[i] for sign, i in terms) == 0
        return out
