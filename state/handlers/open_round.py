"""MsgOpenRound: put a bounty on improving a model."""

from __future__ import annotations

from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgOpenRound
from assay.state import proofs
from assay.state.context import Context
from assay.state.handlers.payload_cost import ciphertexts_in, payload_cost
from assay.state.proofs import ProofCheck
from assay.state.rounds import lifecycle, terms
from assay.state.rules import gas


class OpenRoundHandler:
    """Rules of MsgOpenRound."""

    def cost(self, message: MsgOpenRound, params: Params) -> int:
        """Return the gas: key, model, counters, round, pool, escrow, openings, reference, members' messages.

        Messages are those of the smallest committee admitted: gas follows from bytes and parameters alone.
        """
        preset, members = by_wire_id(params.preset), params.min_committee
        messages = gas.key_cost(preset, members)
        messages += gas.release_cost(preset, members, ciphertexts_in(len(message.reference), preset))
        kept = gas.stored_cost(gas.ROUND_BYTES)
        return gas.store_cost(8, 10) + kept + messages + payload_cost(message.reference, params)

    def check_form(self, message: MsgOpenRound, params: Params) -> None:
        """Refuse terms outside the chain's parameters."""
        terms.check_form(message, params)

    def spends(self, ctx: Context, message: MsgOpenRound) -> int:
        """Return bounty and scoring fee."""
        return message.bounty + message.scoring_fee

    def check(self, ctx: Context, sender: bytes, message: MsgOpenRound) -> ProofCheck:
        """Refuse a key that is not ready, another's model, unfit sizes, a malformed reference."""
        return lifecycle.check_open(ctx, sender, message)[2]

    def execute(self, ctx: Context, sender: bytes, message: MsgOpenRound) -> None:
        """Verify the proof and open the round; it takes commitments once its reference has been scored."""
        key, ciphertexts, proof = lifecycle.check_open(ctx, sender, message)
        proofs.require(ctx.proofs(ctx.view, proof))
        lifecycle.open_round(ctx, sender, message, key, ciphertexts)
