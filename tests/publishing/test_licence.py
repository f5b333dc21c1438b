"""Do the licences that are handed out stand there word for word?"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from handmade import make_release

from sdc.publishing.licence import licence_file, licence_of

ROOT = Path(__file__).parents[2]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_tool_s_own_licence_is_the_full_unaltered_text() -> None:
    # SHA-256 of the 11,358 bytes of https://www.apache.org/licenses/LICENSE-2.0.txt, as Debian's
    # /usr/share/common-licenses/Apache-2.0 and hundreds of Python packages carry them.
    expected = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert digest((ROOT / "LICENSE").read_bytes()) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # legalcode.txt of Creative Commons as the npm package caniuse-lite (1.0.30001828) has it
        # as its LICENSE; its words were compared with those of the SPDX licence list.
        ("CC-BY-4.0", "fd3a263fe19ed8faa9068b43abaebafc02c77897b0c6fc09abc04bb592e5f16e"),
        # Debian's /usr/share/common-licenses/CC0-1.0, word for word the SPDX licence list's
        ("CC0-1.0", "a2010f343487d3f7618affe54f789f5487602331c0a8d03f49e9a7c547cf0499"),
    ],
)
def test_legal_texts_are_unaltered_and_in_the_package(name: str, expected: str) -> None:
    text = licence_of(name).text
    assert digest(text) == expected
    written = licence_file(make_release(licence=name).info)
    assert written.endswith(b"\n" + text)
    head = written[: -len(text)].decode()
    for line in (name, *licence_of(name).title, *licence_of(name).link, "Its full text stands"):
        assert line in head


def test_terms_without_a_text_at_hand_are_linked() -> None:
    written = licence_file(make_release(licence="PDL1.0").info).decode()
    assert "public_data_license_v1.0" in written
    assert "Its text stands at the address above." in written
    assert "full text" not in written


def test_other_terms_are_called_what_the_city_calls_them() -> None:
    written = licence_file(make_release(licence="市独自の利用規約").info).decode()
    assert written.startswith("市独自の利用規約\n\n")
    assert "stands" not in written
