"""What can be typed about keys, the working log, approval, provision and retention?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sdc.errors import InputError

Config = Annotated[Path, typer.Argument(help="設定ファイル / configuration", metavar="CONFIG.toml")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="パスフレーズのファイル (0600) / passphrase file")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (keygen, worklog, approve, provide, purge):
        app.command()(command)


def keygen(
    out: Annotated[Path, typer.Option(help="秘密鍵の場所 / where the private key goes")],
    principal: Annotated[
        str, typer.Option(help="署名者 / whose key, e.g. toshi@city.example.jp")
    ] = "",
    passphrase_file: PassphraseFile = None,
    purpose: Annotated[str, typer.Option(help="release | approval | pseudonym")] = "release",
) -> None:
    """鍵を作る / make a key: to sign releases or approvals (Ed25519, locked), or for pseudonyms.

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
            "--purpose は release・approval・pseudonym です。署名鍵には --principal が要ります",
            "--purpose is release, approval or pseudonym; a signing key needs --principal",
            code="usage",
        )
    key = make(out, principal, _words(passphrase_file, twice=True), namespace=purposes[purpose])
    typer.echo(f"{key.private}\n{key.signers}\n{key.fingerprint}")


def worklog(
    config: Config,
    kind: Annotated[str | None, typer.Option(help="published, approval, … だけ / only")] = None,
    head: Annotated[bool, typer.Option("--head", help="要約値だけ / digest only")] = False,
) -> None:
    """作業記録を検査して表示 / check the working log and show it.

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
    typer.echo(f"{len(entries)} 件・改変なし / {len(entries)} entries, unaltered: {last}")


def approve(
    config: Config,
    role: Annotated[str, typer.Option(help="maker | checker | approver (作成者・確認者・承認者)")],
    key: Annotated[Path, typer.Option(help="承認用の秘密鍵 / private key for approvals")],
    principal: Annotated[str, typer.Option(help="誰が / who")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """公表を承認 / agree to the release that `sdc release` has entered as a candidate.

    Example: sdc approve release.toml --role checker --key keys/hana --principal hana@city.example.jp
    """
    from sdc.config import read_config
    from sdc.pipeline.approving import approve as agree
    from sdc.worklog.agreement import ROLES

    words = _words(passphrase_file)
    found = agree(read_config(config), role, key=key, principal=principal, passphrase=words)
    for name, (ja, en) in ROLES.items():
        typer.echo(f"{ja} / {en:9} {found.given.get(name, '未 / open')}")


def provide(
    config: Config,
    to: Annotated[str, typer.Option(help="提供先 / recipient")],
    purpose: Annotated[str, typer.Option(help="目的 / purpose")],
    person: Annotated[str, typer.Option(help="責任者 / person in charge")],
) -> None:
    """提供を記録 / enter into the log that a published release was given to somebody.

    Example: sdc provide release.toml --to 観光協会 --purpose 回遊分析 --person 都市課長
    """
    from sdc.config import read_config
    from sdc.pipeline.keeping import provide as enter

    entry = enter(read_config(config), to=to, purpose=purpose, person=person)
    typer.echo(f"{entry.number} {entry.at} {to}")


def purge(
    config: Config,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="消さない / destroy nothing")] = False,
) -> None:
    """保存期間の過ぎた内部フォルダを消去 / destroy internal folders whose retention is over.

    Example: sdc purge release.toml --dry-run
    """
    from sdc.config import read_config
    from sdc.pipeline.keeping import purge as destroy

    names = destroy(read_config(config), dry_run=dry_run)
    for name in names:
        typer.echo(name)
    done = ("対象", "due") if dry_run else ("消去", "destroyed")
    typer.echo(f"{done[0]} {len(names)} 件 / {done[1]}: {len(names)}")


def _words(file: Path | None, *, twice: bool = False) -> str:
    """The passphrase from a file, the environment, or the person at the keyboard."""
    from sdc.publishing.keys import passphrase_from

    words = passphrase_from(file)
    if words is None:
        words = typer.prompt("passphrase", hide_input=True, confirmation_prompt=twice)
    return str(words)
