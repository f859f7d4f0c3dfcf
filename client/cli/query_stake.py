"""``assay query delegations`` and others: what accounts have staked, what it earns, what is leaving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
from rich.console import Group, RenderableType

from assay.client.amounts import format_amount, format_column
from assay.client.cli.operators import operator, validator_argument
from assay.client.cli.parameters import key_names
from assay.client.cli.plain import to_plain
from assay.client.cli.session import Session, pass_session
from assay.client.cli.show import document, provenance, show_record
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.rates import format_part
from assay.client.records import Answer
from assay.client.staking import Holding, Pool
from assay.client.timing import BlockClock, measure
from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import RedelegationEntry, UnbondingEntry
from assay.proto.state_pb2 import Supply

E = TypeVar("E", UnbondingEntry, RedelegationEntry)

_account = click.argument("account", shell_complete=key_names)

# --- delegations -----------------------------------------------------------------


@click.command(short_help="List what ACCOUNT has delegated.")
@_account
@pass_session
def delegations(session: Session, account: str) -> None:
    """List what ACCOUNT has delegated, and what it has earned."""
    address = session.address(account)
    answer = session.run(lambda client: client.staking.delegations(address))
    title = f"delegations of {encode_address(address)}, {provenance(answer)}"
    session.emit(
        document(answer, [_plain(item) for item in answer.value]), _by_validator(answer.value, title)
    )


@click.command("delegations-to")
@validator_argument
@pass_session
def delegations_to(session: Session, validator: str) -> None:
    """List all delegations to VALIDATOR, most stake first."""

    async def read(client: Client) -> Answer[list[Holding]]:
        return await client.staking.delegations_to(await operator(session, client, validator))

    answer = session.run(read)
    title = f"delegations to {validator}, {provenance(answer)}"
    names = [[encode_address(item.delegation.delegator)] for item in answer.value]
    table = _holdings(answer.value, ["delegator"], names, title)
    session.emit(document(answer, [_plain(item) for item in answer.value]), table)


def _plain(item: Holding) -> dict[str, Any]:
    """Return a delegation as plain values, with what it is worth and has earned in uasy."""
    return to_plain(item.delegation) | {"tokens": item.tokens, "reward": item.reward}


def _by_validator(found: Sequence[Holding], title: str) -> RenderableType:
    names = [[item.validator.description.moniker, encode_address(item.validator.operator)] for item in found]
    return _holdings(found, ["validator", "operator"], names, title)


def _holdings(
    found: Sequence[Holding], heads: Sequence[str], names: Sequence[Sequence[str]], title: str
) -> RenderableType:
    if not found:
        return f"{title}: none"
    right = ("stake", "of the validator", "reward")
    table = new_table(*heads, *right, title=title, right=right)
    stakes, rewards = (
        format_column([item.tokens for item in found]),
        format_column([item.reward for item in found]),
    )
    for who, item, stake, reward in zip(names, found, stakes, rewards, strict=True):
        table.add_row(*who, stake, format_part(*item.ratio), reward)
    return table


@click.command(short_help="Show what ACCOUNT has earned.")
@_account
@pass_session
def rewards(session: Session, account: str) -> None:
    """Show what ACCOUNT's delegations have earned, and who is paid it."""
    address = session.address(account)

    async def read(client: Client) -> tuple[Answer[list[Holding]], bytes]:
        found = await client.staking.delegations(address)
        return found, (await client.staking.withdraw_address(address)).value

    answer, paid_to = session.run(read)
    total = sum(item.reward for item in answer.value)
    value = {
        "rewards": {encode_address(item.delegation.validator): item.reward for item in answer.value},
        "total": total,
        "paid_to": encode_address(paid_to),
    }
    title = f"rewards of {encode_address(address)}, {provenance(answer)}"
    told = f"{format_amount(total)} in all, paid to {encode_address(paid_to)}"
    session.emit(document(answer, value), Group(_by_validator(answer.value, title), told))


# --- on the way out ----------------------------------------------------------------


@click.command(short_help="List what ACCOUNT takes out.")
@_account
@pass_session
def unbonding(session: Session, account: str) -> None:
    """List what ACCOUNT takes out of validators, and when it is free."""
    address = session.address(account)

    _show_entries(
        session,
        f"unbonding of {encode_address(address)}",
        lambda client: client.staking.unbonding(address),
        {"validator": "validator", "amount": "balance", "free at": "completes"},
    )


@click.command(short_help="List what ACCOUNT has moved.")
@_account
@pass_session
def redelegations(session: Session, account: str) -> None:
    """List what ACCOUNT has moved between validators, while it answers for the first."""
    address = session.address(account)

    _show_entries(
        session,
        f"redelegations of {encode_address(address)}",
        lambda client: client.staking.redelegations(address),
        {"from": "source", "to": "target", "amount": "initial", "over at": "completes"},
    )


def _show_entries(
    session: Session,
    what: str,
    read: Callable[[Client], Awaitable[Answer[list[E]]]],
    columns: Mapping[str, str],
) -> None:
    """Show stake that is on its way; `columns` are the fields under each heading."""

    async def both(client: Client) -> tuple[Answer[list[E]], BlockClock]:
        return await read(client), await measure(client)

    answer, clock = session.run(both)
    title = f"{what}, {provenance(answer)}"
    table = new_table("entry", *columns, title=title, right=("entry", "amount"))
    *ends, amount, over = columns.values()
    amounts = format_column([getattr(item, amount) for item in answer.value])
    for item, uasy in zip(answer.value, amounts, strict=True):
        places = [encode_address(getattr(item, name)) for name in ends]
        table.add_row(str(item.id), *places, uasy, clock.describe(getattr(item, over)))
    rows = [to_plain(item) for item in answer.value]
    session.emit(document(answer, rows), table if rows else f"{title}: none")


# --- pools ---------------------------------------------------------------------------


@click.command()
@pass_session
def pool(session: Session) -> None:
    """Show how much of all tokens is staked."""

    async def read(client: Client) -> tuple[Answer[Pool], Supply]:
        return await client.staking.pool(), (await client.query.supply()).value

    answer, supply = session.run(read)
    found = {"bonded": answer.value.bonded, "not_bonded": answer.value.not_bonded, "supply": supply.total}
    right = ("amount", "of all tokens")
    table = new_table("stake", *right, title=f"stake, {provenance(answer)}", right=right)
    for name, amount in zip(found, format_column(list(found.values())), strict=True):
        table.add_row(name.replace("_", " "), amount, format_part(found[name], supply.total))
    session.emit(document(answer, found), table)


@click.command("community-pool")
@pass_session
def community_pool(session: Session) -> None:
    """Show what the community pool holds."""
    show_record(session, "community pool", lambda client: client.staking.community_pool())
