"""In which language does the tool speak, and what is an English sentence in Japanese?

A sentence is written in English where it is needed, ``Text("no such cell: {cell}", cell=cell)``. Its
Japanese form stands in the gettext catalogue ``sdc/locale/ja/LC_MESSAGES/sdc.po``, which is read as it
is: nothing has to be compiled. Which of them a person sees is decided when it is shown.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Protocol, runtime_checkable

LANGUAGES = ("ja", "en")
"""The languages of the tool, in the order in which both are shown."""
VARIABLE = "SDC_LANG"

_LINE = re.compile(r'(msgid |msgstr )?(".*")')


def spoken(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The languages to speak: ``SDC_LANG``, or else the locale's; both where neither is ours.

    >>> spoken({"SDC_LANG": "en", "LANG": "ja_JP.UTF-8"}), spoken({"LANG": "ja_JP.UTF-8"})
    (('en',), ('ja',))
    >>> spoken({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"})
    ('ja', 'en')
    """
    own = os.environ if environment is None else environment
    wanted = next((own[n] for n in (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG") if own.get(n)), "")
    if not wanted and environment is None:
        wanted = _of_windows()
    language = re.split(r"[_.@-]", wanted.lower())[0]
    return (language,) if language in LANGUAGES else LANGUAGES


def _of_windows() -> str:
    """The language of the Windows desktop, which sets none of the variables; empty elsewhere."""
    import ctypes
    import locale

    kernel = getattr(getattr(ctypes, "windll", None), "kernel32", None)
    if kernel is None:
        return ""
    return locale.windows_locale.get(kernel.GetUserDefaultUILanguage(), "")


@runtime_checkable
class Sentence(Protocol):
    """What can be told in either language: a Text, a finding, a fault of a package."""

    def to(self, language: str) -> str:
        """The sentence in Japanese (``ja``) or English (``en``)."""
        ...


def shown(sentence: Sentence) -> str:
    """The sentence in the language of whoever reads it, or in both."""
    return " / ".join(dict.fromkeys(sentence.to(language) for language in spoken()))


def of_names(names: Sequence[str]) -> str:
    """A name that is given as (Japanese, English), as ``shown`` shows a sentence.

    >>> of_names(("建物用途", "building use")).split(" / ")[-1]
    'building use'
    """
    return " / ".join(dict.fromkeys(names[LANGUAGES.index(tongue)] for tongue in spoken()))


class Text:
    """A sentence for a person; ``str`` is the form that is shown, ``to`` one language of it.

    ``fill`` completes the ``{names}`` of the template; a Text among them is told in the same language.
    A sentence without an entry in the catalogue stays English (a test finds those).

    >>> wish = Text("no such cell: {cell}", cell="use=402")
    >>> wish.to("en"), wish.to("ja")
    ('no such cell: use=402', 'セルがありません: use=402')
    """

    def __init__(self, template: str, /, **fill: object) -> None:
        self.template, self.fill = template, fill

    def with_(self, **fill: object) -> Text:
        """The same sentence, completed further."""
        return Text(self.template, **{**self.fill, **fill})

    def to(self, language: str) -> str:
        """The sentence in Japanese (``ja``) or English (``en``); KeyError for what is not filled."""
        words = catalogue(language).get(self.template, self.template)
        return words.format(**{name: _told(value, language) for name, value in self.fill.items()})

    def __str__(self) -> str:
        return shown(self)

    def __repr__(self) -> str:
        return f"Text({self.to('en')!r})"

    def __eq__(self, other: object) -> bool:
        mine = (self.template, self.fill)
        return isinstance(other, Text) and mine == (other.template, other.fill)

    def __hash__(self) -> int:
        return hash(self.template)


NOTHING = Text("")
"""Where there is nothing to say."""


def listed(sentences: Sequence[Text]) -> Text:
    """One sentence that names several things, one after the other.

    >>> listed([Text("maker"), Text("approver")]).to("ja")
    '作成者、承認者'
    """
    first, *rest = sentences
    return Text("{first}, {rest}", first=first, rest=listed(rest)) if rest else first


def width(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> width("X 秘匿")
    6
    """
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def aligned(rows: Sequence[tuple[Text, object]]) -> list[str]:
    """One line a row, what follows the head in one column; East Asian letters are two wide.

    >>> lines = aligned([(Text("cells"), 12), (Text("areas merged"), 3)])
    >>> len({len(line) for line in lines if "12" in line}), lines[1][-1]
    (1, '3')
    """
    heads = [str(head) for head, _ in rows]
    wide = [width(head) for head in heads]
    edge = max(wide, default=0) + 2
    return [
        head + " " * (edge - w) + str(value)
        for head, w, (_, value) in zip(heads, wide, rows, strict=True)
    ]


def _told(value: object, language: str) -> object:
    """What completes a sentence, in its language: sentences and days; all else is format's work."""
    if isinstance(value, Sentence):
        return value.to(language)
    return long_date(value, language) if type(value) is date else value


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """English template -> template in a language; empty for English, which needs none. O(file)."""
    if language == "en":
        return {}
    place = resources.files("sdc").joinpath("locale", language, "LC_MESSAGES", "sdc.po")
    return parse(place.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, str]:
    r"""The entries of a catalogue without plural forms and contexts; its header is left out.

    >>> parse('msgid ""\nmsgstr "Language: ja"\n\nmsgid "a"\n"b"\nmsgstr "c"\n')
    {'ab': 'c'}
    """
    entries: dict[str, str] = {}
    parts = {"msgid ": "", "msgstr ": ""}
    kind = "msgid "
    for line in [*text.splitlines(), 'msgid ""']:
        found = _LINE.fullmatch(line.strip())
        if not found:
            continue
        if found[1] == "msgid ":
            entries[parts["msgid "]] = parts["msgstr "]
        if found[1]:
            kind = found[1]
            parts[kind] = ""
        # The escapes of a catalogue that occur here (\n \" \\) are those of JSON.
        parts[kind] += json.loads(found[2])
    entries.pop("", None)
    return entries


def long_date(day: date, language: str) -> str:
    """A date as people write it.

    >>> long_date(date(2026, 4, 1), "ja"), long_date(date(2026, 4, 1), "en")
    ('2026年4月1日', '1 April 2026')
    """
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    months = "January February March April May June July August September October November December"
    return f"{day.day} {months.split()[day.month - 1]} {day.year}"
