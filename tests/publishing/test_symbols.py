from __future__ import annotations

import re

import pytest
from handmade import area_dim, marked, use_dim
from hypothesis import given
from hypothesis import strategies as st

from sdc.errors import InputError
from sdc.publishing.symbols import (
    VALUE_PATTERN,
    encode,
    guard,
    printed,
    safe_code,
    safe_name,
    scale,
)

DANGEROUS = tuple("=+-@\t\r＝＋－＠")


@given(st.text(max_size=20))
def test_no_guarded_name_starts_a_formula(text: str) -> None:
    safe = guard(text)
    number = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", safe)
    assert safe == "-" or number or not safe.startswith(DANGEROUS)
    assert not any(ord(c) < 32 or ord(c) == 127 for c in safe)


@pytest.mark.parametrize("start", [*DANGEROUS, " =", "\n=", "\u200b="])
def test_every_formula_start_is_disarmed(start: str) -> None:
    safe = guard(f"{start}SUM(A1:A9)")
    assert safe.startswith("'") or safe == "SUM(A1:A9)"


@given(st.text(max_size=12))
def test_guarding_twice_changes_nothing(text: str) -> None:
    assert guard(guard(text)) == guard(text)


def test_a_code_is_never_altered_silently() -> None:
    assert safe_code("401", "use") == "401"
    with pytest.raises(InputError, match="formula"):
        safe_code("=1+1", "use")


@pytest.mark.parametrize("name", ["../a", "a/b", "", "a.b", "a b", "x" * 81, "か\u3099"])
def test_names_that_are_no_file_names_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        safe_name(name)


def test_steps_become_whole_units() -> None:
    import numpy as np

    cells = np.full((6, 5), 7)
    tens = marked("t", (area_dim(), use_dim()), cells, measure="floor_area", unit="m²", step=10.0)
    tenths = marked("t", (area_dim(), use_dim()), cells, measure="f", unit="m²", step=0.1)
    assert (scale(tens), printed(tens)[0]) == ((10, "m²"), "70")
    assert (scale(tenths), printed(tenths)[0]) == ((1, "0.1 m²"), "7")


def test_every_printed_place_fits_the_contract(release) -> None:  # type: ignore[no-untyped-def]
    assert all(re.fullmatch(VALUE_PATTERN, text) for text in printed(release.tables[0]))


def test_cp932_refuses_what_it_would_lose() -> None:
    assert encode("髙﨑", "cp932", "a.csv").decode("cp932") == "髙﨑"
    with pytest.raises(InputError, match="utf-8-sig"):
        encode("𠮷野", "cp932", "a.csv")
    with pytest.raises(InputError, match="encoding"):
        encode("a", "utf-16", "a.csv")
