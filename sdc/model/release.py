"""What may leave the house, and through which door?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date

import geopandas as gpd

from sdc.errors import DisclosureFound, NotProven
from sdc.messages import Text
from sdc.model.plan import Published, PublishedTable
from sdc.model.report import AuditReport, Verdict
from sdc.model.system import Level

FORMATS = ("images", "csv", "geojson", "pdf")
"""What ``ReleaseInfo.formats`` may name; ``pdf`` is the table document, map PDFs are images."""


@dataclass(frozen=True)
class ReleaseInfo:
    """What is said about a release as a whole; ``municipality`` has six digits, check digit last.

    ``policy`` is the threshold policy in the words the city chose to publish (Japanese, English),
    ``contact`` how to reach the section; both may stay empty.
    """

    id: str
    title: str
    municipality: str
    municipality_name: str
    survey_date: date
    release_date: date
    serial: int
    licence: str
    source: str
    section: str
    ground: str
    formats: tuple[str, ...] = ("images",)
    encoding: str = "utf-8-sig"
    title_en: str = ""
    municipality_name_en: str = ""
    contact: str = ""
    policy: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Merge:
    """Small area ``source`` was added to ``target``, whose code stands for both from then on.

    ``dimension`` names the geography; empty where only one geography holds the target's code.
    """

    source: str
    target: str
    source_name: str
    target_name: str
    dimension: str = ""


@dataclass(frozen=True)
class Collapse:
    """Class ``source`` of a dimension is counted in the group ``target``; in one ``area``, or in all."""

    dimension: str
    source: str
    target: str
    source_label: str
    target_label: str
    area: str = ""
    area_name: str = ""


@dataclass(frozen=True)
class Figure:
    """A derived figure to be published beside the tables, made from printed places alone.

    ``kind`` is ``share`` (of the total of dimension ``by``, in %), ``density`` (a place divided by
    the public ``sizes`` of its code in dimension ``by``) or ``ratio`` (by the places of the table
    ``by``, over the dimensions that both tables have).
    """

    name: str
    kind: str
    table: str
    by: str
    unit: str = "%"
    decimals: int = 1
    sizes: Mapping[str, float] = field(default_factory=dict)
    title: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False)
class Geography:
    """The published places of one geographic dimension.

    ``shapes`` has one row a published code with the columns ``code``, ``name`` and a geometry in a
    stated CRS; ``water`` (same CRS) is drawn and never counted. ``kind`` is ``areas`` or ``mesh``.
    """

    dimension: str
    kind: str
    shapes: gpd.GeoDataFrame
    water: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, eq=False)
class Release:
    """Shown values and marks, geometry and words; nothing hidden and no way back to the records.

    The only way to make one is to present a ``Published`` together with a complete, clean audit of
    exactly that ``Published``. Raises NotProven for an incomplete audit or an audit of something else,
    DisclosureFound for one that found a disclosure. ``titles`` may name dimensions, measures and
    record sets for the reader, ``table_titles`` tables: id -> (Japanese, English). ``groups`` holds the
    classes that a table counts together in some areas alone, by the table among whose rows they stand.
    """

    info: ReleaseInfo
    published: InitVar[Published]
    report: InitVar[AuditReport]
    geographies: Mapping[str, Geography] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    collapses: tuple[Collapse, ...] = ()
    titles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    table_titles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    tables: tuple[PublishedTable, ...] = field(init=False)
    groups: Mapping[str, PublishedTable] = field(init=False)
    level: Level = field(init=False)
    owners: bool = field(init=False)
    published_digest: str = field(init=False)

    def __post_init__(self, published: Published, report: AuditReport) -> None:
        if report.published_digest != published.digest:
            raise NotProven(Text("the audit speaks of something else"))
        if report.revelations or (report.verdict == Verdict.UNSAFE).any():
            raise DisclosureFound(Text("a hidden value follows from what is shown"))
        if not report.passed:
            raise NotProven(Text("the audit is not complete"))
        own = tuple(t for t in published.tables if not t.within)
        object.__setattr__(self, "tables", own)
        object.__setattr__(self, "groups", {t.within: t for t in published.tables if t.within})
        object.__setattr__(self, "level", report.level)
        object.__setattr__(self, "owners", report.owners)
        object.__setattr__(self, "published_digest", published.digest)

    def table(self, name: str) -> PublishedTable:
        """The table of that name; KeyError where there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def geographic_dimension(self, table: PublishedTable) -> str | None:
        """Name of the table's dimension that is a geography, None where it has none."""
        names: Sequence[str] = [d.name for d in table.dims if d.name in self.geographies]
        return names[0] if names else None
