"""MsgEditValidator: change a validator's description, commission, promise, or committee key."""

from __future__ import annotations

from assay.crypto.accounts import COMMITTEE_KEY_TAG
from assay.proto.staking_pb2 import ValidatorRecord
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgEditValidator
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers.validator_forms import check_description, check_key_form, check_possession
from assay.state.rules import gas


class EditValidatorHandler:
    """Rules of MsgEditValidator."""

    def cost(self, message: MsgEditValidator, params: Params) -> int:
        """Return the gas: the validator and its operator's delegation, a proof, what is kept longer."""
        signature = gas.SIGNATURE if message.committee_key else 0
        return gas.store_cost(3, 1) + gas.stored_cost(message.description.ByteSize()) + signature

    def check_form(self, message: MsgEditValidator, params: Params) -> None:
        """Refuse a description or a key that no validator can have."""
        if message.HasField("description"):
            check_description(message.description)
        if message.committee_key or message.committee_proof:
            check_key_form("committee key", message.committee_key, message.committee_proof)

    def spends(self, ctx: Context, message: MsgEditValidator) -> int:
        """Return zero."""
        return 0

    def check(self, ctx: Context, sender: bytes, message: MsgEditValidator) -> None:
        """Refuse what this validator may not change, and a key that is not its sender's."""
        self._check(ctx, sender, message)

    def execute(self, ctx: Context, sender: bytes, message: MsgEditValidator) -> None:
        """Write what is changed."""
        staking.edit(ctx, self._check(ctx, sender, message), message)

    def _check(self, ctx: Context, sender: bytes, message: MsgEditValidator) -> ValidatorRecord:
        record = staking.check_edit(ctx, sender, message)
        if message.committee_key:
            key, proof = message.committee_key, message.committee_proof
            check_possession(ctx, sender, "committee key", COMMITTEE_KEY_TAG, key, proof)
        return record
