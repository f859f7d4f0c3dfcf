"""Printing a record: its fields in words, the block after which it stood, and whether it was proven."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from textwrap import indent
from typing import Any, Final

from google.protobuf.message import Message

from assay.client.amounts import format_amount
from assay.client.cli.plain import to_plain
from assay.client.cli.session import Session
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.rates import format_rate
from assay.client.records import Answer

_AMOUNTS: Final = frozenset(
    [
        "balance",
        "bounty",
        "scoring_fee",
        "deposit",
        "escrowed",
        "paid",
        "refunded",
        "burned",
        "reserve",
        "amount",
        "deposit_returned",
        "total",
        "min_bounty",
        "min_deposit",
        "min_scoring_fee",
        "tokens",
        "min_self_delegation",
        "min_seat_stake",
        "power_reduction",
        "stake",
        "initial",
        "outstanding",
        "commission",
        "from_unbonding",
        "from_redelegation",
        "bonded",
        "not_bonded",
    ]
)
_RATES: Final = frozenset(
    [
        "rate",
        "max_rate",
        "max_change",
        "fraction",
        "inflation",
        "community_tax",
        "base_proposer_reward",
        "bonus_proposer_reward",
        "committee_share",
        "min_signed",
        "slash_double_sign",
        "slash_downtime",
        "slash_committee_fault",
        "slash_committee_silence",
    ]
)
_WORDS: Final = {None: "none", True: "yes", False: "no"}


def show_record(session: Session, title: str, read: Callable[[Client], Awaitable[Answer[Any]]]) -> None:
    """Read one record, and print it with height and proof."""
    answer = session.run(read)
    fields = plain(answer.value)
    table = new_table("field", "value", title=f"{title}, {provenance(answer)}")
    for name, value in fields.items():
        table.add_row(name, cell(name, value))
    session.emit(document(answer, fields), table)


def document(answer: Answer[Any], value: Any) -> dict[str, Any]:
    """Return plain values with the block after which they stood, and whether that was proven."""
    return {"height": answer.height, "verified": answer.verified, "value": value}


def provenance(answer: Answer[Any]) -> str:
    """Say after which block a value stood, and whether that was proven."""
    return f"after block {answer.height}, " + ("proven" if answer.verified else "NOT PROVEN")


def plain(record: Message | bytes) -> dict[str, Any]:
    """Return a record as plain values; bytes that are no message in hexadecimal."""
    return to_plain(record) if isinstance(record, Message) else {"value": record.hex()}


def cell(name: str, value: Any) -> str:
    """Return the value of a field in words: amounts in ASY, rates in per cent."""
    if name in _AMOUNTS and isinstance(value, int):
        return format_amount(value)
    if name in _RATES and isinstance(value, int):
        return format_rate(value)
    if isinstance(value, dict):
        return "\n".join(_line(inner, part) for inner, part in value.items())
    if isinstance(value, list):
        between = "\n\n" if value and isinstance(value[0], dict) else "\n"
        return between.join(cell(name, item) for item in value)
    return _WORDS.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)


def _line(name: str, value: Any) -> str:
    """Return a field of a record inside a cell; what it holds itself stands below it, set in."""
    text = cell(name, value)
    return f"{name}:\n{indent(text, '  ')}" if "\n" in text else f"{name}: {text}"
