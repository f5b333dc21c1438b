"""Which ground do districts leave over?"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sdc.errors import InputError
from sdc.messages import Text
from sdc.model.hierarchy import Hierarchy
from sdc.spatial.areas import Areas
from sdc.spatial.overlay import MIN_AREA, sound

OUTSIDE = "OUTSIDE"
"""The code of everything outside a set of places."""
LABEL = "区域外"


def with_rest(districts: Areas, ground: Areas) -> Areas:
    """The districts, and one more, ``OUTSIDE``, where some of the ``ground`` lies in none of them.

    So districts do not change who is counted. What is left over does not count as a district up to
    ``MIN_AREA``. Raises InputError where a district already has that code. O(vertices log vertices).

    >>> gdf = gpd.GeoDataFrame({"id": ["a", "b"]}, crs="EPSG:6677",
    ...     geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    >>> from sdc.spatial.areas import make_areas
    >>> whole = make_areas(gdf, dimension="areas", code="id")
    >>> with_rest(make_areas(gdf[:1], dimension="school", code="id"), whole).codes
    ['OUTSIDE', 'a']
    """
    crs = districts.shapes.crs
    own = np.asarray(ground.shapes.geometry.to_crs(crs).to_numpy(), dtype=object)
    left = shapely.difference(shapely.union_all(sound(own)), shapely.union_all(districts.geometry))
    (left,) = sound(np.array([left], dtype=object))
    if gpd.GeoSeries([left], crs=crs).to_crs(districts.plane).area.iloc[0] <= MIN_AREA:
        return districts
    tree = districts.hierarchy
    if OUTSIDE in tree.codes:
        raise InputError(
            Text("{name}: the code {code} stands for the ground in no district; choose another",
                 name=tree.name, code=OUTSIDE),
            code="district-code",
        )  # fmt: skip
    above = {
        code: tree.codes[p] if p >= 0 else ""
        for code, p in zip(tree.codes, tree.parents.tolist(), strict=True)
    }
    labels = dict(zip(tree.codes, tree.labels, strict=True))
    hierarchy = Hierarchy.of(
        tree.name, {**above, OUTSIDE: tree.codes[tree.root]}, {**labels, OUTSIDE: LABEL}
    )
    row = gpd.GeoDataFrame(
        {"code": [OUTSIDE], "name": [LABEL], "parent": [""]}, geometry=[left], crs=crs
    )
    shapes = pd.concat([districts.shapes, row]).set_index("code", drop=False)
    order = [hierarchy.codes[i] for i in hierarchy.leaves]
    return replace(districts, hierarchy=hierarchy, shapes=shapes.loc[order].reset_index(drop=True))
