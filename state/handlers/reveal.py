"""MsgReveal: hand in what was committed to."""

from __future__ import annotations

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgReveal
from assay.state import proofs
from assay.state.context import Context
from assay.state.handlers.payload_cost import payload_cost
from assay.state.proofs import ProofCheck
from assay.state.rounds import lifecycle
from assay.state.rules import gas
from assay.state.rules.commitment import SALT_BYTES
from assay.state.rules.errors import BadSalt


class RevealHandler:
    """Rules of MsgReveal."""

    def cost(self, message: MsgReveal, params: Params) -> int:
        """Return the gas: round, key, contributions, perhaps the coin's opening, and the payload."""
        return gas.store_cost(3 + params.max_contributors, 6) + payload_cost(message.payload, params)

    def check_form(self, message: MsgReveal, params: Params) -> None:
        """Refuse a salt of another length."""
        if len(message.salt) != SALT_BYTES:
            raise BadSalt(f"a salt has {SALT_BYTES} bytes, this one has {len(message.salt)}")

    def spends(self, ctx: Context, message: MsgReveal) -> int:
        """Return zero: the deposit was taken with the commitment."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgReveal) -> ProofCheck:
        """Refuse, from cheap to dear: window, commitment, digest, the payload's form; its proof is left."""
        return lifecycle.check_reveal(ctx, sender, message)[2]

    def execute(self, ctx: Context, sender: bytes, message: MsgReveal) -> None:
        """Verify the proof and keep the payload."""
        record, item, proof = lifecycle.check_reveal(ctx, sender, message)
        proofs.require(ctx.proofs(ctx.view, proof))
        lifecycle.reveal(ctx, record, item, message)
