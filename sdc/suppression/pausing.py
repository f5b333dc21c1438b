"""When is something that was in vain worth trying again?"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Pause"]


@dataclass
class Pause:
    """Asks for something less and less often, up to once in ``most`` + 1 times, while it is in vain.

    >>> p, asked = Pause(3), []
    >>> for turn in range(10):
    ...     if p.over():
    ...         asked.append(turn)
    ...         p.after(fruitful=False)
    >>> asked
    [0, 2, 6]
    """

    most: int
    _length: int = 0
    _left: int = 0

    def over(self) -> bool:
        """Whether it is time to try; otherwise the pause has grown shorter by one."""
        self._left -= 1
        return self._left < 0

    def after(self, *, fruitful: bool) -> None:
        """Say how the try went."""
        self._length = 0 if fruitful else min(2 * self._length + 1, self.most)
        self._left = self._length
