"""``assay stake``: delegate, take stake back, collect rewards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from assay.client import messages
from assay.client.amounts import format_amount
from assay.client.cli import stake_validator
from assay.client.cli.operators import label, operator, validator_argument
from assay.client.cli.parameters import IDENT, amount, from_option, key_names, memo_option
from assay.client.cli.sending import done, send
from assay.client.cli.session import Session, pass_session
from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.staking import Holding
from assay.client.timing import measure
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account, encode_address
from assay.proto.staking_pb2 import ValidatorRecord
from assay.proto.tx_pb2 import Message

_ALL: Final = "all"


class NothingThere(ClientError):
    """There is nothing on which the command could act."""


@click.group(short_help="Delegate, collect rewards, run a validator.")
def stake() -> None:
    """Proof of stake: delegate, take stake back, collect rewards, run a validator.

    A VALIDATOR is named by its operator's address, the name of that key, or its consensus address in
    hexadecimal; `assay query validators` lists them.
    """


for _command in stake_validator.COMMANDS:
    stake.add_command(_command)


def _amount_or_all(text: str | int) -> int | None:
    """Return uasy, or None for ``all``."""
    return None if text == _ALL else amount(text)


_amount = click.argument("amount_", metavar="AMOUNT", type=amount)
_some = click.argument("amount_", metavar="AMOUNT|all", type=_amount_or_all)

# --- in and out ------------------------------------------------------------------


@stake.command(short_help="Stake AMOUNT with VALIDATOR.")
@validator_argument
@_amount
@from_option
@memo_option
@pass_session
def delegate(session: Session, validator: str, amount_: int, key: str | None, memo: str) -> None:
    """Stake AMOUNT with VALIDATOR. It earns rewards, and is at risk if the validator misbehaves."""
    account = session.signer(key)
    record = session.run(lambda client: _find(session, client, validator))
    what = f"{format_amount(amount_)} to {label(record)}"
    message = messages.delegate(record.operator, amount_)
    done(session, send(session, account, [message], f"Delegate {what}?", memo), f"delegated {what}")


@stake.command(short_help="Take AMOUNT back from VALIDATOR.")
@validator_argument
@_some
@from_option
@memo_option
@pass_session
def undelegate(session: Session, validator: str, amount_: int | None, key: str | None, memo: str) -> None:
    """Take AMOUNT back from VALIDATOR. It is free after the unbonding period, and at risk until then."""
    account = session.signer(key)
    holding = session.run(lambda client: _holding(session, client, account, validator))
    asked = holding.tokens if amount_ is None else amount_
    what = f"{format_amount(asked)} from {label(holding.validator)}"
    message = messages.undelegate(holding.delegation.validator, asked)
    result = send(session, account, [message], f"Undelegate {what}?", memo)
    if result is not None:
        done(session, result, f"undelegated {what}", f"; {_free(session, account, result)}")


def _free(session: Session, account: Account, result: TxResult) -> str:
    """Say when what a transaction has undelegated is free."""

    async def read(client: Client) -> str:
        clock = await measure(client)
        entries = (await client.staking.unbonding(account.address)).value
        ends = [item.completes for item in entries if item.created == result.height]
        return f"it is free at {clock.describe(max(ends))}" if ends else "it is free now"

    return session.run(read)


@stake.command(short_help="Move AMOUNT from SOURCE to TARGET.")
@click.argument("source", shell_complete=key_names)
@click.argument("target", shell_complete=key_names)
@_some
@from_option
@memo_option
@pass_session
def redelegate(
    session: Session, source: str, target: str, amount_: int | None, key: str | None, memo: str
) -> None:
    """Move AMOUNT from the validator SOURCE to TARGET at once.

    Until the unbonding period is over it may not move on, and answers for what SOURCE did before.
    """
    account = session.signer(key)

    async def read(client: Client) -> tuple[Holding, ValidatorRecord]:
        return await _holding(session, client, account, source), await _find(session, client, target)

    holding, record = session.run(read)
    asked = holding.tokens if amount_ is None else amount_
    what = f"{format_amount(asked)} from {label(holding.validator)} to {label(record)}"
    message = messages.redelegate(holding.delegation.validator, record.operator, asked)
    done(session, send(session, account, [message], f"Redelegate {what}?", memo), f"redelegated {what}")


@stake.command("cancel-unbonding", short_help="Delegate again what is on its way out.")
@click.argument("entry", type=IDENT)
@click.argument("amount_", metavar="[AMOUNT]", type=amount, required=False)
@from_option
@memo_option
@pass_session
def cancel_unbonding(session: Session, entry: int, amount_: int | None, key: str | None, memo: str) -> None:
    """Delegate AMOUNT, or all, of the unbonding ENTRY to its validator again.

    `assay query unbonding` lists the entries.
    """
    account = session.signer(key)
    entries = session.run(lambda client: client.staking.unbonding(account.address)).value
    found = next((item for item in entries if item.id == entry), None)
    if found is None:
        raise NothingThere(f"{account.address_text} has no unbonding entry {entry}; `assay query unbonding`")
    asked = found.balance if amount_ is None else amount_
    what = f"{format_amount(asked)} of entry {entry} to {encode_address(found.validator)}"
    message = messages.cancel_unbonding(found.validator, entry, asked)
    done(
        session, send(session, account, [message], f"Delegate {what} again?", memo), f"delegated {what} again"
    )


async def _find(session: Session, client: Client, text: str) -> ValidatorRecord:
    """Return the validator that a text names."""
    return (await client.staking.validator(await operator(session, client, text))).value


async def _holding(session: Session, client: Client, account: Account, text: str) -> Holding:
    """Return what an account has delegated to the validator that a text names."""
    record = await _find(session, client, text)
    return (await client.staking.delegation(account.address, record.operator)).value


# --- rewards -----------------------------------------------------------------------


@stake.command("withdraw-rewards", short_help="Withdraw what delegations have earned.")
@click.argument("validator", required=False, shell_complete=key_names)
@from_option
@memo_option
@pass_session
def withdraw_rewards(session: Session, validator: str | None, key: str | None, memo: str) -> None:
    """Withdraw what the delegation to VALIDATOR has earned, or all delegations.

    One transaction withdraws from as many as the chain lets it; those that have earned most come first.
    """
    account = session.signer(key)

    async def read(client: Client) -> tuple[Sequence[Holding], int]:
        if validator is not None:
            return [await _holding(session, client, account, validator)], 1
        most = (await client.query.params()).value.max_messages
        return (await client.staking.delegations(account.address)).value, most

    held, most = session.run(read)
    earned = sorted((item for item in held if item.reward), key=lambda item: -item.reward)
    if not earned:
        raise NothingThere(f"{account.address_text} has no rewards to withdraw; `assay query rewards`")
    found, left = earned[:most], len(earned[most:])
    what = f"about {format_amount(sum(item.reward for item in found))} of rewards"
    asked = [messages.withdraw_reward(item.delegation.validator) for item in found]
    more = f"; {left} of {len(earned)} delegations are left, withdraw again" if left else ""
    _withdraw(session, account, asked, f"Withdraw {what}?", memo, more)


@stake.command("withdraw-commission")
@from_option
@memo_option
@pass_session
def withdraw_commission(session: Session, key: str | None, memo: str) -> None:
    """Withdraw the commission of one's own validator."""
    account = session.signer(key)
    question = f"Withdraw the commission of {account.address_text}?"
    _withdraw(session, account, [messages.withdraw_commission()], question, memo)


