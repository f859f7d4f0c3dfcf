"""`assayd init`: a home, and the genesis of a development chain or of one to join."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from assay.client import faucet
from assay.crypto.accounts import AddressError, decode_address
from assay.node import cometbft
from assay.node.committee.identity import create_committee_key
from assay.node.genesis import GenesisValidator, genesis_document, write_genesis
from assay.node.home import Home, HomeError, Network, create
from assay.proto.state_pb2 import Params
from assay.state.rules.params import BadParams, default_params, validate_params

FAUCET_BALANCE = 1_000_000_000_000_000


@click.command()
@click.option("--chain-id", default="assay-dev", show_default=True, help="Name of the chain.")
@click.option("--moniker", default="node", show_default=True, help="The node's name, for people.")
@click.option(
    "--genesis", type=click.Path(path_type=Path, exists=True), help="Join the chain of this genesis file."
)
@click.option(
    "--account", "accounts", multiple=True, metavar="ADDRESS=UASY", help="Fund an account; repeatable."
)
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a chain parameter; repeatable."
)
@click.option("--operator", default=faucet.ADDRESS, help="Account the committee's fees go to.")
@click.option("--rpc", default="127.0.0.1:26657", show_default=True, help="Where the RPC listens.")
@click.option("--p2p", default="127.0.0.1:26656", show_default=True, help="Where peers connect.")
@click.option("--block-time", default=1000, show_default=True, help="Milliseconds between blocks.")
@click.option("--cometbft", "binary", default="", help="The CometBFT program to use.")
@click.pass_obj
def init(home: Path, genesis: Path | None, binary: str, **options: Any) -> None:
    """Create a home: keys, settings, and a genesis.

    Without --genesis, this node is the only validator and the committee of a new development chain, whose
    faucet account is funded.
    """
    program = cometbft.find_binary(binary)
    network = Network(
        moniker=options["moniker"],
        rpc=options["rpc"],
        p2p=options["p2p"],
        block_milliseconds=options["block_time"],
    )
    made = create(home, program, network)
    if binary:
        _set_binary(made, program)
    committee_key = create_committee_key(made.path).public_key
    validator = GenesisValidator(cometbft.validator_key(program, made.path), name=options["moniker"])
    if genesis:
        write_genesis(made, _read_genesis(genesis))
    else:
        write_genesis(made, _development(validator, committee_key, options))
    click.echo(f"Created {made.path}, a node of chain {made.genesis()['chain_id']}.")
    click.echo(f"Start it with: assayd --home {home} start")


def _set_binary(home: Home, program: Path) -> None:
    text = home.settings_file.read_text(encoding="utf-8")
    quoted = json.dumps(str(program))
    home.settings_file.write_text(text.replace('binary = ""', f"binary = {quoted}"), encoding="utf-8")


def _read_genesis(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HomeError(f"{path} cannot be read as a genesis file: {error}") from None
    if not isinstance(document, dict):
        raise HomeError(f"{path} is not a genesis file")
    return document


def _development(
    validator: GenesisValidator, committee_key: bytes, options: dict[str, Any]
) -> dict[str, Any]:
    seat = {
        "validator": validator.address.hex(),
        "committee_key": committee_key.hex(),
        "operator": _address(options["operator"]),
    }
    app_state = {
        "accounts": [
            {"address": faucet.ADDRESS, "balance": str(FAUCET_BALANCE)},
            *_accounts(options["accounts"]),
        ],
        "params": _params(options["params"]),
        "committee": [seat],
    }
    try:
        return genesis_document(options["chain_id"], [validator], app_state)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _address(text: str) -> str:
    try:
        decode_address(text)
    except AddressError as error:
        raise click.UsageError(str(error)) from None
    return text


def _accounts(texts: tuple[str, ...]) -> list[dict[str, str]]:
    found = []
    for text in texts:
        address, _, amount = text.partition("=")
        if not amount.isdigit():
            raise click.UsageError(
                f"--account is {text!r}, expected ADDRESS=UASY with a whole number of uasy"
            )
        found.append({"address": _address(address), "balance": amount})
    return found


def _params(texts: tuple[str, ...]) -> dict[str, Any]:
    fields = MessageToDict(default_params(development=True), preserving_proto_field_name=True)
    for text in texts:
        name, _, value = text.partition("=")
        fields[name] = value.upper() if name == "preset" else int(value) if value.isdigit() else value
    try:
        params = ParseDict(fields, Params())
        validate_params(params)
    except (ParseError, BadParams) as error:
        raise click.UsageError(f"--param: {error}") from None
    return fields
