"""Which sentences end with a code that is not about one place of an input file?

`python docs/message_codes.py > docs/reference/messages.md` finds them in the source of the program.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from error_codes import plain, sections

from sdc.messages import LANGUAGES, Text

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# ほかのメッセージのコード / Codes of other messages

入力ファイルの一か所ではなく、操作や全体についてのメッセージです
(一か所についてのものは[エラーコード](errors.md))。
`…` には名前や値が入ります。

Messages about an operation or about the whole, not about one place of an input file (those are
[error codes](errors.md)). `…` stands for a name or a value.

| コード / code | メッセージ / messages |
|---|---|
"""


def told_in(node: ast.AST) -> Iterator[str]:
    """The templates of all sentences below a node."""
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id == "Text"
            and isinstance(part.args[0], ast.Constant)
        ):
            yield str(part.args[0].value)


def code_of(call: ast.Call) -> str:
    """The code that a call gives to an error or a finding; empty where it gives none."""
    if isinstance(call.func, ast.Name) and call.func.id == "Finding" and call.args:
        first = call.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else ""
    given = [k.value for k in call.keywords if k.arg == "code"]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else ""


def codes_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(code, template): in the call itself, else in its function, else in what calls that function."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and code_of(call):
                callers = [
                    c
                    for c in ast.walk(tree)
                    if isinstance(c, ast.Call)
                    and isinstance(c.func, ast.Name)
                    and c.func.id == function.name
                ]
                own = list(told_in(call)) or list(told_in(function))
                for text in own or [t for c in callers for t in told_in(c)]:
                    yield code_of(call), text


def page() -> str:
    """The whole page, by code."""
    known = {code for texts in sections().values() for code in texts}
    found: dict[str, dict[str, None]] = {}
    for path in sorted((ROOT / "sdc").rglob("*.py")):
        for code, text in codes_of(ast.parse(path.read_text(encoding="utf-8"))):
            if code not in known and re.sub(r"\{[^{}]*\}", "", text).strip(" :"):
                found.setdefault(code, {})[text] = None
    rows = []
    for code, texts in sorted(found.items()):
        told = ["<br>".join(plain(Text(t), language) for language in LANGUAGES) for t in texts]
        rows.append(f"| `{code}` | {'<br><br>'.join(told)} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(page())
