"""How several operators begin a chain together: accounts, gen_txs, one genesis, checked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from assay.client.amounts import format_amount, parse_amount
from assay.client.cli.session import Session
from assay.client.home import Home as ClientHome
from assay.client.home import default_home
from assay.client.joining import ValidatorKeys, parse_keys
from assay.client.rates import parse_rate
from assay.crypto.accounts import encode_address
from assay.node import cometbft, gathering
from assay.node.cli.options import usage_errors
from assay.node.cli.validator import own_keys
from assay.node.genesis import write_genesis
from assay.node.gentx import gen_tx
from assay.node.home import Home, HomeError, open_home, read_genesis
from assay.proto.staking_pb2 import Description
from assay.proto.tx_pb2 import MsgCreateValidator
from assay.state.genesis.gen_txs import to_document

C = TypeVar("C", bound=Callable[..., Any])

_PARTS: Final = tuple(field.name for field in Description.DESCRIPTOR.fields)
_TERMS: Final = (
    click.option("--moniker", default="", help="The validator's name; default: the node's."),
    click.option("--identity", default="", help="Where to find who operates it, such as a Keybase id."),
    click.option("--website", default="", help="Its website."),
    click.option("--security-contact", default="", help="Whom to write to about security."),
    click.option("--details", default="", help="Anything else."),
    click.option("--commission-rate", default="10%", show_default=True, help="Of delegators' rewards."),
    click.option("--commission-max-rate", default="20%", show_default=True, help="It never rises above."),
    click.option(
        "--commission-max-change-rate", default="1%", show_default=True, help="It never rises faster a day."
    ),
    click.option("--min-self-delegation", default="", help="Least that stays; default: what the chain asks."),
)


def _terms_options(command: C) -> C:
    for option in reversed(_TERMS):
        command = option(command)
    return command


@click.command("add-genesis-account")
@click.argument("address")
@click.argument("amount")
@click.option("--assay-home", type=click.Path(path_type=Path), help="Where key names are looked up.")
@click.pass_obj
def add_genesis_account(home: Path, address: str, amount: str, assay_home: Path | None) -> None:
    """Let an account hold AMOUNT from the first block on; ADDRESS may be the name of an `assay` key."""
    opened = open_home(home)
    with usage_errors():
        who, uasy = _session(assay_home).address(address), parse_amount(amount)
        document = gathering.with_account(opened.genesis(), who, uasy)
    write_genesis(opened, document)
    click.echo(f"{encode_address(who)} begins with {format_amount(uasy)}.")


@click.command()
@click.argument("key")
@click.argument("amount")
@click.option("--keys", type=click.File("rb"), help="What show-validator printed; default: this node's.")
@click.option(
    "--address", metavar="HOST:PORT", help="Where peers reach this node; default: external_address."
)
@click.option("--assay-home", type=click.Path(path_type=Path), help="Where the `assay` key KEY is.")
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="The passphrase, on one line.")
@click.option("--output-document", type=click.Path(path_type=Path), help="Default: HOME/config/gentx/.")
@_terms_options
@click.pass_obj
def gentx(home: Path, /, key: str, amount: str, **options: Any) -> None:
    """Sign the transaction by which this node is a validator of a new chain.

    KEY is the operator's account in the keystore of `assay`; AMOUNT is what it delegates to its validator.
    Send the file to whoever runs `assayd collect-gentxs`.
    """
    opened = open_home(home)
    with usage_errors():
        terms = _terms(opened, parse_amount(amount), options)
    operator = _session(options["assay_home"], options["passphrase_file"]).signer(key)
    keys = _keys(opened, operator.address, options["keys"])
    document = to_document(gen_tx(operator, keys, terms, _memo(opened, options["address"])))
    with usage_errors():
        gathering.check_own(document, opened.genesis())
    path = options["output_document"] or opened.gentx_directory / f"gentx-{_node_id(opened)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(f"Wrote {path}: {terms.description.moniker} begins with {format_amount(terms.amount)}.")


def _terms(home: Home, amount: int, options: dict[str, Any]) -> MsgCreateValidator:
    """Return on what terms the validator begins."""
    parts = {name: options[name] for name in _PARTS}
    parts["moniker"] = parts["moniker"] or home.config().get("moniker", "")
    least = options["min_self_delegation"]
    params = gathering.params_of(home.genesis())
    return MsgCreateValidator(
        description=Description(**parts),
        commission_rate=parse_rate(options["commission_rate"]),
        max_commission_rate=parse_rate(options["commission_max_rate"]),
        max_commission_change=parse_rate(options["commission_max_change_rate"]),
        min_self_delegation=parse_amount(least) if least else params.min_self_delegation,
        amount=amount,
    )


def _keys(home: Home, operator: bytes, file: Any) -> ValidatorKeys:
    if file is None:
        return own_keys(home, operator)
    keys = parse_keys(file.read())
    keys.check(home.genesis()["chain_id"], operator)
    return keys


def _node_id(home: Home) -> str:
    return cometbft.node_id(cometbft.find_binary(home.settings().cometbft.binary), home.path)


def _memo(home: Home, address: str | None) -> str:
    """Return how peers reach this node, ``id@host:port``; empty if nobody said where it is."""
    place = address or home.config().get("p2p", {}).get("external_address", "")
    return f"{_node_id(home)}@{place}" if place else ""


@click.command("collect-gentxs")
@click.option("--gentx-dir", type=click.Path(path_type=Path), help="Default: HOME/config/gentx.")
@click.pass_obj
def collect_gentxs(home: Path, gentx_dir: Path | None) -> None:
    """Put all gen_txs of a directory into the genesis, and their nodes among this node's peers."""
    opened = open_home(home)
    directory = gentx_dir or opened.gentx_directory
    with usage_errors():
        found = gathering.read_directory(directory, opened.genesis()["chain_id"])
        document = gathering.with_gen_txs(opened.genesis(), found)
    write_genesis(opened, document)
    peers = gathering.peers(found, _node_id(opened))
    if peers:
        opened.set_peers(peers)
    click.echo(f"The genesis has {len(found)} validators; this node has {len(peers)} of them as peers.")
    reason = gathering.fault(document)
    if reason:
        click.echo(f"No chain can begin with it yet: {reason}", err=True)


@click.command("set-genesis")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def set_genesis(home: Path, file: Path) -> None:
    """Take a chain's genesis into a home that has no blocks, and its validators' nodes as peers."""
    opened = open_home(home)
    if (opened.store / "CURRENT").exists():
        again = f"assayd --home {home} reset --anew"
        raise HomeError(f"the node in {home} has been started; before it begins another chain: {again}")
    document = _valid(file)
    write_genesis(opened, document)
    with usage_errors():
        peers = gathering.peers(gathering.listed(document), _node_id(opened))
    if peers:
        opened.set_peers(peers)
    click.echo(f"{home} begins with chain {document['chain_id']}, digest {gathering.digest(document)}.")


@click.command("validate-genesis")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def validate_genesis(home: Path, file: Path | None) -> None:
    """Check a genesis as the chain itself will, and show with whom it begins."""
    for line in gathering.summary(_valid(file or Home(home).genesis_file)):
        click.echo(line)


def _valid(file: Path) -> dict[str, Any]:
    """Return a genesis with which a chain can begin."""
    document = read_genesis(file)
    reason = gathering.fault(document)
    if reason:
        raise HomeError(f"no chain can begin with {file}: {reason}")
    return document


def _session(home: Path | None, passphrase_file: Path | None = None) -> Session:
    """Return what it takes to use the keys of `assay`."""
    return Session(ClientHome(home or default_home(os.environ)), passphrase_file=passphrase_file)
