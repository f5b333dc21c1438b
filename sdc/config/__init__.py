"""What does the city ask for in its ``release.toml``, and is every word of it usable?"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sdc.config.entry import ApprovalSection, EntrySection
from sdc.config.entry_laws import check_entry_laws
from sdc.config.faults import Fault
from sdc.config.findings import dotted, finding, hint
from sdc.config.inputs import paths_in
from sdc.config.known import known_keys
from sdc.config.laws import check_laws
from sdc.config.lines import locate_keys, nearest
from sdc.config.models import (
    AreasSection,
    ColumnSection,
    DerivedSection,
    Document,
    GeographySection,
    OutputSection,
    RecordsSection,
    ReleaseSection,
    RulesSection,
    SigningSection,
    TableSection,
)
from sdc.config.paths import fault_of_place
from sdc.config.treatments import PlanSection, TreatmentSection
from sdc.config.wishes import KEY_FILES, check_wishes, unsigned_allowed
from sdc.config.wording import WORDS
from sdc.errors import Finding, InputError

if TYPE_CHECKING:
    from sdc.config.lines import Path as Keys

__all__ = [
    "AreasSection",
    "ColumnSection",
    "Config",
    "DerivedSection",
    "EntrySection",
    "GeographySection",
    "OutputSection",
    "PlanSection",
    "RecordsSection",
    "ReleaseSection",
    "RulesSection",
    "TableSection",
    "TreatmentSection",
    "read_config",
]


@dataclass(frozen=True)
class Config:
    """A configuration that has passed every check; values are frozen.

    ``file`` is the configuration itself, ``sha256`` the digest of its bytes; sections and keys are
    named as in the file. Paths in them are texts: ``resolve`` makes a place of an input path,
    ``output_dir`` is the place of the output.
    """

    file: Path
    sha256: str
    document: Document

    @property
    def release(self) -> ReleaseSection:
        """``[release]``."""
        return self.document.release

    @property
    def records(self) -> Mapping[str, RecordsSection]:
        """``[records.*]`` by name."""
        return self.document.records

    @property
    def geography(self) -> GeographySection:
        """``[geography]``."""
        return self.document.geography

    @property
    def rules(self) -> Mapping[str, RulesSection]:
        """``[rules.*]`` by name."""
        return self.document.rules

    @property
    def tables(self) -> tuple[TableSection, ...]:
        """``[[tables]]`` in the order of the file."""
        return self.document.tables

    @property
    def treatment(self) -> TreatmentSection:
        """``[treatment]``."""
        return self.document.treatment

    @property
    def plan(self) -> PlanSection:
        """``[plan]``."""
        return self.document.plan

    @property
    def output(self) -> OutputSection:
        """``[output]``."""
        return self.document.output

    @property
    def derived(self) -> tuple[DerivedSection, ...]:
        """``[[derived]]`` in the order of the file."""
        return self.document.derived

    @property
    def titles(self) -> Mapping[str, tuple[str, str]]:
        """``[titles]``: what columns and record sets are called, Japanese and English."""
        return self.document.titles

    @property
    def signing(self) -> SigningSection | None:
        """``[signing]``, where the package is to be signed."""
        return self.document.signing

    @property
    def scheduler(self) -> str | None:
        """Address of the cluster that counts, where there is one."""
        section = self.document.cluster
        return None if section is None else section.scheduler

    @property
    def deidentify(self) -> Mapping[str, EntrySection]:
        """``[deidentify.*]`` by the name of the records."""
        return self.document.deidentify

    def entry_of(self, records: str) -> EntrySection:
        """The ``[deidentify]`` of records, or of those that they are a view of."""
        view = self.records[records].view
        return self.deidentify[records if view is None else view.of]

    @property
    def approval(self) -> ApprovalSection | None:
        """``[approval]``: people must agree before a package is signed."""
        return self.document.approval

    @property
    def folder(self) -> Path:
        """The folder of the configuration: paths in it are relative to this one."""
        return self.file.parent

    @property
    def output_dir(self) -> Path:
        """Folder in which release packages are put."""
        return self.folder / self.output.dir

    def resolve(self, path: str) -> Path:
        """Place of an input path of this configuration; checked when the file was read."""
        return self.folder / path

    @property
    def without_ground(self) -> tuple[str, ...]:
        """Rules that some table uses and that name no legal ground: a release refuses them."""
        used = dict.fromkeys(table.rules for table in self.tables)
        return tuple(name for name in used if not self.rules[name].ground)


def read_config(path: str | Path) -> Config:
    """Read and check ``release.toml``; every problem is collected before any is raised.

    Raises InputError with one finding a problem: file, line (``row``), key path (``column``), the
    value found and what to do, in Japanese and English. Input files must exist; none is opened.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "release.toml"
    ...     _ = file.write_text("schema = 2", encoding="utf-8")
    ...     try:
    ...         read_config(file)
    ...     except InputError as error:
    ...         [f.column for f in error.findings][:3]
    ['schema', 'release', 'records']
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError:
        raise InputError.of([finding("no_file", file=str(file), row=None, column="")]) from None
    raw, lines = _parse(content, file)
    document, faults = _typed(raw)
    faults += [*check_laws(raw), *check_wishes(raw), *check_entry_laws(raw)]
    faults += _places(raw, file.parent, {fault.path for fault in faults})
    if faults or document is None:
        raise InputError.of(_findings(faults, str(file), lines))
    return Config(file, hashlib.sha256(content).hexdigest(), document)


