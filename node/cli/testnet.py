"""`assayd testnet`: several validators on this machine."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from assay.client.amounts import parse_amount
from assay.node import logs
from assay.node.cli.options import chain_options, development_genesis, program, refuse_given, usage_errors
from assay.node.cli.start import log_options
from assay.node.cluster import Keeping, run_cluster
from assay.node.founders import DEFAULT_STAKE, OPERATOR_FILE
from assay.node.home import Home
from assay.node.supervisor import Outcome, StopRequest, stop_on_signals
from assay.node.testnet import MAX_VALIDATORS, Plan, create_testnet, open_testnet

_DIRECTORY: Final = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("testnet"),
    show_default=True,
    help="The directory of all the homes.",
)


@click.group(invoke_without_command=True, short_help="Create and run several validators on this machine.")
@click.option(
    "--validators",
    type=click.IntRange(1, MAX_VALIDATORS),
    default=4,
    show_default=True,
    help="How many; the committee is the largest of 1, 4, 7, 10 that they fill.",
)
@_DIRECTORY
@click.option(
    "--base-port",
    type=click.IntRange(0, 65_535),
    default=26_656,
    show_default=True,
    help="The first of each node's ports (peers, RPC, metrics), node after node. 0: any that are free.",
)
@click.option("--metrics", is_flag=True, help="Serve each node's metrics and health, at a third port.")
@click.option(
    "--stake",
    "stakes",
    multiple=True,
    metavar="AMOUNT",
    help="What a validator begins with; repeat it for each in order. Default: 1000asy.",
)
@chain_options
@click.pass_context
def testnet(ctx: click.Context, /, directory: Path, binary: str, **options: Any) -> None:
    """Create a development chain of several validators, all on this machine.

    Its nodes have homes DIR/node0, DIR/node1, …, each complete in itself: `assayd testnet start --dir DIR`
    runs all, `assayd --home DIR/node0 start` one.
    """
    if ctx.invoked_subcommand is not None:
        _hand_over(ctx)
        return
    found = program(binary)
    with usage_errors():
        stakes = _stakes(options["stakes"], options["validators"])
        plan = Plan(stakes, options["base_port"], options["block_time"], options["metrics"])
        homes = create_testnet(directory, found, plan, partial(development_genesis, options=options))
    if binary:
        for home in homes:
            home.change_settings({"cometbft": {"binary": str(found)}})
    _tell(directory, homes)


def _stakes(texts: tuple[str, ...], validators: int) -> list[int]:
    """Return what each validator begins with."""
    stakes = [parse_amount(text) for text in texts] or [DEFAULT_STAKE]
    if len(stakes) == 1:
        return stakes * validators
    if len(stakes) != validators:
        raise click.UsageError(f"--stake is given {len(stakes)} times for {validators} validators")
    return stakes


def _hand_over(ctx: click.Context) -> None:
    """Let the subcommand have --dir, which may stand before it; refuse options that it would pass over."""
    others = ctx.params.keys() - {"directory"}
    refuse_given(ctx, sorted(others), f"is for making a chain, not for `{ctx.invoked_subcommand}`")
    ctx.default_map = {str(ctx.invoked_subcommand): {"directory": str(ctx.params["directory"])}}


def _tell(directory: Path, homes: list[Home]) -> None:
    genesis = homes[0].genesis()
    validators = "a validator" if len(homes) == 1 else f"{len(homes)} validators"
    click.echo(f"Created {validators} of chain {genesis['chain_id']} in {directory},")
    click.echo(f"with a committee of {genesis['app_state']['params']['min_committee']}.")
    for home in homes:
        metrics = home.settings().metrics.address
        shown = f"  metrics http://{metrics}/metrics" if metrics else ""
        click.echo(f"  {home.path.name:<8}RPC {home.rpc_url()}{shown}")
    click.echo(f"Their operators' accounts are in {directory}/node*/{OPERATOR_FILE}.")
    click.echo(f"Start them with: assayd testnet start --dir {directory}")


@testnet.command()
@_DIRECTORY
@click.option(
    "--restart-after",
    type=click.FloatRange(0, 86_400),
    default=5,
    show_default=True,
    help="Seconds after which a node that ended is started again.",
)
@log_options
def start(
    directory: Path,
    restart_after: float,
    log_format: str | None,
    log_level: str | None,
    check_invariants: bool,
) -> None:
    """Run all nodes until interrupted, and tell what each does.

    A node that ends is started again. Ends with 0 when stopped by SIGINT or SIGTERM, with 1 and the reason
    when a node ends before it has made a block.
    """
    homes = open_testnet(directory)
    settings = homes[0].settings().log
    level = log_level or settings.level
    logs.configure(log_format or settings.format, level)
    arguments = ("--log-level", level, *(("--check-invariants",) if check_invariants else ()))
    outcome = asyncio.run(_run(homes, Keeping(arguments, restart_after)))
    if outcome.exit_code:
        click.echo(f"The network ended: {outcome.reason}", err=True)
    raise SystemExit(outcome.exit_code)


async def _run(homes: list[Home], keeping: Keeping) -> Outcome:
    request = StopRequest()
    with stop_on_signals(request):
        return await run_cluster(homes, keeping, request)
