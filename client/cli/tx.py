"""``assay tx``: send tokens, look transactions up."""

from __future__ import annotations

from typing import Any

import click

from assay.client.amounts import format_amount
from assay.client.cli.parameters import COUNT, amount, from_option, hex32, key_names, memo_option
from assay.client.cli.sending import done, result_document, send
from assay.client.cli.session import Session, pass_session
from assay.client.cli.tables import new_table
from assay.client.client import Client
from assay.client.errors import TxNotSeen
from assay.client.messages import transfer
from assay.client.rpc import understood
from assay.client.tx_results import TxResult, parse_events
from assay.crypto.accounts import encode_address

_PAGE = 30


@click.group()
def tx() -> None:
    """Transactions: send tokens, look one up, list an account's."""


@tx.command("send", short_help="Send AMOUNT to RECIPIENT.")
@click.argument("recipient", shell_complete=key_names)
@click.argument("amount_", metavar="AMOUNT", type=amount)
@from_option
@memo_option
@pass_session
def send_(session: Session, recipient: str, amount_: int, key: str | None, memo: str) -> None:
    """Send AMOUNT to RECIPIENT, an address or the name of a key of yours."""
    to = session.address(recipient)
    account = session.signer(key)
    question = f"Send {format_amount(amount_)} from {account.address_text} to {encode_address(to)}?"
    result = send(session, account, [transfer(to, amount_)], question, memo)
    done(session, result, f"sent {format_amount(amount_)}")


@tx.command()
@click.argument("tx_hash", metavar="HASH", type=hex32)
@click.option(
    "--wait", type=click.IntRange(0, 86_400), default=0, help="Seconds to wait for it to be in a block."
)
@pass_session
def show(session: Session, tx_hash: bytes, wait: int) -> None:
    """Show what became of a transaction."""

    async def find(client: Client) -> TxResult:
        found = await client.waiter.lookup(tx_hash)
        if found is None and wait:
            found = await client.waiter.wait(tx_hash, wait)
        if found is None:
            raise TxNotSeen(
                f"the node's index has no transaction {tx_hash.hex().upper()}; a node that was killed or has "
                "begun late may lack some that are in blocks: ask another node"
            )
        return found

    result = session.run(find)
    title = f"transaction in block {result.height}, {result.gas_used:,} gas used, as the node says"
    table = new_table("event", "attributes", title=title)
    for event in result.events:
        table.add_row(event.kind, _attributes(event.attributes))
    session.emit(result_document(result), table)


@tx.command()
@click.argument("account", shell_complete=key_names)
@click.option("--page", type=COUNT, default=1, help=f"Which page, of {_PAGE} each.")
@pass_session
def history(session: Session, account: str, page: int) -> None:
    """List the transactions an account sent, latest first."""
    address = encode_address(session.address(account))

    async def search(client: Client) -> Any:
        return await client.rpc.call(
            "tx_search",
            query=f"tx.sender='{address}'",
            prove=False,
            page=str(page),
            per_page=str(_PAGE),
            order_by="desc",
        )

    found = session.run(search)
    with understood("tx_search"):
        total, rows = int(found["total_count"]), [_row(item) for item in found["txs"]]
    count = {0: "no transactions", 1: "1 transaction"}.get(total, f"{total:,} transactions")
    title = f"{count} sent by {address}, as the node says"
    if not rows:
        session.emit({"total": total, "transactions": []}, title)
        return
    table = new_table("height", "hash", "result", "what", title=title)
    for row in rows:
        table.add_row(str(row["height"]), row["hash"], row["result"], row["what"])
    session.emit({"total": total, "transactions": rows}, table)


def _row(item: dict[str, Any]) -> dict[str, Any]:
    result = item["tx_result"]
    code = int(result.get("code") or 0)
    events = [event for event in parse_events(result.get("events")) if event.kind != "tx"]
    return {
        "height": int(item["height"]),
        "hash": item["hash"],
        "result": "ok" if not code else f"{result.get('codespace')} {code}",
        "what": "; ".join(f"{event.kind} {_attributes(event.attributes)}" for event in events),
    }


def _attributes(attributes: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in attributes.items())
