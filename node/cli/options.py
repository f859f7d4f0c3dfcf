"""Options that commands share: those that say how a new chain begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from assay.client import faucet
from assay.client.amounts import AmountError, parse_amount
from assay.crypto.accounts import AddressError, decode_address
from assay.node import chainstate, cometbft
from assay.node.founders import Founder
from assay.node.genesis import genesis_document
from assay.state.genesis import BadGenesis

C = TypeVar("C", bound=Callable[..., Any])

_CHAIN = (
    click.option("--chain-id", default="assay-dev", show_default=True, help="Name of the chain."),
    click.option(
        "--account", "accounts", multiple=True, metavar="ADDRESS=AMOUNT", help="Fund an account; repeatable."
    ),
    click.option(
        "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a chain parameter; repeatable."
    ),
    click.option(
        "--block-time",
        type=click.IntRange(1, 600_000),
        default=1000,
        show_default=True,
        help="Milliseconds between blocks.",
    ),
    click.option("--cometbft", "binary", default="", help="The CometBFT program to use."),
)


def chain_options(command: C) -> C:
    """Add the options of a new development chain to a command."""
    for option in reversed(_CHAIN):
        command = option(command)
    return command


def refuse_given(ctx: click.Context, names: Iterable[str], reason: str) -> None:
    """Refuse options that were given and would be passed over; `reason` goes on after the name of one."""
    for name in names:
        if ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            option = next(param.opts[0] for param in ctx.command.params if param.name == name)
            raise click.UsageError(f"{option} {reason}", ctx)


def program(binary: str) -> Path:
    """Return the CometBFT program to use; refuses one the node is not made for."""
    found = cometbft.find_binary(binary)
    cometbft.version(found)
    return found


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn what the chain would refuse into a wrong use of the command."""
    try:
        yield
    except (AddressError, AmountError, BadGenesis, ValueError) as error:
        raise click.UsageError(str(error)) from None


def launch_genesis(options: dict[str, Any]) -> dict[str, Any]:
    """Return the genesis of a chain whose validators are still to come in."""
    params = chainstate.chain_params(_pairs(options["params"], "--param", "NAME=VALUE"), development=False)
    state = chainstate.app_state(params, _balances(options), [])
    return genesis_document(options["chain_id"], state)


def development_genesis(founders: list[Founder], options: dict[str, Any]) -> dict[str, Any]:
    """Return the genesis that the options describe; see `assay.node.chainstate.development_genesis`."""
    balances = _balances(options)
    balances.setdefault(decode_address(faucet.ADDRESS), chainstate.FAUCET_BALANCE)
    changes = _pairs(options["params"], "--param", "NAME=VALUE")
    return chainstate.development_genesis(options["chain_id"], founders, balances, changes)


def _balances(options: dict[str, Any]) -> dict[bytes, int]:
    accounts = _pairs(options["accounts"], "--account", "ADDRESS=AMOUNT")
    return {decode_address(name): parse_amount(amount) for name, amount in accounts.items()}


def _pairs(texts: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    """Split what a repeatable option was given."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name in found:
            raise click.UsageError(f"{option} {text!r}: write {form}, each name once")
        found[name] = value
    return found
