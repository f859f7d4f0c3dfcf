"""MsgSignalUpgrade: a validator is ready for another version of the state."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgSignalUpgrade
from assay.state import upgrades
from assay.state.context import Context
from assay.state.rules import gas


class SignalUpgradeHandler:
    """Rules of MsgSignalUpgrade."""

    def cost(self, message: MsgSignalUpgrade, params: Params) -> int:
        """Return the gas: all validators and their signals may be read; signal and parameters written."""
        return gas.store_cost(2 * params.max_validators, 2)

    def check_form(self, message: MsgSignalUpgrade, params: Params) -> None:
        """Accept: what can be wrong depends on the state."""

    def spends(self, ctx: Context, message: MsgSignalUpgrade) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgSignalUpgrade) -> None:
        """Refuse who is not in the set, and an upgrade that cannot be."""
        upgrades.check_signal(ctx, sender, message)

    def execute(self, ctx: Context, sender: bytes, message: MsgSignalUpgrade) -> None:
        """Keep the signal, and decide if it is the last that was needed."""
        upgrades.check_signal(ctx, sender, message)
        upgrades.signal(ctx, sender, message)
