"""MsgCommit: promise a contribution to a round."""

from __future__ import annotations

from assay.proto.state_pb2 import Params, Round
from assay.proto.tx_pb2 import MsgCommit
from assay.state.context import Context
from assay.state.rounds import lifecycle
from assay.state.rules import gas, keys
from assay.state.rules.errors import BadCommitment


class CommitHandler:
    """Rules of MsgCommit."""

    def cost(self, message: MsgCommit, params: Params) -> int:
        """Return the gas: round, contribution, two accounts, and the schedule if this is the last one.

        The contribution's record is kept for good, with all the scalars that will be opened for it.
        """
        return gas.store_cost(4, 6) + gas.stored_cost(gas.CONTRIBUTION_BYTES)

    def check_form(self, message: MsgCommit, params: Params) -> None:
        """Refuse what is no hash."""
        if len(message.commitment) != keys.DIGEST_BYTES:
            raise BadCommitment(f"a commitment has 32 bytes, this one has {len(message.commitment)}")

    def spends(self, ctx: Context, message: MsgCommit) -> int:
        """Return the round's deposit."""
        record = ctx.view.load(Round, keys.round_(message.round_id))
        return record.deposit if record else 0

    def check(self, ctx: Context, sender: bytes, message: MsgCommit) -> None:
        """Refuse a commitment that the round does not take."""
        lifecycle.check_commit(ctx, sender, message)

    def execute(self, ctx: Context, sender: bytes, message: MsgCommit) -> None:
        """Enter the commitment and take the deposit."""
        record = lifecycle.check_commit(ctx, sender, message)
        lifecycle.commit(ctx, sender, record, message.commitment)
