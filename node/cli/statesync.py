"""`assayd state-sync`: let a new node begin with the state of a recent height."""

from __future__ import annotations

from pathlib import Path

import click

from assay.client.errors import ClientError
from assay.node.cli.options import usage_errors
from assay.node.home import HomeError, open_home
from assay.node.statesync import (
    LEAST_SERVERS,
    TrustedBlock,
    check_new,
    checked_block,
    configure,
    parse_trust,
)


def _trust(text: str) -> TrustedBlock:
    try:
        return parse_trust(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("state-sync", short_help="Begin with the state of a recent height instead of the first block.")
@click.option(
    "--server",
    "servers",
    multiple=True,
    required=True,
    metavar="URL",
    help="The RPC of a node of the chain, such as http://10.0.0.1:26657; give two or more.",
)
@click.option(
    "--trust", type=_trust, metavar="HEIGHT:HASH", help="A block that somebody you trust vouches for."
)
@click.pass_obj
def state_sync(home: Path, servers: tuple[str, ...], trust: TrustedBlock | None) -> None:
    """Begin with the state of a recent height, which peers send, instead of with the first block.

    For a node that has no state yet. Without --trust it only shows a recent block as the servers have it:
    compare it with what somebody says whom you trust, for all that follows rests on it.
    """
    opened = open_home(home)
    if len(set(servers)) < LEAST_SERVERS:
        raise click.UsageError("give at least two servers: what one says is compared with what another does")
    check_new(opened)
    try:
        with usage_errors():
            block = checked_block(servers, opened.genesis()["chain_id"], trust)
    except ClientError as error:
        raise HomeError(f"a server is of no use: {error}") from None
    if trust is None:
        click.echo(f"The servers agree on block {block}.")
        click.echo(
            "Nothing is changed yet. If somebody you trust has the same block, run the command again with"
        )
        click.echo(f"  --trust {block}")
        return
    with usage_errors():
        period = configure(opened, servers, block)
    click.echo(
        f"The next start takes the state of a recent height from peers, beginning its trust at {block}."
    )
    click.echo(f"That block may be at most {period / 3600:.1f} hours old then.")
    click.echo(f"Start it with: assayd --home {home} start")
