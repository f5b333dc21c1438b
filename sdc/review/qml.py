"""In which colours and hatches does QGIS draw the layers of a review? Styles as QGIS stores them.

A style is one ``categorizedSymbol`` renderer in QML, the XML of QGIS; X is hatched as on published maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

VERSION = "3.28.0"
"""The oldest QGIS whose vocabulary is used here; later ones read it."""
EDGE = "#ffffff"
HATCH, HATCH_GROUND = "#8a8a8a", "#e4e4e4"


@dataclass(frozen=True)
class Category:
    """Features whose attribute has ``value`` get ``label`` and a look.

    ``fill`` is a colour, or empty for no filling; ``hatch`` draws lines of that colour over it.
    """

    value: str
    label: str
    fill: str = ""
    edge: str = EDGE
    hatch: str = ""
    dashed: bool = False
    width: float = 0.2


def hatched(value: str, label: str, *, edge: str = EDGE, width: float = 0.2) -> Category:
    """The look of an X."""
    return Category(value, label, fill=HATCH_GROUND, edge=edge, hatch=HATCH, width=width)


def style(attribute: str, categories: Sequence[Category]) -> str:
    """The QML of a layer whose features are told apart by an attribute.

    >>> text = style("state", [hatched("X", "hidden"), Category("-", "zero", "#ffffff")])
    >>> [c.get("value") for c in ET.fromstring(text).iter("category")]
    ['X', '-']
    """
    root = ET.Element("qgis", version=VERSION, styleCategories="Symbology")
    renderer = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=attribute, enableorderby="0",
        forceraster="0", symbollevels="0",
    )  # fmt: skip
    names, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for number, one in enumerate(categories):
        ET.SubElement(
            names, "category", symbol=str(number), value=one.value, type="string",
            label=one.label, render="true",
        )  # fmt: skip
        _symbol(symbols, str(number), one)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode")


def _symbol(parent: ET.Element, name: str, one: Category) -> None:
    symbol = ET.SubElement(
        parent, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    _layer(
        symbol, "SimpleFill", color=rgba(one.fill or EDGE), style="solid" if one.fill else "no",
        outline_color=rgba(one.edge), outline_style="dash" if one.dashed else "solid",
        outline_width=str(one.width), outline_width_unit="MM",
    )  # fmt: skip
    if one.hatch:
        lines = _layer(
            symbol, "LinePatternFill", angle="45", distance="1.5", distance_unit="MM",
            color=rgba(one.hatch), line_width="0.3", line_width_unit="MM",
        )  # fmt: skip
        own = ET.SubElement(lines, "symbol", type="line", name=f"@{name}@1", alpha="1")
        _layer(
            own, "SimpleLine", line_color=rgba(one.hatch), line_style="solid", line_width="0.3",
            line_width_unit="MM",
        )  # fmt: skip


def _layer(symbol: ET.Element, kind: str, **options: str) -> ET.Element:
    layer = ET.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"}
    )
    held = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(held, "Option", type="QString", name=name, value=value)
    return layer


def rgba(colour: str) -> str:
    """``#rrggbb`` as QGIS writes colours.

    >>> rgba("#ff8000")
    '255,128,0,255'
    """
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"
