"""Commands, their files and their exit statuses."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import sdc
from sdc import cli
from sdc.suppression.complementary import METHODS

AREA = "code,parent,label\nT,,all\na,T,a\nb,T,b\nc,T,c\n"
USE = "code,parent,label\nT,,all\nu,T,u\nv,T,v\nw,T,w\n"
CELLS = "area,use,value\na,u,1\na,v,8\na,w,9\nb,u,7\nb,v,2\nb,w,9\nc,u,9\nc,v,9\nc,w,9\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "area.csv").write_text(AREA, encoding="utf-8")
    (tmp_path / "use.csv").write_text(USE, encoding="utf-8")
    (tmp_path / "cells.csv").write_text(CELLS, encoding="utf-8")
    return tmp_path


def run(*words: object) -> tuple[int, str, str]:
    """Exit status, standard output and error of a command, as ``main`` would leave them."""
    runner = CliRunner()
    outcome = runner.invoke(cli.app, [str(w) for w in words])
    if isinstance(outcome.exception, sdc.SdcError):
        error = outcome.exception
        return error.exit_status, outcome.stdout, f"{error.ja}\n{error.en}"
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome.exit_code, outcome.stdout, outcome.stderr


def trees(folder: Path) -> list[str]:
    return [
        "--hierarchy",
        f"area={folder / 'area.csv'}",
        "--hierarchy",
        f"use={folder / 'use.csv'}",
    ]


def test_protect_writes_the_contracted_files(folder: Path) -> None:
    out = folder / "out"
    status, _, error = run(
        "protect", folder / "cells.csv", *trees(folder), "--min-count", 3, "--out", out
    )
    assert (status, error) == (0, "")
    with (out / "table.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["area", "use", "value"]
    assert len(rows) == 1 + 16
    assert [r[:2] for r in rows[1:]] == sorted(r[:2] for r in rows[1:])
    values = {tuple(r[:2]): r[2] for r in rows[1:]}
    assert values["a", "u"] == values["b", "v"] == "X"
    assert values["T", "T"] == "63"  # 1+8+9 + 7+2+9 + 9+9+9
    summary = json.loads((out / "internal" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["n_cells"], summary["n_primary"]) == (16, 2)
    assert summary["proven"] is True
    assert summary["level"] == "interval"
    hidden = sum(v == "X" for v in values.values())
    assert hidden == summary["n_primary"] + summary["n_complementary"]
    assert (out / "internal").stat().st_mode & 0o777 == 0o700
    with (out / "internal" / "protection.csv").open(encoding="utf-8", newline="") as handle:
        states = {(r["area"], r["use"]): r["status"] for r in csv.DictReader(handle)}
    assert states["a", "u"] == "primary"
    assert {k for k, v in states.items() if v != "published"} == {
        k for k, v in values.items() if v == "X"
    }


def test_at_rule_aware_the_report_says_on_how_many_twins_the_tool_was_run_again(
    folder: Path,
) -> None:
    words = ["protect", folder / "cells.csv", *trees(folder), "--min-count", 3]
    words += ["--protection", "rule-aware", "--out", folder / "out"]
    status, _, error = run(*words)
    assert (status, error) == (0, "")
    told = json.loads((folder / "out" / "internal" / "audit.json").read_text(encoding="utf-8"))
    assert told["passed"] is True
    said = [re.fullmatch(r"twins: (\d+) tables .* again on (\d+) of .*", c) for c in told["checks"]]
    counts = [(int(m[1]), int(m[2])) for m in said if m]
    assert len(counts) == 1
    assert counts[0][0] == counts[0][1] >= 2  # a primary cell needs a twin above it, and one below
    status, _, error = run(*words[:-1], folder / "again", "--time-limit", 9)
    assert status == 2
    assert "the clock must not decide" in error


def test_what_was_protected_passes_the_audit_of_a_stranger(folder: Path) -> None:
    run("protect", folder / "cells.csv", *trees(folder), "--min-count", 3, "--out", folder / "out")
    status, _, _ = run(
        "audit", folder / "out" / "table.csv", *trees(folder), "--min-count", 3,
        "--json", folder / "audit.json",
    )  # fmt: skip
    verdict = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert status == 0
    assert verdict["exact"] == verdict["unknown"] == 0
    assert all(c["lower"] < c["upper"] for c in verdict["cells"])


def test_a_leaking_table_ends_with_four(folder: Path) -> None:
    leaking = folder / "leak.csv"
    rows = ["area,use,value", "T,T,60", "T,u,17", "T,v,19", "T,w,24", "a,T,15", "b,T,18", "c,T,27"]
    rows += ["a,u,X", "a,v,8", "a,w,6", "b,u,7", "b,v,2", "b,w,9", "c,u,9", "c,v,9", "c,w,9"]
    leaking.write_text("\n".join(rows) + "\n", encoding="utf-8")
    status, text, _ = run(
        "audit", leaking, *trees(folder), "--json", folder / "audit.json"
    )  # fmt: skip
    verdict = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert status == 4
    assert verdict["exact"] == 1
    (cell,) = verdict["cells"]
    assert cell["cell"] == {"area": "a", "use": "u"}
    assert (cell["lower"], cell["upper"]) == (1, 1)  # 15 - 8 - 6
    assert cell["equation"]
    assert "a" in text


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["protect", "nowhere.csv", "--out", "o"], 2),
        (["protect", "{cells}", "--out", "o"], 2),  # no threshold
        (["protect", "{cells}", "--min-count", "1", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--zeros", "maybe", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--protection", "firm", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--method", "magic", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--hierarchy", "area", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--seed", "-1", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--time-limit", "-1", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--time-limit", "nan", "--out", "o"], 2),
        (["protect", "{cells}", "--min-count", "3", "--measure", "none", "--out", "o"], 2),
        (["audit", "."], 2),
        (["audit", "{cells}", "--certificate", "{cells}"], 2),
        (["audit", "{cells}", "--last", "{cells}", "--drift", "0"], 2),
        (["audit", "{cells}", "--last", "{cells}", "--drift", "nan"], 2),
        (["audit", "{cells}", "--last", "{cells}", "--drift", "inf"], 2),
        (["audit", "{cells}", "--drift", "0.5"], 2),
        (["audit", ".", "--certificate", "{cells}", "--json", "audit.json"], 2),
        (["release", "nowhere.toml"], 2),
        (["mesh", "35.6"], 2),
        (["mesh", "95.6", "139.7"], 2),
        (["verify", "nowhere"], 3),
        (["unheard-of"], 2),
    ],
)
def test_bad_usage_is_refused_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(p.name for p in folder.iterdir())
    assert run(*[w.format(cells=folder / "cells.csv") for w in words])[0] == status
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [
        ["sample", "--out", "cells.csv"],
        ["audit", "cells.csv", "--json", "nowhere/audit.json"],
        ["protect", "cells.csv", "--min-count", "3", "--out", "cells.csv/out"],
        ["check", "nowhere.toml", "--errors", "nowhere/errors.csv"],
    ],
)
def test_a_place_that_cannot_be_written_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["sdc", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert "[disk]" in told
    assert words[-1].partition("/")[0] in told


@pytest.mark.parametrize("code", ["=1+1", "@SUM(A1)", "＋1+cmd", "-a"])
def test_a_code_that_a_spreadsheet_would_run_is_refused(folder: Path, code: str) -> None:
    """As in packages: it is neither printed as it is, nor altered."""
    for name in ("cells.csv", "area.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(re.sub("^b,", f"{code},", text, flags=re.M), encoding="utf-8")
    words = ["protect", folder / "cells.csv", *trees(folder), "--min-count", 3]
    status, _, error = run(*words, "--out", folder / "new")
    assert status == 2
    assert code in error
    assert "formula" in error
    assert not (folder / "new").exists()


def test_the_engines_named_in_the_help_are_those_that_exist() -> None:
    assert cli.ENGINES.split(" | ") == ["auto", *METHODS]


def test_the_version_can_be_asked_for() -> None:
    assert run("--version") == (0, f"sdc {sdc.__version__}\n", "")


def test_the_tab_key_completes_commands_and_options() -> None:
    """What bash asks, in the words of the script that --install-completion writes."""
    wanted = {"sdc re": ["release", "review"], "sdc release --dr": ["--dry-run"]}
    for line, found in wanted.items():
        asked = {"_SDC_COMPLETE": "complete_bash", "COMP_WORDS": line}
        asked["COMP_CWORD"] = str(line.count(" "))
        command = [sys.executable, "-m", "sdc"]
        told = subprocess.run(command, env=os.environ | asked, capture_output=True, check=True)
        assert told.stdout.decode().split() == found


def test_a_protected_table_is_not_overwritten(folder: Path) -> None:
    words = ["protect", folder / "cells.csv", *trees(folder), "--min-count", 3]
    assert run(*words, "--out", folder / "out")[0] == 0
    first = (folder / "out" / "table.csv").read_bytes()
    assert run(*words, "--out", folder / "out")[0] == 2
    assert (folder / "out" / "table.csv").read_bytes() == first


def test_mesh_codes() -> None:
    status, text, _ = run("mesh", 35.658581, 139.745433)
    assert status == 0
    codes = dict(line.split() for line in text.splitlines())
    assert codes["1km"] == "53393599"
    assert codes["5km"] == "5339354"
    assert codes["125m"] == "53393599212"


def commands() -> list[tuple[str, ...]]:
    """Every command and every command of a group, as they are typed."""
    whole = vars(typer.main.get_command(cli.app))["commands"]
    inner = {name: vars(command).get("commands") for name, command in whole.items()}
    return [
        (n, *rest)
        for n, group in inner.items()
        for rest in ([(g,) for g in group] if group else [()])
    ]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_shows_an_example(words: tuple[str, ...]) -> None:
    status, text, _ = run(*words, "--help")
    assert status == 0
    assert f"Example: sdc {' '.join(words)}" in text
    assert any("\u3041" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("level", ["linear", "integer", "interval"])
def test_shuffled_rows_give_the_same_bytes(folder: Path, level: str) -> None:
    head, *rows = CELLS.splitlines()
    # Every row elsewhere: backwards, and by the last digit of 4 i modulo 9.
    orders = [rows, rows[::-1], [rows[4 * i % 9] for i in range(9)]]
    written = []
    for number, order in enumerate(orders):
        (folder / "cells.csv").write_text("\n".join([head, *order]) + "\n", encoding="utf-8")
        out = folder / f"out{number}"
        options = ["--min-count", 3, "--protection", level, "--zeros", "show", "--out", out]
        assert run("protect", folder / "cells.csv", *trees(folder), *options)[0] == 0
        files = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
        summary = json.loads(files.pop(Path("internal/summary.json")))
        del summary["seconds"]
        written.append((files, summary))
    assert written[0] == written[1] == written[2]
    assert b"X" in written[0][0][Path("table.csv")]


def test_a_column_of_the_table_may_be_the_price(folder: Path) -> None:
    # (a, u) = 1 needs a rectangle. All counts are 9, so that the floor decides: through (b, v) it costs
    # 1 + 1 + 1, through (c, w) 2 + 2 + 2, through any other cell 100 and more.
    floor = {
        ("a", "v"): 1,
        ("b", "u"): 1,
        ("b", "v"): 1,
        ("a", "w"): 2,
        ("c", "u"): 2,
        ("c", "w"): 2,
    }
    rows = [
        f"{a},{u},{1 if (a, u) == ('a', 'u') else 9},{floor.get((a, u), 100)}"
        for a in "abc"
        for u in "uvw"
    ]
    text = "\n".join(["area,use,value,floor", *rows, ""])
    (folder / "cells.csv").write_text(text, encoding="utf-8")
    words = ["protect", folder / "cells.csv", *trees(folder), "--min-count", 3, "--cost", "floor"]
    assert run(*words, "--out", folder / "out")[0] == 0
    with (folder / "out/table.csv").open(encoding="utf-8", newline="") as file:
        hidden = {(r["area"], r["use"]) for r in csv.DictReader(file) if r["value"] == "X"}
    assert hidden == {("a", "u"), ("a", "v"), ("b", "u"), ("b", "v")}
    summary = json.loads((folder / "out/internal/summary.json").read_text(encoding="utf-8"))
    assert summary["cost_complementary"] == summary["lower_bound"] == 3


def wide_table(folder: Path) -> list[object]:
    """144 innermost cells, a third of them small; the words that protect them."""
    draw = np.random.default_rng(3)
    area, use = ([f"{name}{i:02}" for i in range(12)] for name in "au")
    for name, codes in (("area", area), ("use", use)):
        text = "code,parent,label\nT,,all\n" + "".join(f"{c},T,{c}\n" for c in codes)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    rows = "".join(f"{a},{u},{draw.poisson(3.5)}\n" for a in area for u in use)
    (folder / "cells.csv").write_text("area,use,value\n" + rows, encoding="utf-8")
    return ["protect", folder / "cells.csv", *trees(folder), "--min-count", 3]


@pytest.mark.parametrize(
    ("method", "level"), [("exchange", "interval"), ("reverse-delete", "linear")]
)
def test_the_number_of_threads_has_no_say(method: str, level: str, folder: Path) -> None:
    words, written = wide_table(folder), []
    for threads in ("1", "4"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        out = folder / f"out{threads}"
        more = ["--method", method, "--protection", level, "--budget", "0.2", "--out", out]
        subprocess.run(
            [sys.executable, "-m", "sdc", *map(str, [*words, *more])],
            env={**os.environ, **dict.fromkeys(names, threads)}, check=True, capture_output=True,
        )  # fmt: skip
        files = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
        summary = json.loads(files.pop(Path("internal/summary.json")))
        assert summary.pop("seconds") > 0
        assert summary["reproducible"]
        written.append((files, summary))
    assert written[0] == written[1]


def test_a_stop_by_the_clock_is_said_and_safe(folder: Path) -> None:
    words = wide_table(folder)
    for method in ("auto", "exchange", "lp-greedy", "optimal"):
        out = folder / f"out-{method}"
        options = ["--method", method, "--time-limit", "0", "--out", out]
        assert run(*words, *options)[0] == 0
        summary = json.loads((out / "internal/summary.json").read_text(encoding="utf-8"))
        assert (summary["reproducible"], summary["proven"]) == (False, True), method


@pytest.mark.parametrize(
    ("status", "bounds", "levels", "hidden", "cost"),
    [
        # The cheapest rectangle over cell 0 goes through column 2: 1 + 10 + 1.
        ("s", "0 99", "2 3 0", [2, 4, 6], 12),
        # Cell 6 must be printed, so the rectangle goes through the totals: 1 + 20 + 1.
        ("z", "0 99", "2 3 0", [2, 8, 10], 22),
        # Total 10 is known to within 1, but cell 0 asks for 3: column 1 it is, 10 + 10 + 10 ...
        ("z", "19 21", "2 3 0", [1, 4, 5], 30),
        # ... and where 1 up and 1 down are enough, it is not.
        ("z", "19 21", "1 1 2", [2, 8, 10], 22),
    ],
)
def test_a_jj_problem_is_protected_as_it_says(
    tmp_path: Path, status: str, bounds: str, levels: str, hidden: list[int], cost: float
) -> None:
    # Two rows, three columns and their totals; cell 4 i + j stands in row i, column j.
    values = [5, 10, 10, 25, 10, 10, 10, 30, 15, 20, 20, 55]
    weights = [5, 10, 1, 20, 10, 10, 1, 20, 20, 20, 1, 20]
    lines = [
        f"{i} {v} {w} s 0 99 0 0 0" for i, (v, w) in enumerate(zip(values, weights, strict=True))
    ]
    lines[0] = f"0 5 5 u 0 99 {levels}"
    lines[6] = f"6 10 1 {status} 0 99 0 0 0"
    lines[10] = f"10 20 1 s {bounds} 0 0 0"
    sums = [[4 * i + j for j in range(3)] + [4 * i + 3] for i in range(3)]
    sums += [[j, 4 + j, 8 + j] for j in range(4)]
    rows = [
        f"0 {len(s)} : " + " ".join(f"{c} ({-1 if c == s[-1] else 1})" for c in s) for s in sums
    ]
    text = "\n".join(["0", "12", *lines, str(len(rows)), *rows]) + "\n"
    (tmp_path / "p.jj").write_text(text, encoding="ascii")
    assert run("protect", tmp_path / "p.jj", "--out", tmp_path / "o")[0] == 0
    pattern = (tmp_path / "o" / "pattern.csv").read_text(encoding="utf-8").splitlines()
    marks = {0: "u", **dict.fromkeys(hidden, "x")}
    assert pattern == ["id,status", *(f"{i},{marks.get(i, 's')}" for i in range(12))]
    summary = json.loads((tmp_path / "o" / "internal" / "summary.json").read_text())
    assert summary["cost_complementary"] == summary["lower_bound"] == cost
