"""Which codes can a message carry, and what does each mean?

`python docs/error_codes.py > docs/reference/errors.md` makes the page from the very texts that the
program prints.
"""

from __future__ import annotations

import re
import sys

from sdc.config.wording import WORDS
from sdc.messages import LANGUAGES, Text, catalogue
from sdc.readers.texts import CODES, FILES
from sdc.readers.texts_data import FORMATS, PLACES, VALUES

HEAD = """\
# エラーコード / Error codes

メッセージの最後の `[…]` がコードです。1件ごとに、ファイル、行 (表計算ソフトの行番号)、列、守るべきこと、
見つかった値、直し方を、日本語または英語で表示します (環境変数 `SDC_LANG` か端末の言語による。
どちらでもなければ両方)。`…` には具体的な名前や値が入ります。

The `[…]` at the end of a message is its code. Each message names file, row (as a spreadsheet counts),
column, what must hold, the value found, and what to do, in Japanese or
English (`SDC_LANG` or the locale; in both where it is neither). `…` stands for a name or a value.

| 終了コード / exit status | 意味 / meaning |
|---|---|
| 0 | 完了・証明済み / done and proven |
| 1 | 予期しない失敗。`SDC_DEBUG=1` で詳細 / unexpected failure; `SDC_DEBUG=1` shows details |
| 2 | 使い方・入力の誤り / usage or bad input |
| 3 | 証明できない、または検証に不合格。何も公表しない / not proven, or does not verify |
| 4 | 導出可能な秘匿値を発見 / a hidden value follows |
| 130 | 中断 / interrupted |

失敗したときはファイルを残しません (`sdc check` は `errors.csv` に全件を書きます)。
A failed command leaves no files (`sdc check` lists everything in `errors.csv`).

ここにないコードは[ほかのメッセージのコード](messages.md)にあります。
Codes that are not on this page are among the [codes of other messages](messages.md).
"""


def sections() -> dict[str, dict[str, tuple[Text, Text]]]:
    """Title -> code -> rule and remedy."""
    config = {code.replace("_", "-"): pair for code, pair in WORDS.items()}
    return {
        "ファイル / Files": dict(FILES),
        "コード / Codes of areas and classes": dict(CODES),
        "位置 / Positions": dict(PLACES),
        "値 / Values": dict(VALUES),
        "形式 / Formats": dict(FORMATS),
        "設定ファイル / The configuration": config,
    }


def plain(text: Text, language: str) -> str:
    """A sentence for a table cell: places become …, bars are kept from splitting it."""
    template = catalogue(language).get(text.template, text.template)
    if template == "{hint}":
        return {"ja": "メッセージに示す通りにしてください", "en": "as the message says"}[language]
    words = template.replace("{{", "\0").replace("}}", "\1")
    words = re.sub(r"\{[^}]*\}", "…", words).replace("\0", "{").replace("\1", "}")
    return words.replace("|", "\\|").replace("\n", " ")


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for title, texts in sections().items():
        lines += [
            f"## {title}",
            "",
            "| コード / code | 守ること / rule | 直し方 / remedy |",
            "|---|---|---|",
        ]
        for code, told in sorted(texts.items(), key=lambda entry: entry[0]):
            rule, remedy = ("<br>".join(plain(text, k) for k in LANGUAGES) for text in told)
            lines.append(f"| `{code}` | {rule} | {remedy} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(page())
