"""Releases upon releases with everything in them, attacked from their packages by another stranger.

``make test`` runs a share. This can be stopped and goes on where it was; pytest runs the same seeds:

    python bench/random_tables.py --mixed --seeds 0 1000 --out figures.jsonl
    python -m pytest -n auto -m nightly tests/attack/test_mixed_releases.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from mixedcity import scenario
from mixedpromises import Case
from mixedreleases import attacked, released
from universe import Printed, Sum, Universe


def faults(seeds: Sequence[int], folder: Path) -> list[str]:
    """What the stranger told, and what the audit did not see."""
    found = []
    for seed in seeds:
        outcome = attacked(seed, folder)
        found += [f"seed {seed}: {what}" for what in (*outcome.told, *outcome.unseen)]
    return found


@pytest.mark.parametrize("block", range(2))
def test_no_promise_is_broken_by_releases_upon_releases(block: int, tmp_path: Path) -> None:
    assert not faults(range(3 + 5 * block, 8 + 5 * block), tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(50))
def test_no_promise_is_broken_in_a_thousand_of_them(block: int, tmp_path: Path) -> None:
    assert not faults(range(20 * block, 20 * block + 20), tmp_path)


def test_a_promise_that_was_not_made_is_noticed(tmp_path: Path) -> None:
    """Released at a threshold of k, judged at k + 1: cells of k units stand in print."""
    told = 0
    for seed in (1, 9, 15):
        case = scenario(seed)
        case.write(tmp_path)
        step = case.steps[0]
        released(case, step, tmp_path)
        stricter = {n: replace(r, min_count=r.min_count + 1) for n, r in step.rules.items()}
        judged = replace(step, rules=stricter)
        told += any(Case.read(case, tmp_path, [judged]).told())
    assert told == 3


def printed(**cells: tuple[Sum, int | None]) -> Printed:
    """A table of rows with a number, or an X."""
    sums = {(c,): own for c, (own, _) in cells.items()}
    mark = {(c,): "X" if number is None else "A" for c, (_, number) in cells.items()}
    return Printed(
        "t", ("d",), sums, mark, {(c,): n for c, (_, n) in cells.items() if n is not None}
    )


def units(*atoms: int, when: int = 0, what: str = "count") -> Sum:
    return Sum(when, what, frozenset(atoms))


def test_mesh_against_area() -> None:
    # Mesh cells of 5, 4, 4, 4 units and an area of 16 that lacks one innermost place: 17 - 16 = 1.
    mesh = printed(a=(units(0, 1), 5), b=(units(2), 4), c=(units(3), 4), d=(units(4), 4))
    area = printed(inside=(units(1, 2, 3, 4), 16))
    attack = Universe([mesh, area])
    assert attack.allows(units(0), at_least=1, at_most=1)
    assert not attack.allows(units(0), at_least=2)
    assert not attack.allows(units(0), at_most=0)
    # Without the area it is anything up to the 5 of its mesh cell.
    assert Universe([mesh]).allows(units(0), at_least=5)
    assert not Universe([mesh]).allows(units(0), at_least=6)


def test_what_holds_an_area_holds_a_unit() -> None:
    # 1 1 | 1 5 units and 100 80 | 30 3000 m2 in places 0 1 | 2 3, all X but the totals of lines.
    def lines(what: str, values: tuple[int, int, int, int]) -> Printed:
        ends = {"top": (0, 1), "bottom": (2, 3), "left": (0, 2), "right": (1, 3)}
        return printed(
            **{n: (units(*at, what=what), sum(values[i] for i in at)) for n, at in ends.items()}
        )

    count, area = lines("count", (1, 1, 1, 5)), lines("m", (100, 80, 30, 3000))
    # At most 30 m2 move, so that 50 stay in place 1 and with them its unit: place 0 has no second one.
    assert Universe([count]).allows(units(0), at_least=2)
    assert not Universe([count, area]).allows(units(0), at_least=2)
    assert Universe([count, area]).allows(units(0), at_most=0)


def test_who_knows_what_stayed_the_same_knows_what_changed() -> None:
    # Places 0 and 1 held 7 together and hold 6 now; place 0 is known to be the same, and at most 5.
    then, now = printed(a=(units(0, 1), 7)), printed(a=(units(0, 1, when=1), 6))
    same = [(units(0), units(0, when=1))]
    attack = Universe([then, now], [(units(0), 0, 5)], same)
    assert not attack.allows(units(1), at_most=1)  # 7 - 5 = 2 were there then
    assert attack.allows(units(1, when=1), at_most=1)  # and one fewer now
    # Whoever owns one of three in place 1 of now knows of four there then.
    assert not attack.allows(units(1), at_most=3, besides=(units(1, when=1), 3))
