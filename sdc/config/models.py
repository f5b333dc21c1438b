"""Which keys does ``release.toml`` have, and what may stand in each? (schema 1)

These types check one value at a time; what several keys must fulfil together is in ``laws``.
All are frozen, mappings included, and refuse keys they do not know.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictStr,
)

from sdc.config import kinds as k
from sdc.config.entry import (
    ApprovalSection,
    CameraSection,
    EntrySection,
    ExitSection,
    ViewSection,
)
from sdc.config.section import Section
from sdc.config.treatments import (
    PlanSection,
    TreatmentSection,
)
from sdc.model.rules import Rules
from sdc.model.system import Level

Encoding = Literal["utf-8-sig", "utf-8", "cp932"]
POINT_FILES = ("csv", "xlsx", "parquet")
SHAPE_FILES = ("gpkg", "shp", "geojson")
SURFACES = ("ha", "km2")
"""Units of surface by which a density can be taken."""
OUTPUT_NAMES = ("count", "value", "status", "code", "name", "areas", "mesh", "mergers", "collapses")
"""Names that columns and tables may not take: the package uses them."""


class ReleaseSection(Section):
    """``[release]``: what is published, by whom, when.

    ``policy`` is the threshold policy in the words the city chose to publish.
    """

    id: k.Identifier
    title: k.Line
    title_en: k.Line | None = None
    municipality: Annotated[StrictStr, AfterValidator(k.municipality)]
    municipality_name: k.Line | None = None
    municipality_name_en: k.Line | None = None
    survey_date: k.Iso
    release_date: k.Iso
    serial: Annotated[k.Whole, Field(ge=1)]
    licence: Literal["CC-BY-4.0", "PDL1.0"]
    source: k.Line
    section: k.Line
    contact: k.Line | None = None
    policy: k.Line | None = None
    policy_en: k.Line | None = None


class ColumnSection(Section):
    """``[records.R.columns.C]``: a class by code list, by bins, as generalised, or a measure.

    ``classes`` takes the classes that ``[deidentify]`` made of the column, or the cells of the mesh.
    """

    source: k.Line
    codelist: k.File | None = None
    map: k.File | None = None
    breaks: Annotated[k.List[k.Exact], AfterValidator(k.filled)] | None = None
    missing: k.Line | None = None
    classes: Literal["generalised", "mesh"] | None = None
    kind: Literal["class", "measure"] = "class"
    unit: k.Line | None = None
    step: Annotated[k.Exact, Field(gt=0)] | None = None

    @property
    def is_measure(self) -> bool:
        """Whether the column is added up rather than classified."""
        return self.kind == "measure"


class RecordsSection(Section):
    """``[records.R]``: one file of geocoded records, or a view of such records.

    Positions are ``x`` and ``y``, the geometries of the file, or codes in the column ``mesh``;
    codes ``outside`` the areas are set aside, or refused as mistakes. With
    ``count`` a row stands for so many units: what a camera or a sensor has counted.
    """

    path: k.File | None = None
    view: ViewSection | None = None
    mesh: k.Line | None = None
    level: k.MeshLevel | None = None
    outside: Literal["aside", "refuse"] = "aside"
    count: k.Line | None = None
    layer: k.Line | None = None
    encoding: Encoding | None = None
    x: k.Line | None = None
    y: k.Line | None = None
    crs: k.Crs | None = None
    columns: k.Named[ColumnSection] = Field(default_factory=lambda: MappingProxyType({}))


class AreasSection(Section):
    """``[geography.areas]``: polygons with a code each."""

    path: k.File
    layer: k.Line | None = None
    encoding: Encoding | None = None
    code: k.Line
    name: k.Line | None = None
    parent: k.Line | None = None
    crs: k.Crs | None = None
    exclude: k.Frozen[k.List[StrictStr]] = Field(default_factory=lambda: MappingProxyType({}))


class MeshSection(Section):
    """``[geography.mesh]``: nested levels of the standard mesh, coarse to fine."""

    levels: Annotated[k.List[k.MeshLevel], AfterValidator(k.filled)]


class GeographySection(Section):
    """``[geography]``: at least one of small areas, mesh and districts.

    ``[geography.districts.D]``: further polygons (school districts), nested in nothing. ``D`` stands
    in ``by`` of tables like a class column that every set of records has.
    """

    areas: AreasSection | None = None
    mesh: MeshSection | None = None
    districts: k.Named[AreasSection] = Field(default_factory=lambda: MappingProxyType({}))


class RulesSection(Section):
    """``[rules.R]``: when a cell is hidden, and how strongly."""

    min_count: Annotated[k.Whole, Field(ge=2)]
    ground: k.Line | None = None
    protection: Literal["linear", "integer", "interval", "rule-aware"] = "interval"
    zeros: Literal["hide", "show"] = "hide"
    owners: k.Flag = True
    dominance: Annotated[tuple[int, float], BeforeValidator(k.dominance)] | None = None
    p_percent: Annotated[k.Exact, Field(gt=0, le=100)] | None = None
    cost: k.Identifier = "log"
    never_hide: k.List[k.Cell] = ()
    must_hide: k.List[k.Cell] = ()
    profile: k.Line | None = None

    def to_rules(self) -> Rules:
        """The same rules as the value that tables and engines read."""
        return Rules(
            min_count=self.min_count,
            ground=self.ground or "",
            zeros=self.zeros,
            level=Level(self.protection),
            dominance=self.dominance,
            p_percent=None if self.p_percent is None else float(self.p_percent),
            cost=self.cost,
            never_hide=tuple(self.never_hide),
            must_hide=tuple(self.must_hide),
            profile=self.profile or "",
            owners=self.owners,
        )


class TableSection(Section):
    """``[[tables]]``: one published table."""

    id: k.Identifier
    records: k.Identifier
    rules: k.Identifier
    geography: Literal["areas", "mesh", "none"]
    by: Annotated[k.List[k.Identifier], AfterValidator(k.distinct)]
    measure: k.Identifier = "count"
    title: k.Line | None = None
    title_en: k.Line | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of the table, its geography first where it has one."""
        return (*(() if self.geography == "none" else (self.geography,)), *self.by)


