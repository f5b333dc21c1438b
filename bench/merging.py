"""How much does merging small areas lose, how fast is it, and what do others lose on the same layer?

    SDC_REAL_DATA=… python bench/merging.py                     # the layer of Tottori, about a minute
    python bench/merging.py --exact                             # and the proof of the optimum
    python bench/merging.py --rival-python VENV/bin/python      # MaxP of spopt, where that has it
    python bench/merging.py --census                            # the merges of the 2020 census

2,487 small areas, people as the count, the first nine digits of the code as the parent; every merged
area must reach 10 (30) people, areas without people are exempt. Loss of a cluster: 0.3 x sum of
n ln(N / n) + 50 x (parents - 1) + (members - 1). Prints one JSON object a line. MaxP maximises the
number of regions and puts every area into one, so its loss is that of a tool made for another
question; it is what users of that library would reach for. With ``--census`` the merges of the
census in 大東市 and 鶴見区 stand beside ours: below 4, where the census itself hides, and below 10.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

WEIGHT = {"location": 0.3, "parent": 50.0, "member": 1.0}


def layer(folder: Path) -> dict[str, Any]:
    """Codes, people and shared edges of the layer."""
    import geopandas as gpd

    from sdc.spatial.areas import make_areas
    from sdc.spatial.neighbours import neighbours

    rows = gpd.read_file(folder / "tottori" / "31-tottori-all.shp", encoding="cp932")
    areas = make_areas(rows, dimension="area", code="KEY_CODE")
    pairs = neighbours(areas)
    people = rows.groupby("KEY_CODE")["JINKO"].sum().reindex(areas.shapes["code"])
    return {
        "codes": list(areas.shapes["code"]),
        "people": people.to_numpy().astype(np.int64),
        "i": pairs["i"].to_numpy(),
        "j": pairs["j"].to_numpy(),
        "length": pairs["length"].to_numpy(),
    }


def ours(data: dict[str, Any], min_count: int, method: str) -> dict[str, Any]:
    from sdc.tables.merge import merge_areas

    wall, work = time.perf_counter(), time.process_time()
    merging = merge_areas(
        data["people"],
        codes=data["codes"],
        edges=(data["i"], data["j"], data["length"]),
        parents=[code[:9] for code in data["codes"]],
        min_count=min_count,
        within="any",
        method=method,
    )
    return {
        "method": f"sdc {method}",
        "min_count": min_count,
        "loss": round(merging.loss, 2),
        "bound": round(merging.bound, 2),
        "gap": round(merging.gap, 5),
        "optimal_over_columns": merging.optimal,
        "columns": merging.columns,
        "merged_away": len(merging.merged),
        "processor_s": round(time.process_time() - work, 2),
        "clock_s": round(time.perf_counter() - wall, 2),
    }


def census(folder: Path) -> list[dict[str, Any]]:
    """Official merges and ours, with the loss of both by the same definition."""
    import geopandas as gpd

    from sdc.readers.census import read_census
    from sdc.spatial.areas import make_areas
    from sdc.spatial.neighbours import neighbours
    from sdc.tables.merge import merge_areas

    root = folder / "osaka_census2020"
    official = read_census(root / "tblT001082C27.csv").destination
    found = []
    for name, file in (("大東市", "daito.shp"), ("鶴見区", "tsurumi.shp")):
        rows = gpd.read_file(root / file, encoding="cp932")
        areas = make_areas(rows, dimension="area", code="KEY_CODE")
        codes = list(areas.shapes["code"])
        parents = [c[:9] for c in codes]
        people = rows.groupby("KEY_CODE")["JINKO"].sum().reindex(codes).to_numpy().astype(np.int64)
        pairs = neighbours(areas)
        edges = (pairs["i"].to_numpy(), pairs["j"].to_numpy(), pairs["length"].to_numpy())
        theirs = {a: b for a, b in official.items() if a in codes and b in codes}
        label = np.array([codes.index(theirs.get(c, c)) for c in codes])
        for level in (4, 10):
            m = merge_areas(
                people, codes=codes, edges=edges, parents=parents, min_count=level, within="any"
            )
            found.append({
                "city": name, "below": level, "official": theirs, "ours": m.merged,
                "official_loss": round(loss_of(people, parents, label), 3),
                "our_loss": round(m.loss, 3), "our_bound": round(m.bound, 3),
            })  # fmt: skip
    return found


def loss_of(people: Any, parents: list[str], label: Any) -> float:
    """The loss of any regionalisation, straight from the definition."""
    total = 0.0
    for region in np.unique(label):
        rows = np.flatnonzero(label == region)
        n = people[rows][people[rows] > 0].astype(float)
        total += WEIGHT["location"] * float((n * np.log(n.sum() / n)).sum()) if len(n) else 0.0
        total += WEIGHT["parent"] * (len({parents[k] for k in rows}) - 1)
        total += WEIGHT["member"] * (len(rows) - 1)
    return total


def maxp(file: Path, min_count: int) -> dict[str, Any]:
    """MaxP's heuristic: as many regions with enough people as it finds."""
    import geopandas as gpd
    from libpysal.weights import W
    from shapely.geometry import Point
    from spopt.region import MaxPHeuristic

    data = np.load(file)
    n = len(data["people"])
    near: dict[int, list[int]] = {k: [] for k in range(n)}
    for i, j in zip(data["i"].tolist(), data["j"].tolist(), strict=True):
        near[i].append(j)
        near[j].append(i)
    frame = gpd.GeoDataFrame({"people": data["people"]}, geometry=[Point(k, 0) for k in range(n)])
    np.random.seed(0)  # noqa: NPY002 (the library draws from the global state)
    start = time.process_time()
    model = MaxPHeuristic(frame, W(near, silence_warnings=True), ["people"], "people", min_count, 2)
    model.solve()
    seconds = time.process_time() - start
    parents = [str(code)[:9] for code in data["codes"]]
    return {
        "method": "spopt MaxP",
        "min_count": min_count,
        "loss": round(loss_of(data["people"], parents, np.array(model.labels_)), 2),
        "merged_away": n - len(set(model.labels_)),
        "processor_s": round(seconds, 2),
    }


def rival(data: dict[str, Any], min_count: int, python: str) -> dict[str, Any]:
    """Run MaxP in its own interpreter; what it said where it does not run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layer.npz"
        np.savez(file, **{k: np.array(v) for k, v in data.items()})
        command = [python, __file__, "--maxp", str(file), "--min-count", str(min_count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return {"method": "spopt MaxP", "min_count": min_count, "not_run": last[0]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--census", action="store_true")
    parser.add_argument("--rival-python", default=sys.executable)
    parser.add_argument("--maxp", type=Path)
    parser.add_argument("--min-count", type=int)
    options = parser.parse_args()
    if options.maxp:
        print(json.dumps(maxp(options.maxp, options.min_count)))
        return
    if options.census:
        for line in census(Path(os.environ["SDC_REAL_DATA"])):
            print(json.dumps(line, ensure_ascii=False))
        return
    data = layer(Path(os.environ["SDC_REAL_DATA"]))
    ours(data, 10, "auto")  # compiles
    for min_count in (10, 30):
        for method in ("greedy", "auto", *(["exact"] if options.exact else [])):
            print(json.dumps(ours(data, min_count, method)), flush=True)
        print(json.dumps(rival(data, min_count, options.rival_python)), flush=True)


if __name__ == "__main__":
    main()
