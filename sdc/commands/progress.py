"""How does a person at the terminal see that something is going on?"""

from __future__ import annotations

import sys
from typing import Any


def stages() -> Any:
    """Progress: a live line on a terminal, one plain line a stage elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda text: print(text, file=sys.stderr, flush=True)  # noqa: T201
    status = console.status("…")
    status.start()
    return lambda text: status.update(str(text))
