"""How are the codes of one dimension ordered, and which code sums up which?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.errors import Finding, InputError
from sdc.messages import Text

IntArray = npt.NDArray[np.int64]

TOTAL = "TOTAL"


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The codes of one dimension in code order, each with its parent; exactly one root.

    ``parents`` holds the parent's position, -1 for the root. Codes are text and sorted, so that the
    order of an input file never changes an output.

    Raises InputError for duplicate codes, orphans, cycles, several roots, or codes that are not text.

    >>> h = Hierarchy.of("use", {"T": "", "G1": "T", "a": "G1", "b": "G1", "c": "T"})
    >>> h.codes, [h.codes[i] for i in h.leaves], h.codes[h.root]
    (('G1', 'T', 'a', 'b', 'c'), ['a', 'b', 'c'], 'T')
    >>> h.aggregation.toarray().tolist()
    [[1, 1, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """

    name: str
    codes: tuple[str, ...]
    parents: IntArray
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        self.parents.setflags(write=False)

    @classmethod
    def of(
        cls, name: str, parent: Mapping[str, str], labels: Mapping[str, str] | None = None
    ) -> Hierarchy:
        """Build from ``{code: parent code}``; the root's parent is the empty text. O(n log n)."""
        _validate(name, parent)
        codes = tuple(sorted(parent))
        position = {code: i for i, code in enumerate(codes)}
        parents = np.array([position.get(parent[c], -1) for c in codes], dtype=np.int64)
        texts = labels or {}
        return cls(name, codes, parents, tuple(texts.get(c, c) for c in codes))

    @classmethod
    def flat(
        cls,
        name: str,
        leaves: Sequence[str],
        *,
        total: str = TOTAL,
        labels: Mapping[str, str] | None = None,
    ) -> Hierarchy:
        """All leaves directly below one total.

        >>> Hierarchy.flat("sex", ["m", "f"]).codes
        ('TOTAL', 'f', 'm')
        """
        return cls.of(name, {total: "", **dict.fromkeys(leaves, total)}, labels)

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {code: i for i, code in enumerate(self.codes)}

    def position(self, code: str) -> int:
        """Where a code stands; KeyError for an unknown one."""
        return self._position[code]

    def __contains__(self, code: object) -> bool:
        return code in self._position

    @cached_property
    def root(self) -> int:
        """Position of the only code without a parent."""
        return int(np.flatnonzero(self.parents < 0)[0])

    @cached_property
    def leaves(self) -> IntArray:
        """Positions of the codes without children, ascending."""
        inner = np.zeros(len(self), dtype=bool)
        inner[self.parents[self.parents >= 0]] = True
        return np.flatnonzero(~inner).astype(np.int64)

    @cached_property
    def inner(self) -> IntArray:
        """Positions of the codes with children, ascending."""
        return np.setdiff1d(np.arange(len(self), dtype=np.int64), self.leaves)

    def children(self, position: int) -> IntArray:
        """Positions directly below."""
        return np.flatnonzero(self.parents == position).astype(np.int64)

    @cached_property
    def depth(self) -> IntArray:
        """0 for the root, 1 for its children, … per code."""
        depth = np.zeros(len(self), dtype=np.int64)
        up = self.parents.copy()
        while (up >= 0).any():
            depth += up >= 0
            up = np.where(up >= 0, self.parents[up], -1)
        return depth

    @cached_property
    def aggregation(self) -> sp.csr_matrix:
        """0/1 matrix (codes x leaves): which leaves a code sums up."""
        rows: list[IntArray] = []
        columns: list[IntArray] = []
        up, column = self.leaves.copy(), np.arange(len(self.leaves), dtype=np.int64)
        while len(up):
            rows.append(up)
            columns.append(column)
            above = self.parents[up]
            up, column = above[above >= 0], column[above >= 0]
        row, col = np.concatenate(rows), np.concatenate(columns)
        shape = (len(self), len(self.leaves))
        return sp.csr_matrix((np.ones(len(row), dtype=np.int64), (row, col)), shape=shape)

    @cached_property
    def balance(self) -> sp.csr_matrix:
        """Matrix (inner codes x codes): -1 at the code, +1 at each of its children."""
        child = np.flatnonzero(self.parents >= 0)
        row_of = np.full(len(self), -1, dtype=np.int64)
        row_of[self.inner] = np.arange(len(self.inner))
        rows = np.concatenate([row_of[self.inner], row_of[self.parents[child]]])
        cols = np.concatenate([self.inner, child])
        data = np.concatenate(
            [np.full(len(self.inner), -1, dtype=np.int64), np.ones(len(child), dtype=np.int64)]
        )
        return sp.csr_matrix((data, (rows, cols)), shape=(len(self.inner), len(self)))

    def same_codes(self, other: Hierarchy) -> bool:
        """Whether both hold the same codes with the same parents."""
        return self.codes == other.codes and bool(np.array_equal(self.parents, other.parents))


def _validate(name: str, parent: Mapping[str, str]) -> None:
    """All structural laws of a hierarchy, each with the offending code."""
    findings = [
        _finding(name, str(code), Text("a code is non-empty text"))
        for code in parent
        if not isinstance(code, str) or not code
    ]
    findings += [
        _finding(name, above, Text("every parent must be a listed code"))
        for above in dict.fromkeys(parent.values())
        if above and above not in parent
    ]
    roots = [code for code, above in parent.items() if not above]
    if len(roots) != 1:
        rule = Text("exactly one code has no parent")
        findings.append(_finding(name, ", ".join(map(str, roots[:5])), rule))
    if not findings:
        findings += [
            _finding(name, code, Text("following parents must end at the root"))
            for code in _in_cycles(parent)
        ]
    if findings:
        raise InputError.of(findings)


def _in_cycles(parent: Mapping[str, str]) -> list[str]:
    """Codes from which the root is never reached."""
    good: set[str] = {""}
    for start in parent:
        path: list[str] = []
        seen: set[str] = set()
        code = start
        while code not in good and code not in seen:
            seen.add(code)
            path.append(code)
            code = parent[code]
        if code in good:
            good.update(path)
    return [code for code in parent if code not in good]


def _finding(name: str, value: str, must: Text) -> Finding:
    remedy = Text("correct the hierarchy file")
    return Finding("hierarchy", must=must, remedy=remedy, column=name, value=value)
