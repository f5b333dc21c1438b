"""From a city's records to what a stranger holds: leaks, bytes, signatures, spreadsheets, pictures."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import shutil
import socket
import subprocess
import warnings
from collections import defaultdict
from pathlib import Path

import pytest
import smallcity
from canaries import chunks, condensed, spellings, unpacked
from mapreader import read_back
from signedcity import CANARIES, PLACES, USER, WHO, City, city_in
from typer.testing import CliRunner

from sdc import cli
from sdc.publishing import files
from sdc.publishing.keys import fingerprints
from sdc.publishing.verify import UNCHECKED, verify_package

pytestmark = pytest.mark.xdist_group("signed-city")
OPENSSH = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")


def table(package: Path, name: str) -> list[dict[str, str]]:
    text = (package / "data" / f"{name}.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def outside(city: City) -> dict[str, list[bytes]]:
    """Every stream that the run gave to the outside: the package, the archive, prints, traces."""
    found = files.tree(city.package)
    found["the zip"] = city.package.with_suffix(".zip").read_bytes()
    for place in PLACES:
        found |= {f"{place}: {p}": d for p, d in files.tree(city.folder / place).items()}
    found["names"] = "\n".join(found).encode()
    found["said"] = city.said.encode()
    return {name: unpacked(data) for name, data in found.items()}


def true_floors(city: City) -> dict[tuple[str, str], int]:
    """Floor area by area and structure, added up from the records and the list of merged areas."""
    into = {r["source"]: r["target"] for r in table(city.package, "mergers")}
    total: dict[tuple[str, str], int] = defaultdict(int)
    with (city.folder / "buildings.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            # twelve fields of 0.0063 by 0.0047 degrees, four in a row, as smallcity draws them
            column = int((float(row["lon"]) - 141.503) / 0.0063)
            line = int((float(row["lat"]) - 30.203) / 0.0047)
            code = f"082990{line * 4 + column:02d}"
            area = into.get(code, code)
            for structure in (row["structure"], "TOTAL"):
                total[area, structure] += int(row["floor_area"])
    return total


def test_no_canary_sings_anywhere(city: City, outside: dict[str, list[bytes]]) -> None:
    truth = true_floors(city)
    rows = {(r["areas"], r["structure"]): r for r in table(city.package, "floor")}
    hidden = [truth[k] for k in truth if rows[k]["status"] == "X"]
    shown = [k for k in truth if rows[k]["status"] == "A"]
    assert all(int(rows[k]["value"]) == truth[k] for k in shown)  # the sums are the right ones
    assert len(hidden) >= 4
    secrets = [*CANARIES, USER, *map(str, hidden)]
    package_only = [str(city.folder), city.folder.name, *filter(_telling, (socket.gethostname(),))]
    everywhere = {d: c for c in secrets for d in spellings(c) if len(d) >= 4}
    inside = everywhere | {d: c for c in package_only for d in spellings(c) if len(d) >= 4}
    seen = set()
    for name, streams in outside.items():
        dresses = everywhere if name.startswith(("said", *PLACES)) else inside
        for stream in streams:
            if stream in seen:
                continue
            seen.add(stream)
            for dress, canary in dresses.items():
                assert dress not in stream, (name, canary)


def _telling(name: str) -> bool:
    return len(name) > 6


def test_nothing_tells_primary_from_complementary(outside: dict[str, list[bytes]]) -> None:
    words = [w.encode() for w in ("complementary", "補完", "一次", "protection.csv", "audit.json")]
    for name, streams in outside.items():
        if name != "said":
            assert not any(w in stream for w in words for stream in streams), name


def test_the_search_would_find_one(outside: dict[str, list[bytes]]) -> None:
    """The leak tests are worth something only if they find what is there."""
    known = "小さな市".encode()
    assert sum(any(known in s for s in streams) for streams in outside.values()) >= 7
    picture = b"\x00" * 2_000_000 + known + b"\x01" * 2_000_000
    assert known in condensed(picture)
    assert len(condensed(picture)) < 100


def test_no_file_outlives_the_run_elsewhere(city: City) -> None:
    assert files.tree(city.folder / "temporary") == {}
    kept = sorted(p.name for p in (city.folder / "releases").iterdir())
    assert kept == ["small", "small.internal", "small.zip"]


def test_other_surroundings_same_bytes(city: City, tmp_path: Path) -> None:
    """Shuffled records, another locale, time zone, hash seed, umask, folder: the same package."""
    other = city_in(tmp_path, number=1, like=city)
    assert files.tree(other.package) == files.tree(city.package)
    zips = [c.package.with_suffix(".zip").read_bytes() for c in (city, other)]
    assert zips[0] == zips[1]


@pytest.mark.nightly
def test_twenty_runs_same_bytes(city: City, tmp_path: Path) -> None:
    expected = city.package.with_suffix(".zip").read_bytes()
    for number in range(1, 21):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = city_in(folder, number=number, like=city)
        assert made.package.with_suffix(".zip").read_bytes() == expected


def test_the_package_and_its_archive_verify(city: City) -> None:
    for place in (city.package, city.package.with_suffix(".zip")):
        report = verify_package(place, signers=city.signers)
        assert (report.faults, report.signer) == ((), WHO)


def test_the_command_verifies_folder_and_archive(city: City, tmp_path: Path) -> None:
    def run(*words: object) -> tuple[int, str]:
        outcome = CliRunner().invoke(cli.app, ["verify", *map(str, words)])
        return outcome.exit_code, outcome.stdout

    print_ = fingerprints(city.signers)[0][1]
    seen = ("--seen", tmp_path / "seen.json")
    for place in (city.package, city.package.with_suffix(".zip")):
        status, text = run(place)
        assert (status, UNCHECKED in text) == (0, True)
        for anchor in (("--signers", city.signers), ("--fingerprint", print_)):
            status, text = run(place, *anchor, *seen)
            assert (status, UNCHECKED in text, print_ in text) == (0, False, True)
        assert run(place, "--fingerprint", "SHA256:" + "A" * 43)[0] == 3
    store = tmp_path / "seen.json"
    store.write_text(store.read_text("utf-8").replace("1,", "2,", 1), encoding="utf-8")
    status, text = run(city.package, *seen)
    assert (status, "older" in text) == (3, True)


def printed_commands(readme: str, kind: str) -> list[str]:
    """The commands of a README in blocks of one language."""
    return re.findall(rf"```{kind}\n(.*?)```", readme, re.DOTALL)


@OPENSSH
@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_the_commands_that_the_package_prints_work(readme: str, city: City, tmp_path: Path) -> None:
    """Typed by hand, with the anchor from outside; and they fail once a byte has changed."""
    shutil.copytree(city.package, tmp_path / "p")
    for folder, _, names in os.walk(tmp_path / "p"):
        os.chmod(folder, 0o700)
        for name in names:
            os.chmod(Path(folder) / name, 0o600)
    text = (city.package / readme).read_text("utf-8")
    blocks = printed_commands(text, "sh")
    assert [b.split()[0] for b in blocks] == ["sha256sum", "ssh-keygen"]
    shutil.copy(city.signers, tmp_path / "p" / "allowed_signers")

    def type_in(block: str) -> int:
        command = ["sh", "-e", "-c", block]
        return subprocess.run(
            command, cwd=tmp_path / "p", capture_output=True, check=False
        ).returncode

    assert [type_in(b) for b in blocks] == [0, 0]
    (tmp_path / "p" / "ckan.json").write_bytes(b"{}")
    assert type_in(blocks[0]) != 0
    tags = tmp_path / "p" / "tagmanifest-sha256.txt"
    tags.write_bytes(tags.read_bytes().replace(b"0", b"1", 1))
    assert type_in(blocks[1]) != 0
    # Windows: the same two steps, in the shells that Windows has
    (loop,) = printed_commands(text, "powershell")
    assert "Get-FileHash -Algorithm SHA256" in loop
    assert "'tagmanifest-sha256.txt','manifest-sha256.txt'" in loop
    (line,) = printed_commands(text, "bat")
    assert line.startswith('cmd /c "ssh-keygen -Y verify -f allowed_signers')
    assert line.strip().endswith('< tagmanifest-sha256.txt"')


def test_every_resource_validates(city: City) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import frictionless

        report = frictionless.Package(str(city.package / "datapackage.json")).validate()
    assert report.valid, report.flatten(["fieldName", "note", "message"])[:5]
    names = {t.place for t in report.tasks}
    assert {f"data/derived_{n}.csv" for n in ("share", "dense", "mean")} <= names


def test_figures_are_in_the_audit_and_for_checkers_the_results(city: City) -> None:
    inside = city.folder / "releases" / "small.internal"
    assert "derived figures" in (inside / "audit.json").read_text("utf-8")
    assert '"results"' in (inside / "results.json").read_text("utf-8")


def test_maps_are_plain_pictures(city: City) -> None:
    for path in sorted((city.package / "data" / "maps").iterdir()):
        data = path.read_bytes()
        if path.suffix == ".png":
            assert [k for k, _ in chunks(data)] == [b"IHDR", b"PLTE", b"pHYs", b"IDAT", b"IEND"]
            continue
        assert not re.search(rb"/Font|/Info|/Metadata|/Annots|/EmbeddedFile|/OCG|/Form", data)
        objects = re.findall(rb"\nstream\n(.*?)\nendstream", data, re.DOTALL)
        content = next(o for o in objects if len(o) < 200)
        assert re.fullmatch(rb"q [0-9. ]+ cm /\w+ Do Q\s*", content), content


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_programs_find_no_text_and_one_picture_in_a_map(city: City) -> None:
    path = city.package / "data" / "maps" / "use.pdf"

    def ask(*command: str) -> list[str]:
        run = subprocess.run([*command], capture_output=True, check=True, text=True)
        return run.stdout.strip().splitlines()

    assert ask("pdftotext", str(path), "-") in ([], [""])
    assert len(ask("pdffonts", str(path))) == 2  # its head only
    assert len(ask("pdfimages", "-list", str(path))) == 2 + 1


@pytest.mark.parametrize(
    ("name", "geography", "classes"),
    [("use", "areas", {}), ("use", "areas", {"use": "402"}), ("mesh_structure", "mesh", {})],
)
def test_a_program_reads_classes_and_never_more(
    name: str, geography: str, classes: dict[str, str], city: City
) -> None:
    looks = read_back(city.package, name, geography, classes=classes, plane=6677)
    assert len(looks.hatched) + sum(map(len, looks.classes)) == len(looks.places)
    assert looks.hatched == looks.hidden
    assert not looks.mixed
    # lighter is less: the numbers of one colour lie below those of the next darker one
    spans = [(min(c), max(c)) for c in looks.classes if c]
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans))


SPREADSHEET = pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice here")


@SPREADSHEET
@pytest.mark.nightly
def test_a_spreadsheet_opens_every_table_with_codes_intact(city: City, tmp_path: Path) -> None:
    """LibreOffice, quoted fields as text: no formula, every code as it was written."""
    options = "--infilter=CSV:44,34,76,1,,0,true"
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation=file://{tmp_path}/lo",
        "--convert-to",
    ]
    tables = sorted(str(p) for p in (city.package / "data").glob("*.csv"))
    command += ["fods", options, "--outdir", str(tmp_path), *tables]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for path in map(Path, tables):
        sheet = (tmp_path / f"{path.stem}.fods").read_text("utf-8")
        assert "table:formula" not in sheet
        for row in table(city.package, path.stem):
            for code in (row.get("areas"), row.get("mesh"), row.get("code")):
                assert code is None or f">{code}<" in sheet


def test_the_city_is_what_the_tests_think(city: City) -> None:
    assert smallcity.CONFIG.count("[[tables]]") == 2
    assert {p.stem for p in (city.package / "data").glob("*.csv")} >= {
        "use", "floor", "mesh_structure", "derived_share", "derived_dense", "derived_mean",
    }  # fmt: skip
