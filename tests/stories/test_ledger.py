"""A city publishes again: other tables, a correction, a crash in between, totals from elsewhere."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import smallcity
from typer.testing import CliRunner

from sdc import cli
from sdc.disclosure.certificate import verify_certificate
from sdc.disclosure.staged import check_staged
from sdc.errors import InputError, NotProven, RulesError
from sdc.explain import explain
from sdc.ledger.payload import unpack
from sdc.ledger.store import PENDING, PUBLISHED, Ledger
from sdc.model.states import State
from sdc.model.system import UNBOUNDED
from sdc.pipeline.run import run_release
from sdc.publishing import files

LEDGER = '[ledger]\npath = "ledger.sqlite"\n'


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The configuration of the small city, with a ledger."""
    path = smallcity.write(tmp_path)
    path.write_text(path.read_text("utf-8") + LEDGER, encoding="utf-8")
    return path


def changed(path: Path, name: str, *pairs: tuple[str, str]) -> Path:
    """The same configuration with other words."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    other = path.with_name(name)
    other.write_text(text, encoding="utf-8")
    return other


def correct_one_record(folder: Path) -> None:
    """One building is a factory after all."""
    rows = (folder / "buildings.csv").read_text("utf-8").splitlines()
    at = next(i for i, r in enumerate(rows) if ",411," in r)
    rows[at] = rows[at].replace(",411,", ",441,")
    (folder / "buildings.csv").write_text("\n".join(rows) + "\n", "utf-8")


def fewer(witness: bytes, kept: slice) -> bytes:
    """A witness file that speaks of some only of the promises that end earlier."""
    with np.load(io.BytesIO(witness)) as stored:
        arrays = {n: stored[n][kept] if n.startswith("left_") else stored[n] for n in stored.files}
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def kinds(folder: Path) -> list[tuple[str, str]]:
    return [(r.entry.kind, r.entry.label) for r in Ledger(folder / "ledger.sqlite").rows()]


def test_a_release_another_one_and_a_correction(city: Path) -> None:
    folder = city.parent
    first = run_release(city)
    assert not first.safe.system.known.any()
    assert run_release(city).unchanged
    assert kinds(folder) == [(PENDING, "small.1"), (PUBLISHED, "small.1")]
    # The same records by other classes and by mesh, areas not merged.
    other = run_release(
        changed(
            city,
            "other.toml",
            ('id = "small"', 'id = "other"'),
            ('by = ["use", "structure"]', 'by = ["structure"]'),
            ('order = ["merge", "suppress"]', 'order = ["suppress"]'),
            ('[treatment.merge]\nmin_count = 10\nwithin = "any"\n', ""),
        )
    )
    assert other.safe.system.known.any()
    assert "small.1" in other.safe.report.checks[-1]
    # What the first release has taken from owners is named inside, counted outside, and the file says
    # so: without it both checkers of the files refuse, with the place of one promise only as well.
    taken = json.loads((folder / "releases/other.internal/audit.json").read_text("utf-8"))["taken"]
    assert len(taken) == len(other.safe.plan.problem.left) == 10
    assert f"{len(taken):,} promises end earlier" in other.text()
    files = {
        f"data/{p.name}": p.read_bytes() for p in (folder / "releases/other/data").glob("*.csv")
    }
    witness = (folder / "releases/other.internal/witness.npz").read_bytes()
    for check in (check_staged, verify_certificate):
        check(files, witness)
        for some in (slice(0), slice(1, None)):
            with pytest.raises(NotProven, match="owner"):
                check(files, fewer(witness, some))
    assert other.safe.report.ledger_head == Ledger(folder / "ledger.sqlite").rows()[1].hash
    correct_one_record(folder)
    with pytest.raises(InputError, match="serial"):
        run_release(city)
    again = run_release(changed(city, "second.toml", ("serial = 1", "serial = 2")))
    assert "small.1, other.1" in again.safe.report.checks[-1]
    assert again.safe.report.passed
    assert kinds(folder)[-2:] == [(PENDING, "small.2"), (PUBLISHED, "small.2")]


def test_a_kill_between_package_and_ledger_counts_as_published(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = city.parent
    true_move = files.move

    def killed(source: Path, target: Path) -> None:
        if target.name == "small":
            os._exit(9)
        true_move(source, target)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(files, "move", killed)
        run_release(city)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert kinds(folder) == [(PENDING, "small.1")]
    assert not (folder / "releases" / "small").exists()
    # Another release is audited with the pending one; other bytes under its id are refused.
    other = changed(city, "other.toml", ('id = "small"', 'id = "other"'))
    assert "small.1" in run_release(other, dry_run=True).safe.report.checks[-1]
    records = (folder / "buildings.csv").read_bytes()
    correct_one_record(folder)
    with pytest.raises(InputError, match="raise the serial"):
        run_release(city)
    assert not (folder / "releases" / "small").exists()
    # The next run of the same release finishes it.
    (folder / "buildings.csv").write_bytes(records)
    run_release(city)
    assert kinds(folder) == [(PENDING, "small.1"), (PUBLISHED, "small.1")]


def test_overlapping_periods_to_one_recipient_are_refused(city: Path) -> None:
    period = ('path = "ledger.sqlite"', 'path = "ledger.sqlite"\nrecipient = "univ"\n'
              "period = [2025-09-01, 2025-09-30]")  # fmt: skip
    run_release(changed(city, "a.toml", period))
    later = (period[0], period[1].replace("09-01", "09-16").replace("09-30", "10-15"))
    name = ('id = "small"', 'id = "next"')
    with pytest.raises(RulesError, match="overlaps"):
        run_release(changed(city, "b.toml", later, name), dry_run=True)
    other = (later[0], later[1].replace("univ", "another"))
    run_release(changed(city, "c.toml", other, name), dry_run=True)
    apart = (period[0], period[1].replace("09-01", "10-01").replace("09-30", "10-31"))
    run_release(changed(city, "d.toml", apart, name), dry_run=True)


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, [str(w) for w in words])
    return result.exit_code, result.output if result.exception is None else str(result.exception)


def test_the_ledger_commands(city: Path) -> None:
    folder = city.parent
    book = folder / "ledger.sqlite"
    run_release(city)
    status, text = run("ledger", "list", book)
    assert status == 0
    assert "pending" in text
    assert "published" in text
    head = text.split()[-1]
    assert "use_structure: buildings × areas, use, structure" in run("ledger", "show", book, "1")[1]
    assert run("ledger", "check", book, "--head", head, "--releases", folder / "releases")[0] == 0
    assert "shortened or replaced" in run("ledger", "check", book, "--head", "0" * 64)[1]
    manifest = folder / "releases" / "small" / "tagmanifest-sha256.txt"
    manifest.chmod(0o644)
    manifest.write_text("other", encoding="utf-8")
    assert run("ledger", "check", book, "--releases", folder / "releases")[0] == 3


def test_totals_known_from_elsewhere_are_never_hidden(city: Path) -> None:
    folder = city.parent
    rows = [r.split(",") for r in (folder / "buildings.csv").read_text("utf-8").splitlines()[1:]]
    wooden = sum(r[3] == "601" for r in rows)
    totals = folder / "known_totals.csv"
    totals.write_text(f"structure,use,value\n601,,{wooden + 1}\n", encoding="utf-8")
    assert "records' own total" in run("ledger", "add-external", city, totals)[1]
    totals.write_text("structure,use,value\n999,,1\n", encoding="utf-8")
    assert "belong to the dimension" in run("ledger", "add-external", city, totals)[1]
    totals.write_text(f"structure,use,value\n601,,{wooden}\n", encoding="utf-8")
    assert run("ledger", "add-external", city, totals)[0] == 0
    done = run_release(city, dry_run=True).safe
    known = [
        done.system.name_of(int(i)) for i in (done.system.known & done.system.shown).nonzero()[0]
    ]
    assert known == ["areas=082996, use=TOTAL, structure=601"]


def test_parcels_that_anybody_can_count_bound_from_above(city: Path) -> None:
    folder = city.parent
    rows = [r.split(",") for r in (folder / "buildings.csv").read_text("utf-8").splitlines()[1:]]
    wooden = sum(r[3] == "601" for r in rows)
    listed = folder / "parcels.csv"
    listed.write_text(f"structure,use,least,most\n601,,,{wooden - 1}\n", encoding="utf-8")
    said = run("ledger", "add-external", city, listed)[1]
    assert "at most so many" in said
    assert str(wooden) not in said
    every = f",,,{len(rows) + 5}"  # of all buildings, whatever they are
    listed.write_text(f"structure,use,least,most\n601,,1,{wooden + 2}\n{every}\n", encoding="utf-8")
    assert run("ledger", "add-external", city, listed)[0] == 0
    problem = run_release(city, dry_run=True).safe.plan.problem
    most = {problem.system.name_of(c): int(problem.ceiling[c]) for c in range(problem.system.n)}
    assert most["areas=082996, use=TOTAL, structure=601"] == wooden + 2
    assert most["areas=082996, use=TOTAL, structure=TOTAL"] == len(rows) + 5
    assert max(most.values()) == len(rows) + 5
    # What the list is silent about is as unknown as before: it makes no X of a zero.
    silent = changed(city, "silent.toml", (LEDGER, ""))
    plain = run_release(silent, dry_run=True).safe.plan.problem
    assert (problem.floor >= plain.floor).all()


def test_the_last_period_is_remembered_within_its_drift(city: Path) -> None:
    folder = city.parent
    first = run_release(city).safe
    later = (
        ("survey_date = 2025-10-01", "survey_date = 2026-03-01"),
        ('id = "small"', 'id = "next"'),
    )
    drift = (LEDGER, LEDGER + "drift = 0.5\n")
    correct_one_record(folder)
    plain = run_release(changed(city, "plain.toml", *later), dry_run=True).safe
    assert (plain.plan.problem.ceiling == UNBOUNDED).all()
    assert plain.report.checks[-1].endswith("none")
    done = run_release(changed(city, "drift.toml", *later, drift)).safe
    assert done.report.passed
    assert done.report.checks[-1].endswith("small.1")
    assert not done.system.known.any()
    # Every number printed then bounds the same place now, at most 50 % away, or as far as it moved.
    for then, now in zip(first.system.blocks, done.system.blocks, strict=True):
        assert all(a.same_codes(b) for a, b in zip(then.table.dims, now.table.dims, strict=True))
        seen = ~first.published.hidden[then.index] & (then.table.value > 0)
        known = np.maximum(then.table.value * 3 // 2, now.table.value)
        assert (done.plan.problem.ceiling[now.index] <= known)[seen].all()
        assert seen.any()
    assert (done.plan.problem.floor <= done.system.value).all()
    assert (done.plan.problem.ceiling >= done.system.value).all()


def test_classes_counted_in_a_group_are_no_x_of_then(city: Path) -> None:
    """A zero in a group could not have been an X; taken for one, it would let every X seem to be zero."""
    groups = ('order = ["merge", "suppress"]', 'order = ["collapse", "merge", "suppress"]\n'
              '[treatment.collapse]\nuse = { where = "areas" }')  # fmt: skip
    done = run_release(changed(city, "groups.toml", groups)).safe
    body = next(r.entry.body for r in Ledger(city.parent / "ledger.sqlite").rows())
    past = unpack(body).tables
    state = {t.name: t.state.ravel() for t in done.published.tables}
    assert any((state[t.name] == State.GROUPED).any() for t in past)
    for table in past:
        assert np.array_equal(table.floor >= 0, state[table.name] == State.HIDDEN)


def test_two_tables_after_one_that_crossed_their_classes(city: Path) -> None:
    """What links the two stands only in the earlier table, some of it below that one's subtotals."""
    folder = city.parent
    lists = (folder / "uses.csv").read_text("utf-8").replace("411,TOTAL", "41,TOTAL,住\n411,41")
    (folder / "uses.csv").write_text(lists.replace("412,TOTAL", "412,41"), "utf-8")
    text = city.read_text("utf-8")
    first, second = (i for i in range(len(text)) if text.startswith("[[tables]]", i))
    crossed, mesh = text[first:second], text[second : text.index("[treatment]")]
    run_release(changed(city, "a.toml", (mesh, "")))
    by = 'by = ["use", "structure"]'
    use = crossed.replace(by, 'by = ["use"]')
    two = use + crossed.replace(by, 'by = ["structure"]').replace("use_structure", "structure")
    names = ('id = "small"', 'id = "next"'), (crossed, two), (mesh, "")
    done = run_release(changed(city, "b.toml", *names))
    assert done.path is not None
    assert done.safe.report.passed


