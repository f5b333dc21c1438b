"""Where does a whole run, from the records to the package, spend its time and memory?

    python bench/pipeline.py release.toml      # any configuration
    python bench/pipeline.py --shinjuku DATA   # five tables of the real 新宿区 in DATA/shinjuku
    python bench/pipeline.py --shinjuku DATA --readers   # the promise to readers alone
    python bench/pipeline.py --smoke           # the built-in sample, one table

One JSON object: processor and wall seconds and the peak memory (MB) by the end of every stage that the
run tells of, processor seconds inside the parts named below, which call each other in places, and what
was hidden at what loss. The package goes to a temporary folder. Imports come before the clock starts,
except those that a stage does itself; --profile counts the parts, and makes Python code slower;
--repeat gives the medians of so many runs, and the stages of the first.
"""

from __future__ import annotations

import argparse
import cProfile
import importlib.util
import json
import pstats
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import medians, peak, processor_seconds

from sdc.messages import Text
from sdc.pipeline.run import run_release

SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "first.toml"

PARTS = {
    "relaxation": ("leading.py", "of"),
    "construction": ("improving.py", "construct"),
    "exchanges": ("exchange.py", "improve"),
    "repair": ("repair.py", "repair"),
    "settling": ("settle.py", "settle"),
    "witnesses checked": ("proof.py", "prove"),
    "maps": ("map.py", "map_files"),
    "csv": ("csvfile.py", "csv_files"),
    "staged check": ("staged.py", "check_staged"),
}
"""Part -> end of the file and name of the function whose processor time is counted."""


class Clock:
    """Cuts a run at each stage that it tells of."""

    def __init__(self) -> None:
        self.stages: list[dict[str, Any]] = []
        self._open("setting up")

    def __call__(self, stage: Text) -> None:
        self.close()
        self._open(stage.to("en"))

    def _open(self, name: str) -> None:
        self._name, self._wall, self._cpu = name, time.perf_counter(), processor_seconds()

    def close(self) -> None:
        """End the present stage."""
        self.stages.append(
            {
                "stage": self._name,
                "cpu_s": round(processor_seconds() - self._cpu, 2),
                "wall_s": round(time.perf_counter() - self._wall, 2),
                "peak_mb": peak(),
            }
        )


def parts(profile: cProfile.Profile) -> dict[str, float]:
    """Processor seconds inside the functions of ``PARTS``."""
    found: dict[str, float] = {}
    stats: Any = pstats.Stats(profile)
    for (file, _, function), (_, _, _, inside, _) in stats.stats.items():
        for part, (end, name) in PARTS.items():
            if file.endswith(end) and function == name:
                found[part] = round(max(inside, found.get(part, 0.0)), 2)
    return found


def measured(config: Path, *, profiled: bool) -> dict[str, Any]:
    """One run and what it cost."""
    profile = cProfile.Profile(time.process_time)
    with tempfile.TemporaryDirectory() as out:
        clock = Clock()
        if profiled:
            profile.enable()
        result = run_release(config, out=Path(out), tell=clock)
        profile.disable()
        clock.close()
        files = [f for f in Path(out).rglob("*") if f.is_file()]
        size = {"files": len(files), "bytes": sum(f.stat().st_size for f in files)}
    plan = result.safe.plan
    total = {k: round(sum(s[k] for s in clock.stages), 2) for k in ("cpu_s", "wall_s")}
    return {
        "cells": int(plan.problem.system.shown.sum()),
        "loss": round(plan.cost, 2),
        "bound": round(plan.bound, 2),
        "stages": clock.stages,
        "parts": parts(profile) if profiled else {},
        **size,
        **total,
        "peak_mb": peak(),
    }


def shinjuku(data: Path, folder: Path, *, readers: bool) -> Path:
    """The configuration of the real city that the tests tell a story of."""
    story = Path(__file__).parents[1] / "tests" / "stories" / "city.py"
    spec = importlib.util.spec_from_file_location("story", story)
    assert spec is not None
    assert spec.loader is not None
    city = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(city)
    config = Path(city.shinjuku(folder, data, city.FIVE_TABLES))
    if readers:
        text, rules = config.read_text(encoding="utf-8"), "min_count = 3\n"
        assert text.count(rules) == 1
        config.write_text(text.replace(rules, f"{rules}owners = false\n"), encoding="utf-8")
    return config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--shinjuku", type=Path, metavar="DATA")
    parser.add_argument("--readers", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = SAMPLE if options.smoke else options.config
        if options.shinjuku is not None:
            config = shinjuku(options.shinjuku, Path(folder), readers=options.readers)
        if options.repeat > 1:
            found = medians([sys.executable, __file__, str(config)], options.repeat)
        else:
            found = measured(config, profiled=options.profile)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
