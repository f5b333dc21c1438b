"""Which names does the tool offer to the world? All of them are loaded on first use (PEP 562)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "AuditReport": "sdc.model.report",
    "Coded": "sdc.model.coded",
    "Crossing": "sdc.model.coded",
    "DisclosureFound": "sdc.errors",
    "Hierarchy": "sdc.model.hierarchy",
    "Infeasible": "sdc.errors",
    "InputError": "sdc.errors",
    "Level": "sdc.model.system",
    "NotProven": "sdc.errors",
    "PackageError": "sdc.errors",
    "Plan": "sdc.model.plan",
    "Published": "sdc.model.plan",
    "Records": "sdc.model.records",
    "Release": "sdc.model.release",
    "ReleaseInfo": "sdc.model.release",
    "Rules": "sdc.model.rules",
    "SdcError": "sdc.errors",
    "State": "sdc.model.states",
    "System": "sdc.model.system",
    "Table": "sdc.model.table",
    "aggregate": "sdc.model.table",
    "apply": "sdc.model.plan",
    "audit": "sdc.pipeline.engine",
    "merge_areas": "sdc.tables.merge",
    "count": "sdc.pipeline.tabulating",
    "mesh": "sdc.pipeline.tabulating",
    "protect": "sdc.pipeline.engine",
    "read_areas": "sdc.readers.areas",
    "read_cells": "sdc.readers.tables",
    "read_hierarchy": "sdc.readers.tables",
    "read_records": "sdc.readers.records",
    "release": "sdc.pipeline.engine",
    "scan_records": "sdc.readers.scan",
    "suppress": "sdc.suppression.complementary",
    "system_of": "sdc.tables.relations",
    "tabulate": "sdc.pipeline.tabulating",
    "verify_package": "sdc.publishing.verify",
    "write_package": "sdc.publishing.package",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from sdc.errors import (
        DisclosureFound,
        Infeasible,
        InputError,
        NotProven,
        PackageError,
        SdcError,
    )
    from sdc.model.coded import Coded, Crossing
    from sdc.model.hierarchy import Hierarchy
    from sdc.model.plan import Plan, Published, apply
    from sdc.model.records import Records
    from sdc.model.release import Release, ReleaseInfo
    from sdc.model.report import AuditReport
    from sdc.model.rules import Rules
    from sdc.model.states import State
    from sdc.model.system import Level, System
    from sdc.model.table import Table, aggregate
    from sdc.pipeline.engine import audit, protect, release
    from sdc.pipeline.tabulating import count, mesh, tabulate
    from sdc.publishing.package import write_package
    from sdc.publishing.verify import verify_package
    from sdc.readers.areas import read_areas
    from sdc.readers.records import read_records
    from sdc.readers.scan import scan_records
    from sdc.readers.tables import read_cells, read_hierarchy
    from sdc.suppression.complementary import suppress
    from sdc.tables.merge import merge_areas
    from sdc.tables.relations import system_of


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sdc' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
