"""The sample city: the same bytes each time, and as awkward as a real city."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from sdc.config import read_config
from sdc.config.kinds import check_digit
from sdc.microdata.classify import BinSpec, ClassSpec, MeasureSpec, classify, quantise
from sdc.samples import make_sample
from sdc.samples.towns import MUNICIPALITY

KEPT = Path(__file__).parents[1] / "data" / "samples"
HOMES = {"411", "412", "413", "414", "415"}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    make_sample(folder)
    return folder


@pytest.fixture(scope="session")
def areas() -> gpd.GeoDataFrame:
    return gpd.read_file(KEPT / "areas.gpkg")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(KEPT / name, dtype=str, keep_default_na=False)


@pytest.fixture(scope="session")
def buildings() -> pd.DataFrame:
    return table("buildings.csv")


@pytest.fixture(scope="session")
def residents() -> pd.DataFrame:
    return table("residents.csv")


@pytest.fixture(scope="session")
def home(buildings: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """KEY_CODE of every building, empty on the water."""
    land = areas[areas["HCODE"] != "8154"]
    points = gpd.points_from_xy(buildings["lon"].astype(float), buildings["lat"].astype(float))
    place, area = shapely.STRtree(land.geometry.array).query(points, predicate="within")
    assert len(np.unique(place)) == len(place), "a building lies in two areas"
    code = np.full(len(buildings), "", dtype=object)
    code[place] = land["KEY_CODE"].to_numpy()[area]
    return pd.Series(code)


def test_the_kept_city_is_what_the_generator_makes(made: Path) -> None:
    names = sorted(p.name for p in made.iterdir())
    kept = sorted(p.name for p in KEPT.iterdir() if p.is_file())
    assert names == kept
    for name in names:
        if not name.endswith(".gpkg"):  # its bytes hold the version of SQLite
            assert (made / name).read_bytes() == (KEPT / name).read_bytes(), name
    fresh, old = gpd.read_file(made / "areas.gpkg"), gpd.read_file(KEPT / "areas.gpkg")
    pd.testing.assert_frame_equal(pd.DataFrame(fresh.to_wkb()), pd.DataFrame(old.to_wkb()))


def test_another_process_makes_the_same_bytes(made: Path, tmp_path: Path) -> None:
    settings = {"PYTHONHASHSEED": "4711", "TZ": "America/Lima", "LC_ALL": "C"}
    code = f"from sdc.samples import make_sample; make_sample({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **settings})
    for file in made.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_another_seed_makes_another_city_that_also_holds_together(
    made: Path, tmp_path: Path
) -> None:
    make_sample(tmp_path, seed=7)
    for name in ("areas.gpkg", "buildings.csv", "residents.csv"):
        assert (tmp_path / name).read_bytes() != (made / name).read_bytes()
    other = gpd.read_file(tmp_path / "areas.gpkg")
    assert shapely.coverage_is_valid(other.geometry.array)


def test_the_folder_is_small() -> None:
    assert sum(p.stat().st_size for p in KEPT.iterdir() if p.is_file()) <= 5_000_000


def test_areas_tile_the_city_without_gaps_or_overlaps(areas: gpd.GeoDataFrame) -> None:
    shapes = areas.geometry.array
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.coverage_union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    # summed in square degrees; what differs is rounding
    assert abs(shapely.area(shapes).sum() / whole.area - 1) < 1e-9


def test_areas_are_coded_and_named_as_in_the_census(areas: gpd.GeoDataFrame) -> None:
    assert areas.crs is not None
    assert areas.crs.to_epsg() == 6668
    assert 280 <= areas["KEY_CODE"].nunique() <= 330
    assert areas["KEY_CODE"].str.fullmatch(MUNICIPALITY + r"\d{6}").all()
    by_code = areas.drop_duplicates("KEY_CODE")
    assert by_code["S_NAME"].is_unique
    assert by_code.groupby(by_code["KEY_CODE"].str[:9])["district"].nunique().max() == 1
    assert (areas["HCODE"] == "8154").sum() == 1
    for column in ("S_NAME", "district"):
        assert all(text.encode("cp932") for text in areas[column])


def test_one_area_has_an_exclave_inside_an_area_it_does_not_touch(
    areas: gpd.GeoDataFrame,
) -> None:
    number = areas["KEY_CODE"].value_counts()
    (code,) = number[number > 1].index
    pieces = areas.loc[areas["KEY_CODE"] == code, "geometry"].array
    assert len(pieces) == 2
    small, large = sorted(pieces, key=lambda p: p.area)
    assert small.disjoint(large)
    around = [
        p for p in areas.geometry if len(p.interiors) and small.within(shapely.Polygon(p.exterior))
    ]
    assert len(around) == 1
    assert around[0].disjoint(large)


def test_the_city_is_invented_and_lies_at_sea(areas: gpd.GeoDataFrame) -> None:
    config = read_config(KEPT / "release.toml")
    assert config.release.municipality == check_digit(MUNICIPALITY) == "082996"
    # the sea off the coast of prefecture 08, whose land ends west of 140.86 E
    west, south, east, north = areas.total_bounds
    assert 140.84 < west < east < 141.0
    assert 36.2 < south < north < 36.3


def test_buildings_lie_in_one_area_each_but_four_on_the_river(home: pd.Series) -> None:
    assert 24_000 <= len(home) <= 26_000
    assert (home == "").sum() == 4


def test_small_areas_are_as_small_as_they_get(home: pd.Series, areas: gpd.GeoDataFrame) -> None:
    land = areas.loc[areas["HCODE"] != "8154", "KEY_CODE"].unique()
    number = home[home != ""].value_counts().reindex(land, fill_value=0)
    assert (number == 3).any()
    assert (number == 0).any()
    assert number.median() > 50


def specification(section_name: str, column: str) -> tuple[pd.Series, ClassSpec | BinSpec]:
    section = read_config(KEPT / "release.toml").records[section_name].columns[column]
    values = table(f"{section_name}.csv")[section.source]
    if section.breaks is not None:
        return values, BinSpec(section.source, section.breaks)
    assert section.codelist is not None
    codes = table(section.codelist)
    mapping = table(section.map).set_index("from")["to"].to_dict() if section.map else {}
    return values, ClassSpec(section.source, tuple(codes["code"][1:]), mapping)


@pytest.mark.parametrize(
    ("records", "column"),
    [("buildings", "use"), ("buildings", "structure"), ("residents", "sex"), ("residents", "age")],
)
def test_every_record_gets_its_class(records: str, column: str) -> None:
    values, spec = specification(records, column)
    codes, wrong = classify(values, spec, file="x")
    assert not wrong
    assert (codes != "").all()


def test_codes_outside_the_list_need_the_map() -> None:
    values, spec = specification("buildings", "use")
    assert isinstance(spec, ClassSpec)
    _, wrong = classify(values, ClassSpec(spec.column, spec.codes), file="x")
    assert {f.value for f in wrong} == {"4021", "1120", "1520", ""}


def test_floor_areas_are_numbers_and_a_few_outweigh_the_rest(buildings: pd.DataFrame) -> None:
    from decimal import Decimal

    steps, wrong = quantise(
        buildings["floor_area"], MeasureSpec("floor_area", "m²", Decimal(1)), file="x"
    )
    assert not wrong
    largest = np.sort(steps)[::-1]
    # GIANTS in samples/buildings: the first, alone, is above 2 % of all floor area
    assert largest[0] == 182_400
    assert largest[0] / steps.sum() > 0.02


def test_uses_are_skewed_and_sparse_as_in_a_real_city(home: pd.Series) -> None:
    values, spec = specification("buildings", "use")
    use, _ = classify(values, spec, file="x")
    share = use.value_counts(normalize=True)
    assert share.index[0] == "411"
    assert share.iloc[0] > 0.5
    assert len(share) == 18
    assert (use == "453").sum() == 2
    cells = pd.crosstab(home[home != ""], use[home != ""]).to_numpy()
    few = ((cells > 0) & (cells < 3)).sum()
    # the Osaka buildings by town and use have 179 of 488: more than a third
    assert few / (cells > 0).sum() > 1 / 3


def test_uses_keep_to_their_quarters(home: pd.Series, buildings: pd.DataFrame) -> None:
    x = buildings["lon"].astype(float)
    works = buildings["usage"] == "441"
    shops = buildings["usage"] == "402"
    farms = buildings["usage"] == "451"
    middle = x[shops].median()
    assert x[works].mean() > x.mean() + 0.002, "works stand down the river"
    assert (x[farms] - middle).abs().mean() > 1.5 * (x[shops] - middle).abs().mean()


def test_residents_live_in_homes_in_households_of_usual_size(
    residents: pd.DataFrame, buildings: pd.DataFrame
) -> None:
    assert 38_000 <= len(residents) <= 42_000
    values, spec = specification("buildings", "use")
    use, _ = classify(values, spec, file="x")
    homes = set(zip(buildings["lon"], buildings["lat"], use, strict=True))
    lived = {(lon, lat) for lon, lat, code in homes if code in HOMES}
    assert set(zip(residents["lon"], residents["lat"], strict=True)) <= lived
    size = residents.groupby("household").size()
    assert 2.0 < size.mean() < 2.6
    assert size.max() <= 8
    assert residents.groupby("household")["lon"].nunique().max() == 1
    age = residents["age"].astype(int)
    assert age.between(0, 104).all()
    assert 0.18 < (age >= 65).mean() < 0.32
    assert 0.48 < (residents["sex"] == "2").mean() < 0.54


def test_the_configuration_asks_for_what_the_city_offers() -> None:
    config = read_config(KEPT / "release.toml")
    assert config.without_ground == ()
    asked = {(t.records, t.geography, t.by, t.measure) for t in config.tables}
    assert asked == {
        ("buildings", "areas", ("use",), "count"),
        ("buildings", "areas", ("use", "structure"), "count"),
        ("buildings", "areas", ("use",), "floor_area"),
        ("buildings", "mesh", ("use",), "count"),
        ("residents", "areas", ("sex", "age"), "count"),
        ("residents", "mesh", ("sex", "age"), "count"),
    }


@pytest.mark.parametrize(
    ("scheme", "groups"),
    # by tens: 40x … 46x; by land use: seven kinds of land, 454 and 461 stay alone
    [("uses_scheme_tens.csv", 7), ("uses_scheme_landuse.csv", 9)],
)
def test_schemes_cover_every_use_once(scheme: str, groups: int) -> None:
    rows = table(scheme)
    assert rows["from"].tolist() == table("uses.csv")["code"].tolist()[1:]
    assert rows["to"].nunique() == groups
    assert rows.groupby("to")["label"].nunique().max() == 1


def test_labels_are_those_of_the_survey(real_data: Path) -> None:
    import json

    reference = real_data.parent / "reference" / "codelists.json"
    if not reference.is_file():
        pytest.skip("no code lists beside the folder of real data")
    lists = json.loads(reference.read_text("utf-8"))
    codes = table("uses.csv").set_index("code")["label"].drop("TOTAL")
    assert codes.to_dict() == lists["Building_usage"]