def test_one_table_after_two_that_both_divide_it(city: Path) -> None:
    """The areas' totals by use, and by structure: whoever adds up both counts every building twice."""
    text = city.read_text("utf-8")
    first, second = (i for i in range(len(text)) if text.startswith("[[tables]]", i))
    crossed, mesh = text[first:second], text[second : text.index("[treatment]")]
    by = 'by = ["use", "structure"]'
    use = crossed.replace(by, 'by = ["use"]')
    two = use + crossed.replace(by, 'by = ["structure"]').replace("use_structure", "structure")
    run_release(changed(city, "a.toml", (crossed, two), (mesh, "")))
    areas = crossed.replace(by, "by = []")
    later = ('id = "small"', 'id = "next"'), (crossed, areas), (mesh, "")
    assert run_release(changed(city, "b.toml", *later)).path is not None


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [("", 'protection = "integer"', 'write protection = "interval"'),
     ("owners = true", "owners = false", "write owners = true")],
)  # fmt: skip
def test_no_less_is_promised_than_before(city: Path, then: str, now: str, said: str) -> None:
    """Rows 8 3 and 1 7 under columns 9 10, the rows' totals hidden with them and no zero in sight: once
    rows 11 and 8 are printed at integer, 9 - 1 = 8 is the most beside the 3, which cannot seem less.
    """
    rule = "[rules.counts]\n"
    run_release(changed(city, "a.toml", (rule, f"{rule}{then}\n")))
    name = ('id = "small"', 'id = "next"')
    with pytest.raises(RulesError, match=said):
        run_release(changed(city, "b.toml", name, (rule, f"{rule}{now}\n")), dry_run=True)


