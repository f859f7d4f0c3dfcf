"""MsgUndelegate: take stake out."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgUndelegate
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers.forms import require_address, require_stake
from assay.state.rules import gas


class UndelegateHandler:
    """Rules of MsgUndelegate."""

    def cost(self, message: MsgUndelegate, params: Params) -> int:
        """Return the gas: as delegating, the entry with its places in the store, and its completion."""
        return gas.store_cost(15, 21)

    def check_form(self, message: MsgUndelegate, params: Params) -> None:
        """Refuse an operator that is no address and an amount of zero."""
        require_address(message.validator, "validator")
        require_stake(message.amount)

    def spends(self, ctx: Context, message: MsgUndelegate) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgUndelegate) -> None:
        """Refuse more than the delegation is worth, and more unbondings at once than are allowed."""
        staking.check_undelegate(ctx, sender, message.validator, message.amount)

    def execute(self, ctx: Context, sender: bytes, message: MsgUndelegate) -> None:
        """Free the shares; what they are worth is paid out after the unbonding period."""
        staking.undelegate(ctx, *staking.check_undelegate(ctx, sender, message.validator, message.amount))
