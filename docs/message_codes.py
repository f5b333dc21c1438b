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

from sdc import errors
from sdc.messages import LANGUAGES, Text

KINDS = {
    name: kind.kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.SdcError)
}
"""Class of an error -> the code of its messages that have none of their own."""
ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# ほかのメッセージのコード / Codes of other messages

入力ファイルの一か所ではなく、操作や全体についてのメッセージです
(一か所についてのものは[エラーコード](errors.md))。
`…` には名前や値が入ります。固有のコードのないメッセージには、その種類のコード
(`input` 入力、`rules` 規則、`not-proven` 証明できない、`infeasible` 保護できない、`disclosure` 導出可能、
`package` パッケージ、`solver` ソルバー、`failure` その他の失敗) が付きます。

Messages about an operation or about the whole, not about one place of an input file (those are
[error codes](errors.md)). `…` stands for a name or a value. A message without a code of its own ends with
that of its kind: `input`, `rules`, `not-proven`, `infeasible`, `disclosure`, `package`, `solver` or
`failure`.

| コード / code | メッセージ / messages |
|---|---|
"""


def told_in(node: ast.AST) -> Iterator[str]:
    """The templates of all sentences below a node; not those that only put others together."""
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id == "Text"
            and isinstance(part.args[0], ast.Constant)
            and re.sub(r"\{[^{}]*\}", "", str(part.args[0].value)).strip(" :")
        ):
            yield str(part.args[0].value)


def code_of(call: ast.Call) -> str:
    """The code of an error or a finding: what the call gives, else its kind's own; empty for others."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "Finding" and call.args:
        first = call.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else ""
    given = [k.value for k in call.keywords if k.arg == "code"]
    if given:
        return str(given[0].value) if isinstance(given[0], ast.Constant) else ""
    return KINDS.get(name, "")


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
            if code not in known:
                found.setdefault(code, {})[text] = None
    rows = []
    for code, texts in sorted(found.items()):
        told = ["<br>".join(plain(Text(t), language) for language in LANGUAGES) for t in texts]
        rows.append(f"| `{code}` | {'<br><br>'.join(told)} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(page())
