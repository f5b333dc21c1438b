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

from sdc.messages import LANGUAGES, Text, of_names, spoken
from sdc.model.release import Release
from sdc.pipeline.finished import summary_of
from sdc.pipeline.run import Safe, internal_files, open_door
from sdc.review.payload import payload
from sdc.review.words import page_words

LEVELS = {
    "linear": Text("adding and subtracting; no guarantee"),
    "integer": Text("more than one whole number is possible"),
    "interval": Text("neither the threshold nor a smaller value can be excluded"),
    "rule-aware": Text(
        "the same, for a reader too who runs the tool again on every possible table"
    ),
}


CHANGES = {
    "kind": Text("kind"),
    "where": Text("where"),
    "code": Text("code"),
    "before": Text("earlier"),
    "now": Text("now"),
    "reason": Text("reason"),
}
"""The columns of what changed since the last release, and their heads."""


def review_page(safe: Safe) -> str:
    """The page of a release that passed; true values are in it. O(cells + corners of the maps)."""
    release = open_door(safe)
    data = json.dumps(payload(safe, release), ensure_ascii=False, separators=(",", ":"))
    files = {name: _resource(name) for name in ("page.html", "page.css", "page.js")}
    return Template(files["page.html"]).substitute(
        **page_words(),
        language=spoken()[0],
        title=html.escape(release.info.title),
        facts=_facts(release),
        style=files["page.css"],
        verdict=_verdict(safe),
        numbers=_numbers(safe),
        checks=_checks(safe),
        merges=_merges(release),
        collapses=_collapses(release),
        changes=_changes(safe),
        # A name may neither end the script element early nor open a comment that keeps it from ending.
        data=data.replace("<", "\\u003c"),
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
    issue = Text("issue {serial}, {day}", serial=info.serial, day=info.release_date)
    parts = (info.municipality_name, info.id, str(issue))
    return html.escape(" · ".join(p for p in parts if p))


def _verdict(safe: Safe) -> str:
    level = str(safe.report.level)
    promise = Text("level {level}: {promise}", level=level, promise=LEVELS[level])
    passed = Text("The audit passed: this may be published.")
    return f"<strong>{html.escape(str(passed))}</strong><small>{html.escape(str(promise))}</small>"


def _numbers(safe: Safe) -> str:
    n = summary_of(safe.plan, safe.report, seconds=safe.seconds)
    hidden = n["n_primary"] + n["n_complementary"]
    aside = sum(len(a.rows) for a in safe.prepared.aside)
    # A method without a lower bound leaves it at 0: then nothing is known of the gap.
    known = n["lower_bound"] > 0 or n["cost_complementary"] == 0
    pairs: list[tuple[Text, str]] = [
        (Text("cells"), f"{n['n_cells']:,}"),
        (Text("hidden X"), f"{hidden:,} ({hidden / max(n['n_cells'], 1):.1%})"),
        (Text("primary"), f"{n['n_primary']:,}"),
        (Text("complementary"), f"{n['n_complementary']:,}"),
        (Text("areas merged"), f"{len(safe.treated.merges):,}"),
        (Text("classes collapsed"), str(safe.treated.collapsed)),
        (Text("records"), f"{sum(safe.prepared.read.values()):,}"),
        (Text("outside"), f"{aside:,}"),
        (Text("method"), str(n["method"])),
        (Text("gap to the least loss"), f"{n['gap']:.1%}" if known else "—"),
    ]
    return "".join(
        f"<div><dt>{html.escape(str(name))}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in pairs
    )


def proof(check: str) -> Text:
    """What a check of an audit that was passed means, in words for a reviewer.

    >>> proof("owners of units: 0 primary cells narrowed").to("en")
    'the same for the owner of any one unit'
    """
    kind, _, said = check.partition(": ")
    words = {
        "agreement": Text("what is printed agrees with the tables"),
        "witnesses checked by integer addition": Text(
            "every witness table added up in whole numbers"
        ),
        "elimination modulo 2^61-1 and 2^31-1": Text("no X follows by adding and subtracting"),
        "owners of units": Text("the same for the owner of any one unit"),
        "promises to owners that end earlier": Text(
            "promises to owners that end earlier, as all know more: {n}", n=said
        ),
        "derived figures": Text("every figure follows from printed numbers alone"),
        "twins": Text("the tool, run again on the twins, published the same"),
        "jointly with earlier releases": Text(
            "earlier releases reckoned with: {names}",
            names=Text("none") if said == "none" else said,
        ),
    }
    return words.get(kind, Text("{name}", name=check))


def _checks(safe: Safe) -> str:
    done = [proof(check) for check in safe.report.checks]
    done.append(Text("every primary cell ({n:,})", n=len(safe.report.verdict)))
    rows = [(f"○ {text}",) for text in done]
    digest = safe.report.published_digest
    rows.append((str(Text("digest of what was audited: {digest}", digest=digest)),))
    if safe.report.ledger_head:
        rows.append((str(Text("head of the ledger: {head}", head=safe.report.ledger_head)),))
    return _rows(rows)


def _merges(release: Release) -> str:
    head = (str(Text("merged")), "", str(Text("into")), "")
    return _grid(head, [(m.source, m.source_name, m.target, m.target_name) for m in release.merges])


def _collapses(release: Release) -> str:
    head = (str(Text("class")), "", str(Text("group")), "", str(Text("area")), "")
    rows = [
        (c.source, c.source_label, c.target, c.target_label, c.area, c.area_name)
        for c in release.collapses
    ]
    return _grid(head, rows)


def _changes(safe: Safe) -> str:
    """Comparison with the last release, where the configuration names one."""
    text = internal_files(safe).get("changes.csv") if safe.earlier is not None else None
    if text is None:
        none = Text("no earlier release is named in the configuration")
        return f"<p>{html.escape(str(none))}</p>"
    told = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    head = [str(name) for name in CHANGES.values()]
    reasons = [tuple(row[f"reason_{k}"] for k in LANGUAGES) for row in told]
    rows = [
        (*(row[c] for c in CHANGES if c in row), of_names(why))
        for row, why in zip(told, reasons, strict=True)
    ]
    return _grid(head, rows)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = _rows(rows)
    if not body:
        return f"<p>{html.escape(str(Text('none')))}</p>"
    names = "".join(f"<th>{html.escape(h)}</th>" for h in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
