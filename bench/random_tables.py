"""How many promises of random releases does a stranger break?

    python bench/random_tables.py --out FILE [--seeds FROM TO] [--planted N]
        [--mixed | [--wide] [--method NAME] [--readers]]
    python bench/random_tables.py --read FILE [FILE ...]

Protects, publishes and attacks one random release a seed (``tests/attack/randomcity.py``), from 1000 to
11000 where no other seeds are named, and appends a line of figures to FILE. Seeds that FILE already
holds are left out, so that a run that was stopped goes on where it was; ranges of seeds can run at the
same time into files of their own. N needed X of each release are printed as well, one at a time: the
stranger must notice. Tables are so small that the default method is ``optimal``; it is ``exchange`` for
``--wide`` ones, or the one that is named. ``--readers`` makes no promise to owners. ``--mixed`` makes
whole packages in place of tables, releases upon releases with everything in them
(``tests/attack/mixedcity.py``); an X is needed there where the stranger tells something without it, and
it is the audit that must notice. At the end, or with ``--read``, the sums; exit status 1 where a promise
was broken or something planted was not noticed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "attack"))
import mixedreleases
import randomcity
from randomcity import Outcome

SEEDS = (1000, 11_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seeds", type=int, nargs=2, default=SEEDS, metavar=("FROM", "TO"))
    parser.add_argument("--planted", type=int, default=1)
    parser.add_argument("--readers", action="store_true")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--read", type=Path, nargs="+", default=[])
    args = parser.parse_args()
    options: dict[str, Any] = {"planted": args.planted}
    if not args.mixed:
        options |= {"method": args.method, "wide": args.wide, "owners": not args.readers}
    attacked = mixedreleases.attacked if args.mixed else randomcity.attacked
    if args.out:
        run(args.out, range(*args.seeds), attacked, **options)
    lines = [line for file in args.read or [args.out] for line in read(file)]
    print("\n".join(summary(lines)))
    return int(any(line["told"] or line["unseen"] for line in lines))


def run(file: Path, seeds: range, attacked: Callable[..., Outcome], **options: Any) -> None:
    """Attack the seeds that a file does not hold yet; a line each, written at once.

    ``options`` are those of ``attacked``.
    """
    done = {line["seed"] for line in read(file)}
    with tempfile.TemporaryDirectory() as folder, file.open("a", encoding="utf-8") as out:
        for seed in (s for s in seeds if s not in done):
            outcome = attacked(seed, Path(folder), **options)
            print(json.dumps(asdict(outcome)), file=out, flush=True)


def read(file: Path) -> list[dict[str, Any]]:
    """The lines of a file; an unfinished last one is left out, and its seed done again."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def summary(lines: list[dict[str, Any]]) -> list[str]:
    """The figures of all lines together, and each finding."""
    refused = Counter(line["refused"] for line in lines if line["refused"])
    total = Counter[str]()
    for line in lines:
        total.update(line["tally"])
        total["planted"] += line["planted"]
    no = ", ".join(f"{n} {why}" for why, n in refused.items()) or "none"
    made, broken = (sum(line["spent"][i] for line in lines) for i in (0, 1))
    slowest = max(lines, key=lambda line: line["spent"][0])
    return [
        f"tables {len(lines)}: released {len(lines) - refused.total()}, refused {no}",
        f"X {total['hidden']}, primary {total['primary']}, with an owner {total['owners']}, "
        f"broken {sum(len(line['told']) for line in lines)}",
        f"needed X printed {total['planted']}, not noticed {sum(len(line['unseen']) for line in lines)}",
        f"CPU seconds: tool {made:.0f} (slowest {slowest['spent'][0]:.1f}, seed {slowest['seed']}), "
        f"stranger {broken:.0f}",
        *(
            f"seed {line['seed']}: {what}"
            for line in lines
            for what in line["told"] + line["unseen"]
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
