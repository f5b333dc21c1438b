"""Which suppression problem does a JJ file hold, and how is one written, with its pattern?

JJ is the exchange format of cell suppression (J.-J. Salazar's solvers, tau-ARGUS, CSPLIB)::

    0
    n                                             number of cells, then one line a cell:
    id value weight status lower upper lpl upl spl
    m                                             number of relations, then one line each:
    rhs k : id (coefficient) id (coefficient) ...

``status`` is u (must be hidden), s (may be hidden) or z (must be printed); ``lower`` and ``upper``
are what an attacker knows of a cell beforehand; an attacker's interval must reach from ``value -
lpl`` to ``value + upl`` and be at least ``spl`` long. All numbers but weights are whole here.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from sdc.model.hierarchy import IntArray
from sdc.model.plan import Plan
from sdc.model.system import UNBOUNDED, BoolArray, FloatArray, Level, Problem, System
from sdc.readers.numbers import LARGEST
from sdc.readers.problems import Problems
from sdc.readers.textfile import decode, read_bytes

FIELDS = ("id", "value", "weight", "status", "lower", "upper", "lpl", "upl", "spl")
STATUSES = ("u", "s", "z")

_WHOLE = re.compile(r"(-?[0-9]+)(\.0*)?")
_WEIGHT = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_TERM = re.compile(r"([0-9]+)\s*\(\s*(-?[0-9]+)(\.0*)?\s*\)")
_RELATION = re.compile(rf"(\S+)\s+([0-9]+)\s*:\s*((?:{_TERM.pattern}\s*)*)")


def read_jj(path: str | Path) -> Problem:
    """Read a JJ file; the unknowns stand in the order of their ids 0 … n-1. O(file).

    Protection levels count for status u only. A right-hand side other than 0 becomes a constant:
    one more unknown behind the cells, with the value 1, known and never hidden. The attacker is
    real-valued (``whole`` is False), as everywhere in this format.

    Raises InputError with all findings, each with its line: fields that are no whole numbers >= 0,
    ids that are not 0 … n-1, unknown statuses, weights of 0 where a cell may be hidden, values
    outside their bounds, relations that do not parse or that the values do not satisfy.
    """
    where = Path(path)
    text, _ = decode(read_bytes(where), where.name)
    problems = Problems(where.name)
    lines = text.rstrip().splitlines()
    n, cells, relations = _sections(lines, problems)
    numbers, status, weight = _read_cells(cells, n, problems)
    problems.stop()
    matrix, rhs = _read_relations(relations, n, first=n + 4, problems=problems)
    problems.stop()
    value = numbers["value"]
    size = abs(matrix).astype(np.float64) @ value.astype(np.float64)
    for i in np.flatnonzero((size > 2.0**62) | (matrix @ value != rhs)):
        problems.add("jj-additivity", row=n + 4 + int(i))
    problems.stop()
    return _problem(numbers, status, weight, matrix=matrix, rhs=rhs)


def _sections(lines: list[str], problems: Problems) -> tuple[int, list[str], list[str]]:
    """Number of cells, their lines, and the lines of the relations."""
    if lines[0].strip() != "0":
        problems.fail("jj-line", row=1, value=lines[0], what="0")
    n = _count(lines, 1, what="n", problems=problems)
    m = _count(lines, n + 2, what="m", problems=problems)
    if len(lines) != n + m + 3:
        problems.fail("jj-line", row=len(lines), value=str(len(lines)), what="n + m + 3")
    return n, lines[2 : n + 2], lines[n + 3 :]


def _count(lines: list[str], at: int, *, what: str, problems: Problems) -> int:
    """A line that holds one whole number."""
    text = lines[at].strip() if at < len(lines) else ""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        problems.fail("jj-line", row=at + 1, value=text, what=what)
    return int(text)


def _read_cells(
    lines: list[str], n: int, problems: Problems
) -> tuple[dict[str, IntArray], list[str], FloatArray]:
    """The whole-number fields, the statuses and the weights, in id order."""
    whole = [f for f in FIELDS if f not in ("id", "weight", "status")]
    numbers = {field: np.zeros(n, dtype=np.int64) for field in whole}
    status, weight, seen = ["z"] * n, np.zeros(n), np.zeros(n, dtype=bool)
    for row, line in enumerate(lines, start=3):
        parts = dict(zip(FIELDS, line.split(), strict=False))
        if len(line.split()) != len(FIELDS):
            fields = str(len(line.split()))
            problems.add("jj-line", row=row, value=fields, what=" ".join(FIELDS))
            continue
        identity = parts["id"]
        if not re.fullmatch(r"[0-9]{1,9}", identity) or int(identity) >= n or seen[int(identity)]:
            problems.add("jj-id", row=row, column="id", value=identity, last=n - 1)
            continue
        i = int(identity)
        seen[i] = True
        for field in whole:
            match = _WHOLE.fullmatch(parts[field])
            number = -1 if match is None else int(match[1])
            # Files write any large number for "no upper bound".
            number = min(number, UNBOUNDED) if field == "upper" else number
            if not 0 <= number <= LARGEST:
                problems.add("jj-number", row=row, column=field, value=parts[field], what=field)
            else:
                numbers[field][i] = number
        status[i], weight[i] = parts["status"], _weight(parts, row, problems)
        if not numbers["lower"][i] <= numbers["value"][i] <= numbers["upper"][i]:
            problems.add("jj-bounds", row=row, column="value", value=f"id {identity}")
    return numbers, status, weight


def _weight(parts: dict[str, str], row: int, problems: Problems) -> float:
    """The weight of a cell, its status checked on the way."""
    status, text = parts["status"], parts["weight"]
    if status not in STATUSES:
        problems.add("jj-status", row=row, column="status", value=status)
    weight = float(text) if _WEIGHT.fullmatch(text) else 0.0
    if not _WEIGHT.fullmatch(text) or (weight <= 0 and status != "z") or weight == float("inf"):
        problems.add("jj-weight", row=row, column="weight", value=text)
    return weight


def _read_relations(
    lines: list[str], n: int, *, first: int, problems: Problems
) -> tuple[sp.csr_matrix, IntArray]:
    """Coefficients (m, n) and right-hand sides (m,)."""
    rows: list[int] = []
    columns: list[int] = []
    data: list[int] = []
    rhs = np.zeros(len(lines), dtype=np.int64)
    for k, line in enumerate(lines):
        match = _RELATION.fullmatch(line.strip())
        terms = _TERM.findall(match[3]) if match else []
        side = _WHOLE.fullmatch(match[1]) if match else None
        good = match is not None and side is not None and int(match[2]) == len(terms) > 0
        good = good and all(int(i) < n and abs(int(c)) <= LARGEST for i, c, _ in terms)
        if not good or side is None or abs(int(side[1])) > LARGEST:
            problems.add("jj-relation", row=first + k, value=line)
            continue
        rhs[k] = int(side[1])
        rows += [k] * len(terms)
        columns += [int(i) for i, _, _ in terms]
        data += [int(c) for _, c, _ in terms]
    parts = (np.array(data, dtype=np.int64), (np.array(rows, int), np.array(columns, int)))
    return sp.csr_matrix(parts, shape=(len(lines), n), dtype=np.int64), rhs


def _problem(
    numbers: dict[str, IntArray],
    status: list[str],
    weight: FloatArray,
    *,
    matrix: sp.csr_matrix,
    rhs: IntArray,
) -> Problem:
    """The problem that the checked parts describe."""
    value, floor = numbers["value"], numbers["lower"]
    ceiling = np.minimum(numbers["upper"], UNBOUNDED)
    primary = np.flatnonzero([s == "u" for s in status]).astype(np.int64)
    eligible = np.array([s != "z" for s in status], dtype=bool)
    extra = int(rhs.any())
    if extra:
        matrix = sp.hstack([matrix, sp.csr_matrix(-rhs[:, None])], format="csr", dtype=np.int64)
        one = np.ones(1, dtype=np.int64)
        value, floor, ceiling = (np.append(a, one) for a in (value, floor, ceiling))
        eligible, weight = np.append(eligible, False), np.append(weight, 0.0)
    n = len(value)
    system = System(
        value=value,
        relations=sp.csr_matrix(matrix, dtype=np.int64),
        shown=np.ones(n, dtype=bool),
        group=np.arange(n, dtype=np.int64),
        count=np.zeros(n, dtype=bool),
        known=np.arange(n) >= n - extra,
    )
    return Problem(
        system=system,
        level=Level.INTERVAL,
        primary=primary,
        upper=(value[primary] + numbers["upl"][primary]).astype(np.int64),
        lower=(value[primary] - numbers["lpl"][primary]).astype(np.int64),
        slide=numbers["spl"][primary],
        floor=floor,
        ceiling=ceiling,
        eligible=eligible,
        cost=weight,
        whole=False,
    )


def write_jj(problem: Problem, path: str | Path) -> None:
    """Write a problem as a JJ file; ``read_jj`` gives the same problem back. O(stored numbers).

    Known unknowns at the end are constants and go into the right-hand sides. JJ has no room for
    latent or hidden-together cells and no other level: InputError, via the text of the option,
    where the problem has them.
    """
    system = problem.system
    own = Problems(Path(path).name)
    groups = len(np.unique(system.group))
    if not system.shown.all() or groups != system.n or problem.level is not Level.INTERVAL:
        own.fail("option", value=str(problem.level), name="JJ", known="interval, no latent cells")
    n = cells_of(problem)
    demands = np.zeros((3, system.n), dtype=np.int64)
    demands[0, problem.primary] = system.value[problem.primary] - problem.lower
    demands[1, problem.primary] = problem.upper - system.value[problem.primary]
    demands[2, problem.primary] = problem.slide
    status = _statuses(problem, problem.eligible)
    lines = ["0", str(n)]
    for i in range(n):
        bounds = f"{problem.floor[i]} {problem.ceiling[i]}"
        levels = " ".join(str(d) for d in demands[:, i])
        weight = _plain(float(problem.cost[i]))
        lines.append(f"{i} {system.value[i]} {weight} {status[i]} {bounds} {levels}")
    lines += _relation_lines(system, n)
    Path(path).write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def cells_of(problem: Problem) -> int:
    """Number of cells of a JJ problem: all unknowns but the constants at the end."""
    free = np.flatnonzero(~problem.system.known)
    return int(free[-1]) + 1 if len(free) else 0


def _statuses(problem: Problem, may: BoolArray) -> list[str]:
    """u for primary cells, s where ``may`` is set, z elsewhere."""
    status = np.where(may, "s", "z")
    status[problem.primary] = "u"
    return [str(s) for s in status]


def _relation_lines(system: System, n: int) -> list[str]:
    """The number of relations and one line each."""
    matrix = system.relations.tocsr().copy()
    matrix.sort_indices()
    rhs = -(matrix[:, n:] @ system.value[n:])
    lines = [str(matrix.shape[0])]
    for k in range(matrix.shape[0]):
        part = slice(matrix.indptr[k], matrix.indptr[k + 1])
        pairs = zip(matrix.indices[part], matrix.data[part], strict=True)
        terms = [f"{i} ({c})" for i, c in pairs if i < n]
        lines.append(f"{rhs[k]} {len(terms)} : {' '.join(terms)}")
    return lines


def _plain(weight: float) -> str:
    """A weight without a decimal point where it is whole."""
    return str(int(weight)) if weight.is_integer() else repr(weight)


def pattern_text(plan: Plan) -> str:
    """The pattern of a plan as CSV ``id,status``: u primary, x complementary, s printed."""
    problem = plan.problem
    status = np.where(plan.hidden, "x", "s")
    status[problem.primary] = "u"
    rows = [f"{i},{status[i]}" for i in range(cells_of(problem))]
    return "\n".join(["id,status", *rows]) + "\n"


def write_pattern(plan: Plan, path: str | Path) -> None:
    """Write ``pattern_text`` to a file (UTF-8, LF)."""
    Path(path).write_text(pattern_text(plan), encoding="utf-8", newline="\n")
