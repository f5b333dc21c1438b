"""Can somebody neutral confirm when a package was signed?

Optional (extra ``sign``): an RFC 3161 timestamp over the signature file, asked from an authority over
the network. The answer lies *beside* the package, as ``<id>.tsr``: inside it would be the one file that
no manifest covers. Without a network the release goes on without it, and a note says so.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sdc.errors import InputError, PackageError
from sdc.messages import Text
from sdc.publishing import files
from sdc.publishing.manifest import SIGNATURE

_SECONDS = 20
_MOST = 1 << 20


@dataclass(frozen=True)
class Stamped:
    """Where the timestamp lies (None: there is none) and why."""

    path: Path | None
    text: Text


def require_extra() -> Any:
    """The library that timestamps need; InputError where the extra ``sign`` is not installed."""
    try:
        return import_module("rfc3161_client")
    except ImportError as error:
        raise InputError(
            Text("timestamps need the extra: pip install 'sdc-smallarea[sign]'"),
            code="extra",
        ) from error


def stamp(
    package: Path | str, authority: str, *, ask: Callable[[str, bytes], bytes] | None = None
) -> Stamped:
    """Ask ``authority`` (an https address) to date the package's signature.

    ``ask`` sends a query and returns the answer; the default posts it. Raises InputError where the
    extra is missing or the address is not usable, PackageError for a package without signature or an
    answer that does not fit.
    """
    tsp = require_extra()
    if not authority.startswith("https://"):
        raise InputError(Text("an authority starts with https://"))
    source = Path(package)
    try:
        message = (source / SIGNATURE).read_bytes()
    except OSError as error:
        raise PackageError(Text("the package is not signed")) from error
    query = tsp.TimestampRequestBuilder().data(message).build()
    try:
        answer = (ask or _post)(authority, query.as_bytes())
    except (urllib.error.URLError, OSError, TimeoutError):
        return Stamped(None, Text("no timestamp: the authority could not be reached"))
    try:
        response = tsp.decode_timestamp_response(answer)
        imprint = response.tst_info.message_imprint.message
        granted = response.status in (
            int(tsp.PKIStatus.GRANTED),
            int(tsp.PKIStatus.GRANTED_WITH_MODS),
        )
        fits = imprint == query.message_imprint.message and response.tst_info.nonce == query.nonce
    except ValueError as error:
        raise _unfit() from error
    if not (granted and fits):
        raise _unfit()
    place = source.with_name(source.name + ".tsr")
    files.remove_tree(place)
    files.write_file(place, answer, mode=files.FILE_MODE)
    return Stamped(place, Text("timestamped"))


def _unfit() -> PackageError:
    return PackageError(Text("the timestamp does not fit the package"))


def _post(address: str, query: bytes) -> bytes:
    head = {"Content-Type": "application/timestamp-query"}
    request = urllib.request.Request(address, data=query, headers=head, method="POST")
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        return bytes(answer.read(_MOST))
