"""What does the review page say, in the language of whoever reads it?"""

from __future__ import annotations

import html
from string import Formatter

from sdc.messages import Text

PAGE = {
    "internal": Text("internal"),
    "warning": Text("INTERNAL: holds true values, do not publish or send"),
    "look": Text("before and after"),
    "before": Text("before (true values)"),
    "after": Text("as published"),
    "hint": Text("Click an area or a cell: why it is hidden, and how closely it can be inferred."),
    "table": Text("table"),
    "noscript": Text("maps and tables need scripts"),
    "checks_head": Text("checks and proofs"),
    "merges_head": Text("merged areas"),
    "collapses_head": Text("collapsed classes"),
    "changes_head": Text("compared with the last release"),
    "decide_head": Text("decision"),
    "approve": Text("Approve with {command}.", command="sdc release"),
    "change": Text(
        "To change something, write must_hide, never_hide or min_count into the rules, or choose "
        "another plan with sdc plan --choose, and make this page again."
    ),
}
"""The sentences of ``page.html`` by the name of their place."""
SCRIPT = {
    "hint": PAGE["hint"],
    "table": PAGE["table"],
    "P": Text("primary: the rule hides it"),
    "C": Text("complementary: it protects others"),
    "G": Text("in a group of classes"),
    ".": Text("published"),
    "primary": Text("primary"),
    "hidden": Text("X hidden"),
    "hidden_primary": Text("X hidden, primary"),
    "merged": Text("merged away"),
    "true": Text("true value"),
    "printed": Text("printed"),
    "why": Text("why"),
    "range": Text("nobody outside can exclude {low} to {high}"),
    "total": Text("total {name} [{shown}], other X: {n}"),
    "sums": Text("the sums it takes part in"),
    "proof": Text("the proof, once released"),
    "also": Text("also printed in"),
}
"""The sentences of ``page.js``; what stands in braces is filled there."""


def page_words() -> dict[str, str]:
    """Name -> sentence, ready to stand in HTML."""
    return {f"say_{name}": html.escape(str(text)) for name, text in PAGE.items()}


def script_words() -> dict[str, str]:
    """Name -> sentence with its places still in braces."""
    return {name: str(_open(text)) for name, text in SCRIPT.items()}


def _open(text: Text) -> Text:
    places = [name for _, name, _, _ in Formatter().parse(text.template) if name]
    return text.with_(**{name: f"{{{name}}}" for name in places if name not in text.fill})
