"""How much of an address, a code or a coordinate is left, and how large is the place it names?"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from sdc.errors import RulesError
from sdc.messages import Text
from sdc.microdata.values import narrow

PLACES = ("chome", "ward", "municipality", "prefecture")
DIGITS = {"chome": 11, "town": 9, "municipality": 5, "prefecture": 2}
_PREFECTURE = re.compile(r"東京都|北海道|京都府|大阪府|(?:神奈川|和歌山|鹿児島)県|..県")
_DESIGNATED = (
    "札幌|仙台|さいたま|千葉|横浜|川崎|相模原|新潟|静岡|浜松|名古屋|京都|大阪|堺|神戸|岡山|広島|北九州|"
    "福岡|熊本"
)
# A name ends at its first 市, 町 or 村, unless it is one of those that hold such a letter inside.
_CITY = re.compile(
    f"(?:{_DESIGNATED})市[^市区町村郡]{{1,4}}区"
    "|(?:四日市|廿日市|野々市|蒲郡|小郡|郡山|郡上|大和郡山)市"
    "|(?:余市|高市|[^市区]{1,4}?)郡(?:玉村|大町|.{1,6}?)[町村]"
    "|[^区郡]{1,6}?市"
    "|[^市区町村]{1,4}区"
    "|.{1,5}?[町村]"
)
_CHOME = re.compile(r"(.+?丁目)|([^0-9]+)([0-9]+)-[0-9]+-[0-9]+|([^0-9]+)")


def place(text: str, *, level: str) -> str | None:
    """The part of a postal address down to a level; None where it cannot be told.

    ``municipality`` names a designated city without its ward, ``ward`` with it. ``chome`` keeps the
    block where it is told (6丁目, or the first of three numbers); one or two numbers are a lot and a
    house and are dropped.

    >>> place("神奈川県横浜市旭区二俣川 236", level="municipality")
    '神奈川県横浜市'
    >>> place("東京都千代田区丸の内 6-5-3", level="chome")
    '東京都千代田区丸の内6丁目'
    >>> place("東京都西東京市保谷町 2-8-18", level="prefecture")
    '東京都'
    """
    if level not in PLACES:
        names = ", ".join(PLACES)
        raise RulesError(Text("level is one of {names}", names=names), code="place-level")
    flat = re.sub(r"\s", "", narrow(text)).translate(str.maketrans("‐−－ー–", "-----", ""))
    first = _PREFECTURE.match(flat)
    if first is None:
        return None
    if level == "prefecture":
        return first[0]
    city = _CITY.match(flat, first.end())
    if city is None:
        return None
    if level in ("municipality", "ward"):
        whole = city[0] if level == "ward" else re.sub(r"(?<=市)[^市]*区$", "", city[0])
        return first[0] + whole
    town = _CHOME.match(flat, city.end())
    if town is None:
        return None
    block = town[1] or (f"{town[2]}{town[3]}丁目" if town[2] else town[4])
    return first[0] + city[0] + block


def code_prefix(text: str, *, level: str) -> str | None:
    """The leading digits of an area code: 11 chome, 9 town, 5 municipality, 2 prefecture.

    >>> code_prefix("13104001001", level="municipality")
    '13104'
    """
    if level not in DIGITS:
        names = ", ".join(DIGITS)
        raise RulesError(Text("level is one of {names}", names=names), code="place-level")
    wanted = DIGITS[level]
    return text[:wanted] if re.fullmatch(r"[0-9]{2,11}", text) and len(text) >= wanted else None


def postcode(text: str) -> str | None:
    """A postal code without its last four digits.

    >>> postcode("100-0005"), postcode("1000005"), postcode("10-0005")
    ('100', '100', None)
    """
    found = re.fullmatch(r"〒?([0-9]{3})-?[0-9]{4}", narrow(text))
    return found[1] if found else None


def cut(text: str, *, decimals: int | None = None, drop: int | None = None) -> str | None:
    """A coordinate with its last ``drop`` digits cut off, or cut to ``decimals``; never rounded.

    The cut goes towards zero: the value names the corner of its cell.

    >>> cut("35.658593", drop=2), cut("139.745992", decimals=3)
    ('35.6585', '139.745')
    """
    if (decimals is None) == (drop is None):
        raise RulesError(Text("give decimals or drop"), code="cut")
    if not re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", text):
        return None
    whole, _, places = text.partition(".")
    if decimals is None:
        assert drop is not None
        decimals = len(places) - drop
    if decimals < 1 or decimals > len(places):
        return None if decimals > len(places) or decimals < 0 else whole
    return f"{whole}.{places[:decimals]}"


def cell_size(decimals: int, latitude: float) -> tuple[float, float]:
    """Height and width in metres of the cell that a coordinate cut to ``decimals`` stands for.

    On the GRS80 ellipsoid at ``latitude`` degrees.

    >>> [round(m, 1) for m in cell_size(4, 35.658593)]
    [11.1, 9.1]
    """
    a, e2 = 6378137.0, 0.00669438002290
    phi = math.radians(latitude)
    w = 1 - e2 * math.sin(phi) ** 2
    step = math.radians(float(Decimal(1).scaleb(-decimals)))
    return a * (1 - e2) / w**1.5 * step, a / math.sqrt(w) * math.cos(phi) * step


def warning_of(decimals: int, latitude: float) -> Text:
    """What a person must know about a coordinate that was cut."""
    high, wide = cell_size(decimals, latitude)
    return Text(
        "coordinates with {decimals} decimals name a cell of about {high:.3g} m "
        "x {wide:.3g} m; check whether that names a building",
        decimals=decimals,
        high=high,
        wide=wide,
    )
