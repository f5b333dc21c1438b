"""What can be typed about the list of what was published? The commands ``sdc ledger …``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdc.commands.helping import command
from sdc.errors import InputError, PackageError
from sdc.messages import Text

Book = Annotated[Path, typer.Argument(help=str(Text("the ledger file")), metavar="LEDGER")]


def register(app: typer.Typer) -> None:
    """Add ``ledger`` and its commands to the application."""
    group = typer.Typer(no_args_is_help=True, help=str(Text("what was published before")))
    command(group, "list")(entries)
    command(group)(show)
    command(group, "add-external")(add_external)
    command(group)(check)
    app.add_typer(group, name="ledger")


def entries(ledger: Book) -> None:
    """every row, oldest first, and the hash of the last one.

    Example: sdc ledger list ledger.sqlite
    """
    from sdc.ledger.store import Ledger, head

    rows = Ledger(ledger).rows()
    for row in rows:
        e = row.entry
        typer.echo(
            f"{row.number:4} {e.kind:9} {e.at} {e.label:24} {e.survey} {e.begins}…{e.ends} "
            f"→ {e.recipient} {e.digest[:12]}"
        )
    typer.echo(f"head {head(rows)}")


def show(
    ledger: Book,
    number: Annotated[int, typer.Argument(help=str(Text("number of the row")))],
) -> None:
    """what one row holds: tables, printed cells and X; no hidden value.

    Example: sdc ledger show ledger.sqlite 1
    """
    from sdc.ledger.payload import unpack
    from sdc.ledger.store import Ledger

    found = [r for r in Ledger(ledger).rows() if r.number == number]
    if not found:
        raise InputError(Text("there is no row {number}", number=number), code="usage")
    entry = found[0].entry
    typer.echo(f"{entry.kind} {entry.label} {entry.digest}\nhash {found[0].hash}")
    for table in unpack(entry.body).tables if entry.body else ():
        printed = int(table.printed.sum())
        what = f"{table.name}: {table.records} × {', '.join(table.dims)} ({table.measure})"
        rest = len(table.printed) - printed
        typer.echo(
            Text(
                "  {what}: {printed:,} printed, {rest:,} not", what=what, printed=printed, rest=rest
            )
        )


def add_external(
    config: Annotated[Path, typer.Argument(help=str(Text("configuration")), metavar="CONFIG.toml")],
    totals: Annotated[Path, typer.Argument(help="known_totals.csv")],
) -> None:
    """totals that are known from elsewhere.

    Example: sdc ledger add-external release.toml known_totals.csv
    """
    from sdc.pipeline.external import add_external as enter
    from sdc.pipeline.run import silent

    typer.echo(enter(config, totals, tell=silent))


def check(
    ledger: Book,
    last: Annotated[str | None, typer.Option("--head", help=str(Text("an earlier head")))] = None,
    releases: Annotated[Path | None, typer.Option(help=str(Text("packages")))] = None,
) -> None:
    """is the chain whole, and do the packages agree with it?

    Example: sdc ledger check ledger.sqlite --releases releases
    """
    from sdc.ledger.store import Ledger
    from sdc.pipeline.history import astray, unfinished

    rows = Ledger(ledger).rows()
    if last is not None and last not in {r.hash for r in rows}:
        raise PackageError(
            Text("the earlier head is not in the ledger: it was shortened or replaced"),
        )
    for label in unfinished(rows):
        typer.echo(Text("pending: {label} (counts as published)", label=label))
    wrong = astray(rows, releases) if releases is not None else []
    for label in wrong:
        typer.echo(Text("{label}: other bytes than the ledger says", label=label))
    typer.echo(Text("{n:,} rows, chain whole", n=len(rows)))
    raise typer.Exit(3 if wrong else 0)
