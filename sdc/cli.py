"""What can be typed? Every command is one call of the public functions.

Exit status: 0 done and proven, 1 unexpected failure, 2 usage or bad input, 3 not proven, 4 disclosure
found, 130 interrupted. A failed command leaves no files.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from sdc import __version__
from sdc.commands import before, ledger, people
from sdc.commands.helping import command, mistyped, translate_frames
from sdc.commands.progress import stages
from sdc.errors import InputError, RulesError, SdcError, disk_error
from sdc.messages import LANGUAGES, VARIABLE, Text, shown, spoken

INTERRUPTED = 130

app = typer.Typer(
    name="sdc",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=str(Text("protect, prove and publish small-area tables")),
)

Config = Annotated[Path, typer.Argument(help=str(Text("configuration")), metavar="CONFIG.toml")]
Hierarchies = Annotated[
    list[str] | None,
    typer.Option("--hierarchy", help=str(Text("DIMENSION=FILE (code,parent,label)"))),
]


Known = Annotated[
    Path | None, typer.Option(help=str(Text("what everybody knows: codes, value or least, most")))
]
ENGINES = "auto | exchange | districts | lp-greedy | optimal | reverse-delete | guideline"
"""The names are spelled here, because help must not wait for the engines to be loaded."""
Scheduler = Annotated[str | None, typer.Option(help=str(Text("address of a Dask scheduler")))]


def _told(asked: bool) -> None:
    """Print the version and leave, where that is asked for."""
    if asked:
        typer.echo(f"sdc {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help=str(Text("the version")), is_eager=True, callback=_told),
]


@app.callback()
def options(version: Version = False) -> None:
    """What can be typed before a command."""


@command(app)
def release(
    config: Config,
    out: Annotated[Path | None, typer.Option(help=str(Text("output folder")))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=str(Text("write nothing")))] = False,
    scheduler: Scheduler = None,
) -> None:
    """from records to a proven release package.

    Example: sdc release data/samples/release.toml
    """
    from sdc.pipeline.run import run_release

    result = run_release(config, out=out, dry_run=dry_run, scheduler=scheduler, tell=stages())
    typer.echo(result.text())


@command(app)
def plan(
    config: Config,
    choose: Annotated[int | None, typer.Option(help=str(Text("number of a plan")))] = None,
    by: Annotated[str, typer.Option(help=str(Text("who decides")))] = "",
    reason: Annotated[str, typer.Option(help=str(Text("why")))] = "",
) -> None:
    """compare merging, collapsing and hiding, and decide.

    Example: sdc plan release.toml --choose 3 --by 都市計画課 --reason 時系列を保つため
    """
    from sdc.pipeline.plan import run_plan

    planned = run_plan(config, choice=choose, by=by, reason=reason, tell=stages())
    typer.echo(planned.text())


@command(app)
def check(
    config: Config,
    errors: Annotated[Path, typer.Option(help=str(Text("list of problems")))] = Path("errors.csv"),
) -> None:
    """inputs and rules only.

    Example: sdc check release.toml
    """
    from sdc.pipeline.run import check_inputs
    from sdc.readers.records import write_errors

    try:
        typer.echo(check_inputs(config, tell=stages()))
    except InputError as error:
        if error.findings:
            write_errors(error.findings, errors)
            typer.echo(Text("all problems: {file}", file=errors), err=True)
        raise


@command(app)
def protect(
    cells: Annotated[Path, typer.Argument(help=str(Text("table (CSV) or problem (.jj)")))],
    out: Annotated[Path, typer.Option(help=str(Text("output folder")))],
    hierarchy: Hierarchies = None,
    min_count: Annotated[int | None, typer.Option(help=str(Text("hide below this")))] = None,
    zeros: Annotated[str, typer.Option(help="hide | show")] = "hide",
    owners: Annotated[
        bool,
        typer.Option(
            "--owners/--no-owners", help=str(Text("promise it to the owner of any unit as well"))
        ),
    ] = True,
    known: Known = None,
    protection: Annotated[str, typer.Option(help="linear | integer | interval | rule-aware")] = (
        "interval"
    ),
    cost: Annotated[str, typer.Option(help="log | value | count | COLUMN")] = "log",
    measure: Annotated[list[str] | None, typer.Option(help=str(Text("measure column")))] = None,
    p_percent: Annotated[float | None, typer.Option(help="p% (measures)")] = None,
    method: Annotated[str, typer.Option(help=ENGINES)] = "auto",
    budget: Annotated[
        float | None, typer.Option(help=str(Text("search effort; 1 is usual")))
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help=str(Text("emergency stop, in seconds")))
    ] = None,
    seed: Annotated[int, typer.Option(help=str(Text("seed")))] = 0,
    ground: Annotated[str, typer.Option(help=str(Text("legal ground")))] = "",
    scheduler: Scheduler = None,
) -> None:
    """protect a table that exists already.

    Example: sdc protect cells.csv --hierarchy area=area.csv --min-count 4 --out out
    """
    from sdc.pipeline.protecting import Options, protect_file

    options = Options(
        hierarchies=_pairs(hierarchy), min_count=min_count, zeros=zeros, owners=owners,
        known=known, protection=protection, cost=cost, measures=tuple(measure or ()),
        p_percent=p_percent, method=method,
        budget=budget, time_limit=time_limit, seed=seed, ground=ground, scheduler=scheduler,
    )  # fmt: skip
    outcome = protect_file(cells, out, options, stages())
    typer.echo(outcome.text())


@command(app)
def audit(
    published: Annotated[
        Path,
        typer.Argument(help=str(Text("table, or package"))),
    ],
    hierarchy: Hierarchies = None,
    min_count: Annotated[
        int | None, typer.Option(help=str(Text("an X confined to 1 … K-1 is disclosed, too")))
    ] = None,
    zeros: Annotated[str, typer.Option(help="hide | show")] = "hide",
    classes: Annotated[
        str | None, typer.Option(help=str(Text("of a wide table: what its columns are")))
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help=str(Text("of a wide table: a column of names")))
    ] = None,
    known: Known = None,
    last: Annotated[
        Path | None, typer.Option(help=str(Text("the table as published last period")))
    ] = None,
    drift: Annotated[
        float | None, typer.Option(help=str(Text("its numbers hold, more or less by this share")))
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help=str(Text("result file")))] = None,
    certificate: Annotated[
        Path | None, typer.Option(help=str(Text("check a witness file again")))
    ] = None,
) -> None:
    """attack any table that carries X.

    Example: sdc audit table.csv --hierarchy area=area.csv --min-count 4 --json audit.json
    Example: sdc audit wide.csv --hierarchy area=area.csv --classes use --ignore area_name
    Example: sdc audit releases/mihon-2026 --certificate releases/mihon-2026.internal/witness.npz
    """
    from sdc.pipeline.anyone import Beforehand, audit_file, check_certificate

    if certificate is not None:
        unused = (hierarchy, classes, ignore, known, last, drift, json_file, zeros != "hide")
        if any(unused):
            raise RulesError(Text("with --certificate give --min-count at most"), code="usage")
        typer.echo(check_certificate(published, certificate, min_count=min_count))
        return
    verdict = audit_file(
        published,
        _pairs(hierarchy),
        min_count=min_count,
        zeros=zeros,
        beforehand=Beforehand(known, last, drift),
        classes=classes,
        ignore=tuple(ignore or ()),
    )
    if json_file is not None:
        verdict.write(json_file)
    typer.echo(verdict.text())
    raise typer.Exit(verdict.exit_status)


@command(app)
def explain(
    config: Config,
    table: Annotated[str, typer.Argument(help=str(Text("table")))],
    cell: Annotated[str, typer.Argument(help=str(Text("DIMENSION=CODE,…")))],
) -> None:
    """why a cell is hidden, its interval, and the proof; shows true values.

    Example: sdc explain release.toml use areas=08299601,use=402
    """
    from sdc.explain import explain as told

    typer.echo(told(config, table, cell))


@command(app)
def verify(
    package: Annotated[Path, typer.Argument(help=str(Text("package folder or zip")))],
    signers: Annotated[Path | None, typer.Option(help="allowed_signers")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="SHA256:…")] = None,
    seen: Annotated[Path | None, typer.Option(help=str(Text("serials seen before")))] = None,
) -> None:
    """verify a package that was received; exit status 3 where it fails.

    Example: sdc verify mihon-2026 --signers allowed_signers --seen seen.json
    """
    from sdc.publishing.verify import verify_package

    report = verify_package(package, signers=signers, fingerprint=fingerprint, seen=seen)
    typer.echo(report.verdict)
    for fault in report.faults:
        typer.echo(f"  {shown(fault)}")
    raise typer.Exit(0 if report.ok else 3)


@command(app)
def mesh(
    lat: Annotated[float, typer.Argument(help=str(Text("latitude")))],
    lon: Annotated[float, typer.Argument(help=str(Text("longitude")))],
    level: Annotated[str | None, typer.Option(help="80km 10km 5km 2km 1km 500m …")] = None,
) -> None:
    """JIS X 0410 mesh codes of a point.

    Example: sdc mesh 35.658581 139.745433
    """
    from sdc.spatial.mesh import LEVELS, encode

    for name in [level] if level else list(LEVELS):
        typer.echo(f"{name:6} {encode([lat], [lon], name)[0]}")


@command(app)
def sample(
    out: Annotated[Path, typer.Option(help=str(Text("output folder")))] = Path("data/samples"),
    seed: Annotated[int | None, typer.Option(help=str(Text("seed")))] = None,
) -> None:
    """generate the invented sample city.

    Example: sdc sample --out data/samples
    """
    from sdc.samples import make_sample

    make_sample(out, **({} if seed is None else {"seed": seed}))
    typer.echo(f"→ {out}")


before.register(app)
ledger.register(app)
people.register(app)


def _pairs(texts: list[str] | None) -> dict[str, Path]:
    """``dimension=file`` options; InputError for anything else."""
    pairs = {}
    for text in texts or []:
        name, equals, file = text.partition("=")
        if not (name and equals and file):
            raise InputError(
                Text("write DIMENSION=FILE, not {found!r}", found=text),
                code="usage",
            )
        pairs[name] = Path(file)
    return pairs


def fail(error: SdcError) -> NoReturn:
    """Print an error in the language of whoever reads it, with its code, and leave with its status."""
    findings = getattr(error, "findings", ())
    if findings:
        from sdc.readers.problems import show

        typer.echo(show(findings), err=True)
    else:
        lines = [Text("error: {what}", what=error.text).to(language) for language in spoken()]
        typer.echo("\n".join(lines) + f" [{error.code}]", err=True)
    raise SystemExit(error.exit_status)


def main() -> None:
    """Run the command line; nothing but exit statuses and plain sentences leaves it."""
    try:
        wanted = os.environ.get(VARIABLE) or LANGUAGES[0]
        if wanted not in LANGUAGES:
            raise InputError(
                Text("SDC_LANG is ja or en, not {found!r}", found=wanted), code="usage"
            )
        if "--help" in sys.argv or len(sys.argv) == 1:
            translate_frames()
        status = app(sys.argv[1:] or ["--help"], prog_name="sdc", standalone_mode=False) or 0
    except TyperException as error:
        fail(mistyped(error))
    except SdcError as error:
        fail(error)
    except typer.Abort:
        status = INTERRUPTED
    except Exception as error:
        if os.environ.get("SDC_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename is not None:
            fail(disk_error(error, error.filename))
        kind = type(error).__name__
        typer.echo(
            Text("unexpected failure ({kind}); SDC_DEBUG=1 shows the details", kind=kind), err=True
        )
        raise SystemExit(1) from None
    if status == INTERRUPTED:
        typer.echo(Text("interrupted: nothing was written"), err=True)
    raise SystemExit(status)
