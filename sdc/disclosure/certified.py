"""What stands in the files of a package and of its certificate, read strictly and by a stranger?

Shares nothing with the readers of the staged files (``stagedtable``, ``witnessed``) but the format.
"""

from __future__ import annotations

import csv
import io
import json
import zlib
from typing import Any
from zipfile import BadZipFile

import numpy as np

from sdc.errors import NotProven
from sdc.messages import Text

UNREADABLE = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, EOFError, MemoryError,
    RuntimeError, csv.Error, BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a file that somebody else made may raise."""


def read_witness(witness: bytes) -> tuple[Any, dict[str, Any]]:
    """The head of a witness file and its arrays of whole numbers; NotProven for another format."""
    with np.load(io.BytesIO(witness), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    head = json.loads(arrays.pop("head").tobytes())
    whole = all(own.dtype == np.int64 for own in arrays.values())
    if not whole or (head["version"], head["scale"]) != (4, 1):
        raise NotProven(Text("the certificate was not written by this version"))
    return head, {name: own.tolist() for name, own in arrays.items()}


def value_of(text: str, status: str) -> str:
    """What a row prints, "M" where its area was merged away; ValueError for any other writing."""
    if (text, status) == ("X", "M"):
        return "M"
    if text not in ("X", "", "-") and not (text.isascii() and text.isdigit() and text[0] != "0"):
        raise ValueError(text)
    return text


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file, every one as long as the header, whose names are all different."""
    head, *rows = _lines(data) or [[]]
    if len(set(head)) != len(head):
        raise ValueError("two columns of one name")
    return [dict(zip(head, row, strict=True)) for row in rows]


def header_of(data: bytes) -> list[str]:
    """The names of the columns of a CSV file."""
    return (_lines(data) or [[]])[0]


def _lines(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp932")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))
