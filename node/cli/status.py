"""``assayd status``: what the running node says of itself."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from assay.client.rpc import Rpc
from assay.node.cli.common import Context, pass_context


@click.command()
@pass_context
def status(context: Context, /) -> None:
    """Show the height and health of the running node."""
    home = context.home()
    context.emit(asyncio.run(_ask(home.rpc_url())))


async def _ask(url: str) -> dict[str, Any]:
    """Ask CometBFT's RPC."""
    rpc = Rpc(url)
    try:
        status, network, app = await asyncio.gather(
            rpc.call("status"), rpc.call("net_info"), rpc.call("abci_info")
        )
    finally:
        await rpc.close()
    node, sync, validator = status["node_info"], status["sync_info"], status["validator_info"]
    return {
        "chain_id": node["network"],
        "moniker": node["moniker"],
        "node_id": node["id"],
        "height": int(sync["latest_block_height"]),
        "block_time": sync["latest_block_time"],
        "app_hash": sync["latest_app_hash"],
        "application_height": int(app["response"].get("last_block_height", 0)),
        "catching_up": sync["catching_up"],
        "peers": int(network["n_peers"]),
        "validator": validator["address"],
        "voting_power": int(validator["voting_power"]),
    }
