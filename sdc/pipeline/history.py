"""Which earlier releases does a new one stand beside, and how is it written into their list?

The ledger is asked before the records are read (earlier releases may need further columns), it adds
equations before protection, and it gets a row before the package appears.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sdc.config import Config
from sdc.errors import InputError, NotProven
from sdc.ledger.payload import pack
from sdc.ledger.store import EXTERNAL, GENESIS, PENDING, PUBLISHED, Entry, Ledger, Row, head
from sdc.messages import Text
from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy, IntArray
from sdc.model.past import PastRelease, PastTable
from sdc.model.plan import Published
from sdc.model.report import AuditReport
from sdc.model.states import State
from sdc.model.system import Problem
from sdc.model.table import Table
from sdc.pipeline.geography import crossing, geographies_of
from sdc.pipeline.periods import related
from sdc.pipeline.prepare import Prepared
from sdc.pipeline.treat import Treated
from sdc.publishing.manifest import TAG_MANIFEST, sha256
from sdc.readers.pairs import read_pairs
from sdc.tables.grouping import printed_sums
from sdc.tables.joint import Joint, Now, joint_system
from sdc.tables.tally import condense

SEEN = (State.SHOWN, State.ZERO)


@dataclass(frozen=True, eq=False)
class History:
    """The releases that a new one is audited with, and the state of the ledger they come from.

    ``own`` are rows of the very release that is being made (a run that was killed, or repeated).
    """

    ledger: Path
    entry: Entry
    head: str
    earlier: tuple[PastRelease, ...]
    own: tuple[Row, ...]

    @property
    def columns(self) -> dict[str, set[str]]:
        """Record set -> columns and geographies that earlier releases were counted by."""
        out: dict[str, set[str]] = {}
        for e in self.earlier:
            for records, names in e.columns.items():
                out.setdefault(records, set()).update(names)
        return out

    def stamp(self, report: AuditReport) -> AuditReport:
        """The report of an audit with what it was made with."""
        names = ", ".join(e.label for e in self.earlier) or "none"
        checks = (*report.checks, f"jointly with earlier releases: {names}")
        return replace(report, ledger_head=self.head, checks=checks)

    def seal(self, digest: str, body: Callable[[], bytes]) -> None:
        """The *pending* row, before the package appears.

        Raises InputError where this id and serial is pending with other bytes, SdcError where the
        ledger has grown since it was read.
        """
        pending = [r for r in self.own if r.entry.kind == PENDING]
        if pending and pending[-1].entry.digest != digest:
            raise InputError(
                Text(
                    "the ledger holds {label} with other bytes; raise the serial",
                    label=self.entry.label,
                ),
                code="ledger-serial",
            )
        if not pending:
            book = Ledger(self.ledger, create=True)
            book.append(replace(self.entry, digest=digest, body=body()), after=self.head)

    def finish(self, digest: str, body: Callable[[], bytes]) -> None:
        """The *published* row, once the package stands; nothing where it is there already."""
        if any(r.entry.kind == PUBLISHED and r.entry.digest == digest for r in self.own):
            return
        book = Ledger(self.ledger, create=True)
        rows = book.rows()
        if not any(r.entry.kind == PENDING and r.entry.digest == digest for r in rows):
            self.seal(digest, body)
        entry = replace(self.entry, kind=PUBLISHED, digest=digest)
        book.append(entry, after=head(book.rows()))


def history_of(config: Config) -> History | None:
    """What the configured ledger says about the records of a configuration; None without a ledger.

    Raises RulesError where the period overlaps one that the same recipient has already received,
    PackageError for a ledger whose chain is broken.
    """
    section = config.document.ledger
    if section is None:
        return None
    path = config.resolve(section.path)
    day = config.release.survey_date.isoformat()
    begins, ends = (d.isoformat() for d in section.period) if section.period else (day, day)
    entry = Entry(
        PENDING, datetime.now(UTC).isoformat(timespec="seconds"), config.release.id,
        config.release.serial, config.release.municipality, section.recipient, begins, ends, "",
    )  # fmt: skip
    rows = Ledger(path).rows() if path.exists() else ()
    own = tuple(r for r in rows if r.entry.kind != EXTERNAL and r.entry.label == entry.label)
    before = rows[: own[0].number - 1] if own else rows
    counted = {t.records for t in config.tables}
    earlier = tuple(related(before, entry, counted, section.drift))
    return History(path, entry, head(rows) if rows else GENESIS, earlier, own)


def joint_of(
    config: Config, history: History, tables: Sequence[Table], stage: tuple[Prepared, Treated]
) -> Joint:
    """The new tables and the earlier releases as one system.

    Raises InputError where the codes of an earlier release have no counterpart.
    """
    prepared, treated = stage
    fold = folds(prepared, treated)
    used = {d.name for t in tables for d in t.dims} | {
        d for e in history.earlier for t in e.tables for d in t.dims
    }
    places = geographies_of(config, used)
    crossings = crossing(prepared.places, list(prepared.coded.values()), places)
    now = Now(tuple(tables), prepared.coded, fold, tuple(crossings))
    bridges = {e.label: _bridge(config, e, prepared) for e in history.earlier}
    return joint_system(now, history.earlier, bridges)


def folds(prepared: Prepared, treated: Treated) -> dict[str, IntArray]:
    """For each dimension, the printed place of every innermost code from before merging.

    Raises NotProven where that depends on more than the code.
    """
    changed = {**treated.merge_maps, **treated.collapse_maps}
    out: dict[str, IntArray] = {}
    for records, coded in prepared.coded.items():
        after = treated.coded[records]
        for name, dim in coded.dims.items():
            to = changed.get(name, {})
            place = {after.dims[name].codes[i]: k for k, i in enumerate(after.dims[name].leaves)}
            codes = [dim.codes[i] for i in dim.leaves]
            index = np.array([place.get(to.get(c, c), -1) for c in codes], dtype=np.int64)
            if not np.array_equal(index[coded.leaf[name]], after.leaf[name]):
                raise NotProven(
                    Text("the ledger cannot follow how {name!r} was treated", name=name),
                )
            out[name] = index
    return out


def _bridge(config: Config, e: PastRelease, prepared: Prepared) -> dict[str, IntArray]:
    """Innermost codes of now -> those of an earlier release, where the lists differ."""
    assert config.document.ledger is not None
    out: dict[str, IntArray] = {}
    for records, then in e.units.items():
        now = prepared.coded.get(records)
        for name, dim in then.dims.items() if now is not None else ():
            assert now is not None
            here = now.dims[name]
            mine, theirs = ([d.codes[i] for i in d.leaves] for d in (here, dim))
            if mine == theirs:
                continue
            walk = config.document.ledger.crosswalk.get(name)
            to = read_pairs(config.resolve(walk)) if walk else {}
            place = {c: k for k, c in enumerate(theirs)}
            missing = [c for c in mine if to.get(c, c) not in place]
            if missing:
                raise InputError(
                    Text(
                        "{label} used other codes of {name!r} (now {found!r}, …); name a map "
                        "(from,to) under [ledger.crosswalk]",
                        label=e.label,
                        name=name,
                        found=missing[0],
                    ),
                    code="crosswalk",
                )
            out[name] = np.array([place[to.get(c, c)] for c in mine], dtype=np.int64)
    return out


def past_of(
    config: Config, stage: tuple[Prepared, Treated], safe: tuple[Problem, Published]
) -> PastRelease:
    """A release as later ones will see it; holds true counts."""
    (prepared, treated), (problem, published) = stage, safe
    blocks = list(zip(problem.system.blocks, published.tables, strict=True))
    bins = {t.within: (b, np.isin(t.state, SEEN)) for b, t in blocks if t.within}
    upper, lower = (np.full(problem.system.n, -1, dtype=np.int64) for _ in range(2))
    upper[problem.primary], lower[problem.primary] = problem.upper, problem.lower
    tables, dims = [], {}
    for block, table in [(b, t) for b, t in blocks if not t.within]:
        cells = block.index.ravel()
        printed = np.isin(table.state, SEEN).ravel()
        floor = problem.floor[block.index]
        groups = bins.get(table.name)
        sums = (
            () if groups is None else (printed_sums(block, groups[0], treated.grouped, groups[1]),)
        )
        own = PastTable(
            table.name, table.records, table.measure, tuple(d.name for d in table.dims),
            printed, np.where(printed, -1, upper[cells]), np.where(printed, -1, lower[cells]),
            np.where(table.state == State.HIDDEN, floor, -1).ravel(), "", *sums,
        )  # fmt: skip
        tables.append(replace(own, digest=own.told(block.table.value.ravel())))
        dims.update({d.name: d for d in table.dims})
    every = folds(prepared, treated)
    units = {
        name: condense(_only(c, {d for t in tables if t.records == name for d in t.dims},
                             {t.measure for t in tables if t.records == name}))
        for name, c in prepared.coded.items()
    }  # fmt: skip
    fold = {d: every[d] for d in dims}
    return PastRelease(
        config.release.id, config.release.serial, dims, fold, units, tuple(tables),
        level=problem.level, owners=problem.own is not None,
    )  # fmt: skip


def body_of(
    config: Config, stage: tuple[Prepared, Treated], safe: tuple[Problem, Published]
) -> Callable[[], bytes]:
    """The body of the ledger's row, made when it is needed."""
    return lambda: pack(past_of(config, stage, safe))


