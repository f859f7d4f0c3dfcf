"""MsgCancelRound: withdraw a round nobody has committed to."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgCancelRound
from assay.state.context import Context
from assay.state.rounds import lifecycle
from assay.state.rules import gas


class CancelRoundHandler:
    """Rules of MsgCancelRound."""

    def cost(self, message: MsgCancelRound, params: Params) -> int:
        """Return the gas: round, key, pool, schedule, openings, and the accounts that are paid."""
        return gas.store_cost(8, 12)

    def check_form(self, message: MsgCancelRound, params: Params) -> None:
        """Accept: any number may be a round's."""

    def spends(self, ctx: Context, message: MsgCancelRound) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgCancelRound) -> None:
        """Refuse somebody else's round, one with commitments, one that is over."""
        lifecycle.check_cancel(ctx, sender, message.round_id)

    def execute(self, ctx: Context, sender: bytes, message: MsgCancelRound) -> None:
        """Give the bounty back and retire the key."""
        lifecycle.cancel(ctx, lifecycle.check_cancel(ctx, sender, message.round_id))
