"""``assayd init``: a home for a node."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from assay.client import faucet
from assay.client.amounts import parse_amount
from assay.crypto.accounts import decode_address
from assay.node import chainstate, cometbft
from assay.node.cli.common import Context, pass_context
from assay.node.committee.identity import create_committee_key
from assay.node.genesis import GenesisValidator, genesis_document, write_genesis
from assay.node.home import Home, HomeError, Network, create


def _pairs(values: tuple[str, ...], what: str) -> dict[str, str]:
    """Split ``NAME=VALUE`` arguments."""
    pairs = dict(value.split("=", 1) for value in values if "=" in value)
    if len(pairs) != len(values):
        raise click.UsageError(f"--{what} takes NAME=VALUE, each name once")
    return pairs


@click.command()
@click.option("--chain-id", default="assay-dev", show_default=True, help="Name of the new chain.")
@click.option("--genesis", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Join its chain.")
@click.option("--moniker", default="node", show_default=True, help="The node's name, for people.")
@click.option("--rpc", default="127.0.0.1:26657", show_default=True, metavar="HOST:PORT", help="Where RPC listens.")
@click.option("--p2p", default="127.0.0.1:26656", show_default=True, metavar="HOST:PORT", help="For other nodes.")
@click.option("--peer", "peers", multiple=True, metavar="ID@HOST:PORT", help="A node to stay connected to.")
@click.option("--block-time", type=click.FloatRange(0.01, 60), default=1.0, show_default=True, metavar="SECONDS")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the new chain.")
@click.option("--account", "accounts", multiple=True, metavar="ADDRESS=AMOUNT", help="An account it begins with.")
@click.option("--operator", metavar="ADDRESS", help="Account paid for this validator's work (the faucet).")
@pass_context
def init(context: Context, /, chain_id: str, genesis: Path | None, operator: str | None, **options: Any) -> None:
    """Make a home: of a new development chain with this node as its only validator, or of a node that joins.

    A development chain has a committee of one, which could read every update,
    and a faucet whose key everybody knows. It is for trying things out.
    """
    binary = context.binary()
    state_options = options.pop("params"), options.pop("accounts")
    if genesis and (any(state_options) or operator):
        raise click.UsageError("--param, --account and --operator belong to a new chain, not to one that is joined")
    params, accounts = _pairs(state_options[0], "param"), _pairs(state_options[1], "account")
    balances = {decode_address(name): parse_amount(amount) for name, amount in accounts.items()}
    paid = decode_address(operator or faucet.ADDRESS)
    parameters = chainstate.development_params(params)
    home = create(context.path, binary, _network(**options))
    try:
        committee_key = create_committee_key(home.path).public_key
        validator = GenesisValidator(cometbft.validator_key(binary, home.path), name=options["moniker"])
        if genesis:
            _join(home, genesis)
        else:
            seat = chainstate.Seat(validator, committee_key, paid)
            state = chainstate.app_state(parameters, chainstate.development_balances() | balances, [seat])
            chainstate.check(chain_id, state, [validator])
            write_genesis(home, genesis_document(chain_id, [validator], state))
    except Exception:
        shutil.rmtree(home.path)  # it was empty or not there: leave it as it was found
        raise
    context.emit(_facts(home, binary, validator, committee_key))


def _network(*, rpc: str, p2p: str, peers: tuple[str, ...], moniker: str, block_time: float) -> Network:
    """Read the options about the network."""
    return Network(
        moniker=moniker,
        rpc=rpc,
        p2p=p2p,
        peers=peers,
        loopback=p2p.startswith("127."),
        block_milliseconds=round(block_time * 1000),
    )


def _join(home: Home, genesis: Path) -> None:
    """Take over the genesis of a chain that exists."""
    try:
        document = json.loads(genesis.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HomeError(f"{genesis} is not a genesis file: {error}") from None
    write_genesis(home, document)
    home.genesis()


def _facts(home: Home, binary: Path, validator: GenesisValidator, committee_key: bytes) -> dict[str, Any]:
    """What an operator wants to know of a new home."""
    return {
        "home": str(home.path),
        "chain_id": home.genesis()["chain_id"],
        "node_id": cometbft.node_id(binary, home.path),
        "validator": validator.address.hex().upper(),
        "validator_key": validator.public_key.hex(),
        "committee_key": committee_key.hex(),
        "rpc": home.rpc_url(),
    }
