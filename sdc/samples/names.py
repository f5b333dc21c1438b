"""Which names do the places of the sample city have? All of them are invented."""

from __future__ import annotations

CITY = "みほん市"
CITY_NAMES = (
    "みほん本町", "朝凪町", "帆影町", "星見台", "灯台通", "若潮町", "千鳥橋", "月見浜", "汐路",
    "真帆町", "夕映町", "花笠町", "鈴風町", "白浪町", "ひばり野", "虹ヶ丘", "こもれび台",
    "千草町", "緑橋", "朝露町", "風見町", "波切", "つむぎ台", "青藍町", "しおさい", "貝寄町",
    "彩雲町", "茜坂",
)  # fmt: skip
FARM_NAMES = (
    "大字沖ノ原", "大字鳥追", "大字古河原", "大字笹鳴", "大字上稲穂", "大字下稲穂",
    "大字芹沢野", "大字蛍谷", "大字榎木戸", "大字雁渡", "大字麦秋", "大字水分", "大字小夜森",
    "大字椋鳥",
)  # fmt: skip
FIELD_NAMES = (
    "沖田", "前畑", "後谷", "東原", "西原", "川端", "堂ノ下", "新開", "一本松", "中島", "北浦",
    "南割", "柳田", "上ノ台", "砂山", "曲目", "欠ノ上", "大道添", "狐塚", "桑名畑",
)  # fmt: skip
KANJI = "〇一二三四五六七八九"
FULL = "０１２３４５６７８９"


def chome(k: int, number: int) -> str:
    """``三丁目`` or ``３丁目``, by the number of the district: cities write both.

    >>> chome(12, 1), chome(12, 3)
    ('十二丁目', '１２丁目')
    """
    if number % 3 == 0:
        return "".join(FULL[int(digit)] for digit in str(k)) + "丁目"
    return ("十" if k >= 10 else "") + KANJI[k % 10].replace("〇", "") + "丁目"


def field(district: str, number: int, k: int) -> str:
    """Name of the k-th area of a farming district.

    >>> field("大字鳥追", 0, 1)
    '鳥追字沖田'
    """
    # 3 shares no factor with the 20 names: none comes twice among the first twenty of a district
    return district.removeprefix("大字") + "字" + FIELD_NAMES[(7 * number + 3 * k - 3) % 20]
