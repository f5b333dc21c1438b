"""What does the configuration say about the package: words, places, figures, keys?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from pyproj import Geod

from sdc.config import Config, DerivedSection
from sdc.disclosure.figures import Row, with_figures
from sdc.errors import InputError, PackageError
from sdc.messages import NOTHING, Text
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import Published, PublishedTable
from sdc.model.release import Figure, Geography, Release, ReleaseInfo
from sdc.model.report import AuditReport
from sdc.model.system import Problem, System
from sdc.pipeline.geography import AREAS, MESH, Places
from sdc.pipeline.treat import Treated
from sdc.publishing.derived import derive, rows
from sdc.publishing.keys import PASSPHRASE_VARIABLE, load_key, passphrase_from
from sdc.publishing.manifest import SIGNATURE
from sdc.publishing.pades import certifier
from sdc.publishing.signature import KeySigner, fingerprint, public_blob
from sdc.publishing.symbols import scale
from sdc.publishing.timestamp import require_extra, stamp
from sdc.publishing.wording import unit as unit_of
from sdc.spatial.areas import Areas

PDF_PASSPHRASE_VARIABLE = "SDC_PDF_PASSPHRASE"
_SURFACE = {"ha": (10_000, "ha"), "km2": (1_000_000, "km²")}


@dataclass(frozen=True)
class Keys:
    """What a package is signed with; ``note`` says why it is not."""

    signer: KeySigner | None = None
    certify: Callable[[bytes], bytes] | None = None
    note: Text = NOTHING

    def line(self) -> tuple[Text, Text]:
        """Who signs, or why nobody does, with its head."""
        if self.signer is None:
            return Text("signature"), Text("unsigned: {why}", why=self.note)
        print_ = fingerprint(public_blob(self.signer.key.public_key()))
        return Text("signature"), Text(
            "{principal} {key}", principal=self.signer.principal, key=print_
        )


def release_of(
    config: Config, treated: Treated, published: Published, report: AuditReport
) -> Release:
    """The release of a configuration; possible only because the report passed."""
    return Release(
        info_of(config),
        published,
        report,
        geographies=geographies(treated.places, config),
        merges=treated.merges,
        collapses=treated.collapses,
        titles=dict(config.titles),
        table_titles={t.id: (t.title or "", t.title_en or "") for t in config.tables},
        figures=figures_of(config, treated.places, published.tables),
    )


def info_of(config: Config) -> ReleaseInfo:
    """What the configuration says about the release as a whole."""
    r = config.release
    grounds = dict.fromkeys(config.rules[t.rules].ground or "" for t in config.tables)
    return ReleaseInfo(
        id=r.id, title=r.title, municipality=r.municipality,
        municipality_name=r.municipality_name or "", survey_date=r.survey_date,
        release_date=r.release_date, serial=r.serial, licence=r.licence, source=r.source,
        section=r.section, ground="、".join(grounds), formats=tuple(config.output.formats),
        encoding=config.output.encoding, title_en=r.title_en or "",
        municipality_name_en=r.municipality_name_en or "", contact=r.contact or "",
        policy=(r.policy or "", r.policy_en or ""),
    )  # fmt: skip


def geographies(places: Places, config: Config) -> dict[str, Geography]:
    """Shapes of the places that some table uses."""
    used = {t.geography for t in config.tables}
    water = places.areas.excluded if places.areas is not None else None
    out: dict[str, Geography] = {}
    for name in (AREAS, MESH):
        if name in used:
            shapes = places.of(name).shapes[["code", "name", "geometry"]]
            out[name] = Geography(name, name, shapes, water)
    return out


def audit_figures(
    report: AuditReport, system: System, published: Published, figures: Sequence[Figure]
) -> AuditReport:
    """The report with every derived figure entered as rows over the cells of the system.

    Raises DisclosureFound or NotProven for a figure that is not made from printed places.
    """
    return with_figures(report, system, published, _rows(system, published, figures))


def _rows(system: System, published: Published, figures: Sequence[Figure]) -> Iterator[Row]:
    factors = {t.name: scale(t)[0] for t in published.tables}
    block = {b.table.name: b for b in system.blocks}
    place = {
        name: [{c: i for i, c in enumerate(d.codes)} for d in b.table.dims]
        for name, b in block.items()
    }
    for figure in figures:
        for parts, least in rows(derive(published.tables, figure), factors):
            cells = []
            for (name, codes), coefficient in parts:
                at = tuple(p[c] for p, c in zip(place[name], codes, strict=True))
                cells.append((int(block[name].index[at]), coefficient))
            yield tuple(cells), least


def figures_of(
    config: Config, places: Places, tables: Sequence[PublishedTable]
) -> tuple[Figure, ...]:
    """The figures that the configuration asks for."""
    by_name = {t.name: t for t in tables}
    return tuple(_figure(config, d, places, by_name[d.table]) for d in config.derived)


def _figure(config: Config, wish: DerivedSection, places: Places, table: PublishedTable) -> Figure:
    by, unit, sizes = wish.by or wish.per or "", wish.unit or "%", {}
    if wish.kind == "density":
        by = next(t.geography for t in config.tables if t.id == wish.table)
        size, name = _SURFACE[str(wish.per)]
        unit = wish.unit or f"{unit_of(table)[0]}/{name}"
        dim = next(d for d in table.dims if d.name == by)
        sizes = {c: m2 / size for c, m2 in surfaces(places.of(by), dim).items()}
    title = (wish.title or "", wish.title_en or "")
    return Figure(wish.id, wish.kind, wish.table, by, unit, wish.decimals, sizes, title)


def surfaces(areas: Areas, dim: Hierarchy) -> dict[str, int]:
    """Whole square metres of every code on the GRS 80 ellipsoid: of the places below it.

    What a map program finds from the published shapes; water that is no area of its own is not in.
    """
    geod = Geod(ellps="GRS80")
    shapes = areas.shapes.geometry.to_crs("EPSG:6668")
    own = [abs(geod.geometry_area_perimeter(shapely.normalize(s))[0]) for s in shapes]
    total = np.zeros(len(dim), dtype=np.int64)
    for code, surface in zip(areas.shapes["code"], own, strict=True):
        at = dim.position(code)
        while at >= 0:
            total[at] += max(1, round(surface))
            at = int(dim.parents[at])
    return dict(zip(dim.codes, total.tolist(), strict=True))


def keys_of(config: Config) -> Keys:
    """The unlocked keys that the configuration names; nothing is asked.

    Raises InputError where a key cannot be used or no passphrase is at hand, and where there is no
    key, unless ``required = false`` lets the release go out unsigned, which the note then says.
    """
    section = config.signing
    if section is None:
        return Keys(note=Text("no [signing] in the configuration"))
    if section.timestamp is not None:
        require_extra()
    if not section.required and not config.resolve(section.key).exists():
        key = section.key
        return Keys(note=Text("there is no signing key {key}", key=key))
    words = _words(config, section.passphrase_file, PASSPHRASE_VARIABLE, "passphrase_file")
    signer = load_key(config.resolve(section.key), section.principal, words)
    if section.pdf_key is None:
        return Keys(signer)
    file = section.pdf_passphrase_file
    words = _words(config, file, PDF_PASSPHRASE_VARIABLE, "pdf_passphrase_file")
    return Keys(signer, certifier(config.resolve(section.pdf_key), words))


def _words(config: Config, file: str | None, variable: str, key: str) -> str:
    """A passphrase from its file or its variable."""
    words = passphrase_from(config.resolve(file) if file else None, variable=variable)
    if words is None:
        raise InputError(
            Text(
                "no passphrase: give {key} or the variable {variable}", key=key, variable=variable
            ),
            code="passphrase",
        )
    return words


def timestamp_lines(config: Config, package: Path) -> tuple[tuple[Text, Text], ...]:
    """Ask the configured authority to date the signature, once, and say what came of it.

    The release stands whatever the authority answers: a timestamp adds to it and proves nothing
    that the signature does not. O(1), one request.
    """
    section = config.signing
    if section is None or section.timestamp is None or not (package / SIGNATURE).exists():
        return ()
    if package.with_name(package.name + ".tsr").exists():
        return ((Text("timestamp"), Text("timestamped before")),)
    try:
        return ((Text("timestamp"), stamp(package, section.timestamp).text),)
    except PackageError as error:
        return ((Text("timestamp"), error.text),)


def taken_lines(problem: Problem) -> list[tuple[Text, object]]:
    """How much earlier releases have taken from the owners of units, where they have, for a person."""
    n = len(problem.left)
    said = Text("{n:,} promises end earlier: what all know leaves no more (audit.json)", n=n)
    return [(Text("owners of units"), said)] if n else []
