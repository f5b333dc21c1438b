from __future__ import annotations

import io
import itertools
import re
import zlib
from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from handmade import AREA_NAMES, area_dim, make_release, marked, small_table
from PIL import Image
from shapely.geometry import box

from sdc.errors import InputError
from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Geography, Release
from sdc.publishing.canvas import Canvas, lay_out
from sdc.publishing.classes import PALETTE, classify, colours, rgb, round_breaks
from sdc.publishing.labels import Form, Wish, name_forms, place_labels
from sdc.publishing.layout import FRAME
from sdc.publishing.map import draw_map, finish, map_files, map_titles
from sdc.publishing.places import place_words, shapes_of
from sdc.publishing.raster import FIRST_CLASS, HIDDEN_INK, HIDDEN_PAPER, INKS, MM
from sdc.publishing.sheet import neutral
from sdc.publishing.subject import subjects
from sdc.spatial import mesh

Build = Callable[..., Release]


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    """All maps of the small release."""
    return dict(map_files(make_release(small_table(), formats=("images",))))


def chunks(png: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        found.append(png[at + 4 : at + 8])
        at += size + 12
    return found


def test_every_map_is_a_plain_png_and_an_image_only_pdf(pictures: dict[str, bytes]) -> None:
    assert "data/maps/sex.png" in pictures
    for path, data in pictures.items():
        if path.endswith(".png"):
            assert chunks(data) == [b"IHDR", b"PLTE", b"pHYs", b"IDAT", b"IEND"]
            with Image.open(io.BytesIO(data)) as image:
                assert image.size == (3508, 2480)  # A4 landscape at 300 dpi
                assert round(image.info["dpi"][0]) == 300
        else:
            assert not re.search(rb"/Font|/Info|/Metadata|/Producer|/Annots| Tj| re f", data)
            assert data.count(b"/Subtype /Image") == 1


def test_every_map_has_a_title_of_its_own_before_it_is_drawn(pictures: dict[str, bytes]) -> None:
    titles = map_titles(make_release(small_table(), formats=("images",)))
    assert list(titles) == list(pictures)
    assert len({ja for ja, _ in titles.values()}) == len(pictures) / 2


def test_the_pdf_holds_the_very_same_pixels(pictures: dict[str, bytes]) -> None:
    pdf = pictures["data/maps/sex.pdf"]
    start = pdf.rindex(b"stream\n", 0, pdf.rindex(b"endstream")) + 7
    rows = np.frombuffer(zlib.decompress(pdf[start : pdf.rindex(b"\nendstream")]), np.uint8)
    with Image.open(io.BytesIO(pictures["data/maps/sex.png"])) as image:
        assert (rows.reshape(2480, 3509)[:, 1:] == np.asarray(image)).all()


def test_the_same_release_gives_the_same_bytes(pictures: dict[str, bytes]) -> None:
    again = dict(map_files(make_release(small_table(), formats=("images",))))
    assert again == pictures


def test_user_settings_do_not_reach_the_maps(pictures: dict[str, bytes]) -> None:
    import matplotlib

    with matplotlib.rc_context({"text.antialiased": False, "lines.linewidth": 9, "font.size": 3}):
        assert dict(map_files(make_release(small_table(), formats=("images",)))) == pictures
        assert matplotlib.rcParams["lines.linewidth"] == 9


def test_reading_a_map_back_gives_classes_and_never_more() -> None:
    # Two releases whose numbers differ within their classes must be the same picture.
    cells = np.array([[600], [120], [110], [70], [150], [150]])
    moved = np.array([[600], [199], [100], [99], [101], [101]])
    one, two = (
        make_release(marked("t", (area_dim(),), np.squeeze(c)), formats=("images",))
        for c in (cells, moved)
    )
    assert dict(map_files(one)) == dict(map_files(two))


def page_of(table: PublishedTable) -> tuple[Canvas, np.ndarray]:
    """Where the places of a table lie on the frame, and the inks of its first map there."""
    made = make_release(table, formats=("images",))
    with neutral():
        subject = next(subjects(made))
        canvas = lay_out(made, subject.dim, subject.codes, size=(FRAME[2], FRAME[3]))
        page = finish(draw_map(subject, canvas, {})).indices
    left, top = round(FRAME[0] * MM), round(FRAME[1] * MM)
    height, width = canvas.index.shape
    return canvas, page[top : top + height, left : left + width]


def test_a_program_that_reads_the_map_finds_one_class_an_area() -> None:
    numbers = np.array([600, 4, -1, 0, 480, 35])  # the total first; limits are 20, 50, 100, 200
    canvas, page = page_of(marked("t", (area_dim(),), numbers))
    breaks = round_breaks(numbers[[1, 4, 5]])
    assert breaks == (20, 50, 100, 200)
    seen = []
    for place in range(1, 6):
        inks = set(np.unique(page[canvas.index == place]).tolist())
        seen.append(inks & set(range(FIRST_CLASS + len(PALETTE))))
    assert seen == [
        {FIRST_CLASS},  # 4
        {HIDDEN_PAPER, HIDDEN_INK},
        {FIRST_CLASS},  # a shown zero: the lowest class starts at 0
        {FIRST_CLASS + 4},
        {FIRST_CLASS + 1},
    ]


def test_a_hidden_total_does_not_move_the_classes() -> None:
    # What is hidden is 0 in a published table; the limits come from 9, 8, 7, 6 and 5 alone.
    hidden = marked("t", (area_dim(),), np.array([-1, 9, 8, 7, 6, 5]))
    shown = marked("t", (area_dim(),), np.array([35, 9, 8, 7, 6, 5]))
    assert (page_of(hidden)[1] == page_of(shown)[1]).all()


def test_no_colour_can_come_from_a_hidden_number() -> None:
    """What is drawn holds none: whoever puts 7 under an X has no table to publish, hence no map."""
    table = marked("t", (area_dim(),), np.array([35, -1, 8, 7, 6, 5]))
    assert table.value.tolist() == [35, 0, 8, 7, 6, 5]
    with pytest.raises(InputError, match="not shown"):
        replace(table, value=np.array([35, 7, 8, 7, 6, 5]))
    hatched = set(np.unique(page_of(table)[1]).tolist()) & {HIDDEN_INK, HIDDEN_PAPER}
    assert hatched == {HIDDEN_INK, HIDDEN_PAPER}


def test_all_hidden_areas_look_the_same() -> None:
    _, page = page_of(marked("t", (area_dim(),), np.array([100, -1, 30, -1, 20, 20])))
    row, column = np.indices(page.shape)
    grid = (row + round(FRAME[1] * MM) + column + round(FRAME[0] * MM)) % 16
    assert set(np.unique(grid[page == HIDDEN_INK]).tolist()) == {0, 1, 2, 3}
    assert set(np.unique(grid[page == HIDDEN_PAPER]).tolist()) == set(range(4, 16))
    assert (page == HIDDEN_INK).sum() > 10_000


def test_breaks_are_round_and_blind_to_all_but_the_magnitude() -> None:
    for top in range(1, 3000, 7):
        breaks = round_breaks(np.array([top, 1]))
        assert all(int(str(b).rstrip("0")) in (1, 2, 5) for b in breaks)
        assert all(b >= 5 for b in breaks)
        assert len(breaks) <= 4
        assert not breaks or breaks[-1] < top
    assert round_breaks(np.array([201])) == round_breaks(np.array([500]))
    assert classify(np.array([0]), round_breaks(np.array([10**9])))[0] == 0


def luminance(colour: tuple[int, int, int]) -> float:
    """CIE L* of an sRGB colour."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


def test_the_palette_is_told_apart_in_grey() -> None:
    light = [luminance(rgb(c)) for c in PALETTE]
    assert all(a - b > 9 for a, b in itertools.pairwise(light))


# Machado, Oliveira and Fernandes (2009), full deficiency, for linear RGB.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(BLIND))
def test_the_palette_is_told_apart_with_colour_blindness(kind: str) -> None:
    seen = []
    for colour in PALETTE:
        linear = np.array([((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb(colour)])
        out = np.clip(np.array(BLIND[kind]) @ linear, 0, 1)
        seen.append(tuple(int(v) for v in np.round((1.055 * out ** (1 / 2.4) - 0.055) * 255)))
    light = [luminance((max(a, 0), max(b, 0), max(c, 0))) for a, b, c in seen]
    assert all(a - b > 9 for a, b in itertools.pairwise(light))


def test_inks_are_the_legend_colours() -> None:
    assert INKS[FIRST_CLASS:] == PALETTE
    assert colours(5) == PALETTE


def test_places_without_crs_or_shape_are_refused() -> None:
    made = make_release()
    shapes = made.geographies["area"].shapes
    bare = Geography("area", "areas", shapes.set_crs(None, allow_override=True))
    object.__setattr__(made, "geographies", {"area": bare})
    with pytest.raises(InputError, match="CRS"):
        dict(map_files(made))


def test_ten_digit_meshes_are_named_by_their_size() -> None:
    for seconds, name in ((7.5, "250mメッシュ"), (3.0, "100mメッシュ"), (30.0, "1kmメッシュ")):
        south, west = 35.7, 139.7
        cell = box(west, south, west + seconds * 1.5 / 3600, south + seconds / 3600)
        frame = {"code": ["5339459921"], "name": [""], "geometry": [cell]}
        grid = Geography("mesh", "mesh", gpd.GeoDataFrame(frame, crs="EPSG:6668"))
        dim = Hierarchy.flat("mesh", ["5339459921"])
        made = make_release(marked("t", (dim,), np.array([7, 7])))
        object.__setattr__(made, "geographies", {"mesh": grid})
        assert place_words(made, dim, ("5339459921",))[0] == name


def test_levels_above_get_maps_of_their_own() -> None:
    parents = dict.fromkeys(AREA_NAMES, "13104") | {"13104": ""}
    parents |= {"131040010": "13104", "131040020": "13104"}
    parents |= {c: c[:8] + "0" for c in AREA_NAMES if len(c) == 11}
    dim = Hierarchy.of("area", parents)
    made = make_release(marked("t", (dim,), np.arange(1, len(dim) + 1)), formats=("images",))
    assert [(s.suffix, len(s.codes)) for s in subjects(made)] == [("", 5), ("_level1", 2)]
    upper = list(subjects(made))[1]
    towns = shapes_of(upper.geography, upper.dim, upper.codes)
    # 本町 is 4 x 1 squares of 0.004 degrees, 緑ケ丘 lies above it and is as large
    assert shapely.area(towns.geometry.array).round(9).tolist() == [0.000064, 0.000064]


def test_coarser_mesh_cells_are_whole_though_the_city_fills_a_part() -> None:
    dim = Hierarchy.of("mesh", {"TOTAL": "", "53393599": "TOTAL", "533935992": "53393599"})
    shape = mesh.polygons(["533935992"], "500m").assign(name="")
    made = make_release(marked("t", (dim,), np.array([7, 7, 7])), formats=("images",))
    object.__setattr__(made, "geographies", {"mesh": Geography("mesh", "mesh", shape)})
    fine, coarse = subjects(made)
    cell = shapes_of(coarse.geography, dim, coarse.codes).geometry.iloc[0]
    # 1 km cell of (35.658581, 139.745433): 30 seconds by 45 seconds
    assert np.allclose(cell.bounds, (139.7375, 35 + 39.5 / 60, 139.75, 35 + 40 / 60))
    assert place_words(made, dim, coarse.codes)[0] == "1kmメッシュ"
    assert place_words(made, dim, fine.codes)[0] == "500mメッシュ"


def tag(text: str) -> tuple[Form, ...]:
    return (Form((text,), 6.5),)


def test_labels_never_touch() -> None:
    wishes = [
        Wish(
            tag(f"{i:06}"), box(5 * i % 60, 3 * (i // 12), 5 * i % 60 + 4, 3 * (i // 12) + 2), True
        )
        for i in range(60)
    ]
    placed = place_labels(wishes, lambda form: (6.0, 1.8), (0, 0, 120, 120))
    assert len(placed) > 40
    for i, one in enumerate(placed):
        for other in placed[:i]:
            a, b = one.extent, other.extent
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


def test_a_name_stands_in_its_place_as_large_as_it_fits() -> None:
    # one letter is as wide and as high as the size in points, in mm, for this ruler
    def ruler(form: Form) -> tuple[float, float]:
        return form.size * max(map(len, form.lines)), form.size * len(form.lines)

    def set_in(width: float, height: float) -> Form | None:
        shape = box(0, 0, width, height)
        found = place_labels(
            [Wish(name_forms("本町一丁目", (5.0, 3.0)), shape, False)], ruler, (0, 0, 99, 99), gap=0
        )
        assert all(shapely.contains(shape, box(*label.extent)) for label in found)
        return found[0].form if found else None

    whole, broken = ("本町一丁目",), ("本町", "一丁目")
    assert set_in(26, 6) == Form(whole, 5.0)  # five letters of 5 mm
    assert set_in(16, 11) == Form(broken, 5.0)  # three letters, two lines
    assert set_in(16, 4) == Form(whole, 3.0)
    assert set_in(10, 7) == Form(broken, 3.0)
    assert set_in(8, 8) is None


def test_names_that_have_no_joint_stay_whole() -> None:
    for name in ("市谷本村町", "10番", "丁目", "字", ""):
        assert [form.lines for form in name_forms(name, (5.0,))] == [(name,)]


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5])
def test_every_map_starts_light_and_only_five_classes_reach_the_darkest(classes: int) -> None:
    found = [PALETTE.index(c) for c in colours(classes)]
    assert len(found) == classes
    assert found == sorted(set(found))
    assert found[0] == 0
    assert (found[-1] == len(PALETTE) - 1) == (classes == 5)


def test_lengths_are_true_in_the_municipality_s_own_plane() -> None:
    canvas, _ = page_of(marked("t", (area_dim(),), np.arange(1, 7)))
    assert canvas.epsg == 6677  # zone IX serves 13104
    # the places are 0.016 degrees of longitude wide, at 35.69 degrees north: about 1,448 m
    inked = np.flatnonzero((canvas.index > 0).any(axis=0))
    width = (inked[-1] - inked[0] + 1) / MM / canvas.per_metre
    assert abs(width - 1448) < 10
