from __future__ import annotations

import io
import itertools
import re
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from handmade import area_dim, make_release, marked, use_table
from PIL import Image

from sdc.errors import InputError
from sdc.model.release import Geography, Release
from sdc.model.states import State
from sdc.publishing.classes import PALETTE, classify, colours, rgb, round_breaks
from sdc.publishing.map import draw_map, lay_out, map_files
from sdc.publishing.raster import FIRST_CLASS, HIDDEN_INK, HIDDEN_PAPER, INKS
from sdc.publishing.sheet import neutral

Build = Callable[..., Release]


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    """All maps of the small release."""
    return dict(map_files(make_release(formats=("images",))))


def chunks(png: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        found.append(png[at + 4 : at + 8])
        at += size + 12
    return found


def test_every_map_is_a_plain_png_and_an_image_only_pdf(pictures: dict[str, bytes]) -> None:
    assert "data/maps/use.png" in pictures
    for path, data in pictures.items():
        if path.endswith(".png"):
            assert chunks(data) == [b"IHDR", b"PLTE", b"pHYs", b"IDAT", b"IEND"]
            with Image.open(io.BytesIO(data)) as image:
                assert image.size == (3508, 2480)  # A4 landscape at 300 dpi
                assert round(image.info["dpi"][0]) == 300
        else:
            assert not re.search(rb"/Font|/Info|/Metadata|/Producer|/Annots| Tj| re f", data)
            assert data.count(b"/Subtype /Image") == 1


def test_the_pdf_holds_the_very_same_pixels(pictures: dict[str, bytes]) -> None:
    pdf = pictures["data/maps/use.pdf"]
    start = pdf.rindex(b"stream\n", 0, pdf.rindex(b"endstream")) + 7
    rows = np.frombuffer(zlib.decompress(pdf[start : pdf.rindex(b"\nendstream")]), np.uint8)
    with Image.open(io.BytesIO(pictures["data/maps/use.png"])) as image:
        assert (rows.reshape(2480, 3509)[:, 1:] == np.asarray(image)).all()


def test_the_same_release_gives_the_same_bytes(pictures: dict[str, bytes]) -> None:
    again = dict(map_files(make_release(formats=("images",))))
    assert again == pictures


def test_user_settings_do_not_reach_the_maps(pictures: dict[str, bytes]) -> None:
    import matplotlib

    with matplotlib.rc_context({"text.antialiased": False, "lines.linewidth": 9, "font.size": 3}):
        assert dict(map_files(make_release(formats=("images",)))) == pictures
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


def test_hidden_numbers_never_colour_a_map() -> None:
    # 200 is the largest number; if it is hidden, breaks and colours must not know it.
    with neutral():
        small = marked("t", (area_dim(),), np.array([-1, 9, 8, 7, 6, 5]))
        made = make_release(small)
        canvas = lay_out(made, small, small.dims[0].codes[1:])
        picture = draw_map(made, small, canvas, {})
    assert round_breaks(np.array([9, 8, 7, 6, 5])) == (5,)
    used = set(np.unique(picture.indices))
    assert not used & {HIDDEN_INK + 999}
    assert FIRST_CLASS + len(PALETTE) - 1 in used


def test_all_hidden_areas_look_the_same(pictures: dict[str, bytes]) -> None:
    cells = np.array([100, -1, 30, -1, 20, 20])
    table = marked("t", (area_dim(),), cells)
    made = make_release(table)
    with neutral():
        canvas = lay_out(made, table, table.dims[0].codes[1:])
        page = draw_map(made, table, canvas, {}).indices
    row, column = np.indices(page.shape)
    on_line = (row + column) % 16 < 4
    assert set(np.unique(on_line[page == HIDDEN_INK])) == {True}
    assert set(np.unique(on_line[page == HIDDEN_PAPER])) == {False}
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


def test_states_other_than_shown_never_get_a_class() -> None:
    table = use_table()
    assert {int(s) for s in np.unique(table.state)} == {State.SHOWN, State.ZERO, State.HIDDEN}
