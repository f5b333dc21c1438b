"""What is each table, class and unit called in Japanese and in English?"""

from __future__ import annotations

from sdc.model.plan import PublishedTable
from sdc.model.release import Figure, Release
from sdc.model.system import Level
from sdc.model.table import COUNT
from sdc.publishing.symbols import scale

Words = tuple[str, str]

_KNOWN: dict[str, Words] = {
    "use": ("建物用途", "building use"),
    "usage": ("建物用途", "building use"),
    "structure": ("構造", "structure"),
    "height": ("高さ", "height"),
    "storeys": ("階数", "storeys"),
    "area": ("小地域", "small area"),
    "areas": ("小地域", "small area"),
    "mesh": ("メッシュ", "mesh"),
    "sex": ("性別", "sex"),
    "age": ("年齢", "age"),
    "age_band": ("年齢階級", "age band"),
    "year": ("建築年", "year of construction"),
    "floor_area": ("床面積", "floor area"),
    "building_area": ("建築面積", "building area"),
    "roof_area": ("屋根面積", "roof area"),
    "buildings": ("建物", "buildings"),
    "residents": ("人口", "residents"),
    "households": ("世帯", "households"),
    COUNT: ("件数", "count"),
}
_UNITS: dict[str, Words] = {
    "buildings": ("棟", "buildings"),
    "residents": ("人", "persons"),
    "households": ("世帯", "households"),
}

_SINGLE = {"棟": "building", "人": "person", "世帯": "household", "件": "record"}


def unit_in_english(text: str) -> str:
    """A unit of derived figures in English, as far as its words are known.

    >>> unit_in_english("人/ha"), unit_in_english("m²/棟"), unit_in_english("%")
    ('persons/ha', 'm²/building', '%')
    """
    above, slash, below = text.partition("/")
    plural = dict([*_UNITS.values(), ("件", "records")])
    return plural.get(above, above) + slash + _SINGLE.get(below, below)


LEVELS: dict[Level, Words] = {
    Level.LINEAR: (
        "公表値の加減算のみでは、秘匿すべき値を算出できないことを確認しています。",
        "No value that had to be hidden follows by adding and subtracting published numbers.",
    ),
    Level.INTEGER: (
        "公表値をすべて用いても、秘匿値が一つの整数に定まらないことを確認しています。",
        "No hidden value is confined to one whole number by everything that is published.",
    ),
    Level.INTERVAL: (
        "公表値をすべて用いて推定しても、秘匿すべき値の取り得る範囲が所定の幅を保つことを確認しています。",
        "The range that all published numbers leave to a value that had to be hidden is provably wide "
        "enough.",
    ),
    Level.RULE_AWARE: (
        "秘匿の手順を知る者が再実行しても、秘匿すべき値が定まらないことを確認しています。",
        "Safe as well against someone who knows the procedure and runs it again.",
    ),
}

OWNERS: Words = (
    "集計された1件の持ち主が、自らについて知っていることを加えて推定する場合も同様です。",
    "The same holds for the owner of any one counted unit, with what that owner knows of it.",
)

_ANY = frozenset({"csv", "geojson", "images", "pdf"})
_TABLES = frozenset({"csv", "pdf"})
SYMBOLS: tuple[tuple[frozenset[str], Words, Words], ...] = (
    (_TABLES, ("数値", "number"), ("公表する値(整数)", "published, a whole number")),
    (
        _ANY,
        ("X", "X"),
        (
            "秘匿した箇所。**値が0の場合もあります。0として扱わないでください**",
            "hidden. **The true value may be 0; never read X as 0**",
        ),
    ),
    (_TABLES, ("-", "-"), ("該当なし(0)", "none (zero)")),
    (
        frozenset({"csv"}),
        ("空欄 (status G)", "empty (status G)"),
        (
            "分類を集約した箇所。値は集約先の分類に含まれます(`collapses.csv`)",
            "the class is counted in a group of classes (`collapses.csv`)",
        ),
    ),
    (
        frozenset({"csv"}),
        ("X (status M)", "X (status M)"),
        (
            "他の小地域に合算した小地域。値は合算先(HTKSAKI)に含まれます(`mergers.csv`)",
            "the area was added to another one, see HTKSAKI (`mergers.csv`)",
        ),
    ),
    (
        frozenset({"csv"}),
        ("HTKSYORI", "HTKSYORI"),
        (
            "小地域の合算: 0 なし、1 他の小地域を合算した(GASSANが合算した小地域)、"
            "2 他の小地域に合算された(HTKSAKIが合算先)。国勢調査の小地域集計と同じ列です",
            "merging of areas, as in the census: 0 none; 1 others were added to this one (listed in "
            "GASSAN); 2 this one was added to another (HTKSAKI)",
        ),
    ),
    (
        frozenset({"pdf"}),
        ("→ … に合算", "→ …"),
        (
            "統計表の備考欄。他の小地域に合算した小地域で、値は合算先に含まれます",
            "remarks of the documents: the area was added to the one named, and is counted there",
        ),
    ),
    (
        frozenset({"images"}),
        ("斜線(地図)", "hatched (maps)"),
        ("Xと同じく秘匿した小地域", "hidden, the same as X"),
    ),
    (
        frozenset({"images"}),
        ("太枠(地図)", "bold outline (maps)"),
        (
            "他の小地域を合算した小地域。合算後のコードを表示しています",
            "an area to which others were added, with the code that now stands for all",
        ),
    ),
)
"""Which formats show a mark, the mark, and what it means."""