class DerivedSection(Section):
    """``[[derived]]``: figures made from the printed places of a table, in a file of their own.

    ``share`` is in % of the total of the class column ``by``; ``density`` is by the surface of the
    places, ``per`` one of ``SURFACES``; ``ratio`` (per head, a mean) is by the table ``per``.
    """

    id: k.Identifier
    kind: Literal["share", "density", "ratio"]
    table: k.Identifier
    by: k.Identifier | None = None
    per: k.Identifier | None = None
    unit: k.Line | None = None
    decimals: Annotated[k.Whole, Field(ge=0), Field(le=2)] = 1
    title: k.Line | None = None
    title_en: k.Line | None = None


class OutputSection(Section):
    """``[output]``: where to, in which forms; ``zip`` packs the package beside its folder.

    ``results`` adds ``results.json`` for output checkers to the internal folder.
    """

    dir: k.File
    formats: Annotated[k.List[k.Format], AfterValidator(k.distinct), AfterValidator(k.filled)]
    encoding: Encoding = "utf-8-sig"
    zip: StrictBool = False
    results: StrictBool = False


class SigningSection(Section):
    """``[signing]``: the key that signs, whose it is, and where an unattended run finds the words.

    ``required = false`` lets a release go out unsigned while there is no key, as the sample city
    does. ``pdf_key`` (PKCS#12) certifies the documents, ``timestamp`` is an authority's address.
    """

    key: k.File
    principal: Annotated[StrictStr, AfterValidator(k.principal)]
    passphrase_file: k.File | None = None
    required: StrictBool = True
    pdf_key: k.File | None = None
    pdf_passphrase_file: k.File | None = None
    timestamp: Annotated[StrictStr, AfterValidator(k.https)] | None = None


class LedgerSection(Section):
    """``[ledger]``: the list of what was published, and how this release's codes lead to older ones.

    ``recipient`` says who gets the release, ``period`` of what time it speaks (the survey date where
    it is not given); ``crosswalk`` names a map from,to for a dimension whose codes have changed. With
    ``drift`` readers are taken to remember the last period: its numbers, more or less by that share.
    """

    path: k.File
    recipient: k.Line = "public"
    period: Annotated[k.List[k.Iso], AfterValidator(k.period)] | None = None
    crosswalk: k.Named[k.File] = Field(default_factory=lambda: MappingProxyType({}))
    drift: Annotated[k.Exact, Field(gt=0)] | None = None


class ClusterSection(Section):
    """``[cluster]``: the Dask scheduler whose workers count, protect and check."""

    scheduler: k.Line


class Document(Section):
    """The whole file."""

    version: Annotated[Literal[1], Field(alias="schema")]
    data_root: k.File | None = None
    release: ReleaseSection
    records: Annotated[k.Named[RecordsSection], AfterValidator(k.filled)]
    geography: GeographySection
    rules: Annotated[k.Named[RulesSection], AfterValidator(k.filled)]
    tables: Annotated[k.List[TableSection], AfterValidator(k.filled)]
    derived: k.List[DerivedSection] = ()
    titles: k.Named[k.Words] = Field(default_factory=lambda: MappingProxyType({}))
    treatment: TreatmentSection = Field(default_factory=TreatmentSection)
    plan: PlanSection = Field(default_factory=PlanSection)
    output: OutputSection
    signing: SigningSection | None = None
    ledger: LedgerSection | None = None
    cluster: ClusterSection | None = None
    deidentify: k.Named[EntrySection] = Field(default_factory=lambda: MappingProxyType({}))
    approval: ApprovalSection | None = None
    exit: ExitSection | None = None
    camera: CameraSection | None = None
