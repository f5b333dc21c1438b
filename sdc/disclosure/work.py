"""How much may a search do before it gives up?"""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(eq=False)
class Work:
    """A budget of solver calls, the same on every machine, and an emergency stop by the clock.

    ``solves`` None means no limit. ``stopped`` says whether anything was refused, ``late`` whether it
    was the clock that refused it.

    >>> work = Work(solves=1)
    >>> work.spend(), work.spend(), work.stopped, work.late
    (True, False, True, False)
    """

    solves: int | None = None
    seconds: float | None = None
    used: int = 0
    stopped: bool = False
    late: bool = False
    _start: float = field(default_factory=time.monotonic)

    def spend(self) -> bool:
        """Whether one more solve is allowed; counts it."""
        if self.seconds is not None and time.monotonic() - self._start > self.seconds:
            self.stopped = self.late = True
        elif self.solves is not None and self.used >= self.solves:
            self.stopped = True
        else:
            self.used += 1
            return True
        return False
