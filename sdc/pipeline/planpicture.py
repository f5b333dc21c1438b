"""How do the plans compare at a glance: what a reader loses against how many codes change?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from sdc.messages import Text
from sdc.planning.choice import pareto
from sdc.planning.score import Scored
from sdc.publishing.sheet import ACCENT, BLACK, GREY, LIGHT, Sheet, neutral

WIDTH, LEFT, TOP, HEIGHT, ROW = 210.0, 24.0, 22.0, 82.0, 5.0
STEP = 4.0
"""Room in mm that a number beside a point takes; those of one place stand one above the other."""


def picture(scored: Sequence[Scored], chosen: Scored) -> bytes:
    """A PNG with the plans as points, and below them the list they are numbered by."""
    with neutral():
        sheet = Sheet(WIDTH, TOP + HEIGHT + 26 + ROW * (len(scored) + 1))
        sheet.box(0, 0, sheet.width, sheet.height, width=0, face="white", zorder=-1)
        sheet.text(8, 5, str(Text("comparison of plans")), size=11)
        words = Text("up: what a reader loses (nats/record); right: codes that change (log)")
        sheet.text(8, 12, str(words), size=7, color=GREY)
        _points(sheet, scored, chosen)
        _list(sheet, scored, chosen)
        return _png(sheet)


def _points(sheet: Sheet, scored: Sequence[Scored], chosen: Scored) -> None:
    """Axes, bounds as bars, plans as dots, numbers beside them."""
    front = {id(s) for s in pareto(scored)}
    right, bottom = WIDTH - 12, TOP + HEIGHT
    most = max((s.loss for s in scored if np.isfinite(s.loss)), default=1.0) or 1.0
    widest = np.log1p(max(1, *(s.changes for s in scored)))

    def place(s: Scored) -> tuple[float, float]:
        x = LEFT + 6 + (right - LEFT - 14) * float(np.log1p(s.changes) / widest)
        return x, bottom - (HEIGHT - 8) * float(np.sqrt(min(s.loss, most) / most))

    sheet.line([(LEFT, TOP), (LEFT, bottom), (right, bottom)], width=0.7)
    for value in _ticks(most):
        y = bottom - (HEIGHT - 8) * float(np.sqrt(value / most))
        sheet.line([(LEFT, y), (right, y)], width=0.3, color=LIGHT, zorder=0)
        sheet.text(LEFT - 1.5, y, f"{value:g}", size=6, ha="right", va="center", color=GREY)
    for changes in _spaced(sorted({s.changes for s in scored}), widest):
        x = LEFT + 6 + (right - LEFT - 14) * float(np.log1p(changes) / widest)
        sheet.text(x, bottom + 1.5, str(changes), size=6, ha="center", color=GREY)
    numbers: list[tuple[float, float]] = []
    for k, s in sorted(enumerate(scored, start=1), key=lambda entry: entry[1] is chosen):
        x, y = place(s)
        colour = ACCENT if s is chosen else BLACK
        if not s.safe:
            sheet.line([(x - 1.6, y), (x + 1.6, y)], width=1.0, color=GREY)
        else:
            face = colour if id(s) in front else "white"
            sheet.polygon(_disc(x, y, 1.3), face=face, color=colour, width=0.9)
        at, up = x + 2.2, y
        while any(abs(at - a) < STEP and abs(up - b) < STEP / 2 for a, b in numbers):
            up -= STEP / 2
        numbers.append((at, up))
        sheet.text(at, up, str(k), size=6.5, va="center", color=colour)


def _list(sheet: Sheet, scored: Sequence[Scored], chosen: Scored) -> None:
    """The list below the points."""
    front = {id(s) for s in pareto(scored)}
    y = TOP + HEIGHT + 9
    legend = Text("● on the front   ○ other   ― bound alone (not needed)   magenta: chosen")
    sheet.text(8, y, str(legend), size=7, color=GREY)
    y += 7
    heads = (("No.", 12, "right"), ("nat", 32, "right"), (str(Text("finest")), 60, "right"),
             (str(Text("codes")), 82, "right"), (str(Text("plan")), 88, "left"))  # fmt: skip
    for head, x, side in heads:
        sheet.text(x, y, head, size=7, ha=side, color=GREY)
    for k, s in enumerate(scored, start=1):
        y += ROW
        colour = ACCENT if s is chosen else BLACK if s.safe else GREY
        star = " *" if id(s) in front else ""
        loss = f"{s.loss:.5f}" if s.safe else f"≧ {s.loss:.5f}"
        values = (str(k), loss, f"{s.records:.1%}", str(s.changes), f"{s.candidate.name}{star}")
        for value, (_, x, side) in zip(values, heads, strict=True):
            room = WIDTH - 8 - x if side == "left" else x
            size = 7 * min(1.0, room / max(sheet.measure(value, 7)[0], 1e-9))
            sheet.text(x, y, value, size=size, ha=side, color=colour)


def _spaced(values: list[int], widest: float) -> list[int]:
    """The values that are far enough apart on the axis to be written side by side."""
    kept: list[int] = []
    for value in values:
        if not kept or np.log1p(value) - np.log1p(kept[-1]) > 0.04 * widest:
            kept.append(value)
    return kept


def _ticks(most: float) -> list[float]:
    """A handful of round numbers up to the largest."""
    step = 10.0 ** np.floor(np.log10(most))
    found = [float(f"{step * k:.3g}") for k in (0.1, 0.2, 0.5, 1, 2, 5) if step * k <= most]
    return [0.0, *found]


def _disc(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    turns = np.linspace(0, 2 * np.pi, 25)[:-1]
    return [(x + radius * float(np.cos(t)), y + radius * float(np.sin(t))) for t in turns]


def _png(sheet: Sheet) -> bytes:
    from matplotlib.image import imsave

    handle = io.BytesIO()
    still: dict[str, Any] = {"Software": None}
    imsave(handle, sheet.pixels(), format="png", metadata=still)
    return handle.getvalue()
