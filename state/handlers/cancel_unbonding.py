"""MsgCancelUnbonding: delegate again what is on its way out."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgCancelUnbonding
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers.forms import require_address, require_stake
from assay.state.rules import gas


class CancelUnbondingHandler:
    """Rules of MsgCancelUnbonding."""

    def cost(self, message: MsgCancelUnbonding, params: Params) -> int:
        """Return the gas: as delegating, and the entry with its places in the store."""
        return gas.store_cost(11, 14)

    def check_form(self, message: MsgCancelUnbonding, params: Params) -> None:
        """Refuse an operator that is no address and an amount of zero."""
        require_address(message.validator, "validator")
        require_stake(message.amount)

    def spends(self, ctx: Context, message: MsgCancelUnbonding) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgCancelUnbonding) -> None:
        """Refuse somebody else's entry, more than it holds, and a validator that cannot take stake."""
        staking.check_cancel(ctx, sender, message.validator, message.entry, message.amount)

    def execute(self, ctx: Context, sender: bytes, message: MsgCancelUnbonding) -> None:
        """Move the amount back and issue shares."""
        found = staking.check_cancel(ctx, sender, message.validator, message.entry, message.amount)
        staking.cancel(ctx, *found, message.amount)
