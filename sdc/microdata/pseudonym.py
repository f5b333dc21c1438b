"""By which keyed one-way code is a person followed, and across what can nobody follow it?

The code is HMAC-SHA-256 over the scope and the value under a secret key. The scope (a day, a month,
a camera, a release) goes into the message, so that codes of two scopes cannot be linked without
the key. A plain hash is refused: phone numbers, MAC addresses and customer numbers are so few that
all of them can be hashed and looked up (ten-digit numbers in minutes on one machine).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sdc.errors import InputError, RulesError
from sdc.messages import Text

METHOD = "hmac-sha256"
SCOPES = ("day", "month", "camera", "release")
KEY_BYTES = 32
LENGTH = 32
"""Hexadecimal digits of a code: 128 bits, so that no two of 10^12 persons are likely to meet."""


def check_method(method: str) -> None:
    """Raise RulesError for every way but the keyed one, a plain hash with the reason."""
    if method == METHOD:
        return
    raise RulesError(
        Text(
            "pseudonyms by {method!r} are refused: without a key, phone numbers and "
            "MAC addresses are found again by hashing all of them; use {METHOD} with "
            "a key file",
            method=method,
            METHOD=METHOD,
        ),
        code="plain-hash",
    )


def pseudonyms(
    values: pd.Series, scopes: Sequence[str] | pd.Series, key: bytes, *, release: str, scope: str
) -> pd.Series:
    """The code of every value within its scope; blank stays blank. O(n + u) for u different pairs.

    ``scopes`` (n,) holds the scope of every record: its day, its month, its camera, or the release.
    The same value in the same scope of the same release gives the same code, in any other scope or
    release an unrelated one. Source: RFC 2104, FIPS 180-4.

    Raises InputError for a key shorter than 32 bytes, RulesError for an unknown scope.

    >>> days = ["2016-10-01", "2016-10-01", "2016-10-02"]
    >>> a, b, c = pseudonyms(pd.Series(["090", "090", "090"]), days, bytes(32), release="r", scope="day")
    >>> a == b, a == c, len(a)
    (True, False, 32)
    """
    if len(key) < KEY_BYTES:
        raise InputError(
            Text("the key of pseudonyms has at least {bytes} bytes", bytes=KEY_BYTES),
            code="pseudonym-key",
        )
    if scope not in SCOPES:
        names = ", ".join(SCOPES)
        raise RulesError(Text("scope is one of {names}", names=names), code="scope")
    number, texts = pd.factorize(values.astype(object).fillna(""), use_na_sentinel=False)
    place, spans = pd.factorize(pd.Series(list(scopes), dtype=object), use_na_sentinel=False)
    pair = number.astype(np.int64) * max(len(spans), 1) + place
    unique, back = np.unique(pair, return_inverse=True)
    keyed = hmac.new(key, digestmod=hashlib.sha256)
    codes = []
    for each in unique.tolist():
        text, span = str(texts[each // len(spans)]), str(spans[each % len(spans)])
        mac = keyed.copy()
        mac.update(_message(release, scope, span, text))
        codes.append(mac.hexdigest()[:LENGTH] if text else "")
    return pd.Series(np.array(codes, dtype=object)[back], index=values.index, name=values.name)


def _message(*parts: str) -> bytes:
    """Parts with their lengths in front, so that no two lists of parts give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
