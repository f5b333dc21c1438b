"""Steps of the pipeline that fail closed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sdc.errors import RulesError
from sdc.pipeline.treat import treat


def test_an_order_that_nobody_can_choose_yet_is_refused() -> None:
    config: Any = SimpleNamespace(treatment=SimpleNamespace(automatic=True))
    with pytest.raises(RulesError, match="auto"):
        treat(config, SimpleNamespace(), lambda ja, en: None)  # type: ignore[arg-type]
