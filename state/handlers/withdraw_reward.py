"""MsgWithdrawReward: be paid what a delegation has earned."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgWithdrawReward
from assay.state import distribution
from assay.state.context import Context
from assay.state.handlers.forms import require_address
from assay.state.rules import gas


class WithdrawRewardHandler:
    """Rules of MsgWithdrawReward."""

    def cost(self, message: MsgWithdrawReward, params: Params) -> int:
        """Return the gas: validator, rewards, delegation, withdraw address, and two accounts."""
        return gas.store_cost(6, 4)

    def check_form(self, message: MsgWithdrawReward, params: Params) -> None:
        """Refuse an operator that is no address."""
        require_address(message.validator, "validator")

    def spends(self, ctx: Context, message: MsgWithdrawReward) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgWithdrawReward) -> None:
        """Refuse a delegation that does not exist or has earned nothing."""
        distribution.check_withdraw(ctx, sender, message.validator)

    def execute(self, ctx: Context, sender: bytes, message: MsgWithdrawReward) -> None:
        """Pay the delegation's rewards."""
        distribution.withdraw(ctx, sender, message.validator)
