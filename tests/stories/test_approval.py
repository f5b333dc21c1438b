"""Three persons agree before a package is signed; provision, purge and the log around it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import smallcity
from typer.testing import CliRunner

from sdc import cli
from sdc.config import read_config
from sdc.errors import InputError, NotProven, PackageError, RulesError
from sdc.microdata.factors import FACTORS
from sdc.pipeline import approving
from sdc.pipeline.keeping import cuttings, destroy, provide, purge, refuse_other_cutting
from sdc.pipeline.run import run_release
from sdc.publishing.keys import keygen
from sdc.worklog.agreement import NAMESPACE
from sdc.worklog.chain import read_log

WORDS = "correct horse battery"
PEOPLE = {"maker": "m@city.jp", "checker": "c@city.jp", "approver": "a@city.jp"}
SECTION = """
[signing]
key = "keys/release"
principal = "toshi@city.jp"
passphrase_file = "keys/words"
[approval]
log = "keys/work.log"
signers = "keys/people"
makers = ["m@city.jp"]
checkers = ["c@city.jp"]
approvers = ["a@city.jp"]
retention_days = 90
[approval.contractors.a]
name = "委託株式会社"
certificate = "ISMS"
number = "IS 000000"
expires = 2027-03-31
"""
EXIT = "[exit]\n" + "".join(
    f'[exit.decisions.{factor}]\ndecision = "accepted"\nperson = "統計課長"\nreason = "確認した"\n'
    for factor in FACTORS
)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of four persons: locking a key is slow on purpose."""
    keys = tmp_path_factory.mktemp("ring")
    (keys / "words").write_text(WORDS + "\n", "utf-8")
    (keys / "words").chmod(0o600)
    keygen(keys / "release", "toshi@city.jp", WORDS)
    lines = b""
    for role, who in PEOPLE.items():
        keygen(keys / role, who, WORDS, namespace=NAMESPACE)
        lines += (keys / f"{role}.allowed_signers").read_bytes()
    (keys / "people").write_bytes(lines)
    return keys


@pytest.fixture
def config(tmp_path: Path, ring: Path) -> Path:
    """The small city with signing and approval, the keys beside it."""
    path = Path(smallcity.write(tmp_path))
    shutil.copytree(ring, tmp_path / "keys")
    path.write_text(path.read_text("utf-8") + SECTION, encoding="utf-8")
    return path


def sign(config: Path, role: str, *, who: str | None = None, key: str | None = None) -> None:
    approving.approve(
        read_config(config), role, key=config.parent / "keys" / (key or role),
        principal=who or PEOPLE[role], passphrase=WORDS,
    )  # fmt: skip


def test_nothing_is_signed_before_three_persons_agree(config: Path) -> None:
    package = config.parent / "releases" / "small"
    with pytest.raises(InputError, match="run sdc release first"):
        sign(config, "maker")
    for role in PEOPLE:
        with pytest.raises(NotProven) as caught:
            run_release(config)
        assert caught.value.code == "approval"
        assert f"--role {role}" in caught.value.en
        assert not package.exists()
        sign(config, role)
    run_release(config)
    assert (package / "tagmanifest-sha256.txt.sig").is_file()
    kinds = [e.kind for e in read_log(config.parent / "keys" / "work.log")]
    # one candidate however often it is asked for; a step for every attempt
    assert kinds.count("candidate") == 1
    assert kinds.count("approval") == 3
    assert kinds[-2:] == ["published", "step"]
    last = read_log(config.parent / "keys" / "work.log")[-1]
    assert (last.result, last.detail["command"]) == ("ok", "release")
    assert "監査 / auditing" in last.detail["steps"]
    assert last.detail["version"]


def test_approval_is_for_exactly_this_release(config: Path) -> None:
    with pytest.raises(NotProven):
        run_release(config)
    for role in PEOPLE:
        sign(config, role)
    text = config.read_text("utf-8")
    config.write_text(text.replace("min_count = 3", "min_count = 4"), encoding="utf-8")
    with pytest.raises(NotProven, match="waiting for maker"):
        run_release(config)


