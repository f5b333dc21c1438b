"""Why is a cell hidden, what can a reader make of it, and which two tables prove it? (internal)

Reads a finished package and its internal folder, nothing else, and says it on one screen.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdc.config import read_config
from sdc.disclosure.adding import Cell, Part, Refused, cells_over, groups_of, sums
from sdc.disclosure.certificate import order_of, part_of
from sdc.disclosure.certified import UNREADABLE, read_witness
from sdc.errors import InputError, NotProven
from sdc.messages import Text

LINES = 8
"""Most cells shown of each table of the pair."""

STATUS = {
    "primary": Text("primary: the rule hides it"),
    "complementary": Text("complementary: it protects others"),
    "published": Text("published"),
}


GROUP = Text("printed in a group of classes of this area")


@dataclass(frozen=True, eq=False)
class Evidence:
    """One table of a release: what it prints, its cells' status, and all its witnesses."""

    part: Part
    order: Sequence[Cell]
    status: Mapping[Cell, str]
    tables: list[Counter[Cell]]
    taken: Counter[Cell]


def explain(path: str | Path, table: str, cell: str) -> str:
    """One screen on a cell, written ``dimension=code,dimension=code`` (missing: the total).

    Raises InputError where the release, the table or the cell is not there.

    >>> codes_of("use=402, areas=01", ["areas", "use"], {"areas": "T", "use": "TOTAL"})
    ('01', '402')
    """
    config = read_config(path)
    package = config.output_dir / config.release.id
    own = _evidence(package, package.with_name(f"{package.name}.internal"), table)
    part = own.part
    tops = [next((code for code, up in above.items() if not up), "") for above in part.above]
    at = codes_of(cell, part.names, dict(zip(part.names, tops, strict=True)))
    if at not in own.order:
        raise InputError(Text("no such cell: {cell}", cell=cell), code="cell")
    status = own.status.get(at, "published")
    lines = [f"{table}: {_name(own, at)}"]
    grouped = part.rows[at] == ""
    if grouped:
        lines += [str(GROUP), *_group(own, at)]
    lines += [str(STATUS[status])] if not grouped or status == "primary" else []
    if part.rows[at] == "X" or (grouped and status == "primary"):
        lines += _interval(own, at)
        lines += _protects(own, at) if status == "complementary" else []
        lines += _pair(own, at)
    return "\n".join(lines)


def codes_of(text: str, names: Sequence[str], roots: Mapping[str, str]) -> Cell:
    """The codes of a cell in the order of the table's dimensions."""
    asked = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    unknown = sorted(set(asked) - set(names))
    if unknown or not asked:
        names_text = ", ".join(names)
        raise InputError(
            Text(
                "write a cell as dimension=code,… (dimensions: {names_text})", names_text=names_text
            ),
            code="cell",
        )
    return tuple(asked.get(n, roots[n]) for n in names)


def _evidence(package: Path, internal: Path, table: str) -> Evidence:
    try:
        witness = (internal / "witness.npz").read_bytes()
        files = {f"data/{p.name}": p.read_bytes() for p in (package / "data").glob("*.csv")}
        status = (internal / "protection.csv").read_text("utf-8-sig")
    except OSError as error:
        raise InputError(
            Text("the package or its internal folder is not there: {name}", name=package.name),
            code="no-release",
        ) from error
    try:
        head, a = read_witness(witness)
        found = [i for i, p in enumerate(head["pieces"]) if p["table"] == table]
        if found and f"data/{table}.csv" in files:
            part = part_of(files, head["pieces"][found[0]], a, found[0])
            tables = [sums(cells_over(part), numbers) for numbers in part.tables]
            order = order_of(part)
            taken = _taken(a, found[0], order)
            return Evidence(part, order, _status(status, table), tables, taken)
    except (Refused, *UNREADABLE) as error:
        what = type(error).__name__
        raise NotProven(Text("not a certificate of this ({what})", what=what)) from error
    names = ", ".join(p["table"] for p in head["pieces"] if p["table"])
    raise InputError(
        Text(
            "there is no table {table!r} with a CSV file (tables: {names})",
            table=table,
            names=names,
        ),
        code="table",
    )


