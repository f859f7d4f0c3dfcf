"""``assay query validators``: who is in the set, on what terms, and how each has behaved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
from rich.table import Table

from assay.client.amounts import format_amount, format_column
from assay.client.cli.operators import is_bonded, operator, status_word, validator_argument
from assay.client.cli.parameters import key_names
from assay.client.cli.plain import to_plain
from assay.client.cli.session import Session, pass_session
from assay.client.cli.show import document, provenance, show_record
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.rates import format_part, format_rate
from assay.client.records import Answer
from assay.client.staking import Pool
from assay.crypto.accounts import address_of, encode_address
from assay.proto.staking_pb2 import SigningInfo, SlashRecord, ValidatorRecord, ValidatorRewards
from assay.proto.state_pb2 import Params
from assay.state.rules.shares import decode_whole, part_of

# --- all of them -----------------------------------------------------------------


@click.command()
@pass_session
def validators(session: Session) -> None:
    """List all validators, most stake first."""

    async def read(client: Client) -> tuple[Answer[list[ValidatorRecord]], Params]:
        return await client.staking.validators(), (await client.query.params()).value

    answer, params = session.run(read)
    bonded = sum(item.tokens for item in answer.value if is_bonded(item))
    rows = [_plain(item, bonded, params) for item in answer.value]
    session.emit(document(answer, rows), _table(answer, bonded))


def _plain(item: ValidatorRecord, bonded: int, params: Params) -> dict[str, Any]:
    voting = item.tokens // params.power_reduction if is_bonded(item) else 0
    return to_plain(item) | {
        "consensus_address": address_of(item.public_key).hex().upper(),
        "voting_power": voting,
        "part_of_bonded": format_part(item.tokens if voting else 0, bonded),
    }


def _table(answer: Answer[list[ValidatorRecord]], bonded: int) -> Table:
    right = ("stake", "of the set", "commission")
    table = new_table(
        "validator", "operator", "status", *right, title=f"validators, {provenance(answer)}", right=right
    )
    stakes = format_column([item.tokens for item in answer.value])
    for item, stake in zip(answer.value, stakes, strict=True):
        part = format_part(item.tokens, bonded) if is_bonded(item) else ""
        rate = format_rate(item.commission.rate)
        who = (item.description.moniker, encode_address(item.operator))
        table.add_row(*who, status_word(item), stake, part, rate)
    return table


# --- one -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    record: Answer[ValidatorRecord]
    own: int
    signed: SigningInfo
    pool: Pool
    params: Params


@click.command(short_help="Show all about VALIDATOR.")
@validator_argument
@pass_session
def validator(session: Session, validator: str) -> None:
    """Show all about VALIDATOR: its stake, commission and keys, and how it has signed.

    VALIDATOR is its operator's address, the name of that key, or its consensus address in hexadecimal.
    """

    async def read(client: Client) -> _Seen:
        record = await client.staking.validator(await operator(session, client, validator))
        signed = await client.staking.signing_info(record.value.operator)
        pool, params = await client.staking.pool(), await client.query.params()
        own = await client.staking.own_stake(record)
        return _Seen(record, own, signed.value, pool.value, params.value)

    seen = session.run(read)
    item = seen.record.value
    found = _plain(item, seen.pool.bonded, seen.params)
    found |= {"self_delegation": seen.own, "signing": to_plain(seen.signed)}
    table = new_table("field", "value", title=f"{item.description.moniker}, {provenance(seen.record)}")
    for name, value in _rows(item, seen).items():
        table.add_row(name, value)
    session.emit(document(seen.record, found), table)


def _rows(item: ValidatorRecord, seen: _Seen) -> dict[str, str]:
    part = f", {format_part(item.tokens, seen.pool.bonded)} of the set" if is_bonded(item) else ""
    power = item.tokens // seen.params.power_reduction if is_bonded(item) else 0
    promised = format_amount(item.min_self_delegation)
    return {
        **{name: value for name, value in to_plain(item.description).items() if value},
        "operator": encode_address(item.operator),
        "consensus address": address_of(item.public_key).hex().upper(),
        "consensus key": item.public_key.hex(),
        "committee key": item.committee_key.hex(),
        "status": status_word(item),
        "stake": format_amount(item.tokens) + part,
        "own stake": f"{format_amount(seen.own)}, at least {promised} promised",
        "voting power": f"{power:,}",
        "shares": _shares(item),
        "commission": _commission(item),
        "missed blocks": _missed(seen.signed, seen.params),
        **_jail(item, seen.signed),
    }


def _shares(item: ValidatorRecord) -> str:
    shares = decode_whole(item.shares)
    return f"{shares:,}" + (f", each worth {item.tokens / shares:.6f} uasy" if shares else "")


def _commission(item: ValidatorRecord) -> str:
    rate, most = format_rate(item.commission.rate), format_rate(item.commission.max_rate)
    return f"{rate}, never above {most}, rising by {format_rate(item.commission.max_change)} a day at most"


def _missed(signed: SigningInfo, params: Params) -> str:
    """Say how many blocks of its window a validator has missed, and how many it may."""
    window = params.signed_blocks_window
    allowed = window - part_of(window, params.min_signed)
    return f"{signed.missed:,} in its window of {window:,}; more than {allowed:,} are downtime"


def _jail(item: ValidatorRecord, signed: SigningInfo) -> dict[str, str]:
    if signed.tombstoned:
        return {"jail": "for good: it signed two blocks at one height"}
    if item.jailed:
        return {"jail": f"until its operator unjails it, from height {signed.jailed_until} on"}
    return {}


# --- how they behaved --------------------------------------------------------------


@click.command("signing-info")
@validator_argument
@pass_session
def signing_info(session: Session, validator: str) -> None:
    """Show how VALIDATOR's consensus key has signed."""

    async def read(client: Client) -> Answer[SigningInfo]:
        return await client.staking.signing_info(await operator(session, client, validator))

    show_record(session, f"how {validator} has signed", read)


