"""What is each table, class and unit called in Japanese and in English?"""

from __future__ import annotations

from sdc.model.plan import PublishedTable
from sdc.model.release import Release
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

LEVELS: dict[Level, Words] = {
    Level.LINEAR: (
        "公表値の加減算のみでは秘匿値を算出できないことを確認しています。",
        "No hidden value follows by adding and subtracting published numbers.",
    ),
    Level.INTEGER: (
        "公表値をすべて用いても、秘匿値が一つの整数に定まらないことを確認しています。",
        "No hidden value is confined to one whole number by everything that is published.",
    ),
    Level.INTERVAL: (
        "公表値をすべて用いて推定しても、秘匿値の取り得る範囲が所定の幅を保つことを確認しています。",
        "The range that all published numbers leave to a hidden value is provably wide enough.",
    ),
    Level.RULE_AWARE: (
        "秘匿の手順を知る者が再実行しても、秘匿値が定まらないことを確認しています。",
        "Safe as well against someone who knows the procedure and runs it again.",
    ),
}


def words(release: Release, name: str) -> Words:
    """The release's own title of an id, else a known one, else the id itself."""
    return release.titles.get(name) or _KNOWN.get(name) or (name, name)


def table_title(release: Release, table: PublishedTable) -> Words:
    """What one table shows: its own title, else records and measure by classes."""
    if table.name in release.titles:
        return release.titles[table.name]
    ja, en = words(release, table.records)
    if table.measure != COUNT:
        measure = words(release, table.measure)
        ja, en = f"{ja}の{measure[0]}", f"{measure[1]} of {en}"
    else:
        ja, en = f"{ja}数", f"Number of {en}"
    by = [words(release, d.name) for d in table.dims if d.name not in release.geographies]
    if by:
        ja = f"{'×'.join(w[0] for w in by)}別 {ja}"
        en = f"{en} by {' × '.join(w[1] for w in by)}"
    return ja, en[:1].upper() + en[1:]


def unit(release: Release, table: PublishedTable) -> Words:
    """The unit of the printed numbers."""
    if table.measure == COUNT and not table.unit:
        return _UNITS.get(table.records, ("件", "records"))
    text = scale(table)[1]
    return text, text


def long_date(release: Release) -> Words:
    """The survey date, as both languages write it."""
    day = release.info.survey_date
    return f"{day.year}年{day.month}月{day.day}日", day.isoformat()
