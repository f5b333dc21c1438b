"""How is a stage measured in processes of its own, and how does its cost grow with the size?

A driver hands ``main`` a function that prepares the work of one size and returns it; the work alone is
timed. Every run is a process, so that its peak memory is its own. Printed is one JSON object: the runs
(medians over ``--repeat``, of each of several ways where a driver has rivals) and, from three sizes on,
the exponents of processor time and of memory: cost ~ size ** exponent, fitted on logarithms; memory is
what the work added to the prepared process.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

Work = Callable[[], dict[str, Any]]

FLOOR = {"cpu_s": 0.05, "added_mb": 4}
"""What exponents are given for (figures whose names end so), and from which cost on they mean it."""


def peak() -> int:
    """Largest memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def processor_seconds() -> float:
    """Processor time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


AFTER = "after"
"""Under this name a piece of work may give back what is done once it has been timed: rivals, checks."""


def timed(work: Work) -> dict[str, Any]:
    """What a piece of work found, and what it cost."""
    before = peak()
    wall, cpu = time.perf_counter(), processor_seconds()
    found = work()
    cost = {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(processor_seconds() - cpu, 2),
        "peak_mb": peak(),
        "added_mb": peak() - before,
    }
    after = found.pop(AFTER, dict)
    return {**found, **cost, **after()}


def medians(command: Sequence[str], repeat: int) -> dict[str, Any] | str:
    """Medians over some runs of a command that prints a JSON object, or the last line of its error."""
    runs = []
    for _ in range(repeat):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            return (run.stderr.strip().splitlines() or ["no output"])[-1]
        runs.append(json.loads(run.stdout))
    return {k: middle([run[k] for run in runs]) for k in runs[0]}


def middle(values: Sequence[Any]) -> Any:
    """The median of numbers, the first of anything else.

    >>> middle([3.0, 1.0, 2.0]), middle(["a", "b"]), middle([True, True])
    (2.0, 'a', True)
    """
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return round(statistics.median(values), 2)
    return values[0]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Slope of log cost over log size.

    >>> exponent([1, 10, 100], [2.0, 200.0, 20_000.0])
    2.0
    """
    x, y = [math.log(s) for s in sizes], [math.log(c) for c in costs]
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return round(slope / sum((a - mean_x) ** 2 for a in x), 2)


def growth(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Exponents of what was costly enough at three sizes at least."""
    found = {}
    for key in runs[0] if runs else ():
        least = next((cost for name, cost in FLOOR.items() if key.endswith(name)), None)
        if least is not None:
            pairs = [(run["size"], run[key]) for run in runs if run[key] >= least]
            if len(pairs) >= 3:
                found[key] = exponent(*zip(*pairs, strict=True))
    return found


def machine() -> dict[str, Any]:
    """On what the figures were taken."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processors": count, "python": platform.python_version(), "load": os.getloadavg()[0]}


def main(
    stage: str,
    unit: str,
    prepare: Callable[[int, list[str]], Work],
    *,
    sizes: Sequence[int],
    smoke: Sequence[int],
    ways: Sequence[str] = (),
    given: Sequence[str] = (),
) -> None:
    """Run a driver: all sizes in processes of their own, or one size in this one.

    ``prepare`` gets a size and the options that are the driver's own, ``given`` ones before those of
    the command line. A driver with several ``ways`` is run with ``--way`` for each; how cost grows is
    said of the first.
    """
    parser = argparse.ArgumentParser(
        description=sys.modules["__main__"].__doc__, allow_abbrev=False
    )
    parser.add_argument("--sizes", type=int, nargs="*", help=f"numbers of {unit}")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes: for correctness only")
    parser.add_argument("--repeat", type=int, default=1, help="medians of so many runs")
    parser.add_argument("--ways", nargs="*", default=ways, help="who does the work")
    parser.add_argument("--one", type=int, help="one size, in this process")
    chosen, own = parser.parse_known_args()
    if chosen.one is not None:
        print(json.dumps({"size": chosen.one, **timed(prepare(chosen.one, own))}))
        return
    wanted = chosen.sizes or (smoke if chosen.smoke else sizes)
    base = [sys.executable, sys.argv[0]]
    options = [[*given, *own, "--way", way] for way in chosen.ways] or [[*given, *own]]
    runs = [
        medians([*base, "--one", str(size), *each], chosen.repeat)
        for size in wanted
        for each in options
    ]
    good = [run for run in runs if not isinstance(run, str)]
    first = [run for run in good if run.get("way") == good[0].get("way")]
    whole = {
        "stage": stage,
        "unit": unit,
        "machine": machine(),
        "repeat": chosen.repeat,
        "runs": runs,
        "growth": growth(first),
    }
    print(json.dumps(whole, indent=1, ensure_ascii=False))
    if len(good) < len(runs):
        raise SystemExit(1)
