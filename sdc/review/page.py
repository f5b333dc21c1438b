"""What does the one page look like on which a reviewer decides? A single file, no network, internal."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from string import Template

from sdc.model.release import Release
from sdc.pipeline.finished import summary_of
from sdc.pipeline.run import Safe, internal_files, open_door
from sdc.review.payload import payload

PROOFS = {
    "agreement": ("公表値と表の一致", "what is printed agrees with the tables"),
    "witnesses checked by integer addition": (
        "すべての証拠表を整数の足し算だけで確認",
        "every witness table added up in whole numbers",
    ),
}
"""What a check of the audit means, in words for a reviewer."""
LEVELS = {
    "linear": (
        "足し引きでは求まらない (安全の保証ではない)",
        "adding and subtracting; no guarantee",
    ),
    "integer": ("取りうる整数が2つ以上", "more than one whole number is possible"),
    "interval": (
        "基準値以上も、真の値より小さい値も除けない",
        "neither the threshold nor a smaller value can be excluded",
    ),
}


def review_page(safe: Safe) -> str:
    """The page of a release that passed; true values are in it. O(cells + corners of the maps)."""
    release = open_door(safe)
    data = json.dumps(payload(safe, release), ensure_ascii=False, separators=(",", ":"))
    files = {name: _resource(name) for name in ("page.html", "page.css", "page.js")}
    return Template(files["page.html"]).substitute(
        title=html.escape(release.info.title),
        facts=_facts(release),
        style=files["page.css"],
        verdict=_verdict(safe),
        numbers=_numbers(safe),
        checks=_checks(safe),
        merges=_merges(release),
        collapses=_collapses(release),
        changes=_changes(safe),
        # The only text that could end the script element early.
        data=data.replace("</", "<\\/"),
        script=files["page.js"],
    )


def write_review(safe: Safe, file: Path) -> Path:
    """Write the page for its owner alone (0600, in a folder of 0700), whole or not at all."""
    text = review_page(safe)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=".sdc-", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return file


def usual_place(safe: Safe) -> Path:
    """Where the page lies unless somebody says otherwise: a private folder beside the packages."""
    return safe.config.output_dir / "review.internal" / f"{safe.config.release.id}.html"


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath("files", name).read_text(encoding="utf-8")


def _facts(release: Release) -> str:
    info = release.info
    parts = (info.municipality_name, info.id, f"第{info.serial}版", str(info.release_date))
    return html.escape(" · ".join(p for p in parts if p))


def _verdict(safe: Safe) -> str:
    level = str(safe.report.level)
    ja, en = LEVELS.get(level, (level, level))
    return (
        "<strong>監査に合格しました。この内容で公表できます。</strong>"
        "<span>The audit passed: this may be published.</span>"
        f"<small>水準 / level <b>{html.escape(level)}</b>: {ja} / {en}</small>"
    )


def _numbers(safe: Safe) -> str:
    n = summary_of(safe.plan, safe.report, seconds=safe.seconds)
    hidden = n["n_primary"] + n["n_complementary"]
    aside = sum(len(a.rows) for a in safe.prepared.aside)
    # A method without a lower bound leaves it at 0: then nothing is known of the gap.
    known = n["lower_bound"] > 0 or n["cost_complementary"] == 0
    pairs: list[tuple[str, str, str]] = [
        ("セル", "cells", f"{n['n_cells']:,}"),
        ("秘匿 X", "hidden", f"{hidden:,} ({hidden / max(n['n_cells'], 1):.1%})"),
        ("一次", "primary", f"{n['n_primary']:,}"),
        ("補完", "complementary", f"{n['n_complementary']:,}"),
        ("合算した区域", "areas merged", f"{len(safe.treated.merges):,}"),
        ("集約した区分", "classes collapsed", f"{len(safe.treated.collapses):,}"),
        ("記録", "records", f"{sum(safe.prepared.read.values()):,}"),
        ("区域外の記録", "records outside", f"{aside:,}"),
        ("方法", "method", str(n["method"])),
        ("最適との差 (以下)", "gap to the least loss", f"{n['gap']:.1%}" if known else "—"),
    ]
    return "".join(
        f"<div><dt>{ja}<i>{en}</i></dt><dd>{html.escape(value)}</dd></div>"
        for ja, en, value in pairs
    )


def _checks(safe: Safe) -> str:
    rows = []
    for check in safe.report.checks:
        ja, en = PROOFS.get(check, (check, ""))
        rows.append((f"○ {ja}", en))
    rows.append((f"○ 一次秘匿 {len(safe.report.verdict)} セルすべて", "every primary cell"))
    digest = safe.report.published_digest
    rows.append((f"監査した内容の SHA-256: {digest}", "digest of what was audited"))
    if safe.report.ledger_head:
        rows.append((f"台帳: {safe.report.ledger_head}", "head of the ledger"))
    return _rows(rows)


def _merges(release: Release) -> str:
    head = ("合算した区域 / merged", "", "合算先 / into", "")
    return _grid(head, [(m.source, m.source_name, m.target, m.target_name) for m in release.merges])


def _collapses(release: Release) -> str:
    head = ("区分 / class", "", "まとめ先 / group", "")
    rows = [(c.source, c.source_label, c.target, c.target_label) for c in release.collapses]
    return _grid(head, rows)


def _changes(safe: Safe) -> str:
    """Comparison with the last release, where the configuration names one."""
    text = internal_files(safe).get("changes.csv") if safe.earlier is not None else None
    if text is None:
        return "<p>比較する以前の公表はありません / no earlier release is named in the configuration</p>"
    head, *rows = csv.reader(io.StringIO(text.decode("utf-8-sig")))
    return _grid(head, rows)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = _rows(rows)
    if not body:
        return "<p>なし / none</p>"
    names = "".join(f"<th>{html.escape(h)}</th>" for h in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
