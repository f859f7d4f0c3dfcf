"""``assay stake create-validator`` and what else a validator's operator does."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, Final, TypeVar

import click

from assay.client import messages
from assay.client.amounts import format_amount
from assay.client.cli.parameters import amount, from_option, memo_option, rate, text
from assay.client.cli.sending import done, send
from assay.client.cli.session import Session, pass_session
from assay.client.client import Client
from assay.client.errors import ClientError
from assay.client.joining import BadValidatorKeys, ValidatorKeys, parse_keys
from assay.client.rates import format_rate
from assay.crypto.accounts import Account
from assay.proto.staking_pb2 import Description
from assay.proto.tx_pb2 import MsgCreateValidator, MsgEditValidator

C = TypeVar("C", bound=Callable[..., Any])
_MOST_BYTES: Final = 1 << 16
_DESCRIPTION: Final = {
    "moniker": "Name under which the validator is listed.",
    "identity": "Something by which others can tell who is behind it, such as a key's fingerprint.",
    "website": "Its website.",
    "security_contact": "Whom to tell of a weakness.",
    "details": "What else delegators should know.",
}


class NothingToChange(ClientError):
    """The command names nothing that is to be changed."""


def _description_options(command: C) -> C:
    """Add an option for each part of a description."""
    for name, told in reversed(_DESCRIPTION.items()):
        command = click.option(f"--{name.replace('_', '-')}", type=text, help=told)(command)
    return command


@click.command("create-validator", short_help="Become a validator's operator.")
@click.argument("keys", metavar="KEYS", type=click.File("rb"))
@click.option("--amount", "amount_", type=amount, required=True, help="Your own first delegation.")
@_description_options
@click.option("--commission-rate", type=rate, default="10%", show_default=True, help="Of rewards.")
@click.option("--max-commission-rate", type=rate, default="20%", show_default=True, help="Fixed for good.")
@click.option(
    "--max-commission-change", type=rate, default="1%", show_default=True, help="A day; fixed for good."
)
@click.option("--min-self-delegation", type=amount, help="You promise to keep it; default: the least.")
@from_option
@memo_option
@pass_session
def create_validator(
    session: Session, /, keys: IO[bytes], amount_: int, key: str | None, memo: str, **terms: Any
) -> None:
    """Become the operator of the validator whose keys are in the file KEYS (- for standard input).

    `assayd show-validator ADDRESS`, run at the node with your address, prints what the file must hold. The
    node joins the validator set two blocks later, if its stake is among the greatest.
    """
    account = session.signer(key)
    found = _read_keys(session, keys, account)
    message = session.run(lambda client: _created(client, amount_, terms))
    name, rate_ = message.description.moniker, format_rate(message.commission_rate)
    question = f"Create the validator {name} with {format_amount(amount_)} of your own, commission {rate_}?"
    asked = [messages.create_validator(found.create(message))]
    done(session, send(session, account, asked, question, memo), f"created the validator {name}")


async def _created(client: Client, amount_: int, terms: dict[str, Any]) -> MsgCreateValidator:
    """Return what was asked for, without keys."""
    promised = terms["min_self_delegation"]
    if promised is None:
        promised = (await client.query.params()).value.min_self_delegation
    description = Description(**{name: terms[name] or "" for name in _DESCRIPTION})
    if not description.moniker:
        raise click.UsageError("a validator needs a name under which it is listed: --moniker NAME")
    return MsgCreateValidator(
        description=description,
        commission_rate=terms["commission_rate"],
        max_commission_rate=terms["max_commission_rate"],
        max_commission_change=terms["max_commission_change"],
        min_self_delegation=promised,
        amount=amount_,
    )


def _read_keys(session: Session, file: IO[bytes], account: Account) -> ValidatorKeys:
    """Read what `assayd show-validator` printed, and check that it is for this account and chain."""
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise BadValidatorKeys("the file is too long; it should be what `assayd show-validator` printed")
    found = parse_keys(data)
    found.check(session.run(lambda client: client.chain_id()), account.address)
    return found


@click.command("edit-validator", short_help="Change your validator's terms.")
@_description_options
@click.option("--commission-rate", type=rate, help="Of rewards; once a day.")
@click.option("--min-self-delegation", type=amount, help="Your promise may only rise.")
@click.option("--committee-key", type=click.File("rb"), help="File with the keys of another node's home.")
@from_option
@memo_option
@pass_session
def edit_validator(
    session: Session, /, committee_key: IO[bytes] | None, key: str | None, memo: str, **changes: Any
) -> None:
    """Change what your validator says of itself, its commission or your promise; the rest stays."""
    if committee_key is None and all(value is None for value in changes.values()):
        raise NothingToChange("name what is to be changed; `assay stake edit-validator --help` lists it")
    account = session.signer(key)
    message = session.run(lambda client: _edited(client, account, changes))
    if committee_key is not None:
        message = _read_keys(session, committee_key, account).change(message)
    question = f"Change the validator of {account.address_text}?"
    result = send(session, account, [messages.edit_validator(message)], question, memo)
    done(session, result, f"changed the validator of {account.address_text}")


async def _edited(client: Client, account: Account, changes: dict[str, Any]) -> MsgEditValidator:
    """Return what is to be changed; of a description all parts, since the chain takes it whole."""
    record = (await client.staking.validator(account.address)).value
    message = MsgEditValidator()
    named = {name: changes[name] for name in _DESCRIPTION if changes[name] is not None}
    if named:
        message.description.CopyFrom(record.description)
        for name, value in named.items():
            setattr(message.description, name, value)
    for name in ("commission_rate", "min_self_delegation"):
        if changes[name] is not None:
            setattr(message, name, changes[name])
    return message


@click.command(short_help="Let your validator out of jail.")
@from_option
@memo_option
@pass_session
def unjail(session: Session, key: str | None, memo: str) -> None:
    """Let your validator out of jail, once its time there is over. Mend what brought it there first."""
    account = session.signer(key)
    question = f"Unjail the validator of {account.address_text}?"
    result = send(session, account, [messages.unjail()], question, memo)
    done(session, result, f"unjailed the validator of {account.address_text}")


COMMANDS: Final = (create_validator, edit_validator, unjail)