EMPTY: tuple[frozenset[str], Words, Words] = (
    frozenset({"pdf"}),
    ("空欄", "empty"),
    (
        "その地域で分類を集約した箇所。値はその地域の集計欄に含まれます(下の一覧)",
        "the area counts the class in a group that has a column of its own (list below)",
    ),
)
"""The same for documents of tables whose areas group classes for themselves."""

FILES: dict[str, Words] = {
    "csv": (
        "`data/<表>.csv` 1行1セル、`data/<表>_wide.csv` 1行1地域、`data/mergers.csv` "
        "合算一覧、`data/collapses.csv` 集約一覧、`data/codelist_*.csv` コード表、"
        "`data/derived_*.csv` 公表値だけから算出した指標(分子・分母付き)",
        "`data/<table>.csv` one row a cell, `data/<table>_wide.csv` one row an area, "
        "`data/mergers.csv`, `data/collapses.csv`, code lists, `data/derived_*.csv` figures made "
        "from published numbers alone, with numerator and denominator",
    ),
    "geojson": (
        "`data/*.geojson` 公表地域の境界(経度・緯度)",
        "`data/*.geojson` outlines of the published areas (longitude, latitude)",
    ),
    "images": (
        "`data/maps/` 主題図(PNG 300dpi、画像のみのPDF)",
        "`data/maps/` maps (PNG, 300 dpi, and PDF that holds the picture only)",
    ),
    "pdf": ("`data/docs/` 統計表(PDF)", "`data/docs/` the tables as documents (PDF)"),
}

ENCODING_WORDS: dict[str, Words] = {
    "utf-8-sig": ("UTF-8 (BOM付き)", "UTF-8 with a byte order mark"),
    "utf-8": ("UTF-8", "UTF-8"),
    "cp932": ("Shift_JIS (CP932)", "Shift_JIS (CP932)"),
}

METHOD: Words = (
    "小地域の集計値のうち個人・法人等が特定されるおそれのあるものについて、分類の集約(③)、"
    "隣接する小地域等への合算(②)、非表示(①)のいずれかを行っています。差引きで秘匿値が"
    "分からないよう、関連する箇所も非表示としています。",
    "Where a number could point to a person or a business, classes were combined (3), areas "
    "were added to a neighbour (2), or the number was hidden (1). Further numbers are hidden "
    "so that nothing follows by subtraction.",
)


def words(release: Release, name: str) -> Words:
    """The release's own title of an id, else a known one, else the id itself."""
    return release.titles.get(name) or _KNOWN.get(name) or (name, name)


def table_title(release: Release, table: PublishedTable) -> Words:
    """What one table shows: its own title, else (each language apart) records by classes."""
    own = release.table_titles.get(table.name, ("", ""))
    made = _made_title(release, table)
    return own[0] or made[0], own[1] or made[1]


def listed_title(release: Release, table: PublishedTable) -> Words:
    """The table's title for a list of all tables: one that was made also names its places."""
    own = release.table_titles.get(table.name, ("", ""))
    ja, en = _made_title(release, table)
    where = release.geographic_dimension(table)
    if where is not None:
        place = words(release, where)
        ja, en = f"{ja}({place[0]})", f"{en} ({place[1]})"
    return own[0] or ja, own[1] or en


def figure_title(release: Release, figure: Figure) -> Words:
    """What a derived figure shows: its own title, else the table's title and its unit."""
    ja, en = listed_title(release, release.table(figure.table))
    return figure.title[0] or f"{ja}({figure.unit})", figure.title[
        1
    ] or f"{en} ({unit_in_english(figure.unit)})"


def _made_title(release: Release, table: PublishedTable) -> Words:
    ja, en = words(release, table.records)
    if table.measure != COUNT:
        measure = words(release, table.measure)
        ja, en = f"{ja}の{measure[0]}", f"{measure[1]} of {en}"
    else:
        ja, en = ja if ja.endswith("人口") else f"{ja}数", f"Number of {en}"
    by = [words(release, d.name) for d in table.dims if d.name not in release.geographies]
    if by:
        classes = "×".join(w[0] for w in by).removesuffix("別")
        ja = f"{classes}別 {ja}"
        en = f"{en} by {' × '.join(w[1] for w in by)}"
    return ja, en[:1].upper() + en[1:]


def unit(table: PublishedTable) -> Words:
    """The unit of the printed numbers."""
    if table.measure == COUNT and not table.unit:
        return _UNITS.get(table.records, ("件", "records"))
    text = scale(table)[1]
    return text, text


_PLANES = (
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X",
    "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII", "XVIII", "XIX",
)  # fmt: skip
_FIRST_PLANE = 6669


def plane_words(epsg: int) -> Words:
    """A plane-rectangular system of JGD2011 as a map names it.

    >>> plane_words(6677)[0]
    '平面直角座標系 第IX系 (JGD2011, EPSG:6677)'
    """
    roman = _PLANES[epsg - _FIRST_PLANE]
    ja = f"平面直角座標系 第{roman}系 (JGD2011, EPSG:{epsg})"
    return ja, f"Plane rectangular CS {roman}, JGD2011"


def long_date(release: Release) -> Words:
    """The survey date, as both languages write it."""
    day = release.info.survey_date
    return f"{day.year}年{day.month}月{day.day}日", day.isoformat()
