"""What does ``--help`` say of a command, in the language of whoever asks?"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer

from sdc.messages import Text


def command(app: typer.Typer, name: str | None = None) -> Callable[[Any], Any]:
    """Register a function under a name; its docstring, told in the reader's language, is its help."""
    return lambda function: app.command(name, help=help_of(function))(function)


def help_of(function: Callable[..., Any]) -> str:
    """The first line of a docstring as a sentence of the catalogue, then its examples."""
    first, _, examples = inspect.cleandoc(function.__doc__ or "").partition("\n")
    label = str(Text("Example:"))
    return f"{Text(first)}\n{examples}".replace("Example:", label).replace("\n", "\n\n")
