"""Every sentence of the program has a Japanese form, and every Japanese form is used."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from sdc import cli
from sdc.errors import Finding, InputError
from sdc.messages import NOTHING, Text, catalogue, parse, spoken

ROOT = Path(__file__).parents[1]
COMMANDS = [ROOT / "sdc/cli.py", *sorted((ROOT / "sdc/commands").glob("*.py"))]
Place = tuple[str, str, tuple[str, ...]]


def places(template: str) -> set[str]:
    """The names in the braces of a template."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def has_words(template: str) -> bool:
    """Whether there is anything to translate."""
    return bool(re.sub(r"\{[^{}]*\}", "", template).strip())


def sentences() -> Iterator[Place]:
    """Where, which template, filled with which names: all ``Text("…")``, and the help of commands."""
    for path in sorted((ROOT / "sdc").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Text"
                and isinstance(node.args[0], ast.Constant)
            ):
                yield where, node.args[0].value, tuple(k.arg for k in node.keywords if k.arg)
            if isinstance(node, ast.FunctionDef) and path in COMMANDS:
                text = ast.get_docstring(node) or ""
                if "\nExample:" in text:
                    yield where, text.partition("\n")[0], ()


FOUND = list(sentences())


def test_no_sentence_lacks_its_japanese_form() -> None:
    known = catalogue("ja")
    missing = [
        f"{where} {text!r}" for where, text, _ in FOUND if has_words(text) and text not in known
    ]
    assert len(FOUND) > 600
    assert not missing, "add them to sdc/locale/ja/LC_MESSAGES/sdc.po:\n" + "\n".join(missing)


def test_no_entry_of_the_catalogue_is_unused() -> None:
    used = {text for _, text, _ in FOUND if has_words(text)}
    assert not sorted(set(catalogue("ja")) - used)


def test_both_languages_have_the_same_places() -> None:
    wrong = [(en, ja) for en, ja in catalogue("ja").items() if places(en) != places(ja) or not ja]
    assert not wrong


def test_nothing_is_filled_in_that_has_no_place() -> None:
    wrong = [(where, text, set(fill) - places(text)) for where, text, fill in FOUND]
    assert not [w for w in wrong if w[2]]


def test_the_catalogue_is_sorted_and_has_no_entry_twice() -> None:
    file = ROOT / "sdc/locale/ja/LC_MESSAGES/sdc.po"
    heads = re.findall(r'^msgid (".*")$', file.read_text(encoding="utf-8"), re.MULTILINE)[1:]
    plain = [ast.literal_eval(h) for h in heads]
    assert plain == sorted(set(plain))


def test_a_catalogue_of_other_tools_is_read() -> None:
    """Comments, wrapped lines and escapes, as editors of catalogues write them."""
    head = '# c\n#: sdc/a.py:3\nmsgid ""\nmsgstr "Language: ja\\n"\n\n'
    text = head + 'msgid ""\n"a \\"b\\" "\n"c"\nmsgstr "い\\n"\n"ろ"\n'
    assert parse(text) == {'a "b" c': "い\nろ"}


@pytest.mark.parametrize(
    ("environment", "languages"),
    [
        ({"SDC_LANG": "ja", "LANG": "en_US.UTF-8"}, ("ja",)),
        ({"SDC_LANG": "en", "LC_ALL": "ja_JP.UTF-8"}, ("en",)),
        ({"LC_ALL": "ja_JP.eucJP", "LANG": "en_GB"}, ("ja",)),
        ({"LC_MESSAGES": "en_GB.UTF-8", "LANG": "ja_JP.UTF-8"}, ("en",)),
        ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, ("ja",)),
        ({"LANG": "C.UTF-8"}, ("ja", "en")),
        ({"LANG": "fr_FR.UTF-8"}, ("ja", "en")),
        ({}, ("ja", "en")),
    ],
)
def test_who_decides_the_language(environment: dict[str, str], languages: tuple[str, ...]) -> None:
    assert spoken(environment) == languages


def test_a_sentence_is_told_in_the_language_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = Text("issue {serial}, {day}", serial=2, day=date(2026, 4, 1))
    seen = {}
    for language in ("ja", "en"):
        monkeypatch.setenv("SDC_LANG", language)
        seen[language] = str(text)
    monkeypatch.delenv("SDC_LANG")
    assert seen == {"ja": "第2版、2026年4月1日", "en": "issue 2, 1 April 2026"}
    assert str(text) == "第2版、2026年4月1日 / issue 2, 1 April 2026"
    assert str(NOTHING) == ""


def test_an_error_keeps_both_languages_and_shows_one(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Finding(
        "x", Text("must be a whole number"), Text("correct the value"), file="a.csv", row=2
    )
    error = InputError.of([bad])
    assert "整数であること" in error.ja
    assert "must be a whole number" in error.en
    monkeypatch.setenv("SDC_LANG", "en")
    assert str(error) == error.en


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if k not in ("SDC_LANG", "LANG", "LC_ALL")}
    command = [sys.executable, "-m", "sdc", *words]
    own = clean | {"PYTHONUTF8": "1", "COLUMNS": "200"} | environment
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=own, check=False)


JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def test_the_whole_help_is_in_one_language() -> None:
    for words in ([], ["release"], ["protect"], ["ledger", "check"]):
        english = run(*words, "--help", SDC_LANG="en")
        japanese = run(*words, "--help", LANG="ja_JP.UTF-8")
        assert english.returncode == japanese.returncode == 0
        assert not JAPANESE.search(english.stdout), english.stdout
        assert JAPANESE.search(japanese.stdout)
        assert "オプション" in japanese.stdout
    both = run("protect", "--help", LANG="C")
    assert "[既定: interval] / [default: interval]" in both.stdout


def test_an_error_on_the_terminal_has_one_language_and_its_code(tmp_path: Path) -> None:
    for language, word in (("ja", "エラー"), ("en", "error")):
        done = run("mesh", "0", "0", "--level", "7km", SDC_LANG=language)
        assert done.returncode == 2
        assert done.stderr.startswith(word)
        assert done.stderr.rstrip().endswith("[mesh-level]")
        assert len(done.stderr.splitlines()) == 1
    both = run("mesh", "0", "0", "--level", "7km", LANG="C").stderr.splitlines()
    assert [line.split(":")[0] for line in both] == ["エラー", "error"]


@pytest.mark.parametrize(
    ("words", "japanese", "english"),
    [
        (["relase"], "`release` ではありませんか", "did you mean `release`?"),
        (["release"], "'CONFIG.toml' がありません", "'CONFIG.toml' is missing"),
        (["ledger"], "コマンドの指定がありません", "a command is missing"),
        (
            ["release", "--owt", "x"],
            "--owt というオプションはありません",
            "there is no option --owt",
        ),
        (["mesh", "35", "x"], "数値として読めること", "must be a number"),
        (["audit", "a.csv", "--min-count", "x"], "整数であること", "must be a whole number"),
    ],
)
def test_a_mistyped_command_says_what_to_type(
    words: list[str],
    japanese: str,
    english: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["sdc", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    ja, en = capsys.readouterr().err.splitlines()
    assert japanese in ja
    assert english in en
    assert en.endswith("--help) [usage]")


def test_another_language_is_refused() -> None:
    done = run("mesh", "35", "139", SDC_LANG="fr")
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith("[usage]")
