"""Is a print safe by a certificate? Whole numbers, added and compared: all that the answer rests on.

A certificate offers tables: the true one, then others as differences from it. A reader must take each
for possible: no number below 0, every row met, nothing against what is known beforehand, and parts that
count the same records alike in what they share. Together they take each promised cell as far as promised,
for readers, and for whoever has a seat: knows that a place holds so much. What adds to what stands in
``adding``; all other code reads files.
"""

from collections.abc import Sequence

from sdc.disclosure.adding import (
    Cell,
    Part,
    Seat,
    cells_over,
    finest,
    linked,
    require,
    sums,
    within,
)

OPEN = (None, "", "X", "M")


def verify(parts: Sequence[Part], *, owners: bool, min_count: int) -> None:
    """Refused unless all promises hold, and counts of 1 … min_count - 1 may be min_count as well."""
    lost: list[set[Seat]] = [set() for _ in parts[0].tables]  # by table, whom it leaves too little
    for p, part in enumerate(parts):
        require(linked(parts[:p], part), "margin", part)
        units = part.family[1] == "count" and finest(parts, part)
        for own, seats in zip(part.tables, lost, strict=True):
            for place, step in own.items():
                true = part.tables[0][place]
                left = true + (0 if own is part.tables[0] else step)
                require(left >= 0, "negative", part)
                known = part.known.get(place, []) + [1] * (units and true > 0)
                seats.update((p, place, k) for k in known if owners and left < k)
    for part in parts:
        numbers = _numbers(part)
        count = part.family[1] == "count"
        small = [c for c, ((_, n), *_) in numbers.items() if count and 0 < n < min_count]
        derived = [(c, min_count, min_count, 0) for c in small if part.rows[c] is not None]
        for cell, upper, lower, slide in (*part.promises, *derived):
            ways, true = numbers[cell], numbers[cell][0][1]
            ends = [n for _, n in ways]
            high = [lost[t] for t, n in ways if n >= upper]
            low = [lost[t] for t, n in ways if n <= lower]
            other = [lost[t] for t, n in ways if n != true and upper <= true <= lower]
            wide = max(ends) - min(ends) >= slide and part.rows[cell] in OPEN
            require(wide and high and low, "promise", part)
            blind = (set.intersection(*own) for own in (high, low, other) if own)
            for seat in set[Seat]().union(*blind):
                seen = {n for t, n in ways if seat not in lost[t]}
                least, most = part.left.get((cell, seat), (lower, upper))
                kept = max(seen) >= min(upper, max(most, true))
                # Nobody is promised less than what he knows to be in the cell.
                mine = seat[2] > lower and within(parts, seat, part, cell)
                kept &= mine or min(seen) <= max(lower, min(least, true))
                kept &= len(seen) > 1 or not other or ((cell, seat) in part.left and least == most)
                require(kept, "owners", part)


def _numbers(part: Part) -> dict[Cell, list[tuple[int, int]]]:
    """By cell the true number, then the others by table, once every sum of every table fits the print."""
    over = cells_over(part)
    true = sums(over, part.tables[0])
    found = {cell: [(0, true[cell])] for cell in (*part.rows, *true, *part.bounds)}
    for t, own in enumerate(part.tables[1:], 1):
        for cell, step in sums(over, own).items():
            found[cell] += [(t, true[cell] + step)] if step else []
    for cell, ways in found.items():
        value, numbers = part.rows[cell], {n for _, n in ways}
        least, most = part.bounds.get(cell, (0, max(numbers)))
        require(least <= min(numbers) and max(numbers) <= most, "known", part)
        require(value != "X" or len(numbers) > 1, "fixed", part)
        require(value != "M" or cell not in true, "group", part)
        if value not in OPEN:
            printed = 0 if value == "-" else int(str(value))
            require({n * part.factor for n in numbers} == {printed}, "printed", part)
    return found