def test_codes_that_changed_need_a_crosswalk(city: Path) -> None:
    folder = city.parent
    run_release(city)
    lists = (folder / "uses.csv").read_text("utf-8").replace("402", "502")
    (folder / "uses.csv").write_text(lists, "utf-8")
    records = (folder / "buildings.csv").read_text("utf-8").replace(",402,", ",502,")
    (folder / "buildings.csv").write_text(records, "utf-8")
    second = changed(city, "b.toml", ("serial = 1", "serial = 2"))
    with pytest.raises(InputError, match="crosswalk"):
        run_release(second, dry_run=True)
    (folder / "walk.csv").write_text("from,to\n502,402\n", "utf-8")
    walked = changed(second, "c.toml", (LEDGER, LEDGER + 'crosswalk = { use = "walk.csv" }\n'))
    report = run_release(walked, dry_run=True).safe.report
    assert report.passed
    assert "small.1" in report.checks[-1]


def test_what_an_earlier_release_has_taken_from_owners_is_said(city: Path) -> None:
    # First uses alone, then uses by structure: a 3 of then may be 1 + 2 now.
    mesh = (
        city.read_text("utf-8").partition('[[tables]]\nid = "use_mesh"')[2].partition("[treat")[0]
    )
    whole = ('[[tables]]\nid = "use_mesh"' + mesh, "")
    by, plain = (
        'by = ["use", "structure"]',
        ('order = ["merge", "suppress"]', 'order = ["suppress"]'),
    )
    less = (plain, ('[treatment.merge]\nmin_count = 10\nwithin = "any"\n', ""), whole)
    run_release(changed(city, "first.toml", *less, (by, 'by = ["use"]')))
    second = changed(city, "second.toml", *less, ('id = "small"', 'id = "second"'))
    problem = run_release(second).safe.plan.problem
    system, block = problem.system, problem.system.blocks[0]
    place = {int(c): i for i, c in enumerate(block.index.ravel())}
    table = [c for c in problem.left[:, 0].tolist() if c in place]
    cell = max(set(table), key=table.count)
    codes = block.table.codes_of(place[cell])
    # The sum over structures of one use in one area is all that was printed.
    for q in problem.left[problem.left[:, 0] == cell, 1].tolist():
        other = block.table.codes_of(place[q])
        assert {n for n in codes if codes[n] != other[n]} == {"structure"}
        both = system.value[cell] + system.value[q]
        assert problem.left[problem.left[:, 0] == cell, 4].max() == both - 1 < 3
    text = explain(second, "use_structure", ",".join(f"{n}={c}" for n, c in codes.items()))
    assert f"less to owners of units in {table.count(cell)} other cells" in text
    package = city.parent / "releases" / "second"
    certificate = package.with_name("second.internal") / "witness.npz"
    said = run("audit", package, "--certificate", certificate)[1]
    assert f"believed of the file: {len(problem.left)} promises to owners" in said
