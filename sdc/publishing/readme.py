"""What does a citizen read first: what the marks mean, who answers, and how to check the package?"""

from __future__ import annotations

from collections.abc import Mapping

from sdc.model.release import Release, ReleaseInfo
from sdc.publishing.datapackage import LICENCES
from sdc.publishing.wording import LEVELS, table_title, unit

_SYMBOLS = (
    (
        ("数値", "公表する値(整数)"),
        ("X", "秘匿した箇所。**値が0の場合もあります。0として扱わないでください**"),
        ("-", "該当なし(0)"),
        ("空欄(状態 G)", "分類を集約した箇所。値は集約先の分類に含まれます(`collapses.csv`)"),
        ("状態 M", "他の小地域に合算した小地域。値は合算先(HTKSAKI)に含まれます(`mergers.csv`)"),
    ),
    (
        ("number", "published, a whole number"),
        ("X", "hidden. **The true value may be 0; never read X as 0**"),
        ("-", "none (zero)"),
        ("empty (status G)", "the class is counted in a group of classes (`collapses.csv`)"),
        ("status M", "the area was added to another one, see HTKSAKI (`mergers.csv`)"),
    ),
)
_FILES = (
    {
        "csv": "`data/<表>.csv` 1行1セル、`data/<表>_wide.csv` 1行1地域、`data/mergers.csv` 合算一覧、"
        "`data/collapses.csv` 集約一覧、`data/codelist_*.csv` コード表",
        "geojson": "`data/*.geojson` 公表地域の境界(経度・緯度)",
        "images": "`data/maps/` 主題図(PNG 300dpi、画像のみのPDF)",
        "pdf": "`data/docs/` 統計表(PDF)",
    },
    {
        "csv": "`data/<table>.csv` one row a cell, `data/<table>_wide.csv` one row an area, "
        "`data/mergers.csv`, `data/collapses.csv`, code lists",
        "geojson": "`data/*.geojson` outlines of the published areas (longitude, latitude)",
        "images": "`data/maps/` maps (PNG, 300 dpi, and PDF that holds the picture only)",
        "pdf": "`data/docs/` the tables as documents (PDF)",
    },
)
_METHOD = (
    "小地域の集計値のうち個人・法人等が特定されるおそれのあるものについて、分類の集約(③)、隣接する小地域等への"
    "合算(②)、非表示(①)を行っています。差引きで秘匿値が分からないよう、関連する箇所も非表示としています。",
    "Where a number could point to a person or a business, classes were combined (3), areas were added "
    "to a neighbour (2), or the number was hidden (1). Further numbers are hidden so that nothing "
    "follows by subtraction.",
)


def readme(release: Release, sizes: Mapping[str, int], *, language: int, signed: bool) -> bytes:
    """``README.ja.md`` (0) or ``README.md`` (1)."""
    parts = [_head, _symbols, _method, _tables, _files, _checks, _terms]
    text = "\n\n".join(part(release, language, signed) for part in parts)
    return (text + "\n").encode()


def _pick(language: int, ja: str, en: str) -> str:
    return (ja, en)[language]


def _head(release: Release, language: int, signed: bool) -> str:
    info = release.info
    title = info.title if language == 0 else info.title_en or info.title
    city = info.municipality_name if language == 0 else info.municipality_name_en
    rows = [
        (("公表ID", "Release"), f"{info.id} (serial {info.serial})"),
        (("団体", "Municipality"), f"{city or info.municipality_name} ({info.municipality})"),
        (("調査日", "Survey date"), info.survey_date.isoformat()),
        (("公表日", "Release date"), info.release_date.isoformat()),
        (("出典", "Source"), info.source),
        (("責任課", "Responsible section"), " ".join(filter(None, (info.section, info.contact)))),
    ]
    lines = [f"| {name[language]} | {_cell(text)} |" for name, text in rows]
    return "\n".join([f"# {_line(title)}", "", "|  |  |", "|---|---|", *lines])


def _symbols(release: Release, language: int, signed: bool) -> str:
    head = _pick(language, "## 記号の意味", "## What the marks mean")
    names = _pick(language, "| 表示 | 意味 |", "| printed | meaning |")
    rows = [f"| {mark} | {text} |" for mark, text in _SYMBOLS[language]]
    return "\n".join([head, "", names, "|---|---|", *rows])


def _method(release: Release, language: int, signed: bool) -> str:
    info = release.info
    head = _pick(language, "## 秘匿処理", "## How numbers were protected")
    ground = _pick(language, f"根拠: {info.ground}", f"Legal ground: {info.ground}")
    policy = [info.policy[language]] if info.policy[language] else []
    counts = _pick(
        language,
        f"合算した小地域: {len(release.merges)}、集約した分類: {len(release.collapses)}",
        f"Areas added to another: {len(release.merges)}; classes combined: {len(release.collapses)}",
    )
    level = LEVELS[release.level][language]
    return "\n\n".join(
        [head, _METHOD[language], f"{level} (level: {release.level})", *policy, counts, ground]
    )


