"""MsgFundCommunityPool: give tokens to the community pool."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgFundCommunityPool
from assay.state import distribution
from assay.state.context import Context
from assay.state.rules import gas
from assay.state.rules.errors import BadAmount


class FundCommunityPoolHandler:
    """Rules of MsgFundCommunityPool."""

    def cost(self, message: MsgFundCommunityPool, params: Params) -> int:
        """Return the gas: two accounts and the pool."""
        return gas.store_cost(3, 3)

    def check_form(self, message: MsgFundCommunityPool, params: Params) -> None:
        """Refuse an amount of zero."""
        if message.amount == 0:
            raise BadAmount("the amount is zero; give at least 1 uasy")

    def spends(self, ctx: Context, message: MsgFundCommunityPool) -> int:
        """Return the amount."""
        return message.amount

    def check(self, ctx: Context, sender: bytes, message: MsgFundCommunityPool) -> None:
        """Accept: the balance is checked when the tokens move."""

    def execute(self, ctx: Context, sender: bytes, message: MsgFundCommunityPool) -> None:
        """Move the amount."""
        distribution.fund(ctx, sender, message.amount)
