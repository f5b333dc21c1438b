"""How does a table look on paper: cover, notes, and pages that break where a reader expects it?

One document a table, ``data/docs/<table>.pdf``: A4 landscape, embedded font, no dates but the
release's own. Tables wider than a page are cut into blocks of columns; the code and the name of the
area stand on every page, and so do the heads, the marks' meaning and the page number.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Release
from sdc.model.states import State
from sdc.publishing.csvfile import Place, axes
from sdc.publishing.grouprows import group_columns, group_labels, group_values, heads
from sdc.publishing.pdfpages import Paper, Row, cover, notes, text_width
from sdc.publishing.symbols import guard, printed, safe_name
from sdc.publishing.wording import Words, listed_title, unit, words

_ROW, _HEAD_LINE = 5.0, 3.1
_CODE, _NAME, _REMARK = 23.0, 44.0, 40.0
_NARROWEST, _WIDEST, _GAP = 12.0, 26.0, 3.0
_SIZE = 7.5
_HEAD, _TIGHTEST = 6.5, 0.85  # size of the heads in points, and how far one may shrink
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
    blocks = list(_blocks(heads, rows, remarks))
    buffer = io.BytesIO()
    paper = Paper(buffer, release, listed_title(release, table))
    cover(paper, release, table)
    notes(paper, release, table)
    for block in blocks:
        _table_pages(paper, rows, block, _facts(release, table, block, len(blocks)), remarks)
    paper.finish()
    return buffer.getvalue()


@dataclass(frozen=True)
class Facts:
    """The words of one block's pages."""

    title: Words
    unit: str
    part: str
    area: Words


