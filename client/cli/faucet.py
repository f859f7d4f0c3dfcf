"""``assay faucet``: tokens for trying things out."""

from __future__ import annotations

import click

from assay.client import faucet as source
from assay.client.amounts import format_amount
from assay.client.cli.parameters import amount, key_names
from assay.client.cli.sending import result_document, settled
from assay.client.cli.session import Session, pass_session
from assay.client.client import Client
from assay.client.tx_results import TxResult
from assay.crypto.accounts import encode_address


@click.command(short_help="Send a development chain's tokens to RECIPIENT.")
@click.argument("recipient", shell_complete=key_names)
@click.argument("amount_", metavar="[AMOUNT]", type=amount, default=source.DEFAULT_AMOUNT)
@pass_session
def faucet(session: Session, recipient: str, amount_: int) -> None:
    """Send AMOUNT (100 ASY) of a development chain's faucet to RECIPIENT."""
    address = encode_address(session.address(recipient))

    async def pour(client: Client) -> TxResult:
        return await settled(client, await source.pour(client, address, amount_))

    if session.dry_run:
        session.emit({"dry_run": True}, "Nothing was sent: this was a dry run.")
        return
    result = session.run(pour)
    session.emit(
        result_document(result), f"sent {format_amount(amount_)} to {address} in block {result.height}"
    )
