"""What can be typed about keys, the working log, approval, provision and retention?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdc.commands.helping import command
from sdc.errors import InputError
from sdc.messages import Text, aligned

Config = Annotated[Path, typer.Argument(help=str(Text("configuration")), metavar="CONFIG.toml")]
PassphraseFile = Annotated[Path | None, typer.Option(help=str(Text("passphrase file")))]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for function in (keygen, worklog, approve, provide, purge):
        command(app)(function)


def keygen(
    out: Annotated[Path, typer.Option(help=str(Text("where the private key goes")))],
    principal: Annotated[
        str, typer.Option(help=str(Text("whose key, e.g. toshi@city.example.jp")))
    ] = "",
    passphrase_file: PassphraseFile = None,
    purpose: Annotated[str, typer.Option(help="release | approval | pseudonym")] = "release",
) -> None:
    """make a key: to sign releases or approvals (Ed25519, locked), or for pseudonyms.

    Example: sdc keygen --out keys/release --principal toshi@city.example.jp
    """
    from sdc.pipeline.secrets import make_key
    from sdc.publishing.keys import keygen as make
    from sdc.publishing.signature import NAMESPACE
    from sdc.worklog.agreement import NAMESPACE as APPROVAL

    purposes = {"release": NAMESPACE, "approval": APPROVAL}
    if purpose == "pseudonym":
        typer.echo(str(make_key(out)))
        return
    if purpose not in purposes or not principal:
        raise InputError(
            Text("--purpose is release, approval or pseudonym; a signing key needs --principal"),
            code="usage",
        )
    key = make(out, principal, _words(passphrase_file, twice=True), namespace=purposes[purpose])
    typer.echo(f"{key.private}\n{key.signers}\n{key.fingerprint}")


def worklog(
    config: Config,
    kind: Annotated[str | None, typer.Option(help=str(Text("only entries of this kind")))] = None,
    head: Annotated[bool, typer.Option("--head", help=str(Text("digest only")))] = False,
) -> None:
    """check the working log and show it.

    Example: sdc worklog release.toml --kind approval
    """
    from sdc.config import read_config
    from sdc.pipeline.approving import log_of
    from sdc.worklog.chain import read_log

    entries = read_log(log_of(read_config(config)))
    if not head:
        for e in entries:
            if kind is None or e.kind == kind:
                words = " ".join(
                    f"{k}={e.detail[k]}"
                    for k in ("release", "serial", "role", "principal", "to", "purpose", "folder")
                    if k in e.detail
                )
                typer.echo(f"{e.number:5} {e.at} {e.who}@{e.host} {e.kind} {e.result} {words}")
    last = entries[-1].head if entries else "-"
    typer.echo(Text("{n:,} entries, unaltered: {last}", n=len(entries), last=last))


def approve(
    config: Config,
    role: Annotated[str, typer.Option(help=str(Text("maker | checker | approver")))],
    key: Annotated[Path, typer.Option(help=str(Text("private key for approvals")))],
    principal: Annotated[str, typer.Option(help=str(Text("who")))],
    passphrase_file: PassphraseFile = None,
) -> None:
    """agree to the release that `sdc release` has entered as a candidate.

    Example: sdc approve release.toml --role checker --key keys/hana --principal hana@city.example.jp
    """
    from sdc.config import read_config
    from sdc.pipeline.approving import approve as agree
    from sdc.worklog.agreement import ROLES

    words = _words(passphrase_file)
    found = agree(read_config(config), role, key=key, principal=principal, passphrase=words)
    rows = [(role, found.given.get(name, Text("open"))) for name, role in ROLES.items()]
    typer.echo("\n".join(aligned(rows)))


def provide(
    config: Config,
    to: Annotated[str, typer.Option(help=str(Text("recipient")))],
    purpose: Annotated[str, typer.Option(help=str(Text("purpose")))],
    person: Annotated[str, typer.Option(help=str(Text("person in charge")))],
) -> None:
    """enter into the log that a published release was given to somebody.

    Example: sdc provide release.toml --to 観光協会 --purpose 回遊分析 --person 都市課長
    """
    from sdc.config import read_config
    from sdc.pipeline.keeping import provide as enter

    entry = enter(read_config(config), to=to, purpose=purpose, person=person)
    typer.echo(f"{entry.number} {entry.at} {to}")


def purge(
    config: Config,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=str(Text("destroy nothing")))] = False,
) -> None:
    """destroy internal folders whose retention is over.

    Example: sdc purge release.toml --dry-run
    """
    from sdc.config import read_config
    from sdc.pipeline.keeping import purge as destroy

    names = destroy(read_config(config), dry_run=dry_run)
    for name in names:
        typer.echo(name)
    done = Text("due: {n}", n=len(names)) if dry_run else Text("destroyed: {n}", n=len(names))
    typer.echo(done)


def _words(file: Path | None, *, twice: bool = False) -> str:
    """The passphrase from a file, the environment, or the person at the keyboard."""
    from sdc.publishing.keys import passphrase_from

    words = passphrase_from(file)
    if words is None:
        again = str(Text("passphrase once more")) if twice else False
        words = typer.prompt(str(Text("passphrase")), hide_input=True, confirmation_prompt=again)
    return str(words)
