"""`assayd init`: a home, and the genesis of a development chain or of one to join."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import click

from assay.client.amounts import parse_amount
from assay.node.cli.options import (
    chain_options,
    development_genesis,
    launch_genesis,
    program,
    refuse_given,
    usage_errors,
)
from assay.node.committee.identity import (
    create_committee_key,
    load_committee_key,
    read_validator_address,
)
from assay.node.founders import OPERATOR_FILE, Founder, create_founder
from assay.node.genesis import write_genesis
from assay.node.home import Home, Network, create, host_and_port, read_genesis, removed_on_failure

_PEER: Final = re.compile(r"[0-9a-f]{40}@.+")


def _address(text: str) -> str:
    """Refuse what nobody can listen at."""
    host, port = host_and_port(text)
    if not host or not port or "://" in text:
        raise click.BadParameter(f"{text!r} is not an address; write HOST:PORT, such as 127.0.0.1:26657")
    return text


def _peer(text: str) -> str:
    """Refuse what no node can be reached by."""
    if not _PEER.fullmatch(text) or not host_and_port(text)[1]:
        raise click.BadParameter(
            f"{text!r} is not a peer; write ID@HOST:PORT; `assayd show-node-id` prints the ID there"
        )
    return text


@click.command()
@click.option("--moniker", default="node", show_default=True, help="The node's name, for people.")
@click.option(
    "--genesis",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Join the chain of this genesis file.",
)
@click.option(
    "--peer",
    "peers",
    type=_peer,
    multiple=True,
    metavar="ID@HOST:PORT",
    help="Stay connected to a node; repeatable.",
)
@click.option(
    "--rpc",
    type=_address,
    metavar="HOST:PORT",
    default="127.0.0.1:26657",
    show_default=True,
    help="Where the RPC listens.",
)
@click.option(
    "--p2p",
    type=_address,
    metavar="HOST:PORT",
    default="127.0.0.1:26656",
    show_default=True,
    help="Where peers connect.",
)
@click.option(
    "--metrics",
    type=_address,
    metavar="HOST:PORT",
    help="Serve metrics and health there, such as 127.0.0.1:26661.",
)
@click.option(
    "--stake",
    metavar="AMOUNT",
    default="1000asy",
    show_default=True,
    help="What the new chain's validator begins with.",
)
@click.option(
    "--launch",
    is_flag=True,
    help="Begin the genesis of a chain that several operators launch: no validator yet, see gentx.",
)
@chain_options
@click.pass_context
def init(ctx: click.Context, /, genesis: Path | None, launch: bool, binary: str, **options: Any) -> None:
    """Create a home: keys, settings, and a genesis.

    Without --genesis, this node is the only validator and the committee of a new development chain, whose
    faucet account is funded. A committee of one could read every update: such a chain is for trying out.
    `assayd testnet` makes a chain of several validators on this machine.
    """
    if genesis and launch:
        raise click.UsageError("--genesis joins a chain, --launch begins one")
    if genesis:
        joins = "says how a chain begins; --genesis joins one that has begun"
        refuse_given(ctx, ("stake", "chain_id", "accounts", "params"), joins)
    if launch:
        refuse_given(ctx, ("stake",), "is for a chain of one; with --launch each operator's `gentx` says it")
    home: Path = ctx.obj
    cometbft_program = program(binary)
    with usage_errors(), removed_on_failure(home):
        made = create(home, cometbft_program, _network(options))
        if binary:
            made.change_settings({"cometbft": {"binary": str(cometbft_program)}})
        if options["metrics"]:
            made.change_settings({"metrics": {"address": options["metrics"]}})
        founder = None
        if genesis or launch:
            document = read_genesis(genesis) if genesis else launch_genesis(options)
            create_committee_key(made.path)
        else:
            founder = create_founder(made.path, options["moniker"], parse_amount(options["stake"]))
            document = development_genesis([founder], options)
        write_genesis(made, document)
    _tell(made, founder)
    following = "gentx --help" if launch else "start"
    click.echo(f"{'Go on' if launch else 'Start it'} with: assayd --home {home} {following}")


def _tell(made: Home, founder: Founder | None) -> None:
    address = read_validator_address(made.path).hex().upper()
    committee_key = load_committee_key(made.path).public_key.hex()
    click.echo(f"Created {made.path}, a node of chain {made.genesis()['chain_id']}.")
    click.echo(f"Consensus address {address}, committee key {committee_key}.")
    if founder is not None:
        words = made.path / OPERATOR_FILE
        click.echo(
            f"Its validator's operator is {founder.operator.address_text}; the 24 words are in {words}."
        )


def _network(options: dict[str, Any]) -> Network:
    """Read the options about the network."""
    return Network(
        moniker=options["moniker"],
        rpc=options["rpc"],
        p2p=options["p2p"],
        peers=options["peers"],
        loopback=options["p2p"].startswith("127."),
        block_milliseconds=options["block_time"],
    )
