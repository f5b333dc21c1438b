"""What does ``--help`` say of a command, and what a mistyped one, in the language of whoever asks?"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import typer
from typer.exceptions import TyperException

from sdc.errors import InputError
from sdc.messages import Text, listed


def command(app: typer.Typer, name: str | None = None) -> Callable[[Any], Any]:
    """Register a function under a name; its docstring, told in the reader's language, is its help."""
    return lambda function: app.command(name, help=help_of(function))(function)


def help_of(function: Callable[..., Any]) -> str:
    """The first line of a docstring as a sentence of the catalogue, then its examples."""
    first, _, examples = inspect.cleandoc(function.__doc__ or "").partition("\n")
    label = str(Text("Example:"))
    return f"{Text(first)}\n{examples}".replace("Example:", label).replace("\n", "\n\n")


def translate_frames() -> None:
    """The titles that the library prints around a help text, in the reader's language."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = str(Text("Arguments"))
    rich_utils.OPTIONS_PANEL_TITLE = str(Text("Options"))
    rich_utils.COMMANDS_PANEL_TITLE = str(Text("Commands"))
    rich_utils.REQUIRED_LONG_STRING = str(Text("[required]"))
    rich_utils.DEFAULT_STRING = str(Text("[default: {value}]", value="{0}"))


def mistyped(error: TyperException) -> InputError:
    """What the library has against a command line, in our words, and where its help is."""
    kind, detail = type(error).__name__, error.format_message()
    param = getattr(error, "param", None)
    name = param.get_error_hint() if param is not None else ""
    unknown = re.match(r"No such command '([^']*)'(?:\. Did you mean '([^']*)')?", detail)
    number = re.search(r"valid (integer|number)", error.message)
    if kind == "NoSuchOption":
        what = Text("there is no option {name}", name=getattr(error, "option_name", ""))
    elif kind == "NoArgsIsHelpError":
        what = Text("a command is missing")
    elif kind == "MissingParameter":
        what = Text("{name} is missing", name=name)
    elif kind == "BadParameter":
        wanted = {"integer": Text("must be a whole number"), "number": Text("must be a number")}
        what = Text("{name}: {detail}", name=name,
                    detail=wanted[number[1]] if number else error.message)  # fmt: skip
    elif unknown:
        what = Text("there is no command {name!r}", name=unknown[1])
        if unknown[2]:
            what = listed([what, Text("did you mean `{name}`?", name=unknown[2])])
    else:
        what = Text("the command line cannot be read: {detail}", detail=detail)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sdc"
    return InputError(Text("{what} (help: {path} --help)", what=what, path=path), code="usage")
