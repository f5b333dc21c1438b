"""A small release made by hand: six areas, one merged away, five uses, two of them in a group."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
from shapely.geometry import box

from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import Published, PublishedTable
from sdc.model.release import Collapse, Geography, Merge, Release, ReleaseInfo
from sdc.model.report import AuditReport
from sdc.model.states import State
from sdc.model.system import Level

INFO = ReleaseInfo(
    id="tiny-2026",
    title="見本市 建物利用現況",
    municipality="131041",
    municipality_name="見本市",
    survey_date=date(2025, 10, 1),
    release_date=date(2026, 11, 22),
    serial=1,
    licence="CC-BY-4.0",
    source="見本市都市計画基礎調査",
    section="都市計画課",
    ground="見本市情報公開条例第7条",
    formats=("csv", "geojson"),
)

AREA_NAMES = {
    "13104": "見本市",
    "13104001001": "本町一丁目",
    "13104001002": "本町二丁目",
    "13104001004": "本町四丁目",
    "13104002001": "緑ケ丘一丁目",
    "13104002002": "緑ケ丘二丁目",
}
USE_NAMES = {"TOTAL": "総数", "401": "業務施設", "40x": "商業系", "411": "住宅", "441": "工場"}
X, Z = -1, 0  # in the hand-made tables below: hidden, and a zero that is shown


def clean_report(published: Published) -> AuditReport:
    """A complete audit without primary cells, of exactly this publication."""
    none = np.zeros(0, dtype=np.int64)
    return AuditReport(Level.INTERVAL, none, none, none, "p", published.digest, True)


def marked(name: str, dims: tuple[Hierarchy, ...], cells: np.ndarray, **other: object):
    """A published table from whole numbers in which -1 is X and 0 is a shown zero."""
    state = np.select([cells == X, cells == Z], [State.HIDDEN, State.ZERO], State.SHOWN)
    value = np.where(cells > 0, cells, 0).astype(np.int64)
    facts = {"records": "buildings", "measure": "count", "unit": "", "step": 1.0} | other
    return PublishedTable(name, dims, value, state.astype(np.int64), **facts)  # type: ignore[arg-type]


def area_dim() -> Hierarchy:
    parents = {code: "" if code == "13104" else "13104" for code in AREA_NAMES}
    return Hierarchy.of("area", parents, AREA_NAMES)


def use_dim() -> Hierarchy:
    parents = {code: "" if code == "TOTAL" else "TOTAL" for code in USE_NAMES}
    return Hierarchy.of("use", parents, USE_NAMES)


def use_table() -> PublishedTable:
    # rows in code order 13104, 1001, 1002, 1004, 2001, 2002; columns 401, 40x, 411, 441, TOTAL
    cells = np.array(
        [
            [45, 90, 240, 25, 400],
            [10, 20, 70, Z, 100],
            [X, X, 50, 10, 80],
            [X, X, 40, Z, 60],
            [20, 30, 45, 5, 100],
            [5, 10, 35, 10, 60],
        ]
    )
    return marked("use", (area_dim(), use_dim()), cells)


def small_table() -> PublishedTable:
    """By sex only: one map of the total, one page of small multiples, two maps of classes."""
    sex = Hierarchy.flat("sex", ["f", "m"], labels={"TOTAL": "総数", "f": "女", "m": "男"})
    women = np.array([[240], [50], [X], [X], [60], [30]])
    total = np.array([[500], [100], [80], [60], [160], [100]])
    men = np.where(women == X, X, total - women)
    cells = np.concatenate([total, women, men], axis=1)
    return marked("sex", (area_dim(), sex), cells, records="residents")


def shapes() -> gpd.GeoDataFrame:
    """Five published areas, side by side, about 400 m each; the third absorbed its neighbour."""
    west, south, step = 139.70, 35.69, 0.004
    squares = {
        "13104001001": box(west, south, west + step, south + step),
        "13104001002": box(west + step, south, west + 2 * step, south + step),
        "13104001004": box(west + 2 * step, south, west + 4 * step, south + step),
        "13104002001": box(west, south + step, west + 2 * step, south + 2 * step),
        "13104002002": box(west + 2 * step, south + step, west + 4 * step, south + 2 * step),
    }
    names = [AREA_NAMES[code] for code in squares]
    frame = {"code": list(squares), "name": names, "geometry": list(squares.values())}
    return gpd.GeoDataFrame(frame, crs="EPSG:6668")


def make_release(*tables: PublishedTable, **changes: object) -> Release:
    """A release of these tables (default: ``use_table``); keyword arguments change its info."""
    shown = tables or (use_table(),)
    none = np.zeros(0, dtype=np.int64)
    published = Published("s", shown, none, np.zeros(0, dtype=bool))
    return Release(
        replace(INFO, **changes),  # type: ignore[arg-type]
        published,
        clean_report(published),
        geographies={"area": Geography("area", "areas", shapes())},
        merges=(Merge("13104001003", "13104001004", "本町三丁目", "本町四丁目"),),
        collapses=(
            Collapse("use", "402", "40x", "商業施設", "商業系"),
            Collapse("use", "403", "40x", "宿泊施設", "商業系"),
        ),
    )
