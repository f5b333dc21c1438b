"""The layer of Tottori: 2,487 areas, 87 of them with 1 to 9 people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sdc.tables.merge import Merging, merge_areas

gpd = pytest.importorskip("geopandas")

Layer = tuple[pd.Series, pd.DataFrame]


@pytest.fixture(scope="module")
def layer(request: pytest.FixtureRequest) -> Layer:
    """People by code, and the pairs that share more than 1 m."""
    from sdc.spatial.areas import make_areas
    from sdc.spatial.neighbours import neighbours

    folder: Path = request.getfixturevalue("real_data")
    rows = gpd.read_file(folder / "tottori" / "31-tottori-all.shp", encoding="cp932")
    rows = rows.set_crs("EPSG:4612", allow_override=True)
    areas = make_areas(rows, dimension="area", code="KEY_CODE")
    people = rows.groupby("KEY_CODE")["JINKO"].sum().astype(np.int64)
    return people.reindex(areas.shapes["code"]), neighbours(areas)


def merged(layer: Layer, min_count: int) -> Merging:
    people, pairs = layer
    codes = list(people.index)
    return merge_areas(
        people.to_numpy(),
        codes=codes,
        edges=(pairs["i"].to_numpy(), pairs["j"].to_numpy(), pairs["length"].to_numpy()),
        parents=[code[:9] for code in codes],
        min_count=min_count,
        within="any",
    )


@pytest.mark.real
@pytest.mark.parametrize(("min_count", "loss", "gap"), [(10, 1270.24, 1e-9), (30, 5396.2, 0.011)])
def test_tottori_loses_no_more_than_the_prototype(
    layer: Layer, min_count: int, loss: float, gap: float
) -> None:
    merging = merged(layer, min_count)
    people, _ = layer
    assert len(people) == 2487
    assert merging.loss <= loss
    assert merging.optimal
    assert merging.gap <= gap
    sums = people.groupby(merging.mapping).sum()
    assert not merging.unsafe
    assert ((sums == 0) | (sums >= min_count)).all()
    assert sums.sum() == people.sum()


@pytest.mark.real
def test_daito_merges_the_area_that_the_census_merged(real_data: Path) -> None:
    """大字北条 held one person in 2015; the census of 2020 put it into 北条 2-3, ours loses less."""
    from sdc.spatial.areas import make_areas
    from sdc.spatial.neighbours import neighbours

    rows = gpd.read_file(real_data / "osaka_census2020" / "daito.shp", encoding="cp932")
    areas = make_areas(rows, dimension="area", code="KEY_CODE")
    pairs = neighbours(areas)
    codes = list(areas.shapes["code"])
    people = rows.groupby("KEY_CODE")["JINKO"].sum().reindex(codes).to_numpy().astype(np.int64)
    edges = (pairs["i"].to_numpy(), pairs["j"].to_numpy(), pairs["length"].to_numpy())
    merging = merge_areas(
        people, codes=codes, edges=edges, parents=[c[:9] for c in codes], min_count=10, within="any"
    )
    official = codes.index("27218002003")
    small = codes.index("272180010")
    assert people[small] == 1
    assert list(merging.merged) == ["272180010"]
    # The official partner is a neighbour; with n people there the loss is
    # 0.3 ((n + 1) ln (n + 1) - n ln n) + 51, since n ln n of one person is 0.
    n = float(people[official])
    lost = 0.3 * ((n + 1) * np.log(n + 1) - n * np.log(n)) + 51
    assert (min(small, official), max(small, official)) in set(zip(*edges[:2], strict=True))
    assert merging.loss < lost
    assert merging.bound == merging.loss
