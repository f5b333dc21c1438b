"""How are the witnesses of a release written down, so that a stranger can add them up again?

The file is a compressed NumPy archive; it holds true values and belongs in the internal folder.

============== ======= ========================================================================
array          shape   meaning
============== ======= ========================================================================
head           bytes   JSON: version, scale, level, pieces (below)
value          (u,)    true values of all innermost cells and atoms, piece after piece
at             (u, d)  their codes, as positions in the piece's code lists
indptr         (w+1,)  witnesses as sparse rows …
index, step    (m,)    … of positions in ``value`` and differences, in units of 1 / scale
promise_*      (p,)    table (piece number), cell (flat, C order over sorted codes, then the groups that
                       only some areas have, in the order of their codes; for atoms their number
                       within the piece), upper, lower, slide: how far the witnesses together must
                       take the cell
prior_*        (f,)    table, cell, least, most: what everybody takes the cell to hold
known_*        (k,)    index (position in ``value``), least: what the contributors to an innermost cell
                       of a measure know it to hold, one of them or several together
left_*         (e,)    promise (position among the promises), index (position in ``value``), known: for
               whoever knows so much of that cell the promise ends at least, most, because earlier
               releases leave no more. Nobody can add that up from the files: it is believed
============== ======= ========================================================================

A piece is the set of innermost cells of one table, or of atoms that link tables: ``family``
(records, measure), ``table`` (name, None for atoms), ``names`` of the dimensions, their innermost
``codes``, ``start``, ``size``, and the ``factor`` by which values are printed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from sdc.disclosure.pieces import Places, atom_pieces, main_blocks, table_piece
from sdc.errors import NotProven
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.model.report import AuditReport
from sdc.model.system import UNBOUNDED, Problem, System


def evidence(problem: Problem, report: AuditReport) -> bytes:
    """The witness file of an audit; the same input gives the same bytes. O(stored differences).

    Raises NotProven where the audit has no witnesses (level ``linear``) or speaks of another problem.
    """
    certificate, system = report.certificate, problem.system
    if certificate is None or report.problem_digest != problem.digest:
        raise NotProven(Text("the audit carries no witnesses of this problem"))
    parts = [table_piece(block) for block in main_blocks(system)] + atom_pieces(system)
    width = max((p.at.shape[1] for p in parts), default=0)
    size = [len(p.unknowns) for p in parts]
    for part, start in zip(parts, np.cumsum([0, *size]).tolist(), strict=False):
        part.head.update(start=start, size=len(part.unknowns))
    unknowns = np.concatenate([p.unknowns for p in parts])
    at = np.zeros((len(unknowns), width), dtype=np.int64)
    at[:] = np.concatenate([np.pad(p.at, ((0, 0), (0, width - p.at.shape[1]))) for p in parts])
    moves = sp.csr_matrix(certificate.moves.tocsc()[:, unknowns])
    moves.sum_duplicates()
    head = {
        "version": 4,
        "scale": certificate.scale,
        "level": str(report.level),
        "owners": problem.own is not None,
        "pieces": [p.head for p in parts],
    }
    text = json.dumps(head, ensure_ascii=False, sort_keys=True).encode("utf-8")
    arrays = {
        "head": np.frombuffer(text, dtype=np.uint8),
        "value": system.value[unknowns],
        "at": at,
        "indptr": moves.indptr.astype(np.int64),
        "index": moves.indices.astype(np.int64),
        "step": moves.data.astype(np.int64),
        **(promises := _promises(problem, report, parts)),
        **_beforehand(problem, system),
        **_known(problem, unknowns),
        **_left(problem, unknowns, (parts, promises)),
    }
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _promises(
    problem: Problem, report: AuditReport, parts: Sequence[Places]
) -> dict[str, IntArray]:
    """What the level promises of each primary cell, in the first piece that holds it."""
    primary, table, cell = _promised(problem, parts)
    kept = np.isin(problem.primary, primary)
    value = problem.system.value[problem.primary]
    interval = report.level != "integer"
    reach = (problem.upper, problem.lower, problem.slide)
    open_ = (problem.floor < problem.ceiling)[problem.primary].astype(np.int64)
    upper, lower, slide = reach if interval else (value, value, open_)
    return {
        "promise_table": table,
        "promise_cell": cell,
        "promise_upper": upper[kept],
        "promise_lower": lower[kept],
        "promise_slide": slide[kept],
    }


def _promised(problem: Problem, parts: Sequence[Places]) -> tuple[IntArray, IntArray, IntArray]:
    """The primary cells that a piece holds, with its number and their place in it."""
    table, cell = _first_place(problem.system, problem.primary)
    for number, part in enumerate(parts):
        if part.head["table"] is None:
            place = np.full(problem.system.n, -1, dtype=np.int64)
            place[part.unknowns] = np.arange(len(part.unknowns))
            mine = (table < 0) & (place[problem.primary] >= 0)
            table[mine], cell[mine] = number, place[problem.primary[mine]]
    kept = table >= 0  # the others speak of earlier releases, whose files are not staged
    return problem.primary[kept], table[kept], cell[kept]


def _beforehand(problem: Problem, system: System) -> dict[str, IntArray]:
    """Cells of which everybody knows that they hold something, or no more than something."""
    bounded = (problem.floor > 0) | (problem.ceiling < UNBOUNDED)
    cells = np.flatnonzero(bounded).astype(np.int64)
    cells = cells[_first_place(system, cells)[0] >= 0]
    table, cell = _first_place(system, cells)
    return {
        "prior_table": table,
        "prior_cell": cell,
        "prior_least": problem.floor[cells],
        "prior_most": problem.ceiling[cells],
    }


def _known(problem: Problem, unknowns: IntArray) -> dict[str, IntArray]:
    """What is known of measures from inside; of counts everybody can tell who stands where."""
    none = np.zeros(0, dtype=np.int64)
    if problem.own is None:
        return {"known_index": none, "known_least": none}
    own = problem.own[unknowns]
    own[problem.system.count[unknowns]] = 0
    own[:, 1:][own[:, 1:] == own[:, :-1]] = 0
    index, which = np.nonzero(own)
    return {"known_index": index.astype(np.int64), "known_least": own[index, which]}


def _left(
    problem: Problem, unknowns: IntArray, told: tuple[Sequence[Places], dict[str, IntArray]]
) -> dict[str, IntArray]:
    """What earlier releases leave of the promises written down, to those who stand in a written cell."""
    parts, promises = told
    number = np.full(problem.system.n, -1, dtype=np.int64)
    number[_promised(problem, parts)[0]] = np.arange(len(promises["promise_cell"]))
    rows = problem.left[number[problem.left[:, 0]] >= 0]
    # A cell of several tables stands once for each of them.
    order = np.argsort(unknowns, kind="stable")
    first, last = (np.searchsorted(unknowns[order], rows[:, 1], s) for s in ("left", "right"))
    which = np.repeat(np.arange(len(rows)), last - first)
    index = np.concatenate([np.zeros(0, np.int64), *map(np.arange, first, last)])
    cell, _, known, least, most = rows[which].T
    return {
        "left_promise": number[cell], "left_index": order[index], "left_known": known,
        "left_lower": least, "left_upper": most,
    }  # fmt: skip


def _first_place(system: System, cells: IntArray) -> tuple[IntArray, IntArray]:
    """(table number, flat position) of cells in the first table that holds each.

    The groups that only some areas have follow the cells of their table.
    """
    table = np.full(system.n, -1, dtype=np.int64)
    flat = np.full(system.n, -1, dtype=np.int64)
    main = main_blocks(system)
    number = {b.table.name: i for i, b in enumerate(main)}
    for block in reversed([b for b in system.blocks if b.table.within]):
        shown = block.index.ravel()[system.shown[block.index.ravel()]]
        table[shown] = number[block.table.within]
        flat[shown] = main[number[block.table.within]].index.size + np.arange(len(shown))
    for i, block in reversed(list(enumerate(main))):
        table[block.index.ravel()] = i
        flat[block.index.ravel()] = np.arange(block.index.size)
    return table[cells], flat[cells]
