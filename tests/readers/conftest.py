"""Small files, and the one question asked of every refusal: does it say where and what to do?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdc.errors import Finding, InputError

JAPANESE = re.compile(r"[\u3041-\u30fe\u4e00-\u9fff]")

Place = tuple[str, int | None, str, str]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file of a given name."""

    def _write(text: str | bytes, name: str = "in.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return _write


def _refused(call: Callable[[], Any]) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        call()
    findings = caught.value.findings
    assert findings, "a refusal names what it found"
    assert caught.value.exit_status == 2
    for f in findings:
        assert JAPANESE.search(f.must.to("ja"))
        assert JAPANESE.search(f.remedy.to("ja"))
        assert f.must.to("en")
        assert f.remedy.to("en")
        assert "{" not in f"{f.must}{f.remedy}"
    return findings


@pytest.fixture
def refused() -> Callable[[Callable[[], Any]], tuple[Finding, ...]]:
    """The findings with which a reader refuses, each complete in both languages."""
    return _refused


@pytest.fixture
def told() -> Callable[[Callable[[], Any]], list[Place]]:
    """Code, row, column and value of each finding of a refusal."""
    return lambda call: [(f.code, f.row, f.column, f.value) for f in _refused(call)]
