"""MsgRedelegate: move stake from one validator to another."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgRedelegate
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers.forms import require_address, require_stake
from assay.state.rules import gas
from assay.state.rules.errors import BadRedelegation


class RedelegateHandler:
    """Rules of MsgRedelegate."""

    def cost(self, message: MsgRedelegate, params: Params) -> int:
        """Return the gas: two delegations changed, the entry with its places in the store, and its end."""
        return gas.store_cost(18, 23)

    def check_form(self, message: MsgRedelegate, params: Params) -> None:
        """Refuse operators that are no addresses, one validator twice, and an amount of zero."""
        require_address(message.source, "source")
        require_address(message.target, "target")
        if message.source == message.target:
            raise BadRedelegation("source and target are one validator; name two")
        require_stake(message.amount)

    def spends(self, ctx: Context, message: MsgRedelegate) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgRedelegate) -> None:
        """Refuse what is not there, what has just moved, and a target that cannot take stake."""
        staking.check_redelegate(ctx, sender, message.source, message.target, message.amount)

    def execute(self, ctx: Context, sender: bytes, message: MsgRedelegate) -> None:
        """Free shares of the one validator and issue shares of the other."""
        staking.redelegate(
            ctx, *staking.check_redelegate(ctx, sender, message.source, message.target, message.amount)
        )
