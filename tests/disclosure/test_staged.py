"""The separate checker: what is wrong in the files or in the witnesses never passes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from oracles import flat, table, tree
from smallcases import Case, printed

from sdc.disclosure.audit import audit
from sdc.disclosure.evidence import evidence
from sdc.disclosure.staged import check_staged
from sdc.errors import NotProven
from sdc.model.coded import Crossing
from sdc.model.rules import Rules
from sdc.model.states import State
from sdc.model.table import Table
from sdc.sensitivity import problem as demands_of
from sdc.tables.relations import system_of

Files = dict[str, bytes]


def build(tables: list[Table], pattern: Mapping[str, list[tuple[str, ...]]], **how) -> Case:
    system = system_of(tables, crossings=how.pop("crossings", ()))
    problem = demands_of(system, Rules(min_count=3, owners=True, **how))
    hidden = np.zeros(system.n, dtype=bool)
    hidden[problem.to_hide] = True
    for block in system.blocks:
        for codes in pattern.get(block.table.name, []):
            place = [d.position(c) for d, c in zip(block.table.dims, codes, strict=True)]
            hidden[block.index[tuple(place)]] = True
    return Case(problem, hidden)


def square() -> Case:
    # The 2s with two partners each in lines and columns; group G of uses adds a level. One more and one
    # less fit all round, and nobody has to go.
    area, use = flat("area", "a1 a2 a3"), tree("use", G="u1 u2", H="u3")
    values = [[2, 5, 9], [6, 2, 9], [9, 9, 0]]
    pattern = {"t": [(a, u) for a in ("a1", "a2") for u in ("u1", "u2")]}
    return build([table("t", (area, use), values)], pattern)


def pair_of_tables() -> Case:
    # area x use and area x structure share the margin of areas, which stays in print.
    area, use, kind = flat("area", "a1 a2 a3"), flat("use", "u1 u2 u3"), flat("kind", "k1 k2")
    first = table("au", (area, use), [[1, 5, 9], [6, 7, 9], [9, 9, 0]])
    second = table("ak", (area, kind), [[10, 5], [12, 10], [9, 9]])
    return build([first, second], {"au": [(a, u) for a in ("a1", "a2") for u in ("u1", "u2")]})


def crossed() -> Case:
    # Areas against mesh cells over shared atoms; a1 (2 units) hides with a2, mesh m1 with m2. All of
    # a3 lies in m3: with 7 there, 9 - 7 = 2 of a3 in m2 would follow.
    area, mesh = flat("area", "a1 a2 a3"), flat("mesh", "m1 m2 m3")
    met = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2)]
    tables = [table("areas", (area,), [2, 6, 9]), table("mesh", (mesh,), [4, 4, 9])]
    pattern = {"areas": [("a2",)], "mesh": [("m1",), ("m2",)]}
    crossing = Crossing(("area", "mesh"), np.array(met, dtype=np.int64))
    return build(tables, pattern, crossings=[crossing])


CASES = [square, pair_of_tables, crossed]
every = pytest.mark.parametrize("make", CASES, ids=lambda f: f.__name__)


def proven(case: Case) -> tuple[Files, bytes]:
    report = audit(case.problem, case.published)
    assert report.passed
    return printed(case.published), evidence(case.problem, report)


@every
def test_what_was_proven_adds_up_in_the_files(make: Callable[[], Case]) -> None:
    case = make()
    found = check_staged(*proven(case))
    hidden = sum(int((t.state == State.HIDDEN).sum()) for t in case.published.tables)
    cells = sum(t.state.size for t in case.published.tables)
    assert (found.hidden, found.printed) == (hidden, cells - hidden)
    assert found.promises == len(case.problem.primary)
    assert found.witnesses >= 1


@every
def test_the_same_audit_gives_the_same_bytes(make: Callable[[], Case]) -> None:
    assert proven(make())[1] == proven(make())[1]


@every
def test_every_number_of_the_files_is_looked_at(make: Callable[[], Case]) -> None:
    case = make()
    files, witness = proven(case)
    for path, data in files.items():
        rows = data.decode("utf-8-sig").splitlines()
        for i, row in enumerate(rows):
            if not path.startswith("data/codelist") and row.endswith(",A"):
                *codes, value, _ = row.split(",")
                changed = ",".join([*codes, str(int(value) + 1), "A"])
                other = "\r\n".join([*rows[:i], changed, *rows[i + 1 :]]).encode()
                with pytest.raises(NotProven):
                    check_staged({**files, path: other}, witness)


@every
def test_an_x_that_shows_its_value_is_noticed(make: Callable[[], Case]) -> None:
    case = make()
    files, witness = proven(case)
    for shown, block in zip(case.published.tables, case.problem.system.blocks, strict=True):
        path = f"data/{shown.name}.csv"
        rows = files[path].decode("utf-8-sig").splitlines()
        for flat_place in np.flatnonzero(shown.state.ravel() == State.HIDDEN).tolist():
            value = int(block.table.value.ravel()[flat_place])
            tail = f",{value},A" if value else ",-,-"
            row = rows[flat_place + 1].removesuffix(",X,X") + tail
            other = [*rows[: flat_place + 1], row, *rows[flat_place + 2 :]]
            with pytest.raises(NotProven):
                check_staged({**files, path: "\r\n".join(other).encode()}, witness)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("a3,a3,u3,u3,-,-", "a3,a3,u3,u3,0,A"),  # a zero in another dress
        lambda text: text.replace(",X,X", ",X,M"),  # hidden cells called merged
        lambda text: "\r\n".join(text.splitlines()[:-1]),  # a row is lost
        lambda text: text + text.splitlines()[-1] + "\r\n",  # a row comes twice
        lambda text: text.replace("use,", "used,"),  # a column by another name
        lambda text: text.replace(",A\r\n", "\r\n", 1),  # ragged
    ],
)
def test_malformed_tables_are_refused(spoil: Callable[[str], str]) -> None:
    files, witness = proven(square())
    text = files["data/t.csv"].decode("utf-8-sig")
    assert spoil(text) != text
    with pytest.raises(NotProven):
        check_staged({**files, "data/t.csv": spoil(text).encode()}, witness)


def test_code_lists_are_where_the_sums_come_from() -> None:
    files, witness = proven(square())
    path = "data/codelist_use.csv"
    for old, new in ((b"u2,G,", b"u2,H,"), (b"G,TOTAL,", b"G,,"), (b"u1,G,", b"u1,u1,")):
        assert old in files[path]
        with pytest.raises(NotProven):
            check_staged({**files, path: files[path].replace(old, new)}, witness)
    for gone in files:
        with pytest.raises(NotProven):
            check_staged({k: v for k, v in files.items() if k != gone}, witness)


def altered(witness: bytes, **change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    with np.load(io.BytesIO(witness)) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    for name, how in change.items():
        arrays[name] = how(arrays[name])
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize("make", [square, pair_of_tables, crossed], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "change",
    [
        {"step": lambda a: a * np.where(np.arange(len(a)) == 0, 2, 1)},  # one difference too large
        {"step": np.zeros_like},  # no differences: every X stands with one value
        {"step": lambda a: 40 * a},  # negative numbers
        {"value": lambda a: a + (np.arange(len(a)) == 0)},  # another truth
        {"promise_upper": lambda a: a + 40},  # a higher promise
        {"promise_lower": lambda a: a - 40},
        {"promise_slide": lambda a: a + 40},
        {"promise_cell": np.zeros_like},  # a promise for a printed total
        {  # the same sums, but one cell is named twice
            "index": lambda a: np.insert(a, 0, a[0]),
            "step": lambda a: np.insert(a, 0, 0),
            "indptr": lambda a: a + (np.arange(len(a)) > 0),
        },
    ],
    ids=["one step", "no step", "large step", "value", "upper", "lower", "slide", "cell", "twice"],
)
def test_every_array_of_the_witness_file_counts(make: Callable[[], Case], change) -> None:
    files, witness = proven(make())
    with pytest.raises(NotProven):
        check_staged(files, altered(witness, **change))


@pytest.mark.parametrize("size", [0, 10, 500])
def test_a_broken_witness_file_is_refused(size: int) -> None:
    files, witness = proven(square())
    with pytest.raises(NotProven):
        check_staged(files, witness[:size])


def test_floors_are_part_of_what_is_known() -> None:
    # Zeros are printed: every X holds at least 1, and the file says so.
    area, use = flat("area", "a1 a2 a3"), flat("use", "u1 u2 u3")
    values = [[2, 5, 9], [6, 7, 9], [9, 9, 0]]
    pattern = {"t": [(a, u) for a in ("a1", "a2") for u in ("u1", "u2")]}
    files, witness = proven(build([table("t", (area, use), values)], pattern, zeros="show"))
    assert check_staged(files, witness).hidden == 4
    with pytest.raises(NotProven, match="everybody"):
        check_staged(files, altered(witness, prior_least=lambda a: a + 6))


def test_a_promise_on_a_place_that_no_table_prints_is_checked() -> None:
    # a1 is 2 units in m1 or m2: that part may hold 3, which the witnesses must show.
    files, witness = proven(crossed())
    with np.load(io.BytesIO(witness)) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    pieces = json.loads(arrays["head"].tobytes())["pieces"]
    places = [i for i, p in enumerate(pieces) if p["table"] is None]
    mine = np.flatnonzero(np.isin(arrays["promise_table"], places))
    assert len(mine)
    arrays["promise_upper"][mine[0]] += 100
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    with pytest.raises(NotProven, match="no table prints"):
        check_staged(files, out.getvalue())


def test_tables_linked_in_a_circle_need_atoms() -> None:
    area, use, kind = flat("area", "a1 a2"), flat("use", "u1 u2"), flat("kind", "k1 k2")
    tables = [
        table("au", (area, use), [[1, 9], [9, 9]]),
        table("ak", (area, kind), [[5, 5], [9, 9]]),
        table("uk", (use, kind), [[5, 5], [9, 9]]),
    ]
    everything = {
        t.name: [(a, b) for a in t.dims[0].codes for b in t.dims[1].codes] for t in tables
    }
    files, witness = proven(build(tables, everything))
    assert check_staged(files, witness).hidden

    def without_atoms(head: np.ndarray) -> np.ndarray:
        parsed = json.loads(head.tobytes())
        parsed["pieces"] = [p for p in parsed["pieces"] if p["table"] is not None]
        return np.frombuffer(json.dumps(parsed).encode(), dtype=np.uint8)

    nothing = {
        f"promise_{n}": lambda a: a[:0] for n in ("table", "cell", "upper", "lower", "slide")
    }
    with pytest.raises(NotProven, match="circle"):
        check_staged(files, altered(witness, head=without_atoms, **nothing))


def test_merged_and_grouped_rows_are_no_parts() -> None:
    files, witness = proven(square())
    text = files["data/t.csv"].decode("utf-8-sig")
    gone = "".join(f"a9,a9,{u},{u},X,M\r\n" for u in ("G", "H", "TOTAL", "u1", "u2", "u3"))
    assert check_staged({**files, "data/t.csv": (text + gone).encode()}, witness).hidden == 4


def test_only_a_report_with_witnesses_of_the_problem_is_written_down() -> None:
    case = square()
    report = audit(case.problem, case.published)
    for bad in (replace(report, certificate=None), replace(report, problem_digest="0")):
        with pytest.raises(NotProven):
            evidence(case.problem, bad)
