"""MsgWithdrawCommission: be paid what a validator has earned for its operator."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgWithdrawCommission
from assay.state import distribution
from assay.state.context import Context
from assay.state.rules import gas


class WithdrawCommissionHandler:
    """Rules of MsgWithdrawCommission."""

    def cost(self, message: MsgWithdrawCommission, params: Params) -> int:
        """Return the gas: validator, rewards, withdraw address, and two accounts."""
        return gas.store_cost(5, 3)

    def check_form(self, message: MsgWithdrawCommission, params: Params) -> None:
        """Accept: the message is empty."""

    def spends(self, ctx: Context, message: MsgWithdrawCommission) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgWithdrawCommission) -> None:
        """Refuse a sender that is no operator, or whose validator has earned no commission."""
        distribution.check_withdraw_commission(ctx, sender)

    def execute(self, ctx: Context, sender: bytes, message: MsgWithdrawCommission) -> None:
        """Pay the commission."""
        distribution.withdraw_commission(ctx, sender)