def _parse(content: bytes, file: Path) -> tuple[dict[str, Any], dict[Keys, int]]:
    """The file as plain values (floats as exact decimals) and the line of every key."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise InputError.of([finding("encoding", file=str(file), row=row, column="")]) from None
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
        return raw, locate_keys(text)
    except (ValueError, RecursionError) as error:  # a number too long is a plain ValueError
        detail = str(error)
        row = _line_of(detail, text)
        broken = finding("toml", file=str(file), row=row, column="", detail=detail)
        raise InputError.of([broken]) from None


def _line_of(detail: str, text: str) -> int:
    """Line named in a message of tomllib; the last line where it says "end of document"."""
    _, found, rest = detail.rpartition("(at line ")
    return int(rest.split(",")[0]) if found else text.count("\n") + 1


def _typed(raw: dict[str, Any]) -> tuple[Document | None, list[Fault]]:
    """The typed document, or what pydantic has against it."""
    try:
        return Document.model_validate(raw), []
    except ValidationError as error:
        return None, [_fault(dict(e)) for e in error.errors(include_url=False)]


_RENAMED = {
    "model_type": "table",
    "dict_type": "table",
    "mapping_type": "table",
    "tuple_type": "list",
    "bool_type": "flag",
}


def _fault(error: dict[str, Any]) -> Fault:
    """One error of pydantic in the vocabulary of ``wording``."""
    path = tuple(part for part in error["loc"] if part != "[key]")
    code = _RENAMED.get(error["type"], error["type"])
    fill = dict(error.get("ctx", {}))
    value = "" if code == "missing" else error["input"]
    if code == "extra_forbidden":
        value, fill = str(path[-1]), {"hint": hint(str(path[-1]), known_keys())}
    if code == "literal_error":
        fill = {"expected": str(fill["expected"]).replace(" or ", ", ")}
    if path == ("schema",) and code != "missing":
        code = "schema"
    if code not in WORDS:
        raise AssertionError(f"no wording for {code}")
    return Fault(path, code, value, fill)


def _places(raw: Mapping[str, Any], folder: Path, known: set[Keys]) -> list[Fault]:
    """Every path of the file that leads outside or to nothing, links followed."""
    declared = raw.get("data_root")
    may_lack = [("signing", key) for key in KEY_FILES if unsigned_allowed(raw)]
    roots = [folder]
    if isinstance(declared, str) and ("data_root",) not in known:
        roots.append(folder / declared)
    faults = []
    for path, text, is_input in paths_in(raw):
        if path in known:
            continue
        outside = fault_of_place(text, folder, tuple(roots) if is_input else (folder,))
        if outside:
            faults.append(Fault(path, outside, text))
        elif is_input and not _is_there(folder / text, path) and path not in may_lack:
            faults.append(Fault(path, "no_file", text))
    return faults


def _is_there(place: Path, path: Keys) -> bool:
    """Whether an input exists; records may lie in a folder of Parquet files, called like one."""
    parts = path[0] == "records" and path[2] == "path" and place.suffix.lower() == ".parquet"
    return place.is_file() or (parts and place.is_dir())


def _findings(faults: list[Fault], file: str, lines: dict[Keys, int]) -> list[Finding]:
    """Faults in the order of the file, those without a line last."""
    ordered = sorted(faults, key=lambda fault: nearest(lines, fault.path) or sys.maxsize)
    return [
        finding(
            fault.code,
            file=file,
            row=nearest(lines, fault.path),
            column=dotted(fault.path),
            value=fault.value,
            **fault.fill,
        )
        for fault in ordered
    ]
