"""Random releases, protected by default settings and published as files; what does a stranger tell?

One to four dimensions, hierarchies, two linked tables, 0 to 80 % zeros, thresholds 2 to 10. Whether a
promise was kept is judged by ``promises``, which has none of the tool.
"""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from attacker import Cell, Key, Seen, Tree
from promises import Case, Tally, first_told, key_of, told

import sdc
from sdc.pipeline.finished import table_text

SMALL = ((2, 12), (2, 6), (2, 4), (2, 2))
WIDE = ((400, 500), (20, 24), (7, 8), (4, 4))
"""Innermost codes of a dimension, at least and at most, for one to four dimensions."""


def tree(rng: np.random.Generator, name: str, leaves: int, *, deep: bool) -> sdc.Hierarchy:
    """A dimension with a total, and groups of two or three codes where it is deep."""
    parent = {"T": ""}
    codes = [f"{name}{i:02d}" for i in range(leaves)]
    if not deep or leaves < 4:
        return sdc.Hierarchy.of(name, {**parent, **dict.fromkeys(codes, "T")})
    at = 0
    group = 0
    while at < leaves:
        size = int(rng.integers(1, 4))
        above = f"G{name}{group}"
        parent[above] = "T"
        parent |= dict.fromkeys(codes[at : at + size], above)
        at, group = at + size, group + 1
    return sdc.Hierarchy.of(name, parent)


@dataclass
class City:
    """The tables of one release, what each holds in truth, and the rules."""

    tables: list[sdc.Table]
    rules: sdc.Rules

    @property
    def truth(self) -> list[dict[Cell, int]]:
        return [
            {
                tuple(d.codes[i] for d, i in zip(t.dims, at, strict=True)): int(v)
                for at, v in np.ndenumerate(t.value)
            }
            for t in self.tables
        ]

    def case(self, seen: list[Seen], trees: dict[str, Tree]) -> Case:
        """What was printed beside what was promised."""
        rules = self.rules
        return Case(seen, trees, self.truth, rules.min_count, rules.zeros, rules.owners)

    def hidden(self) -> list[Seen]:
        """The tables with everything hidden that may be."""
        seen = []
        for table, truth in zip(self.tables, self.truth, strict=True):
            zeros = {c: 0 for c, v in truth.items() if v == 0 and self.rules.zeros == "show"}
            seen.append(Seen(tuple(d.name for d in table.dims), zeros, set(truth) - set(zeros)))
        return seen


def random_city(seed: int, *, owners: bool = True, wide: bool = False) -> City:
    """One table of one to four dimensions, or two that share all dimensions but one each.

    Small enough for a proven optimum, or ``wide``: beyond what the default gives to that method.
    """
    rng = np.random.default_rng(seed)
    n_dims = int(rng.integers(1, 5))
    least, most = (WIDE if wide else SMALL)[n_dims - 1]
    dims = [
        tree(rng, "abcd"[i], int(rng.integers(least, most + 1)), deep=bool(rng.integers(0, 2)))
        for i in range(n_dims)
    ]
    shape = [len(d.leaves) for d in dims]
    mean = float(rng.choice([1.0, 3.0, 8.0, 20.0]))
    leaf = rng.poisson(rng.gamma(1.0, mean, shape)).astype(np.int64)
    leaf[rng.random(shape) < rng.choice([0.0, 0.2, 0.5, 0.8])] = 0
    k = int(rng.choice([2, 3, 4, 5, 10]))
    zeros = str(rng.choice(["hide", "hide", "show"]))
    rules = sdc.Rules(min_count=k, zeros=zeros, owners=owners)
    kept = [list(range(n_dims))]
    if n_dims >= 3 and rng.integers(0, 2):
        kept = [list(range(n_dims - 1)), list(range(1, n_dims))]
    tables = []
    for number, axes in enumerate(kept):
        own = tuple(dims[i] for i in axes)
        margin = leaf.sum(axis=tuple(i for i in range(n_dims) if i not in axes))
        tables.append(sdc.Table(f"t{number}", own, sdc.aggregate(margin, own)))
    return City(tables, rules)