def _taken(a: Mapping[str, Any], number: int, order: Sequence[Cell]) -> Counter[Cell]:
    """To how many people inside other cells less is promised, because earlier releases leave no more."""
    table, cell = a["promise_table"], a["promise_cell"]
    return Counter(order[cell[i]] for i in a["left_promise"] if table[i] == number)


def _status(text: str, table: str) -> dict[Cell, str]:
    """Cells of one table with their status in the protection file."""
    rows = [r for r in csv.reader(io.StringIO(text)) if r and r[0] == table]
    return {tuple(r[1:-2]): r[-2] for r in rows}


def _group(own: Evidence, at: Cell) -> list[str]:
    """The group that a place is printed in, and what else is in it."""
    group = next(iter(groups_of(own.part, at)), None)
    if group is None:
        return []
    mates = [_name(own, c) for c in own.order if c != at and group in groups_of(own.part, c)]
    head = Text("group: {name}", name=_name(own, group))
    return [str(head), *(f"    {m}" for m in mates[:LINES])]


def _interval(own: Evidence, at: Cell) -> list[str]:
    truth = own.tables[0][at]
    reach = [truth + t[at] for t in own.tables[1:]] + [truth]
    lines = [
        str(
            Text(
                "a reader cannot exclude: {low:,} … {high:,} (at least)",
                low=min(reach),
                high=max(reach),
            )
        )
    ]
    for low, high in ((lower, upper) for c, upper, lower, _ in own.part.promises if c == at):
        lines.append(
            str(Text("promised: {low:,} or less, and {high:,} or more", low=low, high=high))
        )
    if at in own.taken:
        text = Text(
            "less to owners of units in {n:,} other cells: what all know leaves no more",
            n=own.taken[at],
        )
        lines.append(str(text))
    return lines


def _protects(own: Evidence, at: Cell) -> list[str]:
    """Primary cells in the same line, and one that a witness moves together with this cell."""
    lines = []
    for axis, name in enumerate(own.part.names):
        mates = [c for c, s in own.status.items() if s == "primary" and _one_line(own, at, c, axis)]
        if mates:
            first, more = _name(own, mates[0]), f" (+{len(mates) - 1})" if len(mates) > 1 else ""
            lines.append(str(Text("its line along {name}: {cell}", name=name, cell=first + more)))
    if not lines:
        moved = next(
            (c for t in own.tables[1:] if t[at] for c, *_ in own.part.promises if t[c]), None
        )
        if moved is not None:
            cell = _name(own, moved)
            lines.append(str(Text("moves with the primary cell: {cell}", cell=cell)))
    return lines


def _one_line(own: Evidence, one: Cell, other: Cell, axis: int) -> bool:
    """Whether two cells are parts of the same sum along one dimension."""
    apart = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return apart == [axis] and _parent(own, one, axis) == _parent(own, other, axis) != ""


def _parent(own: Evidence, cell: Cell, axis: int) -> str:
    return own.part.above[axis].get(cell[axis], "")


def _pair(own: Evidence, at: Cell) -> list[str]:
    """The witness that lifts the cell most and the one that lowers it most."""
    lines = [str(Text("two tables that print the same:"))]
    for side in (1, -1):
        steps = [side * t[at] for t in own.tables[1:]]
        if max(steps, default=0) <= 0:
            lines.append(f"  {own.tables[0][at]}: {Text('the true table itself')}")
            continue
        table = own.tables[1 + steps.index(max(steps))]
        cells = [c for c in sorted(table) if table[c]]
        cells.sort(key=lambda c: (c != at, sum(a != b for a, b in zip(c, at, strict=True)), c))
        lines.append(f"  {own.tables[0][at] + table[at]}:")
        lines += [f"    {table[c]:+d}  {_name(own, c)}" for c in cells[:LINES]]
        lines += [f"    … {len(cells) - LINES}"] if len(cells) > LINES else []
    return lines


def _name(own: Evidence, cell: Cell) -> str:
    return ", ".join(f"{n}={c}" for n, c in zip(own.part.names, cell, strict=True))
