"""In which language do the tests hear the tool?"""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No language is chosen: everything is said in both, whatever this computer's locale."""
    monkeypatch.delenv("SDC_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