def _facts(release: Release, table: PublishedTable, block: Block, blocks: int) -> Facts:
    last = block.first + len(block.heads)
    part = f"列 columns {block.first + 1} – {last}" if blocks > 1 else ""
    where = release.geographic_dimension(table)
    return Facts(
        title=listed_title(release, table),
        unit="単位 unit: " + " ".join(dict.fromkeys(unit(table))),
        part=part,
        area=words(release, where or table.dims[0].name),
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
    more = heads(group_labels(release, table), group_columns(release, table))
    own = product(*[tuple(map(guard, d.labels)) for d in classes])
    return (*own, *(tuple(map(guard, labels)) for labels in more))


def _rows(release: Release, table: PublishedTable) -> Iterator[Row]:
    """The total, then every area after the one it lies in, the ones merged away included."""
    axis = _row_axis(release, table)
    shape = table.value.shape
    cell = printed(table)
    stride = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        stride[i] = stride[i + 1] * shape[i + 1]
    spans = [range(n) for i, n in enumerate(shape) if i != axis]
    others = [s for i, s in enumerate(stride) if i != axis]
    offset = [sum(k * s for k, s in zip(c, others, strict=True)) for c in product(*spans)]
    inner = set(table.dims[axis].inner.tolist())
    more = group_columns(release, table)
    groups = group_values(release, table, more)
    order = _reading_order(table.dims[axis], {m.source: m.target for m in release.merges})
    # A class that is counted in a group has no row; the notes list them all.
    places = [p for p in axes(release, table)[axis] if p.gone is not State.GROUPED]
    for place in sorted(places, key=lambda p: order(p.code)):
        start = place.position * stride[axis]
        values = [cell[start + o] for o in offset] if place.position >= 0 else ["X"] * len(offset)
        last = ["X"] * len(more) if place.position < 0 else [""] * len(more)
        values += groups.get(place.code, last)
        sums_up = place.position in inner
        name = "総数 / total" if place.label == TOTAL else guard(place.label)
        yield Row(place.code, name, tuple(values), _remark(place), sums_up)


def _reading_order(dim: Hierarchy, merged: Mapping[str, str]) -> Callable[[str], tuple[str, ...]]:
    """A sort key by code: what an area lies in comes first, then its parts by their own codes.

    An area that was merged away stands among the neighbours of its destination.
    """
    least, seen = list(dim.codes), set[int]()
    for i in sorted(range(len(dim)), key=lambda i: -int(dim.depth[i])):
        up = int(dim.parents[i])
        if up >= 0:
            least[up] = min(least[i], least[up] if up in seen else least[i])
            seen.add(up)

    def key(code: str) -> tuple[str, ...]:
        at = dim.position(code if code in dim else merged[code])
        chain = [code] if code not in dim else [least[at]]
        while (at := int(dim.parents[at])) >= 0:
            chain.append(least[at])
        return tuple(reversed(chain))

    return key


def _remark(place: Place) -> str:
    if place.mark.saki:
        return f"→ {place.mark.saki} に合算"
    return f"合算 {place.mark.gassan.replace(';', '、')}" if place.mark.gassan else ""


def _blocks(heads: tuple[tuple[str, ...], ...], rows: list[Row], remarks: bool) -> Iterator[Block]:
    """Columns dealt out evenly over as few pages as they need, as wide as their numbers.

    Columns of one class stay on one page where a page has room for all of them.
    """
    room = _RIGHT - _LEFT - _CODE - _NAME - (_REMARK if remarks else 0)
    widest = max(text_width(_grouped(v), _SIZE) for row in rows for v in row.values)
    fit = int(room // min(max(widest + _GAP, _NARROWEST), room))
    together = sum(head[:-1] == heads[0][:-1] for head in heads)
    step = together if together <= fit else 1
    groups = -(-len(heads) // step)
    pages = -(-groups // (fit // step))
    column = min(room / (-(-groups // pages) * step), _WIDEST)
    ends = [min(groups * page // pages * step, len(heads)) for page in range(pages + 1)]
    for first, end in pairwise(ends):
        yield Block(first, column, heads[first:end])


def _grouped(value: str) -> str:
    """A printed place with its thousands set apart."""
    return f"{int(value):,}" if value.isdigit() else value


def _table_pages(paper: Paper, rows: list[Row], block: Block, facts: Facts, remarks: bool) -> None:
    """All rows of one block of columns, page by page."""
    head = _head_height(block)
    per_page = int((210 - _TOP - _BOTTOM - head) // _ROW)
    # Never leave one or two rows alone on the last page: spread them over all pages.
    pages = -(-len(rows) // per_page)
    ends = [len(rows) * page // pages for page in range(pages + 1)]
    for first, end in pairwise(ends):
        paper.new_page()
        note = f"{facts.part}  {facts.unit}".strip()
        paper.text(_LEFT, 14, facts.title[0], 10)
        paper.text(_RIGHT, 14, note, 8, align="right")
        start = _LEFT + text_width(facts.title[0], 10) + 4
        paper.fitted(start, 14, facts.title[1], 8, _RIGHT - start - text_width(note, 8) - 6)
        y = _draw_head(paper, block, facts, remarks)
        for position, row in enumerate(rows[first:end]):
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
    room = column - 1.8
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
    paper.text(_LEFT + 1, middle, "コード code", 7)
    paper.fitted(_LEFT + _CODE + 1, middle, " ".join(facts.area), 7, _NAME - 2)
    for i, head in enumerate(block.heads):
        lines = [line for part in head for line in _wrapped(part, block.column)]
        x = _LEFT + _CODE + _NAME + (i + 1) * block.column - 1.5
        y = middle - (len(lines) - 1) * _HEAD_LINE / 2
        for line in lines:
            wide = text_width(line, _HEAD) / (block.column - 1.8)
            paper.text(x, y, line, _HEAD / max(1.0, wide), align="right")
            y += _HEAD_LINE
    if remarks:
        paper.text(right - _REMARK + 2, middle, "備考(合算) merged areas", 7)
    return top + height


def _draw_row(
    paper: Paper, row: Row, block: Block, y: float, *, position: int, width: float
) -> None:
    right = _LEFT + _CODE + _NAME + len(block.heads) * block.column
    if row.sums_up:
        paper.shade(_LEFT, y, width - _LEFT, _ROW)
    if position and position % 5 == 0:
        paper.line(_LEFT, y, width, y, 0.2, grey=0.6)
    base = y + 3.5
    paper.fitted(_LEFT + 1, base, row.code, _SIZE, _CODE - 1.5)
    paper.fitted(_LEFT + _CODE + 1, base, row.name, _SIZE, _NAME - 2)
    for i, value in enumerate(row.values[block.first : block.first + len(block.heads)]):
        x = _LEFT + _CODE + _NAME + (i + 1) * block.column - 1.5
        paper.text(x, base, _grouped(value), _SIZE, align="right")
    if row.remark:
        paper.fitted(right + 2, base, row.remark, 6.5, _REMARK - 3)
