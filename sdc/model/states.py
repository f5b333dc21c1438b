"""Which states can a published place have?"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """The state of one place in a published table; never encoded as NaN or as a zero.

    ======== ====== ==============================================================
    state    letter meaning
    ======== ====== ==============================================================
    SHOWN    A      a number is printed
    ZERO     ``-``  a zero that is not hidden
    HIDDEN   X      hidden; the true value may be 0
    MERGED   M      the area was added to another one (合算)
    GROUPED  G      counted in a group of classes (集約)
    ======== ====== ==============================================================

    >>> State.HIDDEN.letter
    'X'
    """

    SHOWN = 0
    ZERO = 1
    HIDDEN = 2
    MERGED = 3
    GROUPED = 4

    @property
    def letter(self) -> str:
        """The ``status`` letter of the package's tables."""
        return "A-XMG"[int(self)]
