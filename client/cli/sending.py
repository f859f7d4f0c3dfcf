"""Showing a transaction, asking, sending it, and telling what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.client.amounts import format_amount
from assay.client.cli.plain import to_plain
from assay.client.cli.session import Session
from assay.client.client import Client
from assay.client.transactions import Options, PendingTx
from assay.client.tx_results import TxResult
from assay.crypto.accounts import Account
from assay.proto.tx_pb2 import Message, TxBody

_LONG_BYTES = 64


def send(
    session: Session, account: Account, messages: Sequence[Message], question: str, memo: str = ""
) -> TxResult | None:
    """Build a transaction, ask `question`, send it and wait; None on a dry run, whose result is printed."""

    async def build(client: Client) -> TxBody:
        return await client.build(account.public_key, messages, Options(memo=memo))

    body = session.run(build)
    question = f"{question} Fee {format_amount(body.fee)} for {body.gas_limit:,} gas."
    if session.yes or session.dry_run:  # nobody will be asked
        session.note(question)
    if session.dry_run:
        session.emit({"dry_run": True, "body": body_document(body)}, "Nothing was sent: this was a dry run.")
        return None
    session.confirm(question)

    return _deliver(session, account, body)


def _deliver(session: Session, account: Account, body: TxBody) -> TxResult:
    sent: list[PendingTx] = []

    async def deliver(client: Client) -> TxResult:
        sent.append(await client.send_body(account, body))
        return await settled(client, await sent[0].wait())

    try:
        return session.run(deliver)
    except KeyboardInterrupt:
        look = f"tx show {sent[0].hash.hex().upper()}" if sent else f"tx history {account.address_text}"
        session.note(f"interrupted; the transaction is on its way, look what becomes of it: assay {look}")
        raise


async def settled(client: Client, result: TxResult) -> TxResult:
    """Wait until what a transaction did can be proven, so that the next command sees it."""
    await client.blocks.until(result.height + 1)
    return result


def done(session: Session, result: TxResult | None, text: str, more: str = "") -> None:
    """Tell what a transaction has done, where it is, and what more there is; a dry run has told already."""
    if result is not None:
        where = f"in block {result.height}, transaction {result.hash.hex().upper()}"
        session.emit(result_document(result), f"{text}, {where}{more}")


def result_document(result: TxResult) -> dict[str, Any]:
    """Return a transaction's result as plain values."""
    return {
        "hash": result.hash.hex().upper(),
        "height": result.height,
        "gas_used": result.gas_used,
        "gas_wanted": result.gas_wanted,
        "events": [{"kind": event.kind, **event.attributes} for event in result.events],
    }


def body_document(body: TxBody) -> dict[str, Any]:
    """Return a body as plain values, payloads shortened to their length."""
    document = to_plain(body)
    document["messages"] = [_message(message) for message in body.messages]
    return document


def _message(message: Message) -> dict[str, Any]:
    kind = message.WhichOneof("kind") or "unknown"
    fields = to_plain(getattr(message, kind))
    for name, value in fields.items():
        if isinstance(value, str) and len(value) > 2 * _LONG_BYTES and name in ("payload", "reference"):
            fields[name] = f"{len(value) // 2} bytes"
    return {kind: fields}
