"""What was given to whom, what may be given again, and what must be destroyed by now?"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sdc.config import Config
from sdc.errors import InputError, PackageError, RulesError
from sdc.messages import Text
from sdc.pipeline.approving import log_of, note
from sdc.publishing import files
from sdc.publishing.gate import RELEASE_ID
from sdc.readers.textfile import existing
from sdc.worklog.chain import Entry, read_log

BLOCK = 1 << 20


def cuttings(config: Config) -> list[dict[str, str]]:
    """Digest of the data and definition of every view of trips of a configuration."""
    out = []
    for name, section in config.records.items():
        view = section.view
        if view is None or view.definition is None:
            continue
        source = config.records[view.of]
        assert source.path is not None
        parts = (view.definition, view.level or view.place, view.minutes, view.gap, view.rest)
        out.append({
            "records": name, "data": digest_of(config.resolve(source.path)),
            "definition": "/".join(map(str, (*parts, ",".join(view.via or ())))),
        })  # fmt: skip
    return out


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of all Parquet files of a folder."""
    sha = hashlib.sha256()
    for file in sorted(path.rglob("*.parquet")) if path.is_dir() else [existing(path)]:
        with file.open("rb") as stream:
            while block := stream.read(BLOCK):
                sha.update(block)
    return sha.hexdigest()


def refuse_other_cutting(config: Config) -> None:
    """Raise RulesError where the same data were published with trips cut in another way.

    A→B→C five times in one release and B→C→D six times in another tell that A→B→C→D was made once.
    """
    if config.approval is None:
        return
    made = {
        (str(c["data"]), str(c["definition"]))
        for entry in read_log(log_of(config))
        if entry.kind == "published"
        for c in entry.detail.get("cuttings", ())
    }
    for cut in cuttings(config):
        if any(data == cut["data"] and way != cut["definition"] for data, way in made):
            raise RulesError(
                Text(
                    "the same data were published with trips cut in another way; keep the "
                    "definition"
                ),
                code="trips-cut",
            )


def provide(config: Config, *, to: str, purpose: str, person: str) -> Entry:
    """Enter into the log that a published release was given to somebody.

    Raises InputError where the release is not published, a word is missing, or somebody who has data
    of an overlapping period already would get more of it.
    """
    if not (to.strip() and purpose.strip() and person.strip()):
        raise InputError(
            Text("recipient, purpose and responsible person are all needed"),
            code="provision",
        )
    entries = read_log(log_of(config))
    mine = _published(config, entries)
    if mine is None:
        raise InputError(Text("this release is not published"), code="provision")
    spans = {e.detail["release"]: _periods(e) for e in entries if e.kind == "published"}
    given = {
        e.detail["release"]
        for e in entries
        if e.kind == "provision" and _name(e.detail["to"]) == _name(to)
    }
    for other in sorted(given - {config.release.id}):
        if _overlap(spans.get(other, ()), _periods(mine)):
            raise InputError(
                Text(
                    "{to} has {other} already, which covers part of the same period",
                    to=to,
                    other=other,
                ),
                code="period-overlap",
            )
    found = note(config, "provision", {"to": to, "purpose": purpose, "person": person})
    assert found is not None
    return found


def _name(text: str) -> str:
    """A recipient however it is typed: widths, capitals and blanks do not make another one."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _published(config: Config, entries: Iterable[Entry]) -> Entry | None:
    mine = (config.release.id, config.release.serial)
    found = [
        e for e in entries
        if e.kind == "published" and (e.detail.get("release"), e.detail.get("serial")) == mine
    ]  # fmt: skip
    return found[-1] if found else None


def _periods(entry: Entry) -> list[tuple[int, int]]:
    facts = entry.detail.get("entry", {}).values()
    return [
        (int(f["first_second"]), int(f["last_second"]))
        for f in facts
        if f.get("first_second") is not None
    ]


def _overlap(one: Iterable[tuple[int, int]], two: Iterable[tuple[int, int]]) -> bool:
    return any(a <= d and c <= b for a, b in one for c, d in two)


def purge(config: Config, *, dry_run: bool = False, now: datetime | None = None) -> list[str]:
    """Destroy the internal folders whose retention is over; their names.

    Age counts from the entry ``published`` of the log. Files are overwritten before they are removed.
    Raises InputError where the configuration names no retention, PackageError where the log is not ours.
    """
    if config.approval is None or config.approval.retention_days is None:
        raise InputError(
            Text("[approval] has no retention_days"),
            code="retention",
        )  # fmt: skip
    limit = (now or datetime.now(UTC)) - timedelta(days=config.approval.retention_days)
    names = []
    for entry in read_log(log_of(config)):
        if entry.kind == "published" and datetime.fromisoformat(entry.at) < limit:
            name, serial = str(entry.detail["release"]), entry.detail["serial"]
            if not RELEASE_ID.fullmatch(name):  # it must not lead to another folder
                raise PackageError(
                    Text("the log names a release that cannot be: {name!r}", name=name),
                    code="worklog",
                )
            for folder in (f"{name}.v{serial}.internal", f"{name}.internal"):
                place = config.output_dir / folder
                current = folder == f"{name}.internal"
                newest = _newest(config, name)
                own = place.is_dir() and not place.is_symlink()
                if own and (not current or newest == serial):
                    names.append(folder)
    for folder in dict.fromkeys(names):
        if not dry_run:
            destroy(config.output_dir / folder)
            note(config, "purge", {"folder": folder})
    return list(dict.fromkeys(names))


def _newest(config: Config, name: str) -> object:
    serials = [
        e.detail["serial"]
        for e in read_log(log_of(config))
        if e.kind == "published" and e.detail["release"] == name
    ]
    return max(serials, default=None)


def destroy(folder: Path) -> None:
    """Overwrite every file of a folder with zeros, flush, and remove the folder.

    On journals, snapshots and flash storage old blocks may survive: encrypt the disk as well.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            os.chmod(path, files.PRIVATE_FILE)
            with path.open("r+b") as stream:
                left = path.stat().st_size
                while left > 0:
                    left -= stream.write(bytes(min(left, BLOCK)))
                stream.flush()
                os.fsync(stream.fileno())
    files.remove_tree(folder)