def test_who_may_not_agree(config: Path) -> None:
    with pytest.raises(NotProven):
        run_release(config)
    with pytest.raises(InputError, match="not named as checker"):
        sign(config, "checker", who="m@city.jp", key="maker")
    with pytest.raises(PackageError, match="not a key of"):
        sign(config, "checker", key="maker")
    with pytest.raises(PackageError):  # the key that signs releases is no key for approvals
        sign(config, "checker", key="release")
    with pytest.raises(RulesError):
        sign(config, "mayor", who="m@city.jp", key="maker")
    sign(config, "maker")
    with pytest.raises(InputError, match="no role is given twice"):
        sign(config, "maker")


def test_a_forged_entry_does_not_hold(config: Path) -> None:
    with pytest.raises(NotProven):
        run_release(config)
    loaded = read_config(config)
    log = config.parent / "keys" / "work.log"
    digest = next(e.detail["digest"] for e in read_log(log) if e.kind == "candidate")
    sign(config, "maker")
    real = next(e.detail["signature"] for e in read_log(log) if e.kind == "approval")
    for role in ("checker", "approver"):  # a proper entry with a signature for another role
        detail = {"digest": digest, "role": role, "principal": PEOPLE[role], "signature": real}
        approving.note(loaded, "approval", detail)
    with pytest.raises(PackageError):
        run_release(config)
    assert not (config.parent / "releases" / "small").exists()


def test_one_key_under_three_names_is_one_person(config: Path) -> None:
    keys = config.parent / "keys"
    line = (keys / "maker.allowed_signers").read_text("utf-8")
    (keys / "people").write_text(
        "".join(line.replace(PEOPLE["maker"], who) for who in PEOPLE.values()), "utf-8"
    )
    with pytest.raises(NotProven):
        run_release(config)
    for role in PEOPLE:
        sign(config, role, key="maker")
    with pytest.raises(PackageError, match="one key"):
        run_release(config)
    assert not (config.parent / "releases" / "small").exists()


def test_an_expired_certificate_stops_the_release(config: Path) -> None:
    text = config.read_text("utf-8").replace("2027-03-31", "2026-03-31")
    config.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_release(config)
    assert caught.value.code == "contractor"


def test_provision_and_purge(config: Path) -> None:
    loaded = read_config(config)
    with pytest.raises(InputError, match="not published"):
        provide(loaded, to="協会", purpose="分析", person="課長")
    approving.note(loaded, "published", {})
    with pytest.raises(InputError, match="all needed"):
        provide(loaded, to="協会", purpose=" ", person="課長")
    entry = provide(loaded, to="協会", purpose="分析", person="課長")
    assert entry.detail["to"] == "協会"
    releases = config.parent / "releases"
    internal = releases / "small.internal"
    for folder in (releases, releases / "small", internal):
        folder.mkdir()
    assert purge(loaded) == []
    later = datetime.now(UTC) + timedelta(days=91)
    assert purge(loaded, dry_run=True, now=later) == ["small.internal"]
    assert internal.is_dir()
    assert purge(loaded, now=later) == ["small.internal"]
    assert not internal.exists()
    assert (releases / "small").is_dir()


def test_purging_never_leaves_the_folder_of_releases(config: Path, tmp_path: Path) -> None:
    """A link in the place of an internal folder, and a log that names another folder."""
    loaded, aside = read_config(config), tmp_path / "aside"
    aside.mkdir()
    (aside / "kept").write_bytes(b"records")
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "small.internal").symlink_to(aside, target_is_directory=True)
    later = datetime.now(UTC) + timedelta(days=91)
    approving.note(loaded, "published", {})
    assert purge(loaded, now=later) == []
    approving.note(loaded, "published", {"release": "../aside"})
    (tmp_path / "aside.internal").mkdir()
    with pytest.raises(PackageError, match="cannot be"):
        purge(loaded, now=later)
    assert (aside / "kept").read_bytes() == b"records"
    assert (tmp_path / "aside.internal").is_dir()


