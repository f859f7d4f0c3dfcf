"""`assayd status`, `show-node-id` and `version`: what this node is and how it is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.rpc import understood
from assay.node import cometbft
from assay.node.doctor.findings import Finding, Level
from assay.node.doctor.network import place
from assay.node.home import Home, HomeError, open_home
from assay.node.version import APP_VERSION, VERSION


@click.command(short_help="Show how the running node is.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def status(home: Path, output: str) -> None:
    """Show how the running node is, and what to do where it is not well.

    Ends with 1 if it does not answer, or anything is wrong.
    """
    opened = open_home(home)
    try:
        found = asyncio.run(_status(opened))
    except ClientError as error:
        raise HomeError(f"the node does not answer: {error} Start it with `assayd start`.") from None
    findings = found.pop("findings")
    if output == "json":
        click.echo(json.dumps(found | {"findings": [asdict(each) for each in findings]}, indent=2))
    else:
        _show(found, findings)
    if any(each.level is Level.WRONG for each in findings):
        raise SystemExit(1)


def _show(found: dict[str, Any], findings: list[Finding]) -> None:
    for name, value in found.items():
        if value != "":
            shown = ("yes" if value else "no") if isinstance(value, bool) else value
            click.echo(f"{name.replace('_', ' '):<16}{shown}")
    for each in findings:
        click.echo(f"{each.level:<16}{each.subject}: {each.text} → {each.remedy}")


async def _status(home: Home) -> dict[str, Any]:
    async with Client(home.rpc_url()) as client:
        node = await client.rpc.call("status")
        net = await client.rpc.call("net_info")
        info = await client.query.chain()
    with understood("status"):
        peers = int(net["n_peers"])
        findings = [each for each in place(home, node, peers) if each.level is not Level.OK]
        keys = {"ready_keys": info.ready_keys, "key_note": info.key_note}
        return _shown(node, peers) | keys | {"findings": findings}


def _shown(node: dict[str, Any], peers: int) -> dict[str, Any]:
    """Return what matters of CometBFT's status."""
    sync = node["sync_info"]
    return {
        "chain_id": node["node_info"]["network"],
        "moniker": node["node_info"]["moniker"],
        "height": int(sync["latest_block_height"]),
        "block_time": sync["latest_block_time"],
        "catching_up": sync["catching_up"],
        "peers": peers,
        "voting_power": int(node["validator_info"]["voting_power"]),
    }


@click.command("show-node-id")
@click.pass_obj
def show_node_id(home: Path) -> None:
    """Print the id under which peers know this node."""
    opened = open_home(home)
    program = cometbft.find_binary(opened.settings().cometbft.binary)
    click.echo(cometbft.node_id(program, opened.path))


@click.command()
def version() -> None:
    """Print the versions of Assay, its state machine and CometBFT."""
    click.echo(f"assay {VERSION} (state machine {APP_VERSION})")
    try:
        program = cometbft.find_binary()
        click.echo(f"cometbft {cometbft.version(program)} ({program})")
    except cometbft.CometBFTError as error:
        click.echo(f"cometbft: {error}")
