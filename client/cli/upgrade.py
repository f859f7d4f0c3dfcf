"""``assay upgrade``: validators agree on another version of the state; everybody sees how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
from rich.table import Table

from assay.client import messages
from assay.client.cli.parameters import IDENT, from_option, memo_option
from assay.client.cli.sending import done, send
from assay.client.cli.session import Session, pass_session
from assay.client.cli.show import document, provenance
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.rates import format_part
from assay.client.records import Answer
from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import BOND_STATUS_BONDED
from assay.proto.state_pb2 import Params, UpgradeSignal


@click.group(short_help="Agree on another version of the state.")
def upgrade() -> None:
    """Agree on another version of the state, from a height on.

    Install a release that knows the version first; see docs/upgrades.md.
    """


@upgrade.command(short_help="Say that your validator is ready.")
@click.argument("version", type=click.IntRange(1, (1 << 32) - 1))
@click.argument("height", type=IDENT)
@from_option
@memo_option
@pass_session
def signal(session: Session, version: int, height: int, key: str | None, memo: str) -> None:
    """Say that your validator is ready for VERSION from the block at HEIGHT on."""
    account = session.signer(key)
    question = f"Signal for version {version} at height {height} as {account.address_text}?"
    result = send(session, account, [messages.signal_upgrade(version, height)], question, memo)
    done(session, result, f"signalled for version {version} at height {height}")


@upgrade.command(short_help="Take your signal back.")
@from_option
@memo_option
@pass_session
def withdraw(session: Session, key: str | None, memo: str) -> None:
    """Take your validator's signal back; more than two thirds call off what was decided."""
    account = session.signer(key)
    question = f"Signal for no upgrade as {account.address_text}?"
    result = send(session, account, [messages.signal_upgrade(0, 0)], question, memo)
    done(session, result, "signalled for no upgrade")


@dataclass(frozen=True)
class Signal:
    """What a bonded validator wants, and how much its word weighs."""

    operator: bytes
    moniker: str
    power: int
    wanted: UpgradeSignal


@upgrade.command(short_help="Show what is decided and signalled.")
@pass_session
def status(session: Session) -> None:
    """Show what is decided, and what each validator of the set has signalled."""

    async def read(client: Client) -> tuple[Answer[Params], list[Signal]]:
        return await client.query.params(), await _signals(client)

    params, found = session.run(read)
    total = sum(item.power for item in found)
    plain = [_plain(item, total) for item in found]
    value = {
        "state_version": params.value.state_version,
        "upgrade_version": params.value.upgrade_version,
        "upgrade_height": params.value.upgrade_height,
        "signals": plain,
    }
    session.emit(document(params, value), _table(params, found, total))


async def _signals(client: Client) -> list[Signal]:
    params = (await client.query.params()).value
    listed = (await client.staking.validators()).value
    signals = {item.operator: item for item in (await client.query.upgrade_signals()).value}
    return [
        Signal(
            item.operator,
            item.description.moniker,
            item.tokens // params.power_reduction,
            signals.get(item.operator, UpgradeSignal()),
        )
        for item in listed
        if item.status == BOND_STATUS_BONDED
    ]


def _plain(item: Signal, total: int) -> dict[str, Any]:
    return {
        "operator": encode_address(item.operator),
        "power": item.power,
        "part": format_part(item.power, total),
        "version": item.wanted.version,
        "height": item.wanted.height,
    }


def _table(params: Answer[Params], found: list[Signal], total: int) -> Table:
    decided = params.value
    plan = (
        f"version {decided.upgrade_version} at height {decided.upgrade_height}"
        if decided.upgrade_version
        else "no upgrade"
    )
    title = f"state version {decided.state_version}, decided: {plan}, {provenance(params)}"
    right = ("power", "of the set", "version", "at height")
    table = new_table("validator", "operator", *right, title=title, right=right)
    for item in found:
        wanted = (str(item.wanted.version), str(item.wanted.height)) if item.wanted.version else ("none", "")
        part = format_part(item.power, total)
        table.add_row(item.moniker, encode_address(item.operator), str(item.power), part, *wanted)
    return table
