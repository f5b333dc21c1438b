"""How does a table look on paper: cover, notes, and pages that break where a reader expects it?

One document a table, ``data/docs/<table>.pdf``: A4 landscape, embedded font, no dates but the
release's own. Tables wider than a page are cut into blocks of columns; the code and the name of the
area stand on every page, and so do the heads, the marks' meaning and the page number.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Release
from sdc.publishing.csvfile import Place, axes
from sdc.publishing.pdfpages import Paper, Row, cover, notes, text_width
from sdc.publishing.symbols import guard, printed, safe_name
from sdc.publishing.wording import table_title, unit, words

_ROW, _HEAD_LINE = 5.0, 3.1
_CODE, _NAME, _REMARK, _COLUMN, _WIDEST = 23.0, 44.0, 40.0, 17.0, 26.0
_HEAD, _TIGHTEST = 6.5, 0.78  # size of the heads in points, and how far one may shrink
_TOP, _BOTTOM, _LEFT, _RIGHT = 24.0, 17.0, 14.0, 283.0


def pdf_files(release: Release) -> Iterator[tuple[str, bytes]]:
    """The table documents of a release as (path, bytes)."""
    for table in release.tables:
        yield f"data/docs/{safe_name(table.name)}.pdf", document(release, table)


@dataclass(frozen=True)
class Block:
    """A run of columns, each ``column`` mm wide, that fits beside the area on one page."""

    first: int
    column: float
    heads: tuple[tuple[str, ...], ...]


def document(release: Release, table: PublishedTable) -> bytes:
    """The table as a PDF; the same release gives the same bytes. O(cells)."""
    rows, heads = list(_rows(release, table)), _heads(release, table)
    remarks = any(row.remark for row in rows)
    blocks = list(_blocks(heads, remarks))
    buffer = io.BytesIO()
    paper = Paper(buffer, release, table_title(release, table))
    cover(paper, release, table)
    notes(paper, release, table)
    for block in blocks:
        _table_pages(paper, rows, block, _facts(release, table, block, len(blocks)), remarks)
    paper.finish()
    return buffer.getvalue()


@dataclass(frozen=True)
class Facts:
    """The words of one block's pages."""

    title: str
    unit: str
    part: str
    area: str


def _facts(release: Release, table: PublishedTable, block: Block, blocks: int) -> Facts:
    last = block.first + len(block.heads)
    part = f"列 {block.first + 1} – {last}" if blocks > 1 else ""
    where = release.geographic_dimension(table)
    return Facts(
        title=table_title(release, table)[0],
        unit=f"単位: {unit(table)[0]}",
        part=part,
        area=words(release, where or table.dims[0].name)[0],
    )


def _row_axis(release: Release, table: PublishedTable) -> int:
    """The dimension that makes the rows: the geography, else the first."""
    where = release.geographic_dimension(table)
    return next((i for i, d in enumerate(table.dims) if d.name == where), 0)


def _heads(release: Release, table: PublishedTable) -> tuple[tuple[str, ...], ...]:
    """One head a column: the labels of its classes."""
    axis = _row_axis(release, table)
    classes: list[Hierarchy] = [d for i, d in enumerate(table.dims) if i != axis]
    if not classes:
        return ((unit(table)[0],),)
    return tuple(product(*[tuple(map(guard, d.labels)) for d in classes]))


def _rows(release: Release, table: PublishedTable) -> Iterator[Row]:
    """The total, then every area in code order, the ones merged away included."""
    axis = _row_axis(release, table)
    shape = table.value.shape
    cell = printed(table)
    stride = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        stride[i] = stride[i + 1] * shape[i + 1]
    spans = [range(n) for i, n in enumerate(shape) if i != axis]
    others = [s for i, s in enumerate(stride) if i != axis]
    offset = [sum(k * s for k, s in zip(c, others, strict=True)) for c in product(*spans)]
    inner, root = set(table.dims[axis].inner.tolist()), table.dims[axis].root
    for place in sorted(axes(release, table)[axis], key=lambda p: p.position != root):
        start = place.position * stride[axis]
        values = [cell[start + o] for o in offset] if place.position >= 0 else ["X"] * len(offset)
        sums_up = place.position in inner
        name = "総数 / total" if place.label == TOTAL else guard(place.label)
        yield Row(place.code, name, tuple(values), _remark(place), sums_up)


def _remark(place: Place) -> str:
    if place.mark.saki:
        return f"→ {place.mark.saki} に合算"
    return f"合算 {place.mark.gassan.replace(';', '、')}" if place.mark.gassan else ""


