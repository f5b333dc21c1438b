"""Who may be merged with whom in this city: borders, barriers, islands, and what the city excludes?"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from sdc.config import Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import IntArray
from sdc.pipeline.geography import AREAS, MESH, Places
from sdc.planning.study import Grid, Neighbourhood
from sdc.readers.vector import read_vector
from sdc.spatial.areas import Areas
from sdc.spatial.neighbours import nearest, neighbours
from sdc.tables.merging.problem import MergeLoss


def neighbourhood(config: Config, areas: Areas) -> Neighbourhood:
    """What ``[treatment.merge]`` says about the small areas of a city.

    Raises InputError for a layer of barriers without lines and for codes that are no areas.
    """
    section = config.treatment.merge
    assert section is not None
    pairs = neighbours(
        areas,
        min_length=float(section.min_length),
        barriers=None if section.barriers is None else barrier_lines(config, section.barriers),
        barrier_width=float(section.barrier_width),
    )
    label = connected(pairs, len(areas))
    far = nearest(areas, np.flatnonzero(label != np.bincount(label).argmax()), groups=label)
    weights = section.weights
    return Neighbourhood(
        AREAS,
        (pairs["i"].to_numpy(), pairs["j"].to_numpy(), pairs["length"].to_numpy()),
        list(areas.shapes["parent"]),
        nearest=(far["i"].to_numpy(), far["j"].to_numpy(), far["distance"].to_numpy()),
        within=section.within,
        partners=section.partners,
        weights=MergeLoss(
            profile=float(weights.profile),
            location=float(weights.location),
            parent=float(weights.parent),
            member=float(weights.member),
            change=float(weights.change),
        ),
        never=section.never,
        by=section.by,
        measure=section.contributors or "",
        empty=section.empty,
        method=section.method,
    )


def grids_of(config: Config, places: Places) -> tuple[Grid, ...]:
    """The mesh, where its small cells are to be published inside larger ones."""
    section = config.treatment.merge
    if section is None or not section.mesh or places.mesh is None:
        return ()
    if not any(t.geography == MESH for t in config.tables):
        return ()
    return (Grid(MESH, "class" if section.by == "class" else "total"),)


def barrier_lines(config: Config, path: str) -> gpd.GeoDataFrame:
    """The lines that merges do not cross. Raises InputError where the layer holds something else."""
    vector = read_vector(config.resolve(path))
    lines = gpd.GeoDataFrame(geometry=list(vector.geometry), crs=vector.crs)
    kinds = set(lines.geom_type.dropna())
    if not kinds or not kinds <= {"LineString", "MultiLineString"}:
        raise InputError(
            Text("the layer of barriers must hold lines: {path}", path=path),
            code="barriers",
        )
    return lines[~lines.geometry.isna()]


def connected(pairs: pd.DataFrame, size: int) -> IntArray:
    """(n,) the number of the connected group of every area.

    >>> connected(pd.DataFrame({"i": [0], "j": [2]}), 3).tolist()
    [0, 1, 0]
    """
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = sp.coo_matrix((ones, (pairs["i"], pairs["j"])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
