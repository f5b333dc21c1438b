"""What do the rules look like on a tiny table?  `python docs/pictures.py FOLDER`

Every number in the pictures comes from the program itself: it protects, audits, merges and collapses the
example below, and what it answers is drawn.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

import sdc
from sdc.tables.collapse import collapse_scheme

CELL, HIGH, HEAD = 58, 30, 76
RED, ORANGE, GREY, INK = "#f5b7b1", "#fad7b0", "#e4e4e4", "#1b2631"
Say = Callable[[str, str], str]
IntArray = npt.NDArray[np.int64]
AREAS = {
    "a": ("東町", "East"),
    "b": ("西町", "West"),
    "c": ("北町", "North"),
    "TOTAL": ("合計", "Total"),
}
USES = {
    "h": ("住宅", "Houses"),
    "s": ("店舗", "Shops"),
    "w": ("農業", "Farms"),
    "TOTAL": ("合計", "Total"),
}
LEAF = np.array([[12, 1, 7], [9, 6, 8], [15, 4, 11]])
MIN_COUNT = 3


@dataclass
class Drawing:
    """An SVG under construction; lengths are pixels."""

    width: int
    height: int
    parts: list[str] = field(default_factory=list)

    def box(
        self, x: float, y: float, w: float, h: float, *, fill: str = "none", edge: str = "#999"
    ) -> None:
        """A rectangle."""
        look = f'fill="{fill}" stroke="{edge}"'
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" {look}/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 14,
        at: str = "middle",
        bold: bool = False,
    ) -> None:
        """Words; ``y`` is their base line."""
        weight = ' font-weight="bold"' if bold else ""
        look = f'font-size="{size}" text-anchor="{at}"{weight}'
        self.parts.append(f'<text x="{x:g}" y="{y:g}" {look}>{html.escape(words)}</text>')

    def line(
        self, x: float, y: float, to: float, down: float, *, width: float = 1.5, color: str = INK
    ) -> None:
        """A straight line."""
        look = f'stroke="{color}" stroke-width="{width}" fill="none"'
        self.parts.append(f'<path d="M{x:g},{y:g}L{to:g},{down:g}" {look}/>')

    def svg(self) -> str:
        """The whole picture."""
        fonts = "system-ui, 'Hiragino Sans', 'Yu Gothic UI', Meiryo, 'Noto Sans CJK JP', sans-serif"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"'
            f' width="{self.width}" height="{self.height}" font-family="{fonts}" fill="{INK}">\n'
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )

    def table(
        self,
        x: float,
        y: float,
        rows: Sequence[Sequence[str]],
        *,
        fill: Mapping[tuple[int, int], str] = {},
        say: Say,
    ) -> None:
        """The example's table with the texts of its cells; totals last."""
        for j, use in enumerate(USES.values()):
            self.text(x + HEAD + (j + 0.5) * CELL, y + 20, say(*use), size=13)
        for i, area in enumerate(AREAS.values()):
            self.text(x + HEAD - 8, y + HIGH * (i + 1) + 20, say(*area), size=13, at="end")
            for j in range(len(USES)):
                left, top = x + HEAD + j * CELL, y + HIGH * (i + 1)
                self.box(left, top, CELL, HIGH, fill=fill.get((i, j), "#ffffff"))
                self.text(left + CELL / 2, top + 20, rows[i][j])


@dataclass(frozen=True, eq=False)
class Example:
    """The table, its plan and its audit, with areas and uses in the order in which they are drawn."""

    value: IntArray
    hidden: npt.NDArray[np.bool_]
    primary: npt.NDArray[np.bool_]
    moves: IntArray


def example() -> Example:
    """Protect and audit the example."""
    area, use = (
        sdc.Hierarchy.flat("area", list(AREAS)[:-1]),
        sdc.Hierarchy.flat("use", list(USES)[:-1]),
    )
    table = sdc.Table("t", (area, use), sdc.aggregate(LEAF, (area, use)))
    rules = sdc.Rules(min_count=MIN_COUNT)
    plan = sdc.protect(table, rules)
    report = sdc.audit(table, plan, rules)
    assert report.passed
    assert report.certificate is not None
    order = np.ix_([area.codes.index(c) for c in AREAS], [use.codes.index(c) for c in USES])
    shape = (len(AREAS), len(USES))
    primary = np.zeros(plan.hidden.size, dtype=bool)
    primary[plan.problem.primary] = True
    moves = report.certificate.moves.toarray() // report.certificate.scale
    return Example(
        table.value[order],
        plan.hidden.reshape(shape)[order],
        primary.reshape(shape)[order],
        np.stack([np.array(move, dtype=np.int64).reshape(shape)[order] for move in moves]),
    )


