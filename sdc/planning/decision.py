"""How is a choice written down so that a release can replay it and the next survey can start from it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.system import BoolArray, System
from sdc.planning.study import POLICIES, Candidate, Earlier

SCHEMA = 1
KEYS = {
    "schema", "merge", "cuts", "policy", "merges", "collapses", "hidden", "decided_by", "reason",
}  # fmt: skip
GROUPS = "groups"
"""A further key, where classes are counted together area by area."""
BETWEEN = "\t"
"""What stands between the codes of a cell in the file."""

Maps = Mapping[str, Mapping[str, str]]
Cells = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True)
class Decision:
    """A plan by name: what is merged and collapsed (by dimension), which cells are X (by table).

    Every X is listed, primary or not; no count stands in it. ``by`` and ``reason`` say who decided.
    ``groups`` says what is counted together area by area, see ``Earlier``.
    """

    candidate: Candidate = field(default_factory=Candidate)
    merges: Maps = field(default_factory=dict)
    collapses: Maps = field(default_factory=dict)
    hidden: Cells = field(default_factory=dict)
    by: str = ""
    reason: str = ""
    groups: Mapping[str, Maps] = field(default_factory=dict)

    @property
    def earlier(self) -> Earlier:
        """The same as a starting point for the next survey."""
        return Earlier(self.merges, self.collapses, self.hidden, self.groups)


def write_decision(decision: Decision) -> str:
    """A decision as JSON with sorted keys: the same choice is the same text.

    >>> text = write_decision(Decision(merges={"area": {"a": "b"}}, hidden={"t": [("b", "u")]}))
    >>> read_decision(text).merges, read_decision(text).hidden
    ({'area': {'a': 'b'}}, {'t': [('b', 'u')]})
    """
    c = decision.candidate
    content = {
        "schema": SCHEMA,
        "merge": c.merge,
        "cuts": dict(c.cuts),
        "policy": c.policy,
        "merges": {dim: dict(m) for dim, m in decision.merges.items()},
        "collapses": {dim: dict(m) for dim, m in decision.collapses.items()},
        "hidden": {
            t: sorted(BETWEEN.join(c) for c in cells) for t, cells in decision.hidden.items()
        },
        "decided_by": decision.by,
        "reason": decision.reason,
    }
    if decision.groups:
        content[GROUPS] = decision.groups
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_decision(text: str) -> Decision:
    """Read a decision back. Raises InputError for anything that ``write_decision`` does not write."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _not_a_decision() from error
    known = isinstance(found, dict) and set(found) in (KEYS, {*KEYS, GROUPS})
    if not known or found["schema"] != SCHEMA:
        raise _not_a_decision()
    level, policy = found["merge"], found["policy"]
    fits = isinstance(level, int) and not isinstance(level, bool) and level >= 0
    fits = fits and isinstance(policy, str) and policy in POLICIES
    texts = [found["decided_by"], found["reason"], *_values(found["cuts"])]
    for key in ("merges", "collapses"):
        texts += [x for m in _values(found[key]) for x in _values(m)]
    groups = found.get(GROUPS, {})
    texts += [x for own in _values(groups) for m in _values(own) for x in _values(m)]
    texts += [x for cells in _values(found["hidden"]) for x in _items(cells)]
    if not fits or not all(isinstance(x, str) for x in texts):
        raise _not_a_decision()
    return Decision(
        Candidate(level, tuple(sorted(found["cuts"].items())), policy),
        found["merges"],
        found["collapses"],
        {t: [tuple(c.split(BETWEEN)) for c in cells] for t, cells in found["hidden"].items()},
        found["decided_by"],
        found["reason"],
        groups,
    )


def _values(value: object) -> Iterator[object]:
    if not isinstance(value, dict):
        raise _not_a_decision()
    yield from value.values()


def _items(value: object) -> Iterator[object]:
    if not isinstance(value, list):
        raise _not_a_decision()
    yield from value


def _not_a_decision() -> InputError:
    return InputError(Text("this is no decision file"), code="decision")


def hidden_cells(system: System, hidden: BoolArray) -> dict[str, list[tuple[str, ...]]]:
    """The cells (n,) under X by table and codes, in code order."""
    found = {}
    for block in system.blocks:
        dims = block.table.dims
        places = np.argwhere(hidden[block.index])
        found[block.table.name] = [
            tuple(d.codes[i] for d, i in zip(dims, row, strict=True)) for row in places.tolist()
        ]
    return found


def hidden_mask(system: System, cells: Cells) -> tuple[BoolArray, list[tuple[str, ...]]]:
    """(n,) the named cells, and those (table, codes …) that the system does not have."""
    mask = np.zeros(system.n, dtype=bool)
    blocks = {b.table.name: b for b in system.blocks}
    strange: list[tuple[str, ...]] = []
    for table, rows in sorted(cells.items()):
        block = blocks.get(table)
        for codes in rows:
            dims = block.table.dims if block is not None else ()
            known = len(codes) == len(dims) and all(
                c in d for c, d in zip(codes, dims, strict=True)
            )
            if block is None or not known:
                strange.append((table, *codes))
                continue
            at = tuple(d.position(c) for c, d in zip(codes, dims, strict=True))
            mask[int(block.index[at])] = True
    return mask, strange
