"""MsgAcknowledgeRelease: the owner has opened the released sum."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgAcknowledgeRelease
from assay.state.context import Context
from assay.state.rounds import release
from assay.state.rules import gas


class AcknowledgeReleaseHandler:
    """Rules of MsgAcknowledgeRelease."""

    def cost(self, message: MsgAcknowledgeRelease, params: Params) -> int:
        """Return the gas: round, key, schedule; each member's faults, messages, and parts of fee and share.

        A part of the fee goes to an account, a part of the share into a validator's rewards.
        """
        return gas.store_cost(6 + 40, 6 + 20) + 10 * params.max_ciphertexts * gas.store_cost(1, 1)

    def check_form(self, message: MsgAcknowledgeRelease, params: Params) -> None:
        """Accept: any number may be a round's."""

    def spends(self, ctx: Context, message: MsgAcknowledgeRelease) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgAcknowledgeRelease) -> None:
        """Refuse somebody else's round, or a sum that too few members have released."""
        release.check_acknowledge(ctx, sender, message.round_id)

    def execute(self, ctx: Context, sender: bytes, message: MsgAcknowledgeRelease) -> None:
        """Drop the released bytes and retire the key."""
        release.acknowledge(ctx, release.check_acknowledge(ctx, sender, message.round_id))
