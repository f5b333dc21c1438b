"""How is an earlier release written into the ledger, and read again?

The body of a row is a compressed NumPy archive: ``head`` (JSON: dimensions with their codes and parents,
record sets, tables) and one array for every fold, code column, weight, sum, mask and promise.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np

from sdc.errors import InputError, PackageError
from sdc.messages import Text
from sdc.model.coded import Coded, Measure
from sdc.model.hierarchy import Hierarchy
from sdc.model.past import PastRelease, PastTable
from sdc.model.system import Level

VERSION = 1
UNREADABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, EOFError,
    OSError, InputError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a row that somebody else made may raise."""
_ARRAYS = ("printed", "upper", "lower", "floor")
_PAIRS = ("sums", "bounds")


def pack(earlier: PastRelease) -> bytes:
    """The body of a row; the same release gives the same bytes. O(stored numbers)."""
    arrays: dict[str, Any] = {}
    head: dict[str, Any] = {
        "version": VERSION, "id": earlier.id, "serial": earlier.serial,
        "external": earlier.external, "dims": {}, "units": {}, "tables": [],
        "level": str(earlier.level), "owners": earlier.owners,
    }  # fmt: skip
    for name, dim in earlier.dims.items():
        head["dims"][name] = [list(dim.codes), dim.parents.tolist()]
        arrays[f"fold/{name}"] = earlier.fold[name]
    for records, c in earlier.units.items():
        leaves = {n: [d.codes[i] for i in d.leaves] for n, d in c.dims.items()}
        measures = {n: [m.unit, m.step] for n, m in c.measures.items()}
        head["units"][records] = {"leaves": leaves, "measures": measures}
        arrays[f"weight/{records}"] = c.units
        arrays |= {f"leaf/{records}/{n}": v for n, v in c.leaf.items()}
        arrays |= {f"steps/{records}/{n}": m.steps for n, m in c.measures.items()}
    for i, t in enumerate(earlier.tables):
        own = {"name": t.name, "records": t.records, "measure": t.measure, "dims": list(t.dims)}
        head["tables"].append({**own, "digest": t.digest})
        arrays |= {f"{what}/{i}": getattr(t, what) for what in _ARRAYS}
        arrays |= {f"{what}/{i}": getattr(t, what) for what in _PAIRS if len(getattr(t, what))}
    text = json.dumps(head, ensure_ascii=False, sort_keys=True).encode()
    out = io.BytesIO()
    np.savez_compressed(out, head=np.frombuffer(text, dtype=np.uint8), **arrays)
    return out.getvalue()


def unpack(body: bytes) -> PastRelease:
    """What ``pack`` wrote.

    Raises PackageError for anything else.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head = json.loads(arrays["head"].tobytes())
        if head["version"] != VERSION:
            raise ValueError("version")
        return _earlier(head, arrays)
    except UNREADABLE as error:
        raise PackageError(
            Text("a row of the ledger cannot be read ({name})", name=type(error).__name__)
        ) from error


def _earlier(head: dict[str, Any], arrays: dict[str, Any]) -> PastRelease:
    dims = {
        name: Hierarchy.of(name, {c: codes[p] if p >= 0 else "" for c, p in
                                  zip(codes, parents, strict=True)})
        for name, (codes, parents) in head["dims"].items()
    }  # fmt: skip
    units = {}
    for records, own in head["units"].items():
        flat = {n: _leaves(n, codes) for n, codes in own["leaves"].items()}
        units[records] = Coded(
            records,
            flat,
            {n: arrays[f"leaf/{records}/{n}"] for n in flat},
            {
                n: Measure(arrays[f"steps/{records}/{n}"], unit, step)
                for n, (unit, step) in own["measures"].items()
            },
            arrays[f"weight/{records}"],
        )
    tables = []
    for i, t in enumerate(head["tables"]):
        printed, upper, lower, floor = (arrays[f"{what}/{i}"] for what in _ARRAYS)
        names = (t["name"], t["records"], t["measure"], tuple(t["dims"]))
        more = {what: arrays[f"{what}/{i}"] for what in _PAIRS if f"{what}/{i}" in arrays}
        tables.append(PastTable(*names, printed, upper, lower, floor, t["digest"], **more))
    fold = {n: arrays[f"fold/{n}"] for n in dims}
    return PastRelease(
        head["id"], head["serial"], dims, fold, units, tuple(tables), head["external"],
        level=Level(head.get("level", Level.INTERVAL)), owners=bool(head.get("owners", False)),
    )  # fmt: skip


def _leaves(name: str, codes: list[str]) -> Hierarchy:
    """A dimension of innermost codes alone, below a total that none of them is called."""
    total = "TOTAL"
    while total in codes:
        total += "_"
    return Hierarchy.flat(name, codes, total=total)
