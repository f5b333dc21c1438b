"""Is this computer able to make a release, and if not, what has to be done?

Nothing is sent anywhere and nothing stays behind; each check tries the thing itself.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sdc import __version__
from sdc.messages import NOTHING, Text

DISTRIBUTION = "sdc-smallarea"
FREE_BYTES = 1_000_000_000
"""Below this a release of a large city may not fit; the check then fails."""
EXTRAS = {
    "cluster": Text("work on a Dask cluster"),
    "sign": Text("certified PDFs and timestamps"),
    "notebook": Text("sliders and web maps in notebooks"),
}
OK, NOTE, BAD = "ok", "note", "bad"
_MARK = {OK: "○", NOTE: "－", BAD: "×"}
Check = Callable[[Path], "Answer"]


@dataclass(frozen=True)
class Answer:
    """What one check found: ``ok``, ``note`` (works without) or ``bad``, and what to do about it."""

    name: Text
    state: str
    found: Text | str
    remedy: Text = NOTHING

    def text(self) -> str:
        """One line, and a second one where there is something to do.

        >>> told = Answer(Text("free disk"), "bad", "1 MB", Text("free at least 1 GB")).text()
        >>> told[:2], told[-18:]
        ('× ', 'free at least 1 GB')
        """
        line = f"{_MARK[self.state]} {self.name}: {self.found}"
        return line + (f"\n    {self.remedy}" if self.remedy != NOTHING else "")


def examine(folder: Path) -> tuple[Answer, ...]:
    """All checks, in a fixed order; ``folder`` is where releases shall be made. A few seconds.

    A check that fails in a way it did not foresee counts as bad; none raises.
    """
    answers = []
    for name, check in CHECKS.items():
        try:
            answers.append(check(folder))
        except Exception as error:
            remedy = Text("run make setup again")
            answers.append(Answer(Text("{name}", name=name), BAD, type(error).__name__, remedy))
    return (*answers, *_extras())


def healthy(answers: tuple[Answer, ...]) -> bool:
    """Whether a release can be made here."""
    return all(a.state != BAD for a in answers)


def _python(folder: Path) -> Answer:
    found = f"Python {platform.python_version()}, sdc {__version__}, {platform.platform()}"
    state = OK if sys.version_info >= (3, 11) else BAD
    remedy = NOTHING if state == OK else Text("install Python 3.11 or newer")
    return Answer(Text("versions"), state, found, remedy)


def _libraries(folder: Path) -> Answer:
    name = Text("libraries")
    faults = [fault for extra, fault in _faults() if not extra]
    if not faults:
        return Answer(name, OK, Text("all there"))
    remedy = Text("run make setup (or pip install)")
    return Answer(name, BAD, ", ".join(faults), remedy)


def _faults() -> Iterator[tuple[str, str]]:
    """(extra, what is missing or too old) over all requirements of the package."""
    from packaging.requirements import Requirement

    for line in importlib.metadata.requires(DISTRIBUTION) or []:
        wanted = Requirement(line)
        extra = next((e for e in (*EXTRAS, "dev") if f'"{e}"' in str(wanted.marker or "")), "")
        try:
            have = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield extra, str(Text("{name} (missing)", name=wanted.name))
            continue
        if not wanted.specifier.contains(have, prereleases=True):
            yield (
                extra,
                str(
                    Text(
                        "{name} {have} (needs {wanted})",
                        name=wanted.name,
                        have=have,
                        wanted=wanted.specifier,
                    )
                ),
            )


def _font(folder: Path) -> Answer:
    from matplotlib.ft2font import FT2Font

    from sdc.publishing.sheet import font_file

    name = Text("Japanese font")
    glyphs = FT2Font(str(font_file())).get_charmap()
    missing = [c for c in "秘匿集約合算町丁目髙Xー0９" if ord(c) not in glyphs]
    remedy = Text("install matplotlib-fontja again")
    if missing:
        return Answer(name, BAD, "".join(missing), remedy)
    return Answer(name, OK, font_file().name)


def _solver(folder: Path) -> Answer:
    """min x + 2 y with x + y = 2 in whole numbers is 2, at (2, 0)."""
    import numpy as np
    import scipy.sparse as sp

    from sdc.solver.highs import Model

    whole = np.array([True, True])
    row = sp.csr_matrix([[1.0, 1.0]])
    model = Model(row, row_lower=[2.0], row_upper=[2.0], cost=[1.0, 2.0], integer=whole)
    answer = model.solve().require().tolist()
    version = importlib.metadata.version("highspy")
    good = np.allclose(answer, [2.0, 0.0])
    remedy = Text("install highspy again")
    name = Text("solver")
    return Answer(name, OK, f"HiGHS {version}") if good else Answer(name, BAD, str(answer), remedy)


def _protection(folder: Path) -> Answer:
    """A table of nine cells with a 1 and a 2 in it is protected and proven."""
    import numpy as np

    from sdc.model.hierarchy import Hierarchy
    from sdc.model.rules import Rules
    from sdc.model.table import Table, aggregate
    from sdc.pipeline.engine import audit, protect

    dims = tuple(Hierarchy.flat(n, ["a", "b", "c"]) for n in ("area", "use"))
    leaf = np.array([[1, 8, 9], [7, 2, 9], [9, 9, 9]])
    table, rules = Table("t", dims, aggregate(leaf, dims)), Rules(min_count=3)
    passed = audit(table, protect(table, rules), rules).passed
    name = Text("protection and audit")
    return Answer(name, OK if passed else BAD, Text("proven") if passed else Text("not proven"))


def _geography(folder: Path) -> Answer:
    """The zero point of plane system IX lies at 36° N 139°50′ E; shapes are written and read."""
    import geopandas as gpd
    import shapely
    from pyproj import Transformer

    name = Text("geodata")
    east, north = Transformer.from_crs("EPSG:6668", "EPSG:6677", always_xy=True).transform(
        139 + 50 / 60, 36.0
    )
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "区域.gpkg"
        gpd.GeoDataFrame({"name": ["町"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=6668).to_file(
            file
        )
        back = gpd.read_file(file)["name"].tolist()
    if abs(east) + abs(north) < 0.001 and back == ["町"]:
        return Answer(name, OK, "JGD2011, GeoPackage")
    remedy = Text("install pyproj and pyogrio again")
    return Answer(name, BAD, f"{east:.3f}, {north:.3f}, {back}", remedy)


def _folder(folder: Path) -> Answer:
    """A file is written, renamed into place and removed; only the owner can read a private one."""
    name = Text("permissions")
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".sdc-") as place:
            staged, final = Path(place) / "a", Path(place) / "b"
            staged.write_bytes(b"x")
            staged.chmod(0o600)
            os.replace(staged, final)
            private = os.name == "nt" or final.stat().st_mode & 0o077 == 0
    except OSError as error:
        remedy = Text("use a folder in which you may write")
        return Answer(name, BAD, f"{folder.resolve()}: {error.strerror}", remedy)
    if private:
        return Answer(name, OK, Text("write, rename, keep private"))
    remedy = Text("this drive cannot keep internal files from other users; use another one")
    return Answer(name, BAD, "0600", remedy)


def _disk(folder: Path) -> Answer:
    name = Text("free disk")
    if not folder.is_dir():
        remedy = Text("use a folder in which you may write")
        return Answer(name, BAD, f"{folder.resolve()}", remedy)
    free = shutil.disk_usage(folder).free
    remedy = Text("free at least 1 GB")
    state = OK if free >= FREE_BYTES else BAD
    return Answer(name, state, f"{free / 1e9:.1f} GB", NOTHING if state == OK else remedy)


def _terminal(folder: Path) -> Answer:
    name = Text("terminal")
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "秘匿 ○×→".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        remedy = Text("set the environment variable PYTHONUTF8=1")
        return Answer(name, NOTE, encoding, remedy)
    return Answer(name, OK, encoding)


def _extras() -> Iterator[Answer]:
    """What the optional extras would add; without them everything else works."""
    missing: dict[str, list[str]] = {}
    for extra, fault in _faults():
        missing.setdefault(extra, []).append(fault)
    for extra, words in EXTRAS.items():
        name = Text("optional: {what}", what=words)
        if extra not in missing:
            yield Answer(name, OK, extra)
            continue
        command = f'pip install "{DISTRIBUTION}[{extra}]"'
        remedy = Text("to use it: {command}", command=command)
        yield Answer(name, NOTE, ", ".join(missing[extra]), remedy)


CHECKS: dict[str, Check] = {
    "versions": _python,
    "libraries": _libraries,
    "font": _font,
    "solver": _solver,
    "protection": _protection,
    "geodata": _geography,
    "permissions": _folder,
    "disk": _disk,
    "terminal": _terminal,
}
