"""MsgDelegate: stand behind a validator with tokens."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgDelegate
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers.forms import require_address, require_stake
from assay.state.rules import gas


class DelegateHandler:
    """Rules of MsgDelegate."""

    def cost(self, message: MsgDelegate, params: Params) -> int:
        """Return the gas: validator, delegation, rewards, their places in the store, and four accounts."""
        return gas.store_cost(10, 10)

    def check_form(self, message: MsgDelegate, params: Params) -> None:
        """Refuse an operator that is no address and an amount of zero."""
        require_address(message.validator, "validator")
        require_stake(message.amount)

    def spends(self, ctx: Context, message: MsgDelegate) -> int:
        """Return the amount."""
        return message.amount

    def check(self, ctx: Context, sender: bytes, message: MsgDelegate) -> None:
        """Refuse a validator that does not exist or cannot take stake."""
        staking.check_delegate(ctx, message.validator, message.amount)

    def execute(self, ctx: Context, sender: bytes, message: MsgDelegate) -> None:
        """Move the amount and issue shares."""
        record = staking.check_delegate(ctx, message.validator, message.amount)
        staking.delegate(ctx, sender, record, message.amount)