def test_destroying_overwrites_first(tmp_path: Path) -> None:
    folder = tmp_path / "x.internal"
    (folder / "deep").mkdir(parents=True)
    secret = folder / "deep" / "audit.json"
    secret.write_bytes(b"true values")
    twin = tmp_path / "twin"
    twin.hardlink_to(secret)  # the same blocks under another name
    destroy(folder)
    assert not folder.exists()
    assert twin.read_bytes() == bytes(len(b"true values"))


def test_commands(config: Path) -> None:
    def run(*words: object) -> tuple[int, str]:
        outcome = CliRunner().invoke(cli.app, [str(w) for w in words])
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        return outcome.exit_code, outcome.stdout

    keys = config.parent / "keys"
    with pytest.raises(NotProven):
        run("release", config)
    for role, who in PEOPLE.items():
        status, text = run("approve", config, "--role", role, "--key", keys / role, "--principal", who,
                           "--passphrase-file", keys / "words")  # fmt: skip
        assert (status, who in text) == (0, True)
    assert run("release", config)[0] == 0
    status, text = run("worklog", config, "--kind", "approval")
    assert (status, text.count("approval"), "unaltered" in text) == (0, 3, True)
    status, text = run("provide", config, "--to", "協会", "--purpose", "分析", "--person", "課長")
    assert status == 0
    assert run("purge", config, "--dry-run")[0] == 0
    assert run("keygen", "--purpose", "pseudonym", "--out", keys / "hmac")[0] == 0
    assert (keys / "hmac").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError):
        run("keygen", "--purpose", "fun", "--out", keys / "fun")


def test_the_same_data_are_never_cut_in_two_ways(tmp_path: Path) -> None:
    import moving

    path = moving.write(tmp_path, people=20, tables=moving.TRIPS)
    section = SECTION.replace("keys/", "secret/") + EXIT
    for name in ("release", "words", "people"):
        (tmp_path / "secret" / name).write_text("", "utf-8")
    path.write_text(path.read_text("utf-8") + section, encoding="utf-8")
    loaded = read_config(path)
    refuse_other_cutting(loaded)
    approving.note(loaded, "published", {"cuttings": cuttings(loaded)})
    refuse_other_cutting(loaded)  # the same cutting again is no danger
    other = path.read_text("utf-8").replace('definition = "hops"', 'definition = "chains"')
    path.write_text(other, encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        refuse_other_cutting(read_config(path))
    assert caught.value.code == "trips-cut"
    assert json.dumps(cuttings(loaded))  # plain values, fit for the log


def test_no_overlapping_periods_for_one_recipient(tmp_path: Path) -> None:
    import moving

    path = moving.write(tmp_path, people=20)
    for name in ("release", "words", "people"):
        (tmp_path / "secret" / name).write_text("", "utf-8")
    base = path.read_text("utf-8") + SECTION.replace("keys/", "secret/") + EXIT
    october, november = (1_475_280_000, 1_477_958_399), (1_477_958_400, 1_480_550_399)
    for name, span in (("one", october), ("two", november), ("three", (october[1], november[0]))):
        path.write_text(base.replace('id = "moving-2016"', f'id = "{name}"'), encoding="utf-8")
        facts = {"moves": {"first_second": span[0], "last_second": span[1]}}
        approving.note(read_config(path), "published", {"entry": facts})
    for name in ("one", "two"):
        path.write_text(base.replace('id = "moving-2016"', f'id = "{name}"'), encoding="utf-8")
        provide(read_config(path), to="協会", purpose="分析", person="課長")
    path.write_text(base.replace('id = "moving-2016"', 'id = "three"'), encoding="utf-8")
    for same in ("協会", " 協 会\u3000"):
        with pytest.raises(InputError, match="same period"):
            provide(read_config(path), to=same, purpose="分析", person="課長")
    provide(read_config(path), to="大学", purpose="分析", person="課長")
