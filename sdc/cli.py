"""What can be typed? Every command is one call of the public functions.

Exit status: 0 done and proven, 1 unexpected failure, 2 usage or bad input, 3 not proven, 4 disclosure
found, 130 interrupted. A failed command leaves no files.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sdc.commands import before, ledger, people
from sdc.commands.progress import stages
from sdc.errors import InputError, SdcError

app = typer.Typer(
    name="sdc",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="小地域統計の秘匿処理と公表 / protect, prove and publish small-area tables",
)

SHOWN_FINDINGS = 20

Config = Annotated[Path, typer.Argument(help="設定ファイル / configuration", metavar="CONFIG.toml")]
Hierarchies = Annotated[
    list[str] | None,
    typer.Option("--hierarchy", help="次元=ファイル / DIMENSION=FILE (code,parent,label)"),
]


Scheduler = Annotated[
    str | None, typer.Option(help="Dask スケジューラー / address of a Dask scheduler")
]


@app.command()
def release(
    config: Config,
    out: Annotated[Path | None, typer.Option(help="出力先 / output folder")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="書き出さない / write nothing")
    ] = False,
    scheduler: Scheduler = None,
) -> None:
    """記録から公表パッケージまで / from records to a proven release package.

    Example: sdc release data/samples/release.toml
    """
    from sdc.pipeline.run import run_release

    result = run_release(config, out=out, dry_run=dry_run, scheduler=scheduler, tell=stages())
    typer.echo(result.text())


@app.command()
def plan(
    config: Config,
    choose: Annotated[int | None, typer.Option(help="計画の番号 / number of a plan")] = None,
    by: Annotated[str, typer.Option(help="決定者 / who decides")] = "",
    reason: Annotated[str, typer.Option(help="理由 / why")] = "",
) -> None:
    """合算・集約・秘匿の組合せを比較 / compare merging, collapsing and hiding, and decide.

    Example: sdc plan release.toml --choose 3 --by 都市計画課 --reason 時系列を保つため
    """
    from sdc.pipeline.plan import run_plan

    planned = run_plan(config, choice=choose, by=by, reason=reason, tell=stages())
    typer.echo(planned.text())


@app.command()
def check(
    config: Config,
    errors: Annotated[Path, typer.Option(help="問題の一覧 / list of problems")] = Path(
        "errors.csv"
    ),
) -> None:
    """入力と規則だけを検査 / inputs and rules only.

    Example: sdc check release.toml
    """
    from sdc.pipeline.run import check_inputs
    from sdc.readers.records import write_errors

    try:
        typer.echo(check_inputs(config, tell=stages()))
    except InputError as error:
        if error.findings:
            write_errors(error.findings, errors)
            typer.echo(f"errors: {errors}", err=True)
        raise


@app.command()
def protect(
    cells: Annotated[Path, typer.Argument(help="表 / table (CSV) or problem (.jj)")],
    out: Annotated[Path, typer.Option(help="出力先 / output folder")],
    hierarchy: Hierarchies = None,
    min_count: Annotated[int | None, typer.Option(help="これ未満を秘匿 / hide below this")] = None,
    zeros: Annotated[str, typer.Option(help="hide | show")] = "hide",
    protection: Annotated[str, typer.Option(help="linear | integer | interval")] = "interval",
    cost: Annotated[str, typer.Option(help="log | value | count | COLUMN")] = "log",
    measure: Annotated[list[str] | None, typer.Option(help="量の列 / measure column")] = None,
    p_percent: Annotated[float | None, typer.Option(help="p% (measures)")] = None,
    method: Annotated[str, typer.Option(help="手法 / engine")] = "auto",
    budget: Annotated[float | None, typer.Option(help="探索量の倍率 / search effort")] = None,
    time_limit: Annotated[float | None, typer.Option(help="緊急停止 (秒) / emergency stop")] = None,
    seed: Annotated[int, typer.Option(help="乱数の種 / seed")] = 0,
    ground: Annotated[str, typer.Option(help="秘匿の根拠 / legal ground")] = "",
    scheduler: Scheduler = None,
) -> None:
    """既存の表を秘匿 / protect a table that exists already.

    Example: sdc protect cells.csv --hierarchy area=area.csv --min-count 4 --out out
    """
    from sdc.pipeline.protecting import Options, protect_file

    options = Options(
        hierarchies=_pairs(hierarchy), min_count=min_count, zeros=zeros, protection=protection,
        cost=cost, measures=tuple(measure or ()), p_percent=p_percent, method=method,
        budget=budget, time_limit=time_limit, seed=seed, ground=ground, scheduler=scheduler,
    )  # fmt: skip
    outcome = protect_file(cells, out, options, stages())
    for name, value in outcome.summary.items():
        typer.echo(f"{name:20} {value}")
    typer.echo(f"→ {outcome.folder}")


@app.command()
def audit(
    published: Annotated[
        Path,
        typer.Argument(help="公表された表 (CSV)、証拠の検査ではパッケージ / table, or package"),
    ],
    hierarchy: Hierarchies = None,
    min_count: Annotated[int | None, typer.Option(help="1…K-1 も開示とみなす / threshold")] = None,
    zeros: Annotated[str, typer.Option(help="hide | show")] = "hide",
    json_file: Annotated[Path | None, typer.Option("--json", help="結果 / result file")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="証拠だけを検査 / check a witness file again")
    ] = None,
) -> None:
    """公表された表を攻撃して確かめる / attack any table that carries X.

    Example: sdc audit table.csv --hierarchy area=area.csv --min-count 4 --json audit.json
    Example: sdc audit releases/mihon-2026 --certificate releases/mihon-2026.internal/witness.npz
    """
    from sdc.pipeline.anyone import audit_file, check_certificate

    if certificate is not None:
        typer.echo(check_certificate(published, certificate))
        return
    verdict = audit_file(published, _pairs(hierarchy), min_count=min_count, zeros=zeros)
    if json_file is not None:
        verdict.write(json_file)
    typer.echo(verdict.text())
    raise typer.Exit(verdict.exit_status)


@app.command()
def explain(
    config: Config,
    table: Annotated[str, typer.Argument(help="表 / table")],
    cell: Annotated[str, typer.Argument(help="次元=コード,… / DIMENSION=CODE,…")],
) -> None:
    """なぜ秘匿か (内部用) / why a cell is hidden, its interval, and the proof; shows true values.

    Example: sdc explain release.toml use areas=08299601,use=402
    """
    from sdc.explain import explain as told

    typer.echo(told(config, table, cell))


@app.command()
def verify(
    package: Annotated[Path, typer.Argument(help="パッケージ / package folder or zip")],
    signers: Annotated[Path | None, typer.Option(help="allowed_signers")] = None,
    fingerprint: Annotated[str | None, typer.Option(help="SHA256:…")] = None,
    seen: Annotated[Path | None, typer.Option(help="既知の版 / serials seen before")] = None,
) -> None:
    """受け取ったパッケージを検証 / verify a package that was received; exit status 3 where it fails.

    Example: sdc verify releases/sample-2026
    """
    from sdc.publishing.verify import verify_package

    report = verify_package(package, signers=signers, fingerprint=fingerprint, seen=seen)
    typer.echo(report.verdict)
    for fault in report.faults:
        typer.echo(f"  {fault.text(0)} / {fault.text(1)}")
    raise typer.Exit(0 if report.ok else 3)


@app.command()
def mesh(
    lat: Annotated[float, typer.Argument(help="緯度 / latitude")],
    lon: Annotated[float, typer.Argument(help="経度 / longitude")],
    level: Annotated[str | None, typer.Option(help="80km 10km 5km 2km 1km 500m …")] = None,
) -> None:
    """地域メッシュコード / JIS X 0410 mesh codes of a point.

    Example: sdc mesh 35.658581 139.745433
    """
    from sdc.spatial.mesh import LEVELS, encode

    for name in [level] if level else list(LEVELS):
        typer.echo(f"{name:6} {encode([lat], [lon], name)[0]}")


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="出力先 / output folder")] = Path("data/samples"),
    seed: Annotated[int | None, typer.Option(help="乱数の種 / seed")] = None,
) -> None:
    """架空のサンプル市を生成 / generate the invented sample city.

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
                f"「次元=ファイル」の形で書いてください: {text}",
                f"write DIMENSION=FILE, not {text!r}",
                code="usage",
            )
        pairs[name] = Path(file)
    return pairs


def fail(error: SdcError) -> NoReturn:
    """Print an error in both languages and leave with its status."""
    findings = getattr(error, "findings", ())
    if findings:
        for finding in findings[:SHOWN_FINDINGS]:
            typer.echo(finding.text(0), err=True)
            typer.echo(f"  {finding.text(1)} [{finding.code}]", err=True)
        if len(findings) > SHOWN_FINDINGS:
            more = len(findings) - SHOWN_FINDINGS
            typer.echo(f"ほか{more}件 / {more} more", err=True)
    else:
        typer.echo(f"エラー: {error.ja}", err=True)
        typer.echo(f"error: {error.en} [{error.code}]", err=True)
    raise SystemExit(error.exit_status)


def main() -> None:
    """Run the command line; nothing but exit statuses and plain sentences leaves it."""
    try:
        app()
    except SdcError as error:
        fail(error)
    except Exception as error:
        if os.environ.get("SDC_DEBUG"):
            raise
        typer.echo(
            f"予期しないエラーです ({type(error).__name__})。SDC_DEBUG=1 で詳細を表示します / "
            f"unexpected failure ({type(error).__name__}); SDC_DEBUG=1 shows the details",
            err=True,
        )
        raise SystemExit(1) from None
