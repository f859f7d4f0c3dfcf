"""MsgSetWithdrawAddress: have rewards and commission paid to another account."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgSetWithdrawAddress
from assay.state import distribution
from assay.state.context import Context
from assay.state.rules import gas, keys
from assay.state.rules.errors import BadWithdrawAddress


class SetWithdrawAddressHandler:
    """Rules of MsgSetWithdrawAddress."""

    def cost(self, message: MsgSetWithdrawAddress, params: Params) -> int:
        """Return the gas: one record, kept for good."""
        return gas.store_cost(0, 1) + gas.stored_cost(gas.WITHDRAW_ADDRESS_BYTES)

    def check_form(self, message: MsgSetWithdrawAddress, params: Params) -> None:
        """Refuse what is no address, and accounts of the chain itself."""
        if len(message.address) != keys.ADDRESS_BYTES:
            raise BadWithdrawAddress(f"the address has {len(message.address)} bytes, expected 20")
        if keys.is_module(message.address):
            raise BadWithdrawAddress("this is an account of the chain itself, from which nobody can send")

    def spends(self, ctx: Context, message: MsgSetWithdrawAddress) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgSetWithdrawAddress) -> None:
        """Accept: any account may be paid."""

    def execute(self, ctx: Context, sender: bytes, message: MsgSetWithdrawAddress) -> None:
        """Write the address down."""
        distribution.set_withdraw_address(ctx, sender, message.address)
