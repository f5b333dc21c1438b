"""The reader of certificates: what holds is confirmed, every other number is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import smallcity
from smallcases import Case
from test_staged import CASES, crossed, proven, square
from typer.testing import CliRunner

from sdc import cli
from sdc.disclosure.certificate import verify_certificate
from sdc.errors import NotProven
from sdc.pipeline.run import run_release

every = pytest.mark.parametrize("make", CASES, ids=lambda f: f.__name__)


@every
def test_what_was_proven_holds(make: Callable[[], Case]) -> None:
    case = make()
    told = verify_certificate(*proven(case))
    assert told.promises == len(case.problem.primary)
    assert told.cells == sum(t.value.size for t in case.published.tables)
    assert told.witnesses >= 1


@every
def test_every_printed_number_and_every_x_counts(make: Callable[[], Case]) -> None:
    files, witness = proven(make())
    for path, data in files.items():
        rows = data.decode("utf-8-sig").splitlines()
        for i, row in enumerate(rows):
            if path.startswith("data/codelist") or not row.endswith((",A", ",X,X")):
                continue
            *codes, value, _ = row.split(",")
            changed = ",".join([*codes, "1" if value == "X" else str(int(value) + 1), "A"])
            other = "\r\n".join([*rows[:i], changed, *rows[i + 1 :]]).encode()
            with pytest.raises(NotProven):
                verify_certificate({**files, path: other}, witness)


@pytest.mark.parametrize("make", [square, crossed])
@pytest.mark.parametrize("array", ["value", "step", "index", "promise_upper", "promise_slide"])
def test_every_number_of_the_witness_file_counts(make: Callable[[], Case], array: str) -> None:
    files, witness = proven(make())
    with np.load(io.BytesIO(witness)) as stored:
        arrays = {name: stored[name].copy() for name in stored.files}
    for at in range(len(arrays[array])):
        other = {**arrays, array: arrays[array].copy()}
        other[array][at] += 50
        out = io.BytesIO()
        np.savez_compressed(out, **other)
        with pytest.raises(NotProven):
            verify_certificate(files, out.getvalue())


@pytest.mark.parametrize("size", [0, 10, 300])
def test_a_torn_certificate_is_refused(size: int) -> None:
    files, witness = proven(square())
    with pytest.raises(NotProven):
        verify_certificate(files, witness[:size])


def test_a_package_and_its_certificate_on_the_command_line(tmp_path: Path) -> None:
    run_release(smallcity.write(tmp_path))
    package = tmp_path / "releases" / "small"
    words = ["audit", str(package), "--certificate", f"{package}.internal/witness.npz"]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0
    assert "the certificate holds" in result.output
    assert "the owner of any one unit" in result.output
    assert "the file's own word" in result.output
    # Its rules hide 1 and 2: every such number of the package may be a 3, whatever the file says.
    asked = CliRunner().invoke(cli.app, [*words, "--min-count", "3"])
    assert asked.exit_code == 0
    assert "every count below 3 may be 3" in asked.output
    more = CliRunner().invoke(cli.app, [*words, "--min-count", "30"])
    assert isinstance(more.exception, NotProven)
    table = package / "data" / "use_mesh.csv"
    table.parent.chmod(0o755)
    table.chmod(0o644)
    with table.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    first = next(r for r in rows if r["status"] == "A")
    first["value"] = str(int(first["value"]) + 1)
    with table.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    result = CliRunner().invoke(cli.app, words)
    assert isinstance(result.exception, NotProven)
