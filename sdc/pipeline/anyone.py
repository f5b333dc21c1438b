"""What does ``sdc audit`` find in a published table, whoever made it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from sdc.disclosure.anyone import audit_published, in_words
from sdc.disclosure.certificate import PACKAGE, Held, verify_certificate
from sdc.errors import InputError, RulesError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.marked import MarkedTable
from sdc.readers.beforehand import bounds_of, places, read_known
from sdc.readers.official import is_official, read_official
from sdc.readers.tables import read_hierarchy, read_published
from sdc.tables.remembered import around

LISTED = 20


@dataclass(frozen=True)
class Verdict:
    """The contract's audit result, and how it is said to a person; ``notes`` on how it was read."""

    result: Mapping[str, Any]
    min_count: int | None
    notes: tuple[Text, ...] = ()

    @property
    def exit_status(self) -> int:
        """4 for a disclosure, 3 where something stayed unknown, 0 otherwise."""
        if self.disclosed:
            return 4
        return 3 if self.result["unknown"] else 0

    @property
    def disclosed(self) -> list[Mapping[str, Any]]:
        """X with one whole value, and with a threshold also X confined to 1 … threshold - 1."""
        out = []
        for cell in self.result["cells"]:
            low, high = cell["lower"], cell["upper"]
            small = self.min_count is not None and low is not None and high is not None
            if cell["exact"] or (small and low >= 1 and high < self.min_count):
                out.append(cell)
        return out

    def write(self, path: Path) -> None:
        """The result as JSON."""
        text = json.dumps(self.result, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")

    def text(self) -> str:
        """A few lines for a terminal, the first disclosures in words."""
        found = self.disclosed
        told = {name: self.result[name] for name in ("exact", "unknown")}
        x = len(self.result["cells"])
        lines = [str(Text("X: {x:,}  exact: {exact:,}  unknown: {unknown:,}", x=x, **told))]
        lines += [str(note) for note in self.notes]
        lines += [f"  {in_words(cell)}" for cell in found[:LISTED]]
        if len(found) > LISTED:
            lines.append(f"  {Text('{rest} more', rest=len(found) - LISTED)}")
        verdict = {
            0: Text("nothing follows"),
            3: Text("some cells stay undecided"),
            4: Text("hidden values that follow: {n:,}", n=len(found)),
        }
        return "\n".join([*lines, str(verdict[self.exit_status])])


@dataclass(frozen=True)
class Beforehand:
    """What the attacker of a table knows besides: a file of totals and bounds, and last period's table.

    Numbers of the ``last`` period are taken to hold still, more or less by a share of ``drift``.
    """

    known: Path | None = None
    last: Path | None = None
    drift: float | None = None


def audit_file(
    path: Path,
    hierarchies: Mapping[str, Path],
    *,
    min_count: int | None,
    zeros: str,
    beforehand: Beforehand = Beforehand(),
    classes: str | None = None,
    ignore: Sequence[str] = (),
) -> Verdict:
    """Attack a published table with all that everybody can see, and with what is known beforehand.

    ``classes`` names the dimension that the columns of a wide table form, ``ignore`` columns of names.
    A table with the keys of e-Stat is read as what it is.

    Raises InputError for a file that cannot be read, RulesError for an unknown policy on zeros or a
    last period without its drift.
    """
    if zeros not in ("hide", "show"):
        raise RulesError(Text("zeros must be 'hide' or 'show'"))
    if min_count is not None and min_count < 2:
        raise RulesError(Text("min_count must be a whole number >= 2"))
    if path.is_dir():
        raise InputError(
            Text(
                "{name} is a folder: name one of its tables, or give --certificate", name=path.name
            ),
            code="file",
        )
    trees = {name: read_hierarchy(file, name) for name, file in hierarchies.items()}
    table = _read(path, trees, classes, ignore)
    bounds = np.zeros((0, 3), dtype=np.int64)
    if beforehand.known is not None:
        known = read_known(beforehand.known)
        bounds = bounds_of(known, places(known, table.dims))
    share = beforehand.drift
    if (beforehand.last is None) != (share is None) or not 0 < (
        1 if share is None else share
    ) < inf:
        raise RulesError(Text("give --last together with --drift, a share above 0"), code="usage")
    if beforehand.last is not None:
        past = _read(beforehand.last, trees, classes, ignore)
        drift = Fraction(str(share))
        bounds = np.concatenate([bounds, _remembered(table, past, drift)])
    result = audit_published(table, min_count=min_count, zeros=zeros, bounds=bounds)
    return Verdict(result, min_count, table.notes)


def _read(
    path: Path, trees: Mapping[str, Hierarchy], classes: str | None, ignore: Sequence[str]
) -> MarkedTable:
    """A long table, a wide one, or one of e-Stat."""
    if is_official(path):
        return read_official(path, trees)
    return read_published(path, hierarchies=trees, classes=classes, ignore=ignore)


def _remembered(table: MarkedTable, past: MarkedTable, drift: Fraction) -> IntArray:
    """(b, 3) bounds on the X of now from the numbers that stood there; matched by codes.

    Raises InputError where the tables do not have the same dimensions.
    """
    then = {d.name: d for d in past.dims}
    if set(then) != {d.name for d in table.dims}:
        raise InputError(Text("the last period's table has other columns"), code="last-period")
    both = [[c for c in d.codes if c in then[d.name]] for d in table.dims]
    now_at = np.ix_(
        *[[d.position(c) for c in own] for d, own in zip(table.dims, both, strict=True)]
    )
    order = [[d.name for d in past.dims].index(d.name) for d in table.dims]
    then_at = np.ix_(
        *[[then[d.name].position(c) for c in own] for d, own in zip(table.dims, both, strict=True)]
    )
    value, seen = past.value.transpose(order)[then_at], past.visible.transpose(order)[then_at]
    flat = np.arange(table.value.size).reshape(table.value.shape)[now_at]
    use = seen & (value > 0) & table.hidden[now_at]
    return np.column_stack([flat[use], around(value[use], drift)])


def check_certificate(package: Path, certificate: Path, *, min_count: int | None = None) -> str:
    """Check the witnesses of a package once more, on their own; what holds, and for whom.

    Raises InputError where a file is missing, NotProven where the certificate does not hold.
    """
    if not (package / "data").is_dir():
        raise InputError(
            Text("{name} is not the folder of a package", name=package.name), code="file"
        )
    try:
        files = {f"data/{p.name}": p.read_bytes() for p in sorted((package / "data").glob("*.csv"))}
        files[PACKAGE] = (package / PACKAGE).read_bytes()
        witness = certificate.read_bytes()
    except OSError as error:
        raise InputError(
            Text("cannot be read: {filename}", filename=error.filename), code="file"
        ) from error
    held = verify_certificate(files, witness, min_count=min_count or 0)
    return "\n".join(map(str, _told(held)))


def _told(held: Held) -> Iterator[Text]:
    """For whom a certificate holds, and what it rests on beside the print."""
    yield Text(
        "the certificate holds: {witnesses:,} witnesses, {promises:,} promises, {cells:,} cells",
        witnesses=held.witnesses, promises=held.promises, cells=held.cells,
    )  # fmt: skip
    yield Text(
        "level {level}, {tables} tables of this package", level=held.level, tables=held.tables
    )
    if held.owners:
        yield Text("for readers, and for the owner of any one unit")
    else:
        yield Text("for readers alone: the owner of a unit is promised nothing")
    if held.min_count:
        yield Text("every count below {min_count} may be {min_count}", min_count=held.min_count)
    else:
        yield Text(
            "which cells are to be protected is the file's own word (--min-count asks for all)"
        )
    if held.bounds or held.contributions:
        yield Text(
            "believed of the file: {bounds:,} bounds known to all, {shares:,} contributions",
            bounds=held.bounds, shares=held.contributions,
        )  # fmt: skip
    if held.taken:
        yield Text(
            "believed of the file: {n:,} promises to owners end where what all know does",
            n=held.taken,
        )
    yield Text("not looked at: earlier releases, and the pictures drawn from these tables")
