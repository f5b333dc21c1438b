"""Random cities that publish again and again, by every means at once; what does a stranger tell?

A seed draws areas (and mesh cells across them), records with classes and a floor area, rules, tables,
merges, classes collapsed everywhere or area by area, cells that must or must never be hidden, and what
goes before: an earlier release by other tables and treatments, corrections, totals and parcels that
everybody knows, a last period that is remembered. ``sdc release`` makes the packages; ``mixedpromises``
judges what a stranger reads in them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from attacker import Cell, Tree
from packages import mesh_box

WEST, SOUTH, WIDE, HIGH = 141.5035, 30.2035, 0.0063, 0.0047
DIMS = ("areas", "mesh", "use", "structure")
USES = {"TOTAL": "", "U1": "TOTAL", "11": "U1", "12": "U1", "21": "TOTAL", "31": "TOTAL"}
STRUCTURES = {"TOTAL": "", "61": "TOTAL", "62": "TOTAL"}
KINDS = (
    ("areas", "use"), ("areas", "use", "structure"), ("areas", "structure"), ("areas",),
    ("use", "structure"), ("mesh", "use"), ("mesh",),
)  # fmt: skip
INNER = {"use": ("11", "12", "21", "31"), "structure": ("61", "62")}

HEAD = """
schema = 1
[release]
id = "{id}"
title = "市"
municipality = "082996"
survey_date = {day}
release_date = 2026-04-01
serial = {serial}
licence = "CC-BY-4.0"
source = "架空"
section = "都市計画課"
[records.r]
path = "{records}"
x = "lon"
y = "lat"
crs = "EPSG:6668"
[records.r.columns.use]
source = "use"
codelist = "uses.csv"
[records.r.columns.structure]
source = "structure"
codelist = "structures.csv"
[records.r.columns.floor]
source = "floor"
kind = "measure"
unit = "m²"
step = 1
[geography.areas]
path = "areas.geojson"
code = "code"
name = "code"
[output]
dir = "releases"
formats = ["csv", "geojson"]
[treatment.suppress]
method = "{method}"
"""


@dataclass(frozen=True)
class Record:
    """One building: the place it stands in, its classes, its floor area."""

    place: int
    use: str
    structure: str
    floor: int


@dataclass
class Town:
    """Where records can stand: a rectangle each, in one area and one mesh cell."""

    areas: list[str]
    places: list[tuple[str, str, tuple[float, float]]]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Town:
        wide, high = [(2, 1), (3, 1), (2, 2)][int(rng.integers(3))]
        boxes = {
            f"082990{y * wide + x:02d}": shapely.box(
                WEST + x * WIDE, SOUTH + y * HIGH, WEST + (x + 1) * WIDE, SOUTH + (y + 1) * HIGH
            )
            for y in range(high)
            for x in range(wide)
        }
        # Quarters of the 1 km cell 4541-24-40 and of its neighbours to the east and north.
        codes = [f"454124{y}{x}{q}" for y in "45" for x in "012" for q in "1234"]
        places = []
        for area, box in boxes.items():
            for code in codes:
                part = shapely.intersection(box, mesh_box(code))
                if part.area > 1e-9:
                    places.append((area, code, (part.centroid.x, part.centroid.y)))
        return cls([*boxes], places)

    def write(self, folder: Path) -> None:
        features = []
        for i, code in enumerate(self.areas):
            wide = 3 if len(self.areas) == 3 else 2
            x, y = i % wide, i // wide
            box = shapely.box(
                WEST + x * WIDE, SOUTH + y * HIGH, WEST + (x + 1) * WIDE, SOUTH + (y + 1) * HIGH
            )
            shape = json.loads(shapely.to_geojson(box))
            features.append({"type": "Feature", "properties": {"code": code}, "geometry": shape})
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::6668"}}
        text = json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})
        (folder / "areas.geojson").write_text(text, encoding="utf-8")
        for name, tree in (("uses", USES), ("structures", STRUCTURES)):
            rows = ["code,parent,label", *(f"{c},{p},{c}" for c, p in tree.items())]
            (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Rule:
    """What the city's rules say, as the judge reads them."""

    min_count: int
    zeros: str
    owners: bool
    level: str
    p_percent: int | None = None
    dominance: tuple[int, float] | None = None
    never_hide: tuple[dict[str, str], ...] = ()
    must_hide: tuple[dict[str, str], ...] = ()

    def toml(self, name: str) -> str:
        lines = [
            f"[rules.{name}]", f"min_count = {self.min_count}", 'ground = "条例"',
            f'zeros = "{self.zeros}"', f'protection = "{self.level}"',
            f"owners = {str(self.owners).lower()}",
        ]  # fmt: skip
        if self.p_percent is not None:
            lines.append(f"p_percent = {self.p_percent}")
        if self.dominance is not None:
            lines.append(f"dominance = [{self.dominance[0]}, {self.dominance[1]}]")
        for key, cells in (("never_hide", self.never_hide), ("must_hide", self.must_hide)):
            text = ", ".join(
                "{" + ", ".join(f'{n} = "{c}"' for n, c in cell.items()) + "}" for cell in cells
            )
            lines.append(f"{key} = [{text}]")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Wanted:
    """One table: its dimensions, what it adds up, its rules."""

    id: str
    names: tuple[str, ...]
    what: str
    rule: str

    def toml(self) -> str:
        geography = self.names[0] if self.names[0] in ("areas", "mesh") else "none"
        by = [n for n in self.names if n not in ("areas", "mesh")]
        return (
            f'[[tables]]\nid = "{self.id}"\nrecords = "r"\nrules = "{self.rule}"\n'
            f'geography = "{geography}"\nby = {json.dumps(by)}\nmeasure = "{self.what}"\n'
        )