def _withdraw(
    session: Session, account: Account, asked: list[Message], question: str, memo: str, more: str = ""
) -> None:
    result = send(session, account, asked, question, memo)
    if result is not None:
        kinds = ("withdraw_rewards", "withdraw_commission")
        paid = sum(int(event.attributes["amount"]) for event in result.events if event.kind in kinds)
        done(session, result, f"withdrew {format_amount(paid)}", more)


@stake.command("set-withdraw-address", short_help="Have rewards paid to ADDRESS.")
@click.argument("address", shell_complete=key_names)
@from_option
@memo_option
@pass_session
def set_withdraw_address(session: Session, address: str, key: str | None, memo: str) -> None:
    """Have all rewards and commission paid to ADDRESS, an address or the name of a key of yours."""
    account = session.signer(key)
    to = session.address(address)
    what = f"rewards of {account.address_text} to {encode_address(to)}"
    message = messages.set_withdraw_address(to)
    done(session, send(session, account, [message], f"Pay {what}?", memo), f"from now on {what}")


@stake.command("fund-community-pool", short_help="Give AMOUNT to the community pool.")
@_amount
@from_option
@memo_option
@pass_session
def fund_community_pool(session: Session, amount_: int, key: str | None, memo: str) -> None:
    """Give AMOUNT to the community pool. It does not come back."""
    account = session.signer(key)
    what = f"{format_amount(amount_)} to the community pool"
    message = messages.fund_community_pool(amount_)
    done(session, send(session, account, [message], f"Give {what}?", memo), f"gave {what}")
