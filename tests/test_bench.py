"""The benchmarks run, at sizes that say nothing about speed, and everyone agrees on the counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"


def test_counting_agrees_with_the_rivals() -> None:
    run = [sys.executable, str(BENCH / "tabulate.py"), "--smoke", "--only", "sdc", "pandas"]
    made = subprocess.run(run, capture_output=True, text=True, check=True)
    found = json.loads(made.stdout)
    # Random points hit no line of the mesh, so plain arithmetic is right on them.
    assert found["sdc"]["cells"] == found["pandas"]["cells"] > 10_000
