from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest
from handmade import make_release

from sdc.errors import InputError
from sdc.publishing import files
from sdc.publishing.archive import zip_bytes, zip_package
from sdc.publishing.container import ZIP_DATE, ZIP_MODE
from sdc.publishing.package import write_package
from sdc.publishing.verify import verify_package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_package(make_release(), tmp_path_factory.mktemp("z"))


def write(tmp_path: Path, data: bytes) -> Path:
    place = tmp_path / "p.zip"
    place.write_bytes(data)
    return place


def entry(name: str, *, mode: int = ZIP_MODE, date: tuple[int, ...] = ZIP_DATE) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, date)  # type: ignore[arg-type]
    made.create_system, made.external_attr = 3, mode
    made.compress_type = zipfile.ZIP_STORED
    return made


def packed(contents: dict[str, bytes], *more: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO(zip_bytes(contents, "tiny-2026"))
    with zipfile.ZipFile(buffer, "a") as archive:
        for info, data in more:
            archive.writestr(info, data)
    return buffer.getvalue()


def test_the_zip_verifies_and_is_the_same_every_time(package: Path, tmp_path: Path) -> None:
    place = zip_package(package, tmp_path / "a.zip")
    assert verify_package(place).ok
    assert zip_package(package, tmp_path / "b.zip").read_bytes() == place.read_bytes()
    assert zip_package(package, place) == place
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        assert {e.date_time for e in archive.infolist()} == {ZIP_DATE}
    (tmp_path / "c.zip").write_bytes(b"mine")
    with pytest.raises(InputError, match="exists"):
        zip_package(package, tmp_path / "c.zip")


def test_paths_that_lead_outside_are_never_unpacked(package: Path, tmp_path: Path) -> None:
    contents = files.tree(package)
    for name in ("../evil", "tiny-2026/../../evil", "/evil", "tiny-2026\\..\\evil", "C:/evil"):
        report = verify_package(write(tmp_path, packed(contents, (entry(name), b"x"))))
        assert not report.ok
        assert not list(tmp_path.parent.glob("evil"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_odd_entries_are_refused(package: Path, tmp_path: Path) -> None:
    contents = files.tree(package)
    odd = [
        entry("tiny-2026/bagit.txt"),  # the same name twice
        entry("tiny-2026/BAGIT.txt"),
        entry("tiny-2026/link", mode=0o120777 << 16),
        entry("tiny-2026/late", date=(2026, 1, 1, 0, 0, 0)),
        entry("other/file"),
    ]
    for info in odd:
        assert not verify_package(write(tmp_path, packed(contents, (info, b"x")))).ok, info.filename


def test_hidden_bytes_in_the_archive_are_found(package: Path, tmp_path: Path) -> None:
    plain = zip_bytes(files.tree(package), "tiny-2026")
    assert verify_package(write(tmp_path, plain)).ok
    middle = plain.index(b"PK\x01\x02")
    for data in (b"secret" + plain, plain + b"secret", plain[:middle] + b"secret" + plain[middle:]):
        assert not verify_package(write(tmp_path, data)).ok
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.comment = b"secret"
    assert not verify_package(tmp_path / "p.zip").ok


def test_every_single_byte_of_an_archive_counts(package: Path, tmp_path: Path) -> None:
    """All bytes that are no file's content, each changed; and many that are."""
    plain = zip_bytes(files.tree(package), "tiny-2026")
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        entries, directory = archive.infolist(), archive.start_dir
    spots = set(range(directory, len(plain)))
    for e in entries:
        spots |= set(range(e.header_offset, e.header_offset + 30 + len(e.filename.encode())))
        spots |= {e.header_offset + 30 + len(e.filename.encode()) + e.file_size - 1}
    rng = random.Random(7)
    for at in sorted(spots | set(rng.sample(range(len(plain)), 300))):
        data = bytearray(plain)
        data[at] ^= 1 << rng.randrange(8)
        assert not verify_package(write(tmp_path, bytes(data))).ok, at


def test_compressed_archives_are_refused(package: Path, tmp_path: Path) -> None:
    """Deflate leaves bits that nobody reads; one value for every byte needs plain storage."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(files.tree(package).items()):
            made = entry(f"tiny-2026/{path}")
            made.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(made, data)
    assert not verify_package(tmp_path / "p.zip").ok
