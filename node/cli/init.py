"""`assayd init`: a home, and the genesis of a development chain or of one to join."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from assay.client import faucet
from assay.client.amounts import AmountError, parse_amount
from assay.crypto.accounts import AddressError, decode_address
from assay.node import chainstate, cometbft
from assay.node.committee.identity import create_committee_key
from assay.node.genesis import GenesisValidator, genesis_document, write_genesis
from assay.node.home import Home, Network, create, host_and_port, read_genesis
from assay.state.genesis import BadGenesis

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
@click.option("--chain-id", default="assay-dev", show_default=True, help="Name of the chain.")
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
    "--account", "accounts", multiple=True, metavar="ADDRESS=AMOUNT", help="Fund an account; repeatable."
)
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a chain parameter; repeatable."
)
@click.option("--operator", default=faucet.ADDRESS, help="Account the committee's fees go to (the faucet's).")
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
    "--block-time",
    type=click.IntRange(1, 600_000),
    default=1000,
    show_default=True,
    help="Milliseconds between blocks.",
)
@click.option("--cometbft", "binary", default="", help="The CometBFT program to use.")
@click.pass_obj
def init(home: Path, /, genesis: Path | None, binary: str, **options: Any) -> None:
    """Create a home: keys, settings, and a genesis.

    Without --genesis, this node is the only validator and the committee of a new development chain, whose
    faucet account is funded. A committee of one could read every update: such a chain is for trying out.
    """
    program = cometbft.find_binary(binary)
    cometbft.version(program)
    try:
        with _made(home, program, _network(options)) as made:
            if binary:
                _set_binary(made, program)
            committee_key = create_committee_key(made.path).public_key
            validator = GenesisValidator(cometbft.validator_key(program, made.path), name=options["moniker"])
            if genesis:
                write_genesis(made, read_genesis(genesis))
            else:
                write_genesis(made, _development(validator, committee_key, options))
    except (AddressError, AmountError, BadGenesis, ValueError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(f"Created {made.path}, a node of chain {made.genesis()['chain_id']}.")
    click.echo(f"Validator {validator.address.hex().upper()}, committee key {committee_key.hex()}.")
    click.echo(f"Start it with: assayd --home {home} start")


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


@contextmanager
def _made(path: Path, program: Path, network: Network) -> Iterator[Home]:
    """Make a home; if what follows fails, leave the place as it was found."""
    made = create(path, program, network)
    try:
        yield made
    except BaseException:
        shutil.rmtree(made.path)
        raise


def _set_binary(home: Home, program: Path) -> None:
    text = home.settings_file.read_text(encoding="utf-8")
    quoted = json.dumps(str(program))
    home.settings_file.write_text(text.replace('binary = ""', f"binary = {quoted}"), encoding="utf-8")


def _development(
    validator: GenesisValidator, committee_key: bytes, options: dict[str, Any]
) -> dict[str, Any]:
    """Return the genesis of a chain of one validator, checked as the chain itself will check it."""
    seat = chainstate.Seat(validator, committee_key, decode_address(options["operator"]))
    accounts = _pairs(options["accounts"], "--account", "ADDRESS=AMOUNT")
    balances = {decode_address(name): parse_amount(amount) for name, amount in accounts.items()}
    balances.setdefault(decode_address(faucet.ADDRESS), chainstate.FAUCET_BALANCE)
    params = chainstate.development_params(_pairs(options["params"], "--param", "NAME=VALUE"))
    state = chainstate.app_state(params, balances, [seat])
    chainstate.check(options["chain_id"], state, [validator])
    return genesis_document(options["chain_id"], [validator], state)


def _pairs(texts: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    """Split what a repeatable option was given."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name in found:
            raise click.UsageError(f"{option} {text!r}: write {form}, each name once")
        found[name] = value
    return found
