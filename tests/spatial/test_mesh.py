"""Mesh codes against exact rational arithmetic, known pairs and every trap."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.spatial import mesh
from sdc.spatial.meshgrid import LATITUDE, LONGITUDE, lines_reached, round_degrees

LEVELS = list(mesh.LEVELS)

# (point, level -> code)
KNOWN = [
    (
        (35.658581, 139.745433),
        {
            "80km": "5339",
            "10km": "533935",
            "5km": "5339354",
            "2km": "533935885",
            "1km": "53393599",
            "500m": "533935992",
            "250m": "5339359921",
            "125m": "53393599212",
        },
    ),
    (
        (34.987574, 135.759363),
        {"500m": "523536804", "125m": "52353680412", "2km": "523536805"},
    ),
    ((35.70078, 139.71475), {"1km": "53394547", "100m": "5339454701"}),
    # a corner of a cell, and a longitude on a 10 km line: both on lines that doubles miss
    ((34.65, 133.9125), {"1km": "51337783"}),
    ((34.7, 123.0375), {"1km": "52230043"}),
]


def spelled(lat: Fraction, lon: Fraction, level: str) -> str:
    """The code as JIS X 0410 spells it, in rational arithmetic only."""
    pp, uu = floor(lat * 3 / 2), floor(lon) - 100
    down, across = lat - Fraction(2 * pp, 3), lon - (uu + 100)
    code, height, width = f"{pp}{uu}", Fraction(2, 3), Fraction(1)

    def step(n: int) -> tuple[int, int]:
        nonlocal down, across, height, width
        height, width = height / n, width / n
        row, column = floor(down / height), floor(across / width)
        down, across = down - row * height, across - column * width
        return row, column

    if level == "80km":
        return code
    code += "{}{}".format(*step(8))
    if level == "2km":
        row, column = step(5)
        return code + f"{2 * row}{2 * column}5"
    if level == "5km":
        row, column = step(2)
        return code + str(1 + 2 * row + column)
    if level == "10km":
        return code
    code += "{}{}".format(*step(10))
    if level == "100m":
        return code + "{}{}".format(*step(10))
    for _ in range(["1km", "500m", "250m", "125m"].index(level)):
        row, column = step(2)
        code += str(1 + 2 * row + column)
    return code


def snapped(degrees: float, decimals: int = 8) -> Fraction:
    """The snap rule: the largest number that rounds to the same decimals."""
    whole = round(Fraction(degrees) * 10**decimals)
    return Fraction(2 * whole + 1, 2 * 10**decimals)


def corner(level: str, row: int, column: int) -> tuple[Fraction, Fraction]:
    size = mesh.LEVELS[level].size
    return Fraction(20 * 4800 + row * size, 4800), Fraction(122 * 3200 + column * size, 3200)


cells = st.sampled_from(LEVELS).flatmap(
    lambda level: st.tuples(
        st.just(level),
        st.integers(0, mesh.LEVELS[level].shape[0] - 1),
        st.integers(0, mesh.LEVELS[level].shape[1] - 1),
    )
)
points = st.tuples(st.floats(20, 45.999), st.floats(122, 153.999))


@pytest.mark.parametrize(("point", "codes"), KNOWN)
def test_known_pairs(point: tuple[float, float], codes: dict[str, str]) -> None:
    found = {level: str(mesh.encode(*point, level)[0]) for level in codes}
    assert found == codes


@given(cells)
def test_a_corner_belongs_to_its_cell_as_double_and_as_text(cell: tuple[str, int, int]) -> None:
    level, row, column = cell
    lat, lon = corner(level, row, column)
    expected = spelled(lat, lon, level)
    for south, west in (
        (float(lat), float(lon)),
        (float(f"{float(lat):.8f}"), float(f"{float(lon):.8f}")),
        (round(float(lat), 9), round(float(lon), 9)),
    ):
        assert mesh.encode(south, west, level)[0] == expected


@given(cells, st.sampled_from([5, 6, 7, 8, 9]))
def test_a_corner_belongs_to_its_cell_at_the_decimals_stated(
    cell: tuple[str, int, int], decimals: int
) -> None:
    level, row, column = cell
    lat, lon = corner(level, row, column)
    text = f"{float(lat):.{decimals}f}", f"{float(lon):.{decimals}f}"
    # a decimal half cut downwards by printing is still within half a unit of the last place
    code = mesh.encode(float(text[0]), float(text[1]), level, decimals=decimals)[0]
    assert code == spelled(lat, lon, level)


@given(points, st.sampled_from(LEVELS))
def test_every_double_is_coded_by_the_snap_rule(point: tuple[float, float], level: str) -> None:
    lat, lon = point
    assert mesh.encode(lat, lon, level)[0] == spelled(snapped(lat), snapped(lon), level)


@given(cells, st.integers(-12, 12), st.integers(-12, 12))
def test_the_snap_rule_holds_within_a_hair_of_every_corner(
    cell: tuple[str, int, int], up: int, right: int
) -> None:
    level, row, column = cell
    lat, lon = corner(level, row, column)
    near = float(lat + Fraction(up, 10**9)), float(lon + Fraction(right, 10**9))
    exact = snapped(near[0]), snapped(near[1])
    if not (20 <= exact[0] < 46 and 122 <= exact[1] < 154):
        return
    assert mesh.encode(*near, level)[0] == spelled(*exact, level)


@given(points, st.sampled_from(LEVELS))
def test_writing_eight_decimals_never_changes_a_code(
    point: tuple[float, float], level: str
) -> None:
    lat, lon = point
    cut = float(f"{lat:.8f}"), float(f"{lon:.8f}")
    assert mesh.encode(lat, lon, level)[0] == mesh.encode(*cut, level)[0]


@given(st.integers(2 * 10**9, 154 * 10**8), st.integers(-2, 2))
def test_rounding_is_exact_even_at_one_half(n: int, steps: int) -> None:
    value = (n + 0.5) / 1e8
    for _ in range(abs(steps)):
        value = float(np.nextafter(value, np.inf * steps))
    assert round_degrees(np.array([value]), 8)[0] == round(Fraction(value) * 10**8)


@given(cells)
def test_edges_are_the_nearest_doubles_and_decode_inverts_encode(
    cell: tuple[str, int, int],
) -> None:
    level, row, column = cell
    south, west = corner(level, row, column)
    north, east = corner(level, row + 1, column + 1)
    code = spelled(south, west, level)
    bounds = mesh.decode(code, level)
    assert bounds == (float(south), float(west), float(north), float(east))
    middle = (bounds.south + bounds.north) / 2, (bounds.west + bounds.east) / 2
    assert mesh.encode(*middle, level).tolist() == [code]
    assert mesh.encode(bounds.south, bounds.west, level).tolist() == [code]


@given(cells, st.sampled_from(LEVELS))
def test_parents_and_children_are_inverse(cell: tuple[str, int, int], other: str) -> None:
    level, row, column = cell
    code = spelled(*corner(level, row, column), level)
    ratio = mesh.LEVELS[other].size / mesh.LEVELS[level].size
    if ratio == int(ratio):
        up = mesh.parent(code, level, other)
        assert up == spelled(*corner(level, row, column), other)
        if ratio <= 40:
            below = mesh.children(up, other, level)
            assert code in below.tolist()
            assert len(below) == ratio**2
            assert (mesh.parent(below, level, other) == up).all()
            assert sorted(below.tolist()) == below.tolist()
    else:
        assert not mesh.nests(level, other)
        with pytest.raises(InputError, match="nest"):
            mesh.parent(code, level, other)


def test_levels_nest_exactly_where_their_sizes_divide() -> None:
    apart = {(a, b) for a in LEVELS for b in LEVELS[: LEVELS.index(a)] if not mesh.nests(a, b)}
    # 5 km = 2.5 x 2 km; 250 m = 2.5 x 100 m; 125 m = 1.25 x 100 m
    assert apart == {("2km", "5km"), ("100m", "250m"), ("100m", "125m")}


@given(cells)
def test_neighbours_share_an_edge_or_a_corner(cell: tuple[str, int, int]) -> None:
    level, row, column = cell
    code = spelled(*corner(level, row, column), level)
    rows, columns = mesh.LEVELS[level].shape
    inner = 0 < row < rows - 1 and 0 < column < columns - 1
    near = mesh.neighbours(code, level).tolist()
    around = mesh.neighbours(code, level, corners=True).tolist()
    expected = [
        spelled(*corner(level, row + up, column + right), level)
        for up in (-1, 0, 1)
        for right in (-1, 0, 1)
        if (up or right) and 0 <= row + up < rows and 0 <= column + right < columns
    ]
    assert sorted(expected) == around
    assert set(near) < set(around)
    if inner:
        assert (len(near), len(around)) == (4, 8)
    south, west, north, east = mesh.decode(code, level)
    for other in near:
        s, w, n, e = mesh.decode(other, level)
        assert (s, n) == (south, north) or (w, e) == (west, east)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("5339460004", "250m"),  # quadrant 0: it is a 100 m code
        ("533946005", "500m"),  # quadrant 5 is the mark of 2 km
        ("533946015", "2km"),  # odd column
        ("533946105", "2km"),  # odd row
        ("533946004", "2km"),  # does not end in 5
        ("53398000", "1km"),  # row 8 of 10 km
        ("53390800", "1km"),  # column 8 of 10 km
        ("5339460", "1km"),  # a digit short
        ("533946000", "1km"),  # a digit long
        ("５３３９４６００", "1km"),  # full-width
        ("5339460a", "1km"),
        ("5339 460", "1km"),
        ("", "1km"),
        ("29394600", "1km"),  # south of Japan's range
        ("69394600", "1km"),
        ("53214600", "1km"),
        ("53544600", "1km"),
    ],
)
def test_impossible_codes_are_refused(code: str, level: str) -> None:
    possible = str(mesh.encode(35.7, 139.7, level)[0])
    with pytest.raises(InputError) as caught:
        mesh.decode([possible, code], level)
    assert caught.value.findings[-1].row == 2
    assert caught.value.findings[-1].value == code


def test_the_same_ten_digits_mean_two_places() -> None:
    assert mesh.decode("5339460004", "100m").north == float(
        Fraction(35) + Fraction(40 * 60 + 3, 3600)
    )
    assert mesh.encode(35.72, 139.6, "250m")[0] != mesh.encode(35.72, 139.6, "100m")[0]
    with pytest.raises(InputError, match="name the level"):
        mesh.infer_level("5339460001")


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("5339", "80km"),
        ("533946", "10km"),
        ("5339461", "5km"),
        ("53394600", "1km"),
        ("533946005", "2km"),
        ("533946001", "500m"),
        ("53394600111", "125m"),
    ],
)
def test_the_level_is_told_by_the_digits_where_they_can(code: str, level: str) -> None:
    assert mesh.infer_level(code) == level


@pytest.mark.parametrize("code", ["533", "53394", "533946001111", "", 53394600, None, "53394605x"])
def test_no_level_is_invented(code: object) -> None:
    with pytest.raises(InputError):
        mesh.infer_level(code)  # type: ignore[arg-type]


def test_a_digit_swap_is_a_valid_code_far_away() -> None:
    # 5339 -> 5539 is two primary rows, 2 x 40 minutes of latitude, about 148 km
    here, there = mesh.decode("533946004", "500m"), mesh.decode("553946004", "500m")
    assert round((there.south - here.south) * 111) == 148
    assert "553946004" not in mesh.cover((35.6, 139.6, 35.8, 139.9), "500m").tolist()


def test_codes_as_numbers_are_refused_and_numbers_spell_the_same() -> None:
    with pytest.raises(InputError, match="text"):
        mesh.decode([53394600], "1km")
    lat, lon = np.array([35.7, 24.3]), np.array([139.7, 124.1])
    for level in LEVELS:
        text = mesh.encode(lat, lon, level)
        whole = mesh.encode_numbers(lat, lon, level)
        assert text.tolist() == [str(n) for n in whole]
        assert mesh.texts(whole, level).tolist() == text.tolist()
        assert mesh.numbers(text, level).tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (0.0, 0.0),
        (np.nan, 139.7),
        (35.7, np.nan),
        (np.inf, 139.7),
        (-np.inf, 139.7),
        (1e300, 139.7),
        (46.0, 139.7),
        (35.7, 154.0),
        (19.99999998, 139.7),
        (35.7, 121.99999998),
        (-35.7, 139.7),
    ],
)
def test_points_outside_the_range_are_named_or_marked(lat: float, lon: float) -> None:
    # 35.7 N = 35 20' + 4 x 5' + 4 x 30", 139.7 E = 139 + 5 x 7.5' + 6 x 45": 5339 45 46
    lats, lons = [35.7, lat, 35.7], [139.7, lon, 139.7]
    with pytest.raises(InputError) as caught:
        mesh.encode(lats, lons, "1km")
    assert [finding.row for finding in caught.value.findings] == [2]
    assert mesh.encode(lats, lons, "1km", outside="mark").tolist() == ["53394546", "", "53394546"]
    assert mesh.encode_numbers(lats, lons, "1km", outside="mark")[1] == -1


def test_swapped_axes_are_suspected() -> None:
    with pytest.raises(InputError, match="swapped"):
        mesh.encode([139.7], [35.7], "1km")


def test_the_south_west_corner_of_the_range_is_inside() -> None:
    assert mesh.encode(20.0, 122.0, "100m").tolist() == ["3022000000"]
    assert mesh.encode(19.999999996, 121.999999996, "80km").tolist() == ["3022"]


@pytest.mark.parametrize(
    "options",
    [{"decimals": 4}, {"decimals": 10}, {"outside": "drop"}],
)
def test_unknown_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        mesh.encode([35.7], [139.7], "1km", **options)  # type: ignore[arg-type]


def test_unknown_levels_lengths_and_texts_are_refused() -> None:
    for level in ("3次", "1000m", "", None):
        with pytest.raises(InputError):
            mesh.encode([35.7], [139.7], level)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        mesh.encode([35.7, 35.8], [139.7], "1km")
    with pytest.raises(InputError):
        mesh.encode(["x"], ["y"], "1km")


def test_no_points_give_no_codes() -> None:
    assert mesh.encode([], [], "1km").tolist() == []
    assert mesh.decode([], "1km").south.tolist() == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_block_of_a_long_array_is_coded_alike(level: str) -> None:
    rng = np.random.default_rng(7)
    n = 40_000  # more than one block of 2^15
    lat, lon = rng.uniform(20, 46, n), rng.uniform(122, 154, n)
    text = mesh.encode(lat, lon, level)
    south, west, north, east = mesh.decode(text, level)
    hair = 5.1e-9
    assert ((south - hair <= lat) & (lat < north) & (west - hair <= lon) & (lon < east)).all()
    pick = rng.integers(0, n, 200)
    for i in pick:
        assert text[i] == spelled(snapped(lat[i]), snapped(lon[i]), level)


@pytest.mark.parametrize(("level", "theirs"), [("1km", 3), ("500m", 4), ("250m", 5), ("125m", 6)])
def test_inside_a_cell_another_library_agrees(level: str, theirs: int) -> None:
    jismesh = pytest.importorskip("jismesh.utils")
    rng = np.random.default_rng(11)
    size = mesh.LEVELS[level].size
    rows = rng.integers(0, 20_000 // size, 5_000)
    columns = rng.integers(0, 20_000 // size, 5_000)
    # the middle half of each cell, far from every line
    lat = 33 + (rows + rng.uniform(0.25, 0.75, 5_000)) * size / 4800
    lon = 130 + (columns + rng.uniform(0.25, 0.75, 5_000)) * size / 3200
    assert (mesh.encode_numbers(lat, lon, level) == jismesh.to_meshcode(lat, lon, theirs)).all()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("decimals", [7, 8, 9])
def test_every_line_of_the_range_is_reached_exactly(level: str, decimals: int) -> None:
    grid = mesh.LEVELS[level]
    for axis, n in zip((LATITUDE, LONGITUDE), grid.shape, strict=True):
        line = np.arange(n)
        degrees = (axis.first * axis.units + line * grid.size) / axis.units
        cut = degrees.round(decimals)
        for on in (degrees, cut):
            assert (lines_reached(on, axis, grid, decimals=decimals).astype(int) == line).all()
        below = lines_reached(cut - 1.01 / 10**decimals, axis, grid, decimals=decimals)
        assert (np.floor(below).astype(int) == line - 1).all()