@dataclass
class Step:
    """One release: its records (a number of ``Scenario.records``), rules, tables, treatments."""

    id: str
    when: int
    day: str
    rules: dict[str, Rule]
    tables: list[Wanted]
    merge: int = 0
    grouped: bool = False
    scheme: dict[str, str] = field(default_factory=dict)
    mesh: tuple[str, ...] = ()
    drift: float = 0.0
    method: str = "auto"
    known: list[tuple[dict[str, str], int, int]] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        order = [*(["collapse"] if self.scheme or self.grouped else []),
                 *(["merge"] if self.merge else []), "suppress"]  # fmt: skip
        text = HEAD.format(
            id=self.id,
            day=self.day,
            serial=1,
            records=f"records{self.when}.csv",
            method=self.method,
        )
        if self.mesh:
            text += f"[geography.mesh]\nlevels = {json.dumps(list(self.mesh))}\n"
        text += f"[treatment]\norder = {json.dumps(order)}\n"
        if self.scheme:
            rows = ["from,to", *(f"{a},{b}" for a, b in self.scheme.items())]
            (folder / f"{self.id}.scheme.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
            text += f'[treatment.collapse]\nuse = "{self.id}.scheme.csv"\n'
        elif self.grouped:
            text += '[treatment.collapse]\nuse = { where = "areas" }\n'
        if self.merge:
            text += f'[treatment.merge]\nmin_count = {self.merge}\nwithin = "any"\n'
        text += "".join(rule.toml(name) for name, rule in self.rules.items())
        text += "".join(table.toml() for table in self.tables)
        text += '[ledger]\npath = "ledger.sqlite"\n'
        if self.drift:
            text += f"drift = {self.drift}\n"
        path = folder / f"{self.id}.toml"
        path.write_text(text, encoding="utf-8")
        return path


@dataclass
class Scenario:
    """A town, its records from time to time, and its releases."""

    seed: int
    town: Town
    records: list[list[Record]]
    steps: list[Step]

    @property
    def atoms(self) -> list[Cell]:
        """The innermost places by area, mesh cell, use and structure."""
        where = [(a, m) for a, m, _ in self.town.places]
        return [(*w, u, s) for w, u, s in product(where, INNER["use"], INNER["structure"])]

    def trees(self, step: Step) -> dict[str, Tree]:
        """The dimensions as nobody has changed them."""
        mesh = {m for _, m, _ in self.town.places}
        above = {m: m[:-1] if len(step.mesh) > 1 else "TOTAL" for m in mesh}
        wider = {a: "TOTAL" for a in above.values() if a != "TOTAL"}
        return {
            "areas": Tree({"082996": "", **dict.fromkeys(self.town.areas, "082996")}),
            "mesh": Tree({"TOTAL": "", **wider, **above}),
            "use": Tree(dict(USES)),
            "structure": Tree(dict(STRUCTURES)),
        }

    def truth(self, when: int) -> dict[str, list[int]]:
        """What each innermost place holds, in units and in floor area."""
        at = {atom: i for i, atom in enumerate(self.atoms)}
        out = {"count": [0] * len(at), "floor": [0] * len(at)}
        for r in self.records[when]:
            i = at[(*self.town.places[r.place][:2], r.use, r.structure)]
            out["count"][i] += 1
            out["floor"][i] += r.floor
        return out

    def amounts(self, when: int) -> dict[int, list[int]]:
        """The floor areas of each innermost place."""
        at = {atom: i for i, atom in enumerate(self.atoms)}
        out: dict[int, list[int]] = {}
        for r in self.records[when]:
            i = at[(*self.town.places[r.place][:2], r.use, r.structure)]
            out.setdefault(i, []).append(r.floor)
        return out

    def write(self, folder: Path) -> None:
        """Files of the town and of all records; anything there before goes."""
        for name in ("releases", "ledger.sqlite"):
            path = folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        self.town.write(folder)
        for when, records in enumerate(self.records):
            rows = ["lon,lat,use,structure,floor"]
            for r in records:
                lon, lat = self.town.places[r.place][2]
                rows.append(f"{lon:.8f},{lat:.8f},{r.use},{r.structure},{r.floor}")
            (folder / f"records{when}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def scenario(seed: int) -> Scenario:
    """Everything that a seed draws."""
    rng = np.random.default_rng([seed, 7])
    town = Town.draw(rng)
    first = _records(rng, len(town.places))
    kind = str(rng.choice(["alone", "alone", "again", "again", "corrected", "drift"]))
    records, steps = [first], [_step(rng, "a", [])]
    if kind == "again":
        steps.append(_step(rng, "b", steps))
        if rng.random() < 0.3:
            steps.append(_step(rng, "c", steps))
    elif kind != "alone":
        moved = [r for r in first if kind == "corrected" or rng.random() < 0.9]
        records.append(_corrected(rng, moved or first, len(town.places)))
        steps.append(replace(_step(rng, "b", steps), when=1))
    if kind == "drift":
        drift = float(rng.choice([0.2, 0.5, 1.0]))
        steps[-1] = replace(steps[-1], day="2026-03-01", drift=drift)
    case = Scenario(seed, town, records, steps)
    if rng.random() < 0.3:
        steps[-1].known = _known(rng, case, steps[-1])
    return case


def _records(rng: np.random.Generator, places: int) -> list[Record]:
    share = rng.dirichlet(np.full(places, 0.7))
    mean = float(rng.choice([1.0, 3.0, 8.0]))
    empty = float(rng.choice([0.0, 0.3, 0.6]))
    out = []
    for place, use, structure in product(range(places), INNER["use"], INNER["structure"]):
        if rng.random() < empty:
            continue
        for _ in range(int(rng.poisson(mean * places * share[place] * rng.gamma(1.0, 0.7)))):
            out.append(Record(place, use, structure, _floor(rng)))  # noqa: PERF401
    return out or [Record(0, "11", "61", 90)]


def _floor(rng: np.random.Generator) -> int:
    return int(1 + rng.lognormal(4, 1.0))


def _corrected(rng: np.random.Generator, records: list[Record], places: int) -> list[Record]:
    out = list(records)
    for _ in range(int(rng.integers(1, 4))):
        i = int(rng.integers(len(out)))
        how = int(rng.integers(4))
        if how == 0:
            out[i] = replace(out[i], use=str(rng.choice(INNER["use"])))
        elif how == 1:
            out[i] = replace(out[i], floor=_floor(rng))
        elif how == 2 and len(out) > 1:
            del out[i]
        else:
            use, structure = str(rng.choice(INNER["use"])), str(rng.choice(INNER["structure"]))
            out.append(Record(int(rng.integers(places)), use, structure, _floor(rng)))
    return out


def _step(rng: np.random.Generator, name: str, before: list[Step]) -> Step:
    """One release; what it promises, and to whom, is mostly what the one before it did."""
    tables, measured = _tables(rng)
    step = Step(name, 0, "2025-10-01", _rules(rng, before, measured=measured), tables)
    if any(t.names[0] == "mesh" for t in tables) or any(b.mesh for b in before):
        step.mesh = ("500m",) if rng.random() < 0.6 else ("1km", "500m")
    if any(t.names[0] == "areas" for t in tables) and rng.random() < 0.25:
        step.merge = int(rng.choice([step.rules["one"].min_count, 10]))
    if any(t.names[0] == "areas" and "use" in t.names for t in tables):
        step.grouped = bool(rng.random() < 0.4)
    if not step.grouped and rng.random() < 0.15:
        step.scheme = {"21": "S1", "31": "S1", "11": "11", "12": "12"}
    if rng.random() < 0.25:
        _named_cells(rng, step)
    if rng.random() < 0.5:
        step.method = "exchange"
    return step


def _tables(rng: np.random.Generator) -> tuple[list[Wanted], bool]:
    """One to three tables of counts, and whether the floor area stands beside one of them."""
    n = int(rng.choice([1, 1, 2, 2, 3]))
    chosen = [KINDS[int(i)] for i in rng.choice(len(KINDS), n, replace=False)]
    tables = [
        Wanted(f"t{i}", names, "count", str(rng.choice(["one", "two"])))
        for i, names in enumerate(chosen)
    ]
    measured = bool(rng.random() < 0.35)
    if measured:
        tables.append(replace(tables[int(rng.integers(n))], id="m", what="floor"))
    return tables, measured


def _rules(rng: np.random.Generator, before: list[Step], *, measured: bool) -> dict[str, Rule]:
    k = int(rng.choice([2, 3, 3, 4, 5, 10]))
    owners = bool(rng.random() < 0.5)
    level = str(rng.choice(["interval"] * 9 + ["integer"]))
    if before and rng.random() < 0.85:
        k, level = before[-1].rules["one"].min_count, before[-1].rules["one"].level
        owners = before[-1].rules["one"].owners
    one = Rule(k, str(rng.choice(["hide", "hide", "show"])), owners, level)
    two = Rule(int(rng.choice([k, 3])), str(rng.choice(["hide", "show"])), owners, level)
    rules = {"one": one, "two": one if rng.random() < 0.6 else two}
    sharp: dict[str, Any] = {"p_percent": int(rng.choice([5, 10, 30]))}
    if rng.random() < 0.4:
        sharp = {"dominance": (int(rng.choice([1, 2])), 0.8)}
    return {n: replace(r, **sharp) if measured else r for n, r in rules.items()}


def _named_cells(rng: np.random.Generator, step: Step) -> None:
    """A cell that must be hidden, or totals that must never be."""
    if step.scheme or step.merge:
        return
    names = step.tables[0].names
    if rng.random() < 0.5:
        cell = {"use": "21"} if "use" in names else {"structure": "61"}
        if not set(cell) <= set(names):
            return
        more = {"must_hide": (cell,)}
    else:
        roots = {"areas": "082996", "mesh": "TOTAL", "use": "TOTAL", "structure": "TOTAL"}
        n = names[int(rng.integers(len(names)))]
        more = {"never_hide": ({n: roots[n]},)}
    step.rules = {name: replace(rule, **more) for name, rule in step.rules.items()}


def _known(
    rng: np.random.Generator, case: Scenario, step: Step
) -> list[tuple[dict[str, str], int, int]]:
    """Some totals and bounds that everybody knows of the records."""
    truth = case.truth(step.when)["count"]
    used = sorted({n for t in step.tables for n in t.names} - {"mesh"})
    out = []
    for name in used[: int(rng.integers(1, 3))]:
        codes = case.town.areas if name == "areas" else INNER[name]
        code = str(rng.choice(codes))
        value = sum(
            v for v, a in zip(truth, case.atoms, strict=True) if a[DIMS.index(name)] == code
        )
        exact = rng.random() < 0.4
        low = value if exact else max(0, value - int(rng.integers(0, 4)))
        high = value if exact else value + int(rng.integers(0, 6))
        out.append(({name: code}, low, high))
    return out
