"""Under which terms may the world use a release, and what do these terms say word for word?

``licences/`` holds legal texts byte for byte as their authors publish them: CC BY 4.0 and CC0 1.0
of Creative Commons (``legalcode.txt``, itself dedicated to the public domain). Terms whose
text is not there are named and linked.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from sdc.model.release import ReleaseInfo
from sdc.publishing.symbols import one_line

_CC = "https://creativecommons.org"


@dataclass(frozen=True)
class Licence:
    """What terms are called in Japanese and English, and where they stand in each language."""

    id: str
    title: tuple[str, str]
    link: tuple[str, str] = ("", "")

    @property
    def text(self) -> bytes:
        """The legal text, unaltered; empty where only its address is known."""
        if self.id not in _TEXTS:
            return b""
        return files("sdc.publishing").joinpath("licences", f"{self.id}.txt").read_bytes()


_CREDIT = (
    "利用の際は出典を表示し、加工した場合はその旨を記載してください。",
    "Credit the source and say what you changed.",
)
_WELCOME = ("出典の表示は任意です。", "To credit the source is welcome and not required.")
_TEXTS = frozenset({"CC-BY-4.0", "CC0-1.0"})
_KNOWN = {
    made.id: made
    for made in (
        Licence(
            "CC-BY-4.0",
            (
                "クリエイティブ・コモンズ 表示 4.0 国際",
                "Creative Commons Attribution 4.0 International",
            ),
            (f"{_CC}/licenses/by/4.0/legalcode.ja", f"{_CC}/licenses/by/4.0/legalcode"),
        ),
        Licence(
            "CC0-1.0",
            ("クリエイティブ・コモンズ CC0 1.0 全世界", "Creative Commons CC0 1.0 Universal"),
            (
                f"{_CC}/publicdomain/zero/1.0/legalcode.ja",
                f"{_CC}/publicdomain/zero/1.0/legalcode",
            ),
        ),
        Licence(
            "PDL1.0",
            ("公共データ利用規約(第1.0版)", "Public Data License (Version 1.0)"),
            (
                "https://www.digital.go.jp/resources/open_data/public_data_license_v1.0",
                "https://www.digital.go.jp/en/resources/open_data/public_data_license_v1.0",
            ),
        ),
    )
}


def licence_of(name: str) -> Licence:
    """The terms of this name; terms that are not known are called what the release calls them.

    >>> licence_of("PDL1.0").title[0], licence_of("市独自").link
    ('公共データ利用規約(第1.0版)', ('', ''))
    """
    return _KNOWN.get(name) or Licence(name, (name, name))


def licence_file(info: ReleaseInfo) -> bytes:
    """``LICENSE``: the licence, whom to credit, and below a rule its legal text word for word."""
    licence = licence_of(info.licence)
    where = (
        ("全文は下に掲載しています。", "Its full text stands below.")
        if licence.text
        else ("本文は上記の場所に掲載されています。", "Its text stands at the address above.")
        if licence.link[0]
        else ("", "")
    )
    credit = _WELCOME if info.licence == "CC0-1.0" else _CREDIT
    lines = [
        *dict.fromkeys(filter(None, (licence.id, *licence.title, *licence.link))),
        "",
        f"「{info.title}」 {info.release_date.isoformat()}",
        f"{info.municipality_name} {info.section}",
        f"出典 / Source: {info.source}",
        "",
        f"このデータは上記の利用条件で提供します。{where[0]}",
        f"{credit[0]}現状のまま提供し、正確性・完全性を保証しません。",
        "",
        f"This release is provided under the terms named above. {where[1]}".strip(),
        f"{credit[1]} Provided as is, without warranty of any kind.",
    ]
    head = ("\n".join(map(one_line, lines)) + "\n").encode()
    return head + (f"\n{'-' * 72}\n\n".encode() + licence.text if licence.text else b"")