def _only(coded: Coded, dims: set[str], measures: set[str]) -> Coded:
    """The dimensions and measures that a release used."""
    kept: Mapping[str, Hierarchy] = {n: d for n, d in coded.dims.items() if n in dims}
    return replace(
        coded, owner=None, dims=kept, leaf={n: coded.leaf[n] for n in kept},
        measures={n: m for n, m in coded.measures.items() if n in measures},
    )  # fmt: skip


def unfinished(rows: Sequence[Row]) -> list[str]:
    """Releases whose package may or may not have appeared: pending, and never published."""
    done = {(r.entry.label, r.entry.digest) for r in rows if r.entry.kind == PUBLISHED}
    left = [r.entry for r in rows if r.entry.kind == PENDING]
    return [e.label for e in left if (e.label, e.digest) not in done]


def astray(rows: Sequence[Row], releases: Path) -> list[str]:
    """Published releases whose package in a folder has other bytes than the ledger says."""
    out = []
    for entry in (r.entry for r in rows if r.entry.kind == PUBLISHED):
        places = [releases / f"{entry.release}.v{entry.serial}", releases / entry.release]
        found = [p / TAG_MANIFEST for p in places if (p / TAG_MANIFEST).is_file()]
        sums = {sha256(p.read_bytes()) for p in found}
        if found and entry.digest not in sums:
            out.append(entry.label)
    return out
