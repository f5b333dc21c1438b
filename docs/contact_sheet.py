"""Which pictures does a package hold, on one page?  `python docs/contact_sheet.py PACKAGE OUT.jpg`

Shows every map and, where `pdftoppm` is installed, the first pages of every table document.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

WIDTH, COLUMNS, GAP, PAGES = 330, 6, 6, 3


def pictures(package: Path, folder: Path) -> list[Path]:
    """Maps first, then document pages."""
    found = sorted((package / "data" / "maps").glob("*.png"))
    if shutil.which("pdftoppm"):
        for document in sorted((package / "data" / "docs").glob("*.pdf")):
            stem = folder / document.stem
            command = ["pdftoppm", "-r", "110", "-png", "-l", str(PAGES), str(document), str(stem)]
            subprocess.run(command, check=True)
            found += sorted(folder.glob(f"{document.stem}-*.png"))
    return found


def sheet(paths: list[Path]) -> Image.Image:
    """All pictures, scaled to one width, in rows."""
    small = []
    for path in paths:
        with Image.open(path) as image:
            height = round(image.height * WIDTH / image.width)
            small.append(image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS))
    rows = [small[i : i + COLUMNS] for i in range(0, len(small), COLUMNS)]
    total = sum(max(p.height for p in row) + GAP for row in rows) + GAP
    page = Image.new("RGB", (COLUMNS * (WIDTH + GAP) + GAP, total), "#8a8a8a")
    y = GAP
    for row in rows:
        for i, picture in enumerate(row):
            page.paste(picture, (GAP + i * (WIDTH + GAP), y))
        y += max(p.height for p in row) + GAP
    return page


def main(package: Path, target: Path) -> None:
    """Write the contact sheet."""
    with tempfile.TemporaryDirectory() as folder:
        page = sheet(pictures(package, Path(folder)))
    page.save(target, quality=78, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