def _blocks(heads: tuple[tuple[str, ...], ...], remarks: bool) -> Iterator[Block]:
    """Columns dealt out evenly over as few pages as they need."""
    room = _RIGHT - _LEFT - _CODE - _NAME - (_REMARK if remarks else 0)
    fit = int(room // _COLUMN)
    pages = -(-len(heads) // fit)
    each = -(-len(heads) // pages)
    for first in range(0, len(heads), each):
        yield Block(first, min(room / each, _WIDEST), heads[first : first + each])


def _table_pages(paper: Paper, rows: list[Row], block: Block, facts: Facts, remarks: bool) -> None:
    """All rows of one block of columns, page by page."""
    head = _head_height(block)
    per_page = int((210 - _TOP - _BOTTOM - head) // _ROW)
    # Never leave one or two rows alone on the last page: spread them over all pages.
    pages = -(-len(rows) // per_page)
    ends = [len(rows) * page // pages for page in range(pages + 1)]
    for start, end in pairwise(ends):
        paper.new_page()
        paper.text(_LEFT, 14, facts.title, 10)
        paper.text(_RIGHT, 14, f"{facts.part}  {facts.unit}".strip(), 8, align="right")
        y = _draw_head(paper, block, facts, remarks)
        for position, row in enumerate(rows[start:end]):
            _draw_row(paper, row, block, y, position=position, width=_width(block, remarks))
            y += _ROW
        paper.line(_LEFT, y, _width(block, remarks), y, 0.6)
        paper.footer()


def _head_height(block: Block) -> float:
    return (
        max(sum(len(_wrapped(p, block.column)) for p in head) for head in block.heads) * _HEAD_LINE
        + 2.4
    )


@lru_cache(maxsize=4096)
def _wrapped(label: str, column: float) -> tuple[str, ...]:
    """A class label in lines that fit into a column; in smaller letters where that saves one."""
    room = column - 0.8
    wide, tight = (tuple(Paper.wrap(label, _HEAD, room / k)) for k in (1.0, _TIGHTEST))
    return wide if len(wide) == len(tight) else tight


def _width(block: Block, remarks: bool) -> float:
    columns = len(block.heads) * block.column
    return _LEFT + _CODE + _NAME + columns + (_REMARK if remarks else 0)


def _draw_head(paper: Paper, block: Block, facts: Facts, remarks: bool) -> float:
    top, height = _TOP - 6, _head_height(block)
    right = _width(block, remarks)
    paper.shade(_LEFT, top, right - _LEFT, height)
    paper.line(_LEFT, top, right, top, 0.8)
    paper.line(_LEFT, top + height, right, top + height, 0.6)
    middle = top + height / 2 + 1
    paper.text(_LEFT + 1, middle, "コード", 7)
    paper.text(_LEFT + _CODE + 1, middle, facts.area, 7)
    for i, head in enumerate(block.heads):
        lines = [line for part in head for line in _wrapped(part, block.column)]
        x = _LEFT + _CODE + _NAME + (i + 0.5) * block.column
        y = middle - (len(lines) - 1) * _HEAD_LINE / 2
        for line in lines:
            wide = text_width(line, _HEAD) / (block.column - 0.8)
            paper.text(x, y, line, _HEAD / max(1.0, wide), align="center")
            y += _HEAD_LINE
    if remarks:
        paper.text(right - _REMARK + 2, middle, "備考(合算)", 7)
    return top + height


def _draw_row(
    paper: Paper, row: Row, block: Block, y: float, *, position: int, width: float
) -> None:
    right = _LEFT + _CODE + _NAME + len(block.heads) * block.column
    if row.sums_up:
        paper.shade(_LEFT, y, width - _LEFT, _ROW)
    if position and position % 5 == 0:
        paper.line(_LEFT, y, width, y, 0.2)
    base = y + 3.5
    paper.fitted(_LEFT + 1, base, row.code, 7.5, _CODE - 1.5)
    paper.fitted(_LEFT + _CODE + 1, base, row.name, 7.5, _NAME - 2)
    for i, value in enumerate(row.values[block.first : block.first + len(block.heads)]):
        x = _LEFT + _CODE + _NAME + (i + 1) * block.column - 1.5
        paper.text(x, base, f"{int(value):,}" if value.isdigit() else value, 7.5, align="right")
    if row.remark:
        paper.fitted(right + 2, base, row.remark, 6.5, _REMARK - 3)
