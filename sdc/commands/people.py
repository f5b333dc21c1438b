"""What can be typed by people who look: the review page and the self-check of the computer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdc.commands.helping import command
from sdc.messages import Text

Config = Annotated[Path, typer.Argument(help=str(Text("configuration")), metavar="CONFIG.toml")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for function in (review, doctor):
        command(app)(function)


def review(
    config: Config,
    out: Annotated[
        Path | None, typer.Option(help=str(Text("where the page goes (internal)")))
    ] = None,
) -> None:
    """one page for the reviewer, and layers for QGIS: true values, internal, no network.

    Example: sdc review data/samples/first.toml
    """
    from sdc.commands.progress import stages
    from sdc.config import read_config
    from sdc.pipeline.run import make_safe
    from sdc.review.geopackage import write_geopackage
    from sdc.review.page import usual_place, write_review

    safe = make_safe(read_config(config), tell=stages())
    page = write_review(safe, usual_place(safe) if out is None else out)
    layers = write_geopackage(safe, page.with_suffix(".gpkg"))
    typer.echo(Text("internal → {page}", page=page))
    typer.echo(Text("internal → {page}", page=layers))


def doctor(
    folder: Annotated[Path, typer.Option(help=str(Text("where releases are made")))] = Path(),
) -> None:
    """can this computer make a release? Exit status 1 where not.

    Example: sdc doctor
    """
    from sdc.doctor import examine, healthy

    answers = examine(folder)
    for answer in answers:
        typer.echo(answer.text())
    good = healthy(answers)
    typer.echo(Text("ready") if good else Text("repair what is marked ×"))
    raise typer.Exit(0 if good else 1)