@click.command(short_help="List what was taken from validators.")
@click.argument("validator", required=False, shell_complete=key_names)
@pass_session
def slashes(session: Session, validator: str | None) -> None:
    """List what was taken from VALIDATOR, or from all validators, latest first."""

    async def read(client: Client) -> Answer[list[SlashRecord]]:
        who = await operator(session, client, validator) if validator else b""
        return await client.staking.slashes(who)

    answer = session.run(read)
    rows = [to_plain(item) for item in answer.value]
    title = f"slashes, {provenance(answer)}"
    session.emit(document(answer, rows), _slashes(answer.value, title) if rows else f"{title}: none")


def _slashes(found: list[SlashRecord], title: str) -> Table:
    right = ("rate", "burned", "from unbonding", "from redelegations")
    columns = ("at", "validator", "reason", "done at")
    table = new_table(*columns, *right, title=title, right=right)
    amounts = (
        format_column([getattr(item, name) for item in found])
        for name in ("burned", "from_unbonding", "from_redelegation")
    )
    for item, *burned in zip(found, *amounts, strict=True):
        reason = str(to_plain(item)["reason"]).replace("_", " ")
        who = encode_address(item.validator)
        first = (str(item.height), who, reason, str(item.infraction_height), format_rate(item.fraction))
        table.add_row(*first, *burned)
    return table


@click.command(short_help="Show what VALIDATOR has not paid out.")
@validator_argument
@pass_session
def commission(session: Session, validator: str) -> None:
    """Show VALIDATOR's commission and its delegators' rewards that nobody has withdrawn."""

    async def read(client: Client) -> Answer[ValidatorRewards]:
        return await client.staking.rewards(await operator(session, client, validator))

    show_record(session, f"rewards of {validator}", read)
