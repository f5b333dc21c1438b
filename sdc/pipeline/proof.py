"""Who has the last word before a package appears, and on what evidence?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sdc.disclosure.evidence import evidence
from sdc.disclosure.staged import check_staged
from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.release import Release
from sdc.model.report import AuditReport
from sdc.model.system import Level, Problem
from sdc.publishing.csvfile import csv_files
from sdc.publishing.figurecheck import figure_faults
from sdc.publishing.outlinecheck import outline_faults
from sdc.publishing.readback import table_faults

WITNESS = "witness.npz"


def witness_files(problem: Problem, report: AuditReport) -> Mapping[str, bytes]:
    """The internal evidence of an audit; none at ``linear``, which promises no witnesses."""
    if report.level is Level.LINEAR:
        return {}
    return {WITNESS: evidence(problem, report)}


def stage_checker(release: Release, internal: Mapping[str, bytes]) -> Callable[[Path], None]:
    """The separate checkers of the staged files: every sum, figure and outline, and every witness.

    They read the files as they lie in the stage. A release of images alone has none there; then
    the tables that the images were drawn from are written in memory and checked instead.

    Raises NotProven where the level promises witnesses and there are none.
    """
    witness = internal.get(WITNESS)
    if witness is None and release.level is not Level.LINEAR:
        raise NotProven(Text("the audit carries no witnesses of this problem"))

    def check(stage: Path) -> None:
        if "csv" in release.info.formats:
            found = [*sorted((stage / "data").glob("*.csv")), stage / "datapackage.json"]
            found += sorted((stage / "data").glob("*.geojson"))
            files = {path.relative_to(stage).as_posix(): path.read_bytes() for path in found}
        else:
            files = dict(csv_files(release))
        if witness is not None:
            check_staged(files, witness)
        for fault in (*table_faults(files), *figure_faults(files), *outline_faults(files)):
            raise NotProven(Text("{fault}", fault=fault))

    return check
