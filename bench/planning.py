"""How much less does the planner lose than suppression alone, at the same proven level?

    SDC_REAL_DATA=… python bench/planning.py osaka       # a minute
    SDC_REAL_DATA=… python bench/planning.py shinjuku    # four CPU minutes

Osaka: 7,715 buildings by 18 uses and town. 新宿区: buildings by area class x height class and small
area. Minimum count 3, level interval for readers alone, every zero may carry an X. Each plan is carried
out, audited and measured in nats per record between the finest table and what a reader rebuilds from the
published one. Prints one JSON object a plan; the first is suppression alone as the rules price it. A plan
that was not carried out stands with its bound: what any plan of its structure loses at least.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sdc.model.coded import Coded
from sdc.model.hierarchy import Hierarchy
from sdc.model.rules import Rules
from sdc.planning.choice import choose, pareto
from sdc.planning.score import Scored
from sdc.planning.search import survey
from sdc.planning.study import Neighbourhood, Study, Wanted
from sdc.tables.areagroups import group_areas
from sdc.tables.schemes import shipped_scheme

HEIGHTS = [5, 10, 12, 15, 20, 25, 30, 35, 40, 45]
ROOFS = [50, 75, 150, 500, 1500]


def index_of(dim: Hierarchy, codes: pd.Series) -> npt.NDArray[np.int64]:
    place = {dim.codes[i]: k for k, i in enumerate(dim.leaves)}
    return codes.map(place).to_numpy().astype(np.int64)


def osaka(folder: Path) -> Study:
    """Town x use below the wards; towns of one ward may be merged, both official schemes are offered."""
    rows = pd.read_csv(folder / "osaka_buildings" / "buildings.csv", dtype=str)
    uses = shipped_scheme("use_by_tens").targets
    rows = rows[rows["usage"].isin(list(uses)) & rows["town"].notna()]
    town = rows["ward"] + "/" + rows["town"]
    parent = {"T": "", **dict.fromkeys(rows["ward"], "T")}
    parent |= dict(zip(town, rows["ward"], strict=True))
    area = Hierarchy.of("area", parent)
    use = Hierarchy.flat("use", sorted(set(rows["usage"])))
    leaf = {"area": index_of(area, town), "use": index_of(use, rows["usage"])}
    inner = [use.codes[i] for i in use.leaves]
    schemes = {
        name: {c: shipped_scheme(f"use_by_{name}").targets[c] for c in inner}
        for name in ("tens", "land_use")
    }
    parents = [area.codes[area.parents[i]] for i in area.leaves]
    return Study(
        {"b": Coded("b", {"area": area, "use": use}, leaf)},
        (Wanted("use", "b", ("area", "use")),),
        Rules(min_count=3, owners=False),
        areas=Neighbourhood("area", ([], [], []), parents, partners="district"),
        merge_levels=(10, 30),
        schemes={"use": schemes},
        by_area={"use": lambda coded: (group_areas(coded["b"], ("area", "use"), use, level=3),)},
    )


def shinjuku(folder: Path) -> Study:
    """Small area x roof class x height class; merging below 10, and one coarser scale of heights."""
    import geopandas as gpd

    from sdc.spatial.areas import make_areas
    from sdc.spatial.locate import locate
    from sdc.spatial.neighbours import neighbours

    rows = gpd.read_file(folder / "shinjuku" / "h27ka13104.shp", encoding="cp932")
    areas = make_areas(rows, dimension="area", code="KEY_CODE")
    found = pd.read_csv(folder / "shinjuku" / "buildings.csv")
    place = locate(found["lon"].to_numpy(), found["lat"].to_numpy(), "EPSG:6668", areas)
    found, place = found[place >= 0], place[place >= 0]
    codes = list(areas.shapes["code"])
    dims = {
        "area": Hierarchy.flat("area", codes),
        "roof": Hierarchy.flat("roof", [str(701 + k) for k in range(6)]),
        "height": Hierarchy.flat("height", [str(1101 + k) for k in range(11)]),
    }
    leaf = {
        "area": index_of(dims["area"], pd.Series(np.array(codes, dtype=object)[place])),
        "roof": np.searchsorted(ROOFS, found["roof_area_m2"].to_numpy(), side="left"),
        "height": np.searchsorted(HEIGHTS, found["measured_height_m"].to_numpy(), side="left"),
    }
    pairs = neighbours(areas)
    edges = (pairs["i"].to_numpy(), pairs["j"].to_numpy(), pairs["length"].to_numpy())
    coarse = shipped_scheme("height").targets
    return Study(
        {"b": Coded("b", dims, {k: v.astype(np.int64) for k, v in leaf.items()})},
        (Wanted("roof_height", "b", ("area", "roof", "height")),),
        Rules(min_count=3, owners=False),
        areas=Neighbourhood("area", edges, [c[:9] for c in codes], within="any"),
        merge_levels=(10,),
        schemes={"height": {"coarse": {str(1101 + k): coarse[str(1101 + k)] for k in range(11)}}},
        by_area={
            "height": lambda coded: (
                group_areas(coded["b"], ("area", "height"), dims["height"], level=3),
            )
        },
    )


def row(found: Scored, seconds: float) -> str:
    return json.dumps(
        {
            "plan": found.candidate.name.to("en"),
            "safe": found.safe,
            "nats_per_record": round(found.loss, 5),
            "records": round(found.records, 4),
            "cells": round(found.measured.cells, 4),
            "codes_changed": found.changes,
            "complementary": int(found.plan.complementary.sum()) if found.plan else None,
            "processor_s": round(seconds, 1),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("city", choices=["osaka", "shinjuku"])
    parser.add_argument("--most", type=int, default=24)
    parser.add_argument("--refine", type=int, default=1)
    options = parser.parse_args()
    study = {"osaka": osaka, "shinjuku": shinjuku}[options.city](Path(os.environ["SDC_REAL_DATA"]))
    last = [time.process_time()]

    def tell(found: Scored) -> None:
        print(row(found, time.process_time() - last[0]), flush=True)
        last[0] = time.process_time()

    scored = survey(study, most=options.most, refine=options.refine, tell=tell)
    alone, best = scored[0], choose(scored)
    print(
        json.dumps(
            {
                "suppression_alone": round(alone.loss, 5),
                "best": best.candidate.name.to("en"),
                "less": round(1 - best.loss / alone.loss, 3),
                "pareto": [s.candidate.name.to("en") for s in pareto(scored)],
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
