"""Which numbers, words and outlines does the review page carry, in a form that its script reads?"""

from __future__ import annotations

from typing import Any

import numpy as np

from sdc.messages import of_names, spoken
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Release
from sdc.pipeline.geography import AREAS, MESH
from sdc.pipeline.run import Safe
from sdc.publishing.wording import table_title, unit, words
from sdc.review.cells import COMPLEMENTARY, GROUPED, PRIMARY, REASONS, cells_of
from sdc.review.shapes import draw
from sdc.review.words import script_words

STATUS = {PRIMARY: "P", COMPLEMENTARY: "C"}
MARKS = {"X": "X", "-": "-", "": "G"}


def payload(safe: Safe, release: Release) -> dict[str, Any]:
    """Everything that the page shows on a click; holds true values. O(cells + corners)."""
    used = [name for name in (AREAS, MESH) if name in release.geographies]
    merged = {m.source: m.target for m in release.merges}
    drawings = {}
    for name in used:
        areas = safe.treated.places.of(name)
        own = name == AREAS
        source = safe.prepared.places.areas if own else None
        drawings[name] = draw(areas, source=source, merged=merged if own else {}).as_json()
    return {
        "tables": [_table(safe, release, t) for t in release.tables],
        "maps": drawings,
        "reasons": {key: str(text) for key, text in REASONS.items()},
        "say": script_words(),
        "language": spoken()[0],
    }


def _table(safe: Safe, release: Release, table: PublishedTable) -> dict[str, Any]:
    """One table; ``status`` has a letter a cell: P primary, C complementary, G in a group, ``.``."""
    cells = cells_of(safe, table.name)
    hidden = np.flatnonzero(cells["status"].isin(list(STATUS)))
    geo = [i for i, d in enumerate(table.dims) if d.name in release.geographies]
    ends = cells[["lower", "upper"]].to_numpy()
    return {
        "id": table.name,
        "title": of_names(table_title(release, table)),
        "unit": of_names(unit(table)),
        "geo": geo[0] if geo else -1,
        "dims": [_dimension(release, d) for d in table.dims],
        "value": cells["value"].tolist(),
        "printed": "".join(MARKS.get(p, "9") for p in cells["printed"]),
        "status": "".join({**STATUS, GROUPED: "G"}.get(s, ".") for s in cells["status"]),
        "cell": cells["cell"].tolist(),
        "reason": {int(i): cells["reason"].iat[int(i)] for i in hidden},
        "range": {int(i): _ends(*ends[i]) for i in hidden},
    }


def _ends(lower: float, upper: float) -> list[float | None]:
    return [None if np.isnan(v) else v for v in (lower, upper)]


def _dimension(release: Release, dim: Hierarchy) -> dict[str, Any]:
    return {
        "name": dim.name,
        "title": of_names(words(release, dim.name)),
        "codes": list(dim.codes),
        "labels": list(dim.labels),
        "parents": dim.parents.tolist(),
    }
