"""May a path that stands in a configuration be opened?"""

from __future__ import annotations

import re
from pathlib import Path

_EXPANSION = re.compile(r"\$|%[^%/]*%|(^|/)~")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"^[A-Za-z]:")
DEVICES = frozenset(
    {"con", "prn", "aux", "nul"}
    | {name + digit for name in ("com", "lpt") for digit in "123456789"}
)
"""Names that Windows keeps for devices, whatever their extension."""


def fault_of_text(text: str) -> str | None:
    """Code of what makes the text unfit as a relative path, None where it is fit.

    Only forward slashes separate: a backslash would be a file name here and a folder elsewhere, and
    it is how UNC paths begin. Pure; no file is touched.

    >>> fault_of_text("in/a.csv"), fault_of_text("/etc/passwd"), fault_of_text("$HOME/a")
    (None, 'path_absolute', 'path_expansion')
    """
    parts = text.split("/")
    faults = {
        "path_empty": not text.strip(),
        "path_control": bool(_CONTROL.search(text)),
        "path_absolute": text.startswith(("/", "\\")) or "://" in text or bool(_DRIVE.match(text)),
        "path_backslash": "\\" in text,
        "path_expansion": bool(_EXPANSION.search(text)),
        "path_device": any(part.split(".")[0].lower() in DEVICES for part in parts),
    }
    return next((code for code, found in faults.items() if found), None)


def fault_of_place(text: str, base: Path, roots: tuple[Path, ...]) -> str | None:
    """Code of why ``base/text`` must not be used: it leaves all ``roots``, links followed.

    >>> fault_of_place("../a.csv", Path("/srv/city"), (Path("/srv/city"),))
    'path_outside'
    """
    place = (base / text).resolve()
    inside = any(place.is_relative_to(root.resolve()) for root in roots)
    return None if inside else "path_outside"
