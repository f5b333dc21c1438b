"""What does an output checker see who works with ACRO's ``results.json``?

The outputs of a release in that layout (https://github.com/AI-SDC/ACRO): one entry an output with
uid, status, type, properties, files, command, summary and comments. It is made from the release,
holds no hidden number, and is meant for the city's internal folder; no package contains it.
"""

from __future__ import annotations

import json

import numpy as np

from sdc.model.plan import PublishedTable
from sdc.model.release import Release
from sdc.model.states import State
from sdc.publishing.wording import listed_title

VERSION = "0.4.8"


def results_json(release: Release) -> bytes:
    """``results.json`` with one entry a table, in the order of the release."""
    outputs = {f"output_{i}": _entry(release, table) for i, table in enumerate(release.tables)}
    document = {"version": VERSION, "results": outputs}
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _entry(release: Release, table: PublishedTable) -> dict[str, object]:
    hidden = int(np.count_nonzero(table.state == State.HIDDEN))
    ja, en = listed_title(release, table)
    files = [f"data/{table.name}.csv"] if "csv" in release.info.formats else []
    if "images" in release.info.formats and release.geographic_dimension(table):
        files.append(f"data/maps/{table.name}.png")
    # What is left to object to in the published table: nothing, or there would be no release.
    checks = dict.fromkeys(("negative", "missing", "threshold", "p-ratio", "nk-rule"), 0)
    sdc = {"summary": {"suppressed": True} | checks, "cells": {name: [] for name in checks}}
    return {
        "uid": table.name,
        "status": "pass",
        "type": "table",
        "properties": {"method": "crosstab"},
        "files": [{"name": name, "sdc": sdc} for name in files],
        "outcome": {},
        "command": "sdc release",
        "summary": f"pass; suppressed: {hidden} cells; proven at level {release.level}",
        "timestamp": f"{release.info.release_date.isoformat()}T00:00:00",
        "comments": [ja, en],
        "exception": "",
    }
