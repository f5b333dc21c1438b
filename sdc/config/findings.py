"""How is a fault of the configuration told: place, value and remedy?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from sdc.config.lines import Path
from sdc.config.wording import WORDS
from sdc.errors import Finding
from sdc.messages import Text

LONGEST = 120
"""Characters of a found value that a message repeats."""


def finding(
    code: str, *, file: str, row: int | None, column: str, value: object = "", **fill: object
) -> Finding:
    """A finding; ``column`` is the key path, ``row`` the line of the file.

    >>> finding("string_type", file="r.toml", row=3, column="release.title", value=5).to("en")
    "r.toml row 3 column 'release.title' — must be text — found: '5' — put it in quotation marks"
    """
    must, remedy = WORDS[code]
    shown = _as_written(value)
    shown = shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"
    terms = {"path": column, "key": column.rsplit(".", 1)[-1], "value": shown, **fill}
    name = "config-" + code.replace("_", "-")
    return Finding(
        name, must.with_(**terms), remedy.with_(**terms),
        file=file, row=row, column=column, value=shown,
    )  # fmt: skip


def _as_written(value: object, depth: int = 0) -> str:
    """A value roughly as TOML writes it, texts without quotes; hostile ones only in outline."""
    if depth > 2 or (isinstance(value, int) and value.bit_length() > 256):
        return "…"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_as_written(v, depth + 1) for v in value) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{k} = {_as_written(v, depth + 1)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    return str(value)


def hint(word: str, known: Collection[str]) -> Text:
    """Which known name is meant, or which names there are.

    >>> hint("min_cuont", ["min_count", "zeros"]).to("en")
    'did you mean `min_count`?'
    """
    close = get_close_matches(word, sorted(known), n=1)
    if close:
        return Text("did you mean `{name}`?", name=close[0])
    names = ", ".join(sorted(known)[:20]) or "-"
    return Text("known names: {names}", names=names)


def dotted(path: Path) -> str:
    """``tables[0].by[1]``: a key path as people write it."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
