"""Which keys say how records become safe to count: ``[deidentify.R]`` and ``[records.V.view]``?

What several keys must fulfil together is in ``entry_laws``.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictStr

from sdc.config import kinds
from sdc.config.section import Section
from sdc.microdata.pseudonym import METHOD

RoleName = Literal["identifier", "linking", "quasi", "location", "attribute", "as_is"]
OPTIONS = (
    "at", "at_column", "birth", "breaks", "unit", "names", "size", "minutes", "hours", "top",
    "bottom", "start", "holidays", "level", "decimals", "drop", "map",
)  # fmt: skip
"""Keys of a column that its method reads."""


class EntryColumn(Section):
    """``[deidentify.R.columns.C]``: what one column is, and what becomes of it."""

    role: RoleName
    reason: kinds.Line | None = None
    source: kinds.Line | None = None
    pseudonym: kinds.Word = METHOD
    scope: Literal["day", "month", "camera", "release"] | None = None
    method: kinds.Word | None = None
    ladder: Annotated[kinds.List[kinds.Word], AfterValidator(kinds.filled)] | None = None
    rare: kinds.Flag = False
    leave: Literal["top", "bottom", "both"] | None = None
    at: kinds.Iso | None = None
    at_column: kinds.Line | None = None
    birth: kinds.Line | None = None
    breaks: Annotated[kinds.List[kinds.Exact], AfterValidator(kinds.filled)] | None = None
    unit: kinds.Line | None = None
    names: kinds.List[kinds.List[kinds.Line]] | None = None
    size: Annotated[kinds.Whole, Field(ge=1)] | None = None
    minutes: Annotated[kinds.Whole, Field(ge=1)] | None = None
    hours: kinds.List[kinds.Whole] | None = None
    top: kinds.Exact | None = None
    bottom: kinds.Exact | None = None
    start: kinds.Iso | None = None
    holidays: kinds.List[kinds.Iso] | None = None
    level: kinds.Line | None = None
    decimals: Annotated[kinds.Whole, Field(ge=0)] | None = None
    drop: Annotated[kinds.Whole, Field(ge=1)] | None = None
    map: kinds.File | None = None


class DeleteRule(Section):
    """One of ``[[deidentify.R.delete]]``: which records are not counted, in the order of the file."""

    rule: Literal["home", "residents", "near", "far", "days", "few", "many", "groups", "from"]
    column: kinds.Line | None = None
    columns: kinds.List[kinds.Line] | None = None
    level: kinds.MeshLevel | None = None
    areas: kinds.List[StrictStr] | None = None
    points: kinds.File | None = None
    metres: Annotated[kinds.Exact, Field(gt=0)] | None = None
    days: kinds.List[kinds.Iso] | None = None
    records: Annotated[kinds.Whole, Field(ge=1)] | None = None
    persons: Annotated[kinds.Whole, Field(ge=2)] | None = None
    value: kinds.Exact | None = None


DELETE_KEYS = {
    "home": ({"column", "level"}, set()),
    "residents": ({"column", "areas"}, set()),
    "near": ({"points", "metres"}, {"days"}),
    "far": ({"points", "metres"}, set()),
    "days": ({"days"}, set()),
    "few": ({"records"}, set()),
    "many": ({"records"}, set()),
    "groups": ({"columns", "persons"}, set()),
    "from": ({"column", "value"}, set()),
}
"""Keys that each rule needs, and those that it may have."""


class EntrySection(Section):
    """``[deidentify.R]``: how the records of one file become safe to count."""

    person: kinds.Line | None = None
    persons: kinds.File | None = None
    opt_out: kinds.File | None = None
    key: kinds.File | None = None
    time: kinds.Line | None = None
    camera: kinds.Line | None = None
    k: Annotated[kinds.Whole, Field(ge=2)] | None = None
    allowance: Annotated[kinds.Exact, Field(ge=0, lt=1)] = Decimal(0)
    give_up: kinds.List[kinds.Line] = ()
    cells: Annotated[kinds.List[kinds.MeshLevel], AfterValidator(kinds.filled)] | None = None
    columns: Annotated[kinds.Frozen[EntryColumn], AfterValidator(kinds.filled)]
    delete: kinds.List[DeleteRule] = ()


class ViewSection(Section):
    """``[records.V.view]``: records made of de-identified ones: who was where, or who went where."""

    of: kinds.Identifier
    kind: Literal["presence", "trips"]
    level: kinds.MeshLevel | None = None
    place: kinds.Line | None = None
    minutes: Annotated[kinds.Whole, Field(ge=0)] = 15
    gap: Annotated[kinds.Whole, Field(ge=1)] | None = None
    rest: Annotated[kinds.Whole, Field(ge=1)] | None = None
    definition: Literal["hops", "chains", "ends", "via"] | None = None
    via: kinds.List[kinds.Line] | None = None
    repeaters: Literal["once", "each"] = "once"
    alone: kinds.Flag = False


class DecisionSection(Section):
    """``[exit.decisions.F]``: what a person decided about one of the nine factors."""

    decision: Literal["accepted", "treated", "not_applicable"]
    person: kinds.Line
    reason: kinds.Line


class ExitSection(Section):
    """``[exit]``: events to look for, the months to wait, and the nine decisions."""

    events: kinds.List[kinds.Iso] = ()
    months: Annotated[kinds.Whole, Field(ge=0)] = 3
    decisions: kinds.Frozen[DecisionSection]


class CameraSection(Section):
    """``[camera]``: answers to the considerations of the guidebook on camera images, by number."""

    operator: kinds.Line
    purpose: kinds.Line
    answers: kinds.Frozen[kinds.Line] = Field(default_factory=lambda: MappingProxyType({}))


class PersonsSection(Section):
    """``[approval.contractors.C]``: who works for the city, and until when that is certified."""

    name: kinds.Line
    certificate: Literal["ISMS", "PrivacyMark"]
    number: kinds.Line
    expires: kinds.Iso


class ApprovalSection(Section):
    """``[approval]``: the working log, and who must have agreed before a package is signed."""

    log: kinds.File
    signers: kinds.File
    makers: Annotated[kinds.List[kinds.Line], AfterValidator(kinds.filled)]
    checkers: Annotated[kinds.List[kinds.Line], AfterValidator(kinds.filled)]
    approvers: Annotated[kinds.List[kinds.Line], AfterValidator(kinds.filled)]
    retention_days: Annotated[kinds.Whole, Field(ge=1)] | None = None
    contractors: kinds.Named[PersonsSection] = Field(default_factory=lambda: MappingProxyType({}))
