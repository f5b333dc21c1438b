from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import make_release, marked, shapes, small_table, use_dim, use_table
from jsonschema import Draft202012Validator

from sdc.model.hierarchy import Hierarchy
from sdc.model.release import Figure, Geography, Release
from sdc.publishing.package import write_package

SCHEMA = json.loads((Path(__file__).parent / "datapackage.schema.json").read_text())


def full_release(**changes: Any) -> Release:
    made = make_release(use_table(), small_table(), formats=("csv", "geojson"), **changes)
    figure = Figure("use_share", "share", "use", "use")
    object.__setattr__(made, "figures", (figure,))
    return made


def described(path: Path) -> dict[str, Any]:
    return dict(json.loads((path / "datapackage.json").read_bytes()))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932"])
def test_every_resource_validates_row_by_row(tmp_path: Path, encoding: str) -> None:
    path = write_package(full_release(encoding=encoding), tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import frictionless

        package = frictionless.Package(str(path / "datapackage.json"))
        report = package.validate()
    assert report.valid, report.flatten(["fieldName", "note", "message"])[:5]
    assert len(report.tasks) == len(described(path)["resources"])
    table = next(t for t in report.tasks if t.place.endswith("data/use.csv"))
    assert table.stats["rows"] == 49


def test_a_wrong_value_would_not_validate(tmp_path: Path) -> None:
    path = write_package(full_release(), tmp_path)
    for folder in (path, path / "data"):
        folder.chmod(0o700)
    table = path / "data" / "use.csv"
    table.chmod(0o600)
    table.write_bytes(table.read_bytes().replace(b",400,", b",4.0,"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import frictionless

        report = frictionless.Package(str(path / "datapackage.json")).validate()
    assert not report.valid


def test_the_descriptor_fits_its_schema(tmp_path: Path) -> None:
    path = write_package(full_release(), tmp_path)
    Draft202012Validator.check_schema(SCHEMA)
    errors = list(Draft202012Validator(SCHEMA).iter_errors(described(path)))
    assert not errors, errors[0].message
    for resource in described(path)["resources"]:
        data = (path / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()


def test_every_payload_file_is_a_resource_and_every_column_a_field(tmp_path: Path) -> None:
    path = write_package(full_release(), tmp_path)
    listed = {r["path"]: r for r in described(path)["resources"]}
    there = {p.relative_to(path).as_posix() for p in (path / "data").rglob("*") if p.is_file()}
    assert set(listed) == there
    for name, resource in listed.items():
        if name.endswith(".csv"):
            text = (path / name).read_bytes().decode("utf-8-sig")
            head = next(csv.reader(io.StringIO(text, newline="")))
            assert head == [f["name"] for f in resource["schema"]["fields"]]


def test_values_are_text_so_that_a_hyphen_is_never_missing(tmp_path: Path) -> None:
    path = write_package(full_release(), tmp_path)
    use = next(r for r in described(path)["resources"] if r["path"] == "data/use.csv")
    value = next(f for f in use["schema"]["fields"] if f["name"] == "value")
    assert value["type"] == "string"
    assert value["constraints"]["pattern"] == "^(X|-|[0-9]+)?$"
    assert use["schema"]["missingValues"] == []
    assert (use["unit"], use["measure"], use["step"]) == ("棟", "count", 1)


def test_ckan_names_every_file_and_the_municipality(tmp_path: Path) -> None:
    path = write_package(full_release(), tmp_path)
    ckan = json.loads((path / "ckan.json").read_bytes())
    extras = {e["key"]: e["value"] for e in ckan["extras"]}
    assert extras["団体コード"] == "131041"
    assert re.fullmatch(r"[a-z0-9_-]{2,100}", ckan["name"])
    assert {r["url"] for r in ckan["resources"]} == {
        r["path"] for r in described(path)["resources"]
    }
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", extras["公表日"])


def test_every_file_has_a_title_that_no_other_has(tmp_path: Path) -> None:
    """Two tables of the same numbers by other places must be told apart in a portal's list."""
    cells = Hierarchy.flat("mesh", ["53394547", "53394548"])
    mesh = marked("use_mesh", (cells, use_dim()), np.full((3, 5), 7))
    release = make_release(use_table(), mesh, formats=("images", "csv", "geojson", "pdf"))
    squares = shapes().iloc[:2].assign(code=["53394547", "53394548"])
    both = release.geographies | {"mesh": Geography("mesh", "mesh", squares)}
    object.__setattr__(release, "geographies", both)
    path = write_package(release, tmp_path)
    ckan = json.loads((path / "ckan.json").read_bytes())
    for titles in (
        {r["path"]: r["title"] for r in described(path)["resources"]},
        {r["url"]: r["name"] for r in ckan["resources"]},
    ):
        assert titles["data/use.csv"] == "建物用途別 建物数(小地域)"
        assert titles["data/use_mesh.csv"] == "建物用途別 建物数(メッシュ)"
        assert titles["data/docs/use.pdf"] == "統計表 建物用途別 建物数(小地域)"
        assert titles["data/maps/use_use-411.png"] == "地図 建物用途別 建物数: 住宅(小地域)"
        assert titles["data/maps/use_by-use.pdf"] == "地図 建物用途別 建物数: 建物用途ごと(小地域)"
        assert titles["data/mesh.geojson"] == "境界 メッシュ"
        # a map is there twice, as PNG and as PDF
        once = [t for p, t in titles.items() if not p.endswith(".png")]
        assert len(set(once)) == len(once)
    for row in ("| use_mesh | 建物用途別 建物数(メッシュ) | 棟 |",):
        assert row in (path / "README.ja.md").read_text("utf-8")


def test_ckan_separates_the_section_from_its_address(tmp_path: Path) -> None:
    for number, (contact, mail) in enumerate(
        [("toshi@example.lg.jp", "toshi@example.lg.jp"), ("03-0000-0000", "")]
    ):
        path = write_package(full_release(contact=contact), tmp_path / str(number))
        ckan = json.loads((path / "ckan.json").read_bytes())
        assert (ckan["maintainer"], ckan["maintainer_email"]) == ("都市計画課", mail)


def test_readmes_say_what_every_mark_means_and_how_to_check(tmp_path: Path) -> None:
    path = write_package(full_release(contact="toshi@example.lg.jp"), tmp_path)
    ja, en = ((path / n).read_text("utf-8") for n in ("README.ja.md", "README.md"))
    for word in (
        "0として扱わないで",
        "該当なし",
        "HTKSAKI",
        "都市計画課 toshi@example.lg.jp",
        "見本市情報公開条例第7条",
        "sha256sum -c",
        "Get-FileHash",
        "電子署名がありません",
    ):
        assert word in ja  # fmt: skip
    for word in ("never read X as 0", "Legal ground", "sha256sum -c manifest", "not signed"):
        assert word in en


def test_an_images_only_release_promises_no_tables(tmp_path: Path) -> None:
    path = write_package(make_release(small_table(), formats=("images",)), tmp_path)
    ja = (path / "README.ja.md").read_text("utf-8")
    assert ".csv" not in ja
    assert "斜線(地図)" in ja
    kinds = {r["format"] for r in described(path)["resources"]}
    assert kinds == {"png", "pdf"}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_spreadsheet_sees_no_formula_and_whole_codes(tmp_path: Path) -> None:
    dim = Hierarchy.flat("area", ["01101001001", "0110100A"], labels={"0110100A": "=1+1"})
    release = make_release(marked("t", (dim,), np.array([12, 5, 7])), formats=("csv",))
    for name in ("merges", "collapses"):
        object.__setattr__(release, name, ())
    table = write_package(release, tmp_path) / "data" / "t.csv"
    # 44 comma, 34 quote, 76 UTF-8, first row 1, no column formats, language 0, quoted = text
    options = "CSV:44,34,76,1,,0,true"
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/lo"]
    command += [
        "--convert-to",
        "fods",
        f"--infilter={options}",
        "--outdir",
        str(tmp_path),
        str(table),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    sheet = (tmp_path / "t.fods").read_text("utf-8")
    assert "table:formula" not in sheet
    assert ">01101001001<" in sheet
    assert ">'=1+1<" in sheet or ">&apos;=1+1<" in sheet
