"""How is the sample city put into files, the same bytes each time?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from sdc.samples.plan import DECIMALS, to_degrees
from sdc.samples.towns import Area

CRS = "EPSG:6668"
WRITTEN = "2026-04-01T00:00:00.000Z"
"""Stands in the GeoPackage instead of the time of writing."""


def write_areas(areas: Sequence[Area], file: Path) -> None:
    """One row a polygon (an area with an exclave has two), in code order, in JGD2011 degrees."""
    import geopandas as gpd
    import pyogrio

    rows = [(area, piece) for area in areas for piece in area.pieces]
    frame = gpd.GeoDataFrame(
        {
            "KEY_CODE": [area.code for area, _ in rows],
            "S_NAME": [area.name for area, _ in rows],
            "district": [area.district for area, _ in rows],
            "HCODE": [area.hcode for area, _ in rows],
        },
        geometry=shapely.transform(np.array([piece for _, piece in rows]), to_degrees),
        crs=CRS,
    )
    file.unlink(missing_ok=True)
    with _fixed_date():
        pyogrio.write_dataframe(
            frame, file, layer="areas", driver="GPKG", layer_options={"SPATIAL_INDEX": "NO"}
        )


@contextmanager
def _fixed_date() -> Iterator[None]:
    """GDAL writes the time into a GeoPackage unless this option gives another one."""
    import pyogrio

    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: WRITTEN})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def write_buildings(buildings: pd.DataFrame, file: Path) -> None:
    """One row a building: where it stands, what it is, how large."""
    _write(
        buildings.assign(floor_area=[f"{size:.1f}" for size in buildings["floor_area"]]),
        ["id", "lon", "lat", "usage", "structure", "storeys", "year", "floor_area"],
        file,
    )


def write_residents(residents: pd.DataFrame, file: Path) -> None:
    """One row a person; persons of one household stand together."""
    _write(residents, ["household", "lon", "lat", "sex", "age"], file)


def _write(frame: pd.DataFrame, columns: list[str], file: Path) -> None:
    """UTF-8, LF, fixed decimals."""
    places = {c: [f"{value:.{DECIMALS}f}" for value in frame[c]] for c in ("lon", "lat")}
    text = frame.assign(**places)[columns].to_csv(index=False, lineterminator="\n")
    file.write_bytes(text.encode("utf-8"))