@dataclass
class Release:
    """The files of a release as they were read, and places whose X is proven to be needed."""

    case: Case
    needed: list[Key]


def published(city: City, folder: Path, method: str = "auto") -> Release:
    """What a reader gets: a CSV of each table and one code list a dimension.

    Raises Infeasible where the tool refuses.
    """
    system = sdc.system_of(city.tables)
    plan = sdc.protect(system, city.rules, method=method)
    report = sdc.audit(system, plan, city.rules)
    assert report.passed
    opened = sdc.release(system, plan, report, ground="test")
    seen = []
    for shown in opened.tables:
        path = folder / f"{shown.name}.csv"
        path.write_text(table_text(shown), encoding="utf-8", newline="")
        seen.append(Seen.read(path, [d.name for d in shown.dims]))
    case = city.case(seen, code_lists(city, folder))
    return Release(case, needed(case, plan.cost - plan.bound))


def code_lists(city: City, folder: Path) -> dict[str, Tree]:
    """The dimensions as their files print them."""
    trees = {}
    for dim in (dim for table in city.tables for dim in table.dims):
        file = folder / f"{dim.name}.csv"
        with file.open("w", encoding="utf-8", newline="") as handle:
            rows = csv.writer(handle)
            rows.writerow(["code", "parent"])
            for code, above in zip(dim.codes, dim.parents, strict=True):
                rows.writerow([code, dim.codes[above] if above >= 0 else ""])
        trees[dim.name] = Tree.read(file)
    return trees


def needed(case: Case, slack: float) -> list[Key]:
    """Places beside the small ones without whose X the promises cannot be kept.

    Hiding v costs at least 1 + log(1 + v). Printing what costs more than lies between the loss of a
    pattern and a proven bound (``slack``) leaves a pattern that is cheaper than any safe one.
    """
    roots = {n: t.root for n, t in case.trees.items()}
    return sorted(
        {
            key_of(table, cell, roots)
            for table, truth in zip(case.seen, case.truth, strict=True)
            for cell in table.hidden
            if not 0 < truth[cell] < case.min_count
            and 1 + np.log1p(truth[cell]) > slack + 1e-6 * max(1.0, slack)
        }
    )


@dataclass
class Outcome:
    """What a stranger made of one release, or why there is none; ``spent`` are CPU seconds of the
    tool and of the stranger.

    ``planted`` needed X were printed, one at a time; ``unseen`` are those that nobody noticed.
    """

    seed: int
    refused: str = ""
    tally: Tally = field(default_factory=Tally)
    told: list[str] = field(default_factory=list)
    planted: int = 0
    unseen: list[str] = field(default_factory=list)
    spent: tuple[float, float] = (0.0, 0.0)


def attacked(
    seed: int,
    folder: Path,
    *,
    method: str = "auto",
    owners: bool = True,
    wide: bool = False,
    planted: int = 1,
) -> Outcome:
    """Protect, publish and attack one random release; then print up to ``planted`` of its needed X.

    A refusal is held against the tool, too: with everything hidden that may be, some promise must
    be broken.
    """
    out, city = Outcome(seed), random_city(seed, owners=owners, wide=wide)
    started = time.process_time()
    try:
        release = published(city, folder, method)
    except sdc.Infeasible as refusal:
        out.refused = refusal.code
        made = time.process_time()
        if not first_told(city.case(city.hidden(), code_lists(city, folder))):
            out.told.append(f"refused without need: {refusal}")
    else:
        made = time.process_time()
        out.told = told(release.case, out.tally)
        chosen = np.random.default_rng([seed, 1]).permutation(len(release.needed))[:planted]
        out.planted = len(chosen)
        for key in (release.needed[i] for i in chosen):
            if not first_told(release.case.printing(key)):
                out.unseen.append(f"{key} printed")
    out.spent = made - started, time.process_time() - made
    return out