def _tables(release: Release, language: int, signed: bool) -> str:
    head = _pick(language, "## 収録した表", "## Tables")
    names = _pick(language, "| 表 | 内容 | 単位 |", "| table | content | unit |")
    rows = [
        f"| {t.name} | {_cell(table_title(release, t)[language])} | {_cell(unit(release, t)[language])} |"
        for t in release.tables
    ]
    return "\n".join([head, "", names, "|---|---|---|", *rows])


def _files(release: Release, language: int, signed: bool) -> str:
    head = _pick(language, "## ファイル", "## Files")
    rows = [f"- {text}" for name, text in _FILES[language].items() if name in release.info.formats]
    note = _pick(
        language,
        "= + - @ で始まる名称は、表計算ソフトで数式と解釈されないよう先頭に ' を付けています。",
        "Names that start with = + - @ carry a leading ' so that no spreadsheet reads a formula.",
    )
    return "\n".join([head, "", *rows, *(["", note] if "csv" in release.info.formats else [])])


def _checks(release: Release, language: int, signed: bool) -> str:
    head = _pick(language, "## 改ざんの有無の確認", "## Check that nothing was altered")
    intro = _pick(
        language,
        "このフォルダーで次を実行します(Linux・macOS)。",
        "Run this in the package's folder (Linux, macOS).",
    )
    sums = "```sh\nsha256sum -c tagmanifest-sha256.txt\nsha256sum -c manifest-sha256.txt\n```"
    parts = [head, intro, sums, _pick(language, *_WINDOWS), _POWERSHELL]
    if signed:
        parts += [_pick(language, *_SIGNED), _ssh(release.info)]
    else:
        parts.append(
            _pick(language, "この版には電子署名がありません。", "This release is not signed.")
        )
    return "\n\n".join(parts)


_WINDOWS = (
    "macOSに`sha256sum`がない場合は`shasum -a 256 -c`を使います。Windows(PowerShell)では次のとおりです。"
    "何も表示されなければ一致しています。",
    "Where macOS has no `sha256sum`, use `shasum -a 256 -c`. On Windows (PowerShell), no output means "
    "that everything matches:",
)
_POWERSHELL = """```powershell
'tagmanifest-sha256.txt','manifest-sha256.txt' | ForEach-Object {
  Get-Content -Encoding UTF8 $_ | ForEach-Object {
    $want, $file = $_ -split '  ', 2
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $want) { "NG  $file" }
  }
}
```"""
_SIGNED = (
    "発行者の確認には、**このパッケージの外**(団体の公式ウェブサイト等)で入手した公開鍵の一覧"
    "`allowed_signers`、または同サイトの指紋と照合した同梱の`allowed_signers`を使います。",
    "To check the signer, use an `allowed_signers` file from **outside this package** (the city's web "
    "page), or the enclosed one after comparing its fingerprint with the one on that page.",
)


def _ssh(info: ReleaseInfo) -> str:
    from sdc.publishing.manifest import SIGNATURE, TAG_MANIFEST

    verify = f"ssh-keygen -Y verify -f allowed_signers -I {principal(info)} -n sdc-release -s {SIGNATURE}"
    return (
        f"```sh\nssh-keygen -lf allowed_signers\n{verify} < {TAG_MANIFEST}\n```\n\n"
        f'Windows:\n\n```bat\ncmd /c "{verify} < {TAG_MANIFEST}"\n```'
    )


def principal(info: ReleaseInfo) -> str:
    """Who signs, where nothing else is configured: the municipality by its code."""
    return f"release@{info.municipality}"


def _terms(release: Release, language: int, signed: bool) -> str:
    info = release.info
    head = _pick(language, "## 利用条件", "## Terms")
    name, link = LICENCES.get(info.licence, (info.licence, ""))
    city = info.municipality_name
    credit = _pick(
        language, f"出典表示の例: 「{info.title}」{city}", f"Credit: “{info.title}”, {city}"
    )
    return "\n\n".join([head, f"{name} ({info.licence}) {link}".strip(), credit])


def licence_text(info: ReleaseInfo) -> bytes:
    """``LICENSE``: which licence, where its text stands, and whom to credit."""
    name, link = LICENCES.get(info.licence, (info.licence, ""))
    lines = [
        f"{info.licence}",
        f"{name}",
        *([link] if link else []),
        "",
        f"「{info.title}」({info.release_date.isoformat()}) {info.municipality_name} {info.section}",
        f"出典 / Source: {info.source}",
        "",
        "本データは上記の利用条件で提供します。利用の際は出典を表示し、加工した場合はその旨を記載してください。",
        "This release is provided under the licence named above. Credit the source and say what you",
        "changed.",
        "現状のまま提供し、正確性・完全性を保証しません。 / Provided as is, without warranty.",
    ]
    return ("\n".join(map(_line, lines)) + "\n").encode()


def _line(text: str) -> str:
    """One line whatever the text holds."""
    return " ".join(text.split())


def _cell(text: str) -> str:
    """Text that cannot break out of a table cell."""
    return _line(text).replace("|", "\\|").replace("<", "&lt;")
