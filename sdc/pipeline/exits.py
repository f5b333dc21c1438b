"""Are the nine factors decided about, on what evidence, and how does the assessment read?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from sdc.config import Config
from sdc.errors import NotProven
from sdc.messages import LANGUAGES, Text, of_names
from sdc.microdata import factors
from sdc.microdata.factors import FACTORS, Evidence
from sdc.microdata.kanonymity import persons_in
from sdc.model.coded import Coded
from sdc.pipeline.approving import log_of
from sdc.pipeline.geography import MESH
from sdc.pipeline.prepare import Prepared
from sdc.publishing.pia import Answer, Assessment, camera_form, markdown, pdf
from sdc.worklog.chain import read_log

DECISIONS = {
    "accepted": ("許容", "accepted"),
    "treated": ("加工で対処", "treated"),
    "not_applicable": ("該当なし", "not applicable"),
}
FLAG = (" 【要確認】", " [needs attention]")
FINEST = {"80km": 80_000, "10km": 10_000, "5km": 5_000, "2km": 2_000, "1km": 1_000, "500m": 500,
          "250m": 250, "125m": 125, "100m": 100}  # fmt: skip
"""Side of a mesh cell in metres, roughly."""

Entry = Mapping[str, Mapping[str, Any]]


def evidence_of(config: Config, prepared: Prepared) -> tuple[Evidence, ...]:
    """Evidence about each factor, in their order; empty where nothing was de-identified.

    The least favourable of all record sets speaks for a factor.
    """
    entry: Entry = prepared.entry
    if not entry:
        return ()
    skew = {f"{n}.{c}": share for n, f in entry.items() for c, share in f["skew"].items()}
    rules = [r.rule for s in config.deidentify.values() for r in s.delete]
    asked = [config.deidentify[n].k for n in entry]
    k = min((k for k in asked if k is not None), default=None)
    days = {d for f in entry.values() for d in f["days"]}
    first, last = _period(config, entry)
    events = (
        [] if config.document.exit is None else [d.isoformat() for d in config.document.exit.events]
    )
    months = 3 if config.document.exit is None else config.document.exit.months
    return (
        factors.attributes(skew),
        factors.place(rules),
        factors.group(
            min(f["smallest_group"] for f in entry.values()),
            k if all(k is not None for k in asked) else None,
        ),
        factors.season(days, events),
        factors.precision(*_finest(config, prepared.coded)),
        factors.history(first, last, _overlapping(config, entry)),
        factors.time(_minutes(config)),
        factors.persons(
            min(f["persons"] for f in entry.values()), max(f["devices"] for f in entry.values())
        ),
        factors.delay(last, config.release.release_date, months),
    )


def _period(config: Config, entry: Entry) -> tuple[date, date]:
    seconds = [f[key] for f in entry.values() for key in ("first_second", "last_second")]
    known = [datetime.fromtimestamp(s, UTC).date() for s in seconds if s is not None]
    survey = config.release.survey_date
    return min(known, default=survey), max(known, default=survey)


def _finest(config: Config, coded: Mapping[str, Coded]) -> tuple[str, float]:
    """The finest published place, and the share of its occupied cells with too few persons."""
    levels = config.geography.mesh.levels if config.geography.mesh is not None else ()
    level = min(levels, key=lambda name: FINEST[name], default="-")
    least = min(config.rules[t.rules].min_count for t in config.tables)
    shares = []
    for c in coded.values():
        leaf = c.leaf.get(MESH)
        if leaf is None or c.owner is None or not len(leaf):
            continue
        cells, first = np.unique(leaf, return_index=True)
        persons = persons_in(leaf, c.owner)[first]
        shares.append(float((persons < least).sum() / len(cells)))
    return level, max(shares, default=0.0)


def _minutes(config: Config) -> int | None:
    """The finest time of day that a table is classified by."""
    found = []
    for t in config.tables:
        for column in t.by:
            source = config.records[t.records].columns[column].source
            if config.records[t.records].view is not None and source == "hour":
                found.append(60)
            for section in config.deidentify.values():
                spec = section.columns.get(source)
                if spec is not None and spec.method in ("minutes", "hour", "slots"):
                    found.append(spec.minutes or 60)
    return min(found, default=None)


def _overlapping(config: Config, entry: Entry) -> list[str]:
    """Earlier releases in the working log whose period overlaps."""
    if config.approval is None:
        return []
    first, last = _period(config, entry)
    out = []
    for e in read_log(log_of(config)):
        if e.kind != "published" or e.detail["release"] == config.release.id:
            continue
        for f in e.detail.get("entry", {}).values():
            if f.get("first_second") is None:
                continue
            a = datetime.fromtimestamp(f["first_second"], UTC).date()
            b = datetime.fromtimestamp(f["last_second"], UTC).date()
            if a <= last and first <= b:
                out.append(str(e.detail["release"]))
    return sorted(set(out))


def entry_lines(prepared: Prepared) -> list[tuple[Text, object]]:
    """What a person must see of the entry: levels that were chosen, warnings; no numbers of people."""
    out: list[tuple[Text, object]] = []
    for name, facts in prepared.entry.items():
        out += [(Text("generalised"), f"{name}.{c}: {m}") for c, m in facts["levels"].items()]
        for pair in facts["warnings"]:
            out.append((Text("warning"), f"{name}: {of_names(pair)}"))
    return out


def require_decisions(config: Config, evidence: tuple[Evidence, ...]) -> None:
    """Raise NotProven where a flagged factor was called not applicable."""
    if config.document.exit is None:
        return
    for e in evidence:
        if e.flagged and config.document.exit.decisions[e.factor].decision == "not_applicable":
            raise NotProven(
                Text(
                    "the factor {title!r} cannot be called not applicable: {found}",
                    title=FACTORS[e.factor],
                    found=e.text,
                ),
                code="exit",
            )


def exit_files(config: Config, prepared: Prepared) -> dict[str, bytes]:
    """Evidence and assessment in both forms and languages, for the internal folder."""
    entry, evidence = prepared.entry, evidence_of(config, prepared)
    files: dict[str, bytes] = {}
    if config.document.camera is not None:
        camera = config.document.camera
        for i, language in enumerate(LANGUAGES):
            text = camera_form(camera.operator, camera.purpose, camera.answers, language=i)
            files[f"camera.{language}.md"] = text.encode()
    if not evidence:
        return files
    value = {
        "factors": [
            {"factor": e.factor, "flagged": e.flagged, **{k: e.text.to(k) for k in LANGUAGES}}
            for e in evidence
        ],
        "entry": entry,
    }
    files["exit.json"] = (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
    for i, language in enumerate(LANGUAGES):
        made = assessment_of(config, entry, evidence, language=i)
        for short, name in ((False, "pia"), (True, "pia_short")):
            files[f"{name}.{language}.md"] = markdown(made, short=short, language=i).encode()
            files[f"{name}.{language}.pdf"] = pdf(made, short=short, language=i)
    return files


def assessment_of(
    config: Config,
    entry: Entry,
    evidence: tuple[Evidence, ...],
    *,
    language: int,
) -> Assessment:
    """The report, filled in only with what this run has shown."""
    rows = []
    for e in evidence:
        tongue = LANGUAGES[language]
        text = e.text.to(tongue) + (FLAG[language] if e.flagged else "")
        decision = (
            None if config.document.exit is None else config.document.exit.decisions[e.factor]
        )
        words = "-" if decision is None else DECISIONS[decision.decision][language]
        who = "-" if decision is None else f"{decision.person}: {decision.reason}"
        rows.append((FACTORS[e.factor].to(tongue), text, words, who))
    r = config.release
    return Assessment(
        r.title, r.release_date.isoformat(), r.section, _answers(config, entry), rows
    )  # fmt: skip


def _answers(config: Config, entry: Entry) -> dict[str, Answer]:
    """The items that a run proves by itself."""
    sections = config.deidentify.values()
    linking = [c for s in sections for c in s.columns.values() if c.role == "linking"]
    kept = {c for f in entry.values() for c in f["kept"]}
    listed = ", ".join(sorted(kept))
    out = {
        "2.3": Answer(
            f"役割のない列は受け付けず、残した列は {listed} だけです",
            f"columns without a role are refused; kept are {listed} only", "exit.json",
        ),
        "4.3": Answer(
            "設定ファイルに定めた方法だけを用いました",
            "only the methods of the configuration were used", "configuration.json",
        ),
        "4.6": Answer(
            f"連結する符号 {len(linking)} 列を削除または鍵付き一方向関数で置き換えました",
            f"{len(linking)} linking codes were dropped or replaced by a keyed one-way function",
            "exit.json",
        ),
        "4.7": Answer(
            "非識別性と九つの評価要素を確かめました (下の表)",
            "anonymity and the nine factors were examined (table below)", "exit.json, audit.json",
        ),
        "5.5": Answer(
            "公表する項目は公表パッケージの datapackage.json に示します",
            "the items published are listed in datapackage.json of the package", "datapackage.json",
        ),
    }  # fmt: skip
    if any(s.opt_out for s in sections):
        out["2.4"] = Answer(
            "申出者の一覧を集計前に除きました", "the list of objections was applied before counting",
            "exit.json",
        )  # fmt: skip
    if any(c.scope for c in linking):
        out["3.10"] = Answer(
            "仮IDは期間ごとに変わり、鍵なしには結び付きません",
            "pseudonyms change with their scope and cannot be linked without the key", "exit.json",
        )  # fmt: skip
    if config.approval is not None:
        out |= _logged(config)
    return out


def _logged(config: Config) -> dict[str, Answer]:
    assert config.approval is not None
    out = {
        "4.2": Answer(
            "作業を連鎖した作業記録に残し、改変がないことを確かめました",
            "work is in a hash-chained log, which was found unaltered", "sdc worklog",
        ),
        "5.4": Answer(
            "提供の日付・目的・責任者を作業記録に残します",
            "date, purpose and responsible person of provisions go into the log",
            "sdc worklog --kind provision",
        ),
    }  # fmt: skip
    if config.approval.retention_days is not None:
        days = config.approval.retention_days
        out["3.5"] = Answer(
            f"内部データの保管期間は {days} 日です", f"internal data are kept for {days} days",
            "sdc purge",
        )  # fmt: skip
    return out