def texts(value: IntArray, hidden: npt.NDArray[np.bool_] | None = None) -> list[list[str]]:
    """The numbers of a table as texts, X where it is hidden."""
    return [
        [
            "X" if hidden is not None and hidden[i, j] else str(value[i, j])
            for j in range(value.shape[1])
        ]
        for i in range(value.shape[0])
    ]


def shade(*marked: tuple[npt.NDArray[np.bool_], str]) -> dict[tuple[int, int], str]:
    """Cell -> colour; a later mask wins."""
    return {(int(i), int(j)): colour for mask, colour in marked for i, j in np.argwhere(mask)}


def hiding(e: Example, say: Say) -> Drawing:
    """The rule, why it is not enough, and what is published."""
    wide = HEAD + 4 * CELL + 30
    d = Drawing(3 * wide, 250)
    i, j = (int(k) for k in np.argwhere(e.primary)[0])
    rest = [str(e.value[i, k]) for k in range(3) if k != j]
    sums = f"{e.value[i, 3]} - {' - '.join(rest)} = {e.value[i, j]}"
    steps = (
        (
            say("① 規則: 1と2は秘匿", "1 The rule: 1 and 2 are hidden"),
            texts(e.value),
            shade((e.primary, RED)),
            "",
        ),
        (say("② それだけでは引き算で戻る", "2 Alone it comes back"), texts(e.value, e.primary),
         shade((e.primary, RED)), sums),
        (say("③ 補完秘匿を加えて公表", "3 Others are hidden as well"), texts(e.value, e.hidden),
         shade((e.hidden, ORANGE), (e.primary, RED)), ""),
    )  # fmt: skip
    for k, (title, rows, fill, below) in enumerate(steps):
        d.text(k * wide + 12, 26, title, at="start", size=16, bold=True)
        d.table(k * wide, 40, rows, fill=fill, say=say)
        if below:
            d.text(k * wide + HEAD + 2 * CELL, 225, below, size=17, bold=True)
    return d


def witnesses(e: Example, say: Say) -> Drawing:
    """The true table and another one that prints the same."""
    wide = HEAD + 4 * CELL + 30
    (i, j) = (int(k) for k in np.argwhere(e.primary)[0])
    move = next(m for m in e.moves if e.value[i, j] + m[i, j] >= MIN_COUNT)
    d = Drawing(2 * wide, 250)
    pair = (
        (say("真の表", "The true table"), e.value),
        (say("証拠表", "A witness table"), e.value + move),
    )
    for k, (title, value) in enumerate(pair):
        d.text(k * wide + 12, 26, title, at="start", size=16, bold=True)
        d.table(
            k * wide, 40, texts(value), fill=shade((e.hidden, ORANGE), (e.primary, RED)), say=say
        )
    same = say(
        "色のないセルと合計は、どちらの表でも同じ", "White cells and totals are the same in both"
    )
    d.text(wide, 225, same, size=15)
    return d


def intervals(e: Example, say: Say) -> Drawing:
    """What a reader cannot exclude for each X, beside the threshold."""
    d = Drawing(620, 70 + 34 * int(e.hidden.sum()))
    high = int((e.value + e.moves.max(axis=0))[e.hidden].max())
    x = lambda v: 190 + v * 380 / max(high, 1)  # noqa: E731
    d.line(x(MIN_COUNT), 30, x(MIN_COUNT), d.height - 28, color="#c0392b")
    d.text(x(MIN_COUNT), 22, say(f"基準値 {MIN_COUNT}", f"threshold {MIN_COUNT}"), size=13)
    for k, (i, j) in enumerate(np.argwhere(e.hidden)):
        y = 50 + 34 * k
        value = e.value[i, j]
        low, top = value + min(0, e.moves[:, i, j].min()), value + max(0, e.moves[:, i, j].max())
        names = f"{say(*list(AREAS.values())[i])} × {say(*list(USES.values())[j])}"
        d.text(170, y + 5, names, at="end", size=13)
        d.line(x(low), y, x(top), y, width=8, color="#c0392b" if e.primary[i, j] else "#e59866")
        d.text(x(low) - 8, y + 5, str(low), at="end", size=13)
        d.text(x(top) + 8, y + 5, str(top), at="start", size=13)
    return d


