"""Witness files and tables that are made up: no checker of witnesses takes them for a proof."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import flat, table
from test_staged import Files, build, crossed, pair_of_tables, proven, square

from sdc.disclosure.certificate import verify_certificate
from sdc.disclosure.staged import check_staged
from sdc.errors import NotProven

Arrays = dict[str, np.ndarray]
CHECKERS = [check_staged, verify_certificate]
checkers = pytest.mark.parametrize("check", CHECKERS, ids=lambda f: f.__name__)


def unpacked(witness: bytes) -> tuple[Arrays, Any]:
    with np.load(io.BytesIO(witness)) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    return arrays, json.loads(arrays["head"].tobytes())


def packed(arrays: Arrays, head: Any | str) -> bytes:
    text = head if isinstance(head, str) else json.dumps(head)
    out = io.BytesIO()
    np.savez(out, **{**arrays, "head": np.frombuffer(text.encode(), dtype=np.uint8)})
    return out.getvalue()


def nothing_promised(arrays: Arrays) -> None:
    for name in [n for n in arrays if n.startswith(("promise_", "prior_", "known_"))]:
        arrays[name] = arrays[name][:0]


def one_witness(arrays: Arrays, index: list[int], step: list[int]) -> None:
    arrays["indptr"] = np.array([0, len(index)])
    arrays["index"], arrays["step"] = np.array(index), np.array(step)
    nothing_promised(arrays)


# The square of test_staged is 2 5 9 / 6 2 9 / 9 9 0 with X on its upper left 2 x 2; of its innermost
# cells in C order, 0 1 3 4 are the X.
def below_zero_in_two_halves(arrays: Arrays, head: Any) -> None:
    """2 - 2 - 1 and 5 + 3 …: each half alone leaves a number that is not negative."""
    one_witness(arrays, [0, 0, 1, 3, 4, 4], [-2, -1, 3, 3, -1, -2])


def fractions(arrays: Arrays, head: Any) -> None:
    arrays["step"] = arrays["step"] / 2


def not_a_number(arrays: Arrays, head: Any) -> None:
    arrays["step"] = np.full(len(arrays["step"]), np.nan)


def promises_of_no_table(arrays: Arrays, head: Any) -> None:
    arrays["promise_table"][:] = 7
    arrays["promise_upper"][:] = 1000


def promises_for_one_cell_alone(arrays: Arrays, head: Any) -> None:
    for name in ("cell", "upper", "lower", "slide"):
        arrays[f"promise_{name}"][:] = arrays[f"promise_{name}"][0]


def a_promise_counted_from_the_end(arrays: Arrays, head: Any) -> None:
    cells = 6 * 4  # a1 a2 a3 TOTAL by G H TOTAL u1 u2 u3
    arrays["promise_cell"] -= cells


def an_endless_factor(arrays: Arrays, head: Any) -> None:
    head["pieces"][0]["factor"] = float("inf")


def a_factor_that_wraps(arrays: Arrays, head: Any) -> None:
    """3 times 0xAAAAAAAAAAAAAAAB is 1 in 64 bits."""
    head["pieces"][0]["factor"] = 3
    inverse = pow(3, -1, 2**64)
    arrays["value"] = np.array([v * inverse % 2**64 for v in arrays["value"].tolist()], np.uint64)
    arrays["value"] = arrays["value"].astype(np.int64)


def another_version(arrays: Arrays, head: Any) -> None:
    head["version"] += 1


def a_head_that_is_a_list(arrays: Arrays, head: Any) -> None:
    head["pieces"] = [[]]


def no_piece_at_all(arrays: Arrays, head: Any) -> None:
    head["pieces"] = []
    one_witness(arrays, [], [])


FORGED = [
    below_zero_in_two_halves, fractions, not_a_number,
    promises_of_no_table, promises_for_one_cell_alone, a_promise_counted_from_the_end,
    an_endless_factor, a_factor_that_wraps, another_version, a_head_that_is_a_list, no_piece_at_all,
]  # fmt: skip


@checkers
@pytest.mark.parametrize("forge", FORGED, ids=lambda f: f.__name__)
def test_a_forged_witness_file_is_refused(
    forge: Callable[[Arrays, Any], None], check: Callable[[Files, bytes], object]
) -> None:
    files, witness = proven(square())
    arrays, head = unpacked(witness)
    check(files, packed(arrays, head))  # what is packed again unchanged still holds
    forge(arrays, head)
    with pytest.raises(NotProven):
        check(files, packed(arrays, head))


@checkers
def test_sums_that_wrap_around_are_no_witness(check: Callable[[Files, bytes], object]) -> None:
    """Nine X in three rows of three: a third of 2**64 everywhere, and one more on the diagonal.

    2**64 = 3 x 6,148,914,691,236,517,205 + 1, so that every row and column moves by 2**64: by nothing,
    in 64 bits.
    """
    area, use = flat("area", "a1 a2 a3 a4"), flat("use", "u1 u2 u3 u4")
    values = [[2, 5, 5, 9], [5, 2, 5, 9], [5, 5, 2, 9], [9, 9, 9, 9]]
    names = [(f"a{i}", f"u{j}") for i in (1, 2, 3) for j in (1, 2, 3)]
    files, witness = proven(build([table("t", (area, use), values)], {"t": names}))
    arrays, head = unpacked(witness)
    third = np.full((3, 3), 2**64 // 3) + np.eye(3, dtype=np.int64)
    one_witness(arrays, [0, 1, 2, 4, 5, 6, 8, 9, 10], third.ravel().tolist())
    with pytest.raises(NotProven):
        check(files, packed(arrays, head))


@checkers
def test_a_head_that_nests_without_end_is_refused(
    check: Callable[[Files, bytes], object],
) -> None:
    files, witness = proven(square())
    arrays, _ = unpacked(witness)
    with pytest.raises(NotProven):
        check(files, packed(arrays, "[" * 100_000))


@checkers
def test_witnesses_of_other_tables_prove_nothing(check: Callable[[Files, bytes], object]) -> None:
    files, witness = proven(square())
    others, other_witness = proven(pair_of_tables())
    with pytest.raises(NotProven):
        check(files, other_witness)
    with pytest.raises(NotProven):
        check(others, witness)


@checkers
def test_a_table_that_no_witness_speaks_of_is_noticed(
    check: Callable[[Files, bytes], object],
) -> None:
    files, witness = proven(square())
    check(files, witness)
    with pytest.raises(NotProven):
        check({**files, "data/more.csv": files["data/t.csv"]}, witness)


def first_row_twice(text: str) -> str:
    """The X of a1 u1 as a number, then as X: which of them does a reader believe?"""
    row = next(r for r in text.splitlines() if r.startswith("a1,a1,u1,"))
    return text.replace(row, row.replace("X,X", "2,A") + "\r\n" + row)


def a_column_twice(text: str) -> str:
    head, *rows = text.splitlines()
    doubled = [head.replace("value,status", "value,status,value,status")]
    doubled += [r.replace(",X,X", ",2,A,X,X") if r.endswith("X,X") else f"{r},0,A" for r in rows]
    doubled = [d if d.endswith(("X,X", "status")) else f"{r},{','.join(r.split(',')[-2:])}"
               for d, r in zip(doubled, [head, *rows], strict=True)]  # fmt: skip
    return "\r\n".join(doubled) + "\r\n"


def more_behind_the_last_column(text: str) -> str:
    return text.replace(",X,X", ",X,X,2", 1)


def written_in_another_way(text: str) -> str:
    """9 as ９: int() reads it, a spreadsheet or a person may not."""
    return text.replace(",9,A", ",９,A", 1)


def a_minus_in_front(text: str) -> str:
    return text.replace(",9,A", ",-9,A", 1)


@checkers
@pytest.mark.parametrize(
    "spoil",
    [
        first_row_twice,
        a_column_twice,
        more_behind_the_last_column,
        written_in_another_way,
        a_minus_in_front,
    ],
    ids=lambda f: f.__name__,
)
def test_a_table_that_can_be_read_in_two_ways_is_refused(
    spoil: Callable[[str], str], check: Callable[[Files, bytes], object]
) -> None:
    files, witness = proven(square())
    text = files["data/t.csv"].decode("utf-8-sig")
    assert spoil(text) != text
    with pytest.raises(NotProven):
        check({**files, "data/t.csv": spoil(text).encode()}, witness)


def accepts(check: Callable[[Files, bytes], object], files: Files, witness: bytes) -> bool:
    try:
        check(files, witness)
    except NotProven:
        return False
    return True


def mutated(arrays: Arrays, draw: np.random.Generator) -> Arrays:
    """One or two numbers changed, and sometimes a witness left out."""
    out = {name: own.copy() for name, own in arrays.items()}
    names = [n for n in out if len(out[n]) and n not in ("head", "at", "prior_table", "prior_cell")]
    for _ in range(draw.integers(1, 3)):
        own = out[str(draw.choice(names))]
        own[draw.integers(len(own))] += draw.choice([-2, -1, 1, 2, 50])
    rows = out["indptr"]
    if draw.random() < 0.3 and len(rows) > 1 and rows[-1] == len(out["index"]):
        which = int(draw.integers(len(rows) - 1))
        first, last = int(rows[which]), int(rows[which + 1])
        for name in ("index", "step") if 0 <= first <= last else ():
            out[name] = np.delete(out[name], slice(first, last))
        if 0 <= first <= last:
            out["indptr"] = np.delete(rows, which + 1)
            out["indptr"][which + 1 :] -= last - first
    return out


@pytest.mark.parametrize("make", [square, pair_of_tables, crossed], ids=lambda f: f.__name__)
def test_two_checkers_written_apart_say_the_same_of_any_file(make: Callable[[], Any]) -> None:
    files, witness = proven(make())
    arrays, head = unpacked(witness)
    draw, said = np.random.default_rng(8), {True: 0, False: 0}
    for _ in range(60):
        other = packed(mutated(arrays, draw), head)
        one, two = (accepts(check, files, other) for check in CHECKERS)
        assert one == two
        said[one] += 1
    assert min(said.values()) >= 3, said
