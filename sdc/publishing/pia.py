"""How does the privacy impact assessment read, on screen and on paper, filled in as far as is proven?

Only what the tool can prove is filled in, each with its evidence; everything else says that a person
must write it. The recommended form answers item by item, the short form section by section.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sdc.publishing.pia_items import CAMERA, ITEMS, SECTIONS

OPEN = ("(記入してください)", "(to be filled in by a person)")
_FONT = "PIA"
_NUMBERED = (40.0, 260.0, 330.0, 140.0)
_WIDTHS = {3: (200.0, 200.0, 370.0), 4: (130.0, 340.0, 80.0, 220.0)}
"""Widths of the columns in points, by their number; 770 together."""


@dataclass(frozen=True)
class Answer:
    """What is proven about one item, in both languages, and where the evidence lies."""

    ja: str
    en: str
    evidence: str = ""


@dataclass(frozen=True)
class Assessment:
    """Everything that a report is made of; ``factors`` are the nine, each with its decision."""

    title: str
    day: str
    section: str
    answers: Mapping[str, Answer]
    factors: Sequence[tuple[str, str, str, str]] = field(default=())
    """Name, evidence, decision, person and reason, in the language of the report."""


Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""A heading, the heads of the columns, the rows."""


def tables(assessment: Assessment, *, short: bool, language: int) -> list[Table]:
    """The report as headed tables, Japanese (0) or English (1)."""
    if short:
        return [_short(assessment, language), _factors(assessment, language)]
    heads = (("項番", "リスク対策", "評価結果", "根拠"), ("no.", "safeguard", "result", "evidence"))
    out: list[Table] = []
    for number, section in enumerate(SECTIONS, start=1):
        rows: list[tuple[str, ...]] = []
        for item, words in ITEMS.items():
            if item.startswith(f"{number}."):
                answer = assessment.answers.get(item)
                text = OPEN if answer is None else (answer.ja, answer.en)
                evidence = "" if answer is None else answer.evidence
                rows.append((item, words[language], text[language], evidence))
        out.append((f"{number}. {section[language]}", heads[language], rows))
    return [*out, _factors(assessment, language)]


def _short(assessment: Assessment, language: int) -> Table:
    heads = (
        ("区分", "自動で確認した項目", "人が確認する項目"),
        ("section", "proven", "to be checked"),
    )
    rows: list[tuple[str, ...]] = []
    for number, section in enumerate(SECTIONS, start=1):
        mine = [item for item in ITEMS if item.startswith(f"{number}.")]
        proven = [item for item in mine if item in assessment.answers]
        rest = [item for item in mine if item not in assessment.answers]
        rows.append((section[language], ", ".join(proven) or "-", ", ".join(rest) or "-"))
    return ("評価結果", "Results")[language], heads[language], rows


def _factors(assessment: Assessment, language: int) -> Table:
    heads = (("評価要素", "自動の根拠", "判断", "判断者・理由"),
             ("factor", "evidence", "decision", "person and reason"))  # fmt: skip
    title = ("出口要件 (九つの評価要素)", "Exit requirements (nine factors)")[language]
    return title, heads[language], [tuple(row) for row in assessment.factors]


def heading(assessment: Assessment, *, short: bool, language: int) -> str:
    """The first line of a report."""
    form = (("簡略版", "推奨版"), ("short form", "recommended form"))[language][0 if short else 1]
    name = ("プライバシー影響評価", "Privacy impact assessment")[language]
    return f"{name} ({form}): {assessment.title}"


def markdown(assessment: Assessment, *, short: bool = False, language: int = 0) -> str:
    """The report as Markdown.

    >>> a = Assessment("みほん", "2026-04-01", "都市課", {})
    >>> markdown(a, short=True, language=1).splitlines()[0]
    '# Privacy impact assessment (short form): みほん'
    """
    lines = [f"# {heading(assessment, short=short, language=language)}", ""]
    lines += [f"{assessment.section} {assessment.day}", ""]
    for title, heads, rows in tables(assessment, short=short, language=language):
        lines += [f"## {title}", "", _row(heads), _row(["---"] * len(heads))]
        lines += [*map(_row, rows), ""]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"


def camera_form(operator: str, purpose: str, answers: Mapping[str, str], *, language: int) -> str:
    """The form of the sixteen considerations, filled where there are answers."""
    title = ("カメラ画像利活用の配慮事項", "Considerations on the use of camera images")[language]
    heads = (("番号", "配慮事項", "実施内容"), ("no.", "consideration", "what is done"))[language]
    rows = [(n, words[language], answers.get(n, OPEN[language])) for n, words in CAMERA.items()]
    head = [f"# {title}", "", f"{operator}: {purpose}", "", _row(heads), _row(["---"] * 3)]
    return "\n".join([*head, *map(_row, rows), ""])


def pdf(assessment: Assessment, *, short: bool = False, language: int = 0) -> bytes:
    """The report on A4 paper with an embedded font; the same report gives the same bytes."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    from sdc.publishing.sheet import font_file

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(font_file())))
    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=8, leading=11, wordWrap="CJK")
    large = ParagraphStyle("large", parent=plain, fontSize=14, leading=20)
    middle = ParagraphStyle(
        "middle", parent=plain, fontSize=10, leading=16, spaceBefore=8, keepWithNext=1
    )
    title = heading(assessment, short=short, language=language)
    story = [Paragraph(_safe(title), large),
             Paragraph(_safe(f"{assessment.section} {assessment.day}"), plain), Spacer(1, 8)]  # fmt: skip
    for name, heads, rows in tables(assessment, short=short, language=language):
        story += [Paragraph(_safe(name), middle), _grid(heads, rows, plain)]
    buffer = io.BytesIO()
    SimpleDocTemplate(
        buffer, pagesize=landscape(A4), title=title, invariant=1, leftMargin=36, rightMargin=36,
        topMargin=36, bottomMargin=36,
    ).build(story)  # fmt: skip
    return buffer.getvalue()


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]], style: object) -> object:
    """One table as wide as the page; the columns of findings are the widest."""
    from reportlab.lib import colors
    from reportlab.platypus import Paragraph, Table, TableStyle

    widths = _WIDTHS[len(heads)] if heads[0] not in ("項番", "no.") else _NUMBERED
    cells = [[Paragraph(_safe(c), style) for c in row] for row in (heads, *rows)]
    table = Table(cells, colWidths=list(widths), repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table
