"""What does a citizen read first: what the marks mean, who answers, how to check the package?"""

from __future__ import annotations

from sdc.model.release import Release
from sdc.publishing.licence import licence_of
from sdc.publishing.manifest import MANIFEST, SIGNATURE, SIGNERS, TAG_MANIFEST
from sdc.publishing.signature import NAMESPACE
from sdc.publishing.symbols import one_line
from sdc.publishing.wording import (
    ENCODING_WORDS,
    FILES,
    LEVELS,
    METHOD,
    OWNERS,
    SYMBOLS,
    figure_title,
    listed_title,
    unit,
    unit_in_english,
)


def readme(release: Release, *, language: int, principal: str = "") -> bytes:
    """``README.ja.md`` (0) or ``README.md`` (1); ``principal`` is the signer, empty for none."""
    parts = [
        _head(release, language),
        _symbols(release, language),
        _method(release, language),
        _tables(release, language),
        _files(release, language),
        _checks(language, principal),
        _terms(release, language),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def _pick(language: int, ja: str, en: str) -> str:
    return (ja, en)[language]


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _head(release: Release, language: int) -> str:
    info = release.info
    title = info.title if language == 0 else info.title_en or info.title
    city = info.municipality_name if language == 0 else info.municipality_name_en
    facts = [
        (("公表ID", "Release"), f"{info.id} (serial {info.serial})"),
        (("団体", "Municipality"), f"{city or info.municipality_name} ({info.municipality})"),
        (("調査日", "Survey date"), info.survey_date.isoformat()),
        (("公表日", "Release date"), info.release_date.isoformat()),
        (("出典", "Source"), info.source),
        (("責任課", "Responsible section"), " ".join(filter(None, (info.section, info.contact)))),
    ]
    rows: list[tuple[str, ...]] = [(name[language], _cell(text)) for name, text in facts]
    return f"# {one_line(title)}\n\n{_grid((_pick(language, '項目', 'Item'), ''), rows)}"


def _symbols(release: Release, language: int) -> str:
    head = _pick(language, "## 記号の意味", "## What the marks mean")
    names = _pick(language, "表示", "printed"), _pick(language, "意味", "meaning")
    formats = set(release.info.formats)
    rows: list[tuple[str, ...]] = [
        (mark[language], text[language]) for where, mark, text in SYMBOLS if where & formats
    ]
    return f"{head}\n\n{_grid(names, rows)}"


def _method(release: Release, language: int) -> str:
    info = release.info
    merged, grouped = len(release.merges), sum(not c.area for c in release.collapses)
    here = len(release.collapses) - grouped
    more = (
        (f"、地域ごとに集約した箇所: {here}", f"; places where one area combines a class: {here}")
        if here
        else ("", "")
    )
    parts = [
        _pick(language, "## 秘匿処理", "## How numbers were protected"),
        METHOD[language],
        f"{LEVELS[release.level][language]}"
        + _pick(
            language, f"(保護水準: {release.level})", f" (Level of protection: {release.level}.)"
        ),
        OWNERS[language] if release.owners else "",
        info.policy[language],
        _pick(
            language,
            f"合算した小地域: {merged}、集約した分類: {grouped}{more[0]}",
            f"Areas added to another: {merged}; classes combined: {grouped}{more[1]}",
        ),
        _pick(language, f"根拠: {info.ground}", f"Legal ground: {info.ground}"),
    ]
    return "\n\n".join(part for part in parts if part)


def _tables(release: Release, language: int) -> str:
    names = (("表", "table"), ("内容", "content"), ("単位", "unit"))
    rows: list[tuple[str, ...]] = [
        (t.name, _cell(listed_title(release, t)[language]), _cell(unit(t)[language]))
        for t in release.tables
    ]
    rows += [
        (
            f"derived_{f.name}",
            _cell(figure_title(release, f)[language]),
            _cell(_pick(language, f.unit, unit_in_english(f.unit))),
        )
        for f in (release.figures if "csv" in release.info.formats else ())
    ]
    head = _pick(language, "## 収録した表", "## Tables")
    return f"{head}\n\n{_grid(tuple(n[language] for n in names), rows)}"


def _files(release: Release, language: int) -> str:
    formats = release.info.formats
    rows = [f"- {text[language]}" for name, text in FILES.items() if name in formats]
    coding = ENCODING_WORDS[release.info.encoding][language]
    note = _pick(
        language,
        f"CSVの文字コードは{coding}、改行はCRLFです。表計算ソフトではコードの列を「文字列」として読み込んでください(先頭の0が失われます)。"
        "= + - @ で始まる名称は、数式と解釈されないよう先頭に ' を付けています。",
        f"CSV files are in {coding}, lines end with CRLF. In a spreadsheet, import code columns "
        "as text, or leading zeros are lost. Names that start with = + - @ carry a leading ' so "
        "that no program reads a formula.",
    )
    head = _pick(language, "## ファイル", "## Files")
    return "\n".join([head, "", *rows, *(["", note] if "csv" in formats else [])])


_POWERSHELL = f"""```powershell
'{TAG_MANIFEST}','{MANIFEST}' | ForEach-Object {{
  Get-Content -Encoding UTF8 $_ | ForEach-Object {{
    $want, $file = $_ -split '  ', 2
    if ((Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash -ne $want) {{ "NG  $file" }}
  }}
}}
```"""
_SUMS = f"```sh\nsha256sum -c {TAG_MANIFEST}\nsha256sum -c {MANIFEST}\n```"


def _checks(language: int, principal: str) -> str:
    parts = [
        _pick(language, "## 改ざんの有無の確認", "## Check that nothing was altered"),
        _pick(
            language,
            "このフォルダーで次を実行します(Linux・macOS)。macOSに`sha256sum`がない場合は"
            "`shasum -a 256 -c`を使います。",
            "Run this in the package's folder (Linux, macOS; without `sha256sum`, use "
            "`shasum -a 256 -c`).",
        ),
        _SUMS,
        _pick(
            language,
            "すべて「OK」なら、一覧にあるファイルは一覧を作った時のままです(一覧が本物かどうかは署名で"
            "確かめます)。一覧にないファイルは公表物の一部ではありません。",
            "Where every line says OK, the listed files are as they were when the lists were made; "
            "whether the lists are genuine, the signature tells. A file that is not listed is no "
            "part of this release.",
        ),
        _pick(
            language,
            "Windows(PowerShell)では次のとおりです。何も表示されなければ一致しています。",
            "On Windows (PowerShell), no output means that everything matches:",
        ),
        _POWERSHELL,
    ]
    return "\n\n".join([*parts, *_signed(language, principal)])


def _signed(language: int, principal: str) -> list[str]:
    """How to check the signature with OpenSSH; where there is none, that there is none."""
    if not principal:
        return [_pick(language, "この版には電子署名がありません。", "This release is not signed.")]
    verify = (
        f"ssh-keygen -Y verify -f {SIGNERS} -I {principal} -n {NAMESPACE} "
        f"-s {SIGNATURE} < {TAG_MANIFEST}"
    )
    return [
        _pick(
            language,
            f"発行者の確認には、**このパッケージの外**(団体の公式ウェブサイト等)で入手した`{SIGNERS}`を"
            "使います。同梱のものを使う場合は、次のコマンドが表示する鍵の指紋(SHA256:…)が公式ウェブサイトの"
            "値と一致することを確かめてください。",
            f"To check the signer, use an `{SIGNERS}` file from **outside this package** (the "
            "city's web page). With the enclosed one, compare the fingerprint (SHA256:…) that "
            "the command prints with the one on that page.",
        ),
        f"```sh\n{verify}\n```",
        f'Windows:\n\n```bat\ncmd /c "{verify}"\n```',
    ]


def _terms(release: Release, language: int) -> str:
    info = release.info
    head = _pick(language, "## 利用条件", "## Terms")
    licence = licence_of(info.licence)
    name, link = licence.title[language], licence.link[language]
    terms = name if name == licence.id else f"{name} ({licence.id}) {link}".strip()
    ja = f"出典表示の例: 「{one_line(info.title)}」{info.municipality_name}"
    en = (info.title_en or info.title, info.municipality_name_en or info.municipality_name)
    credit = _pick(language, ja, f'Credit, for example: "{one_line(en[0])}", {en[1]}')
    return "\n\n".join([head, terms, credit])


def _cell(text: str) -> str:
    """Text that cannot break out of a table cell."""
    return one_line(text).replace("|", "\\|").replace("<", "&lt;")