def merging(say: Say) -> Drawing:
    """Areas in a row, one of them too small, and with whom the program joins it."""
    counts, codes = np.array([12, 2, 9, 15]), ["1", "2", "3", "4"]
    edges = (np.array([0, 1, 2]), np.array([1, 2, 3]), np.full(3, 100.0))
    made = sdc.merge_areas(counts, codes=codes, edges=edges, min_count=10, within="any")
    into = {code: made.mapping.get(code, code) for code in codes}
    d = Drawing(470, 250)
    d.text(
        12,
        26,
        say("合算の前 (10未満は足りない)", "Before (below 10 is too small)"),
        at="start",
        size=16,
        bold=True,
    )
    for k, n in enumerate(counts):
        d.box(20 + 100 * k, 42, 100, 60, fill=RED if n < 10 else "#ffffff")
        d.text(70 + 100 * k, 78, str(n), size=18)
    d.text(12, 142, say("合算の後", "After"), at="start", size=16, bold=True)
    for target in dict.fromkeys(into.values()):
        mine = [k for k, code in enumerate(codes) if into[code] == target]
        d.box(
            20 + 100 * mine[0],
            158,
            100 * len(mine),
            60,
            fill="#d5e8d4" if len(mine) > 1 else "#ffffff",
        )
        d.text(20 + 100 * (mine[0] + len(mine) / 2), 194, str(counts[mine].sum()), size=18)
    return d


def collapsing(say: Say) -> Drawing:
    """Classes that are joined by a scheme, with their sums."""
    uses = {
        "41": ("戸建", "Detached"),
        "42": ("集合", "Flats"),
        "51": ("店舗", "Shops"),
        "52": ("事務所", "Offices"),
    }
    groups = {"4": ("住宅", "Homes"), "5": ("商業", "Business")}
    counts = {"41": 14, "42": 2, "51": 1, "52": 5}
    scheme = {code: code[0] for code in uses}
    mapping = collapse_scheme(sdc.Hierarchy.flat("use", list(uses)), scheme).mapping
    d = Drawing(470, 250)
    d.text(12, 26, say("集約の前", "Before"), at="start", size=16, bold=True)
    for k, (code, names) in enumerate(uses.items()):
        d.box(20 + 100 * k, 42, 100, 60, fill=RED if counts[code] < MIN_COUNT else "#ffffff")
        d.text(70 + 100 * k, 66, say(*names), size=13)
        d.text(70 + 100 * k, 90, str(counts[code]), size=18)
    d.text(12, 142, say("集約の後", "After"), at="start", size=16, bold=True)
    for k, (group, names) in enumerate(groups.items()):
        d.box(20 + 200 * k, 158, 200, 60, fill="#d5e8d4")
        d.text(120 + 200 * k, 182, say(*names), size=13)
        total = sum(n for code, n in counts.items() if mapping[code] == group)
        d.text(120 + 200 * k, 206, str(total), size=18)
    return d


def pictures() -> Iterator[tuple[str, str]]:
    """File name and content of every picture in both languages."""
    one = example()
    for number, language in enumerate(("ja", "en")):

        def say(ja: str, en: str, number: int = number) -> str:
            return (ja, en)[number]

        yield f"hiding.{language}.svg", hiding(one, say).svg()
        yield f"witnesses.{language}.svg", witnesses(one, say).svg()
        yield f"intervals.{language}.svg", intervals(one, say).svg()
        yield f"merging.{language}.svg", merging(say).svg()
        yield f"collapsing.{language}.svg", collapsing(say).svg()


if __name__ == "__main__":
    for name, text in pictures():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8", newline="\n")
