"""MsgUnjail: let the sender's validator out of jail."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgUnjail
from assay.state.context import Context
from assay.state.rules import gas
from assay.state.slashing.jail import check_unjail
from assay.state.validators.jail import release


class UnjailHandler:
    """Rules of MsgUnjail."""

    def cost(self, message: MsgUnjail, params: Params) -> int:
        """Return the gas: validator, signing info and own delegation read, validator and rank written."""
        return gas.store_cost(3, 2)

    def check_form(self, message: MsgUnjail, params: Params) -> None:
        """Accept: the message says nothing."""

    def spends(self, ctx: Context, message: MsgUnjail) -> int:
        """Return 0."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgUnjail) -> None:
        """Refuse if the sender's validator is not jailed, or may not leave yet, or never."""
        check_unjail(ctx, sender)

    def execute(self, ctx: Context, sender: bytes, message: MsgUnjail) -> None:
        """Free the validator."""
        release(ctx, check_unjail(ctx, sender))
