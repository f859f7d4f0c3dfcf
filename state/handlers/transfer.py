"""MsgTransfer: move tokens to another account."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgTransfer
from assay.state import ledger
from assay.state.context import Context
from assay.state.rules import gas, keys
from assay.state.rules.errors import BadAddress, BadAmount


class TransferHandler:
    """Rules of MsgTransfer."""

    def cost(self, message: MsgTransfer, params: Params) -> int:
        """Return the gas: two accounts read and written."""
        return gas.store_cost(2, 2)

    def check_form(self, message: MsgTransfer, params: Params) -> None:
        """Refuse a recipient that is no address and an amount of zero."""
        if len(message.recipient) != keys.ADDRESS_BYTES:
            raise BadAddress(f"the recipient has {len(message.recipient)} bytes, expected 20")
        if keys.is_module(message.recipient):
            raise BadAddress("the recipient is an account of the chain itself, from which nobody can send")
        if message.amount == 0:
            raise BadAmount("the amount is zero; transfer at least 1 uasy")

    def spends(self, ctx: Context, message: MsgTransfer) -> int:
        """Return the amount."""
        return message.amount

    def check(self, ctx: Context, sender: bytes, message: MsgTransfer) -> None:
        """Accept: the balance is checked when the tokens move."""

    def execute(self, ctx: Context, sender: bytes, message: MsgTransfer) -> None:
        """Move the amount."""
        ledger.move(ctx, sender, message.recipient, message.amount)
