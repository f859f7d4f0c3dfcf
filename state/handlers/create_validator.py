"""MsgCreateValidator: become a validator's operator."""

from __future__ import annotations

from assay.crypto.accounts import COMMITTEE_KEY_TAG, VALIDATOR_TAG
from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgCreateValidator
from assay.state import staking
from assay.state.context import Context
from assay.state.handlers.validator_forms import (
    check_commission,
    check_description,
    check_key_form,
    check_possession,
)
from assay.state.rules import gas
from assay.state.rules.errors import SelfDelegationTooLow


class CreateValidatorHandler:
    """Rules of MsgCreateValidator."""

    def cost(self, message: MsgCreateValidator, params: Params) -> int:
        """Return the gas: two proofs, the validator as it is kept, and its first delegation."""
        kept = gas.stored_cost(gas.VALIDATOR_BYTES + message.description.ByteSize())
        return gas.store_cost(9, 10) + kept + 2 * gas.SIGNATURE

    def check_form(self, message: MsgCreateValidator, params: Params) -> None:
        """Refuse a description, rates, keys or amounts that no validator can have."""
        check_description(message.description)
        check_commission(message.commission_rate, message.max_commission_rate, message.max_commission_change)
        check_key_form("consensus key", message.public_key, message.proof)
        check_key_form("committee key", message.committee_key, message.committee_proof)
        least = params.min_self_delegation
        if message.min_self_delegation < least:
            raise SelfDelegationTooLow(
                f"the promised self-delegation is {message.min_self_delegation} uasy, at least {least} uasy"
            )
        if message.amount < message.min_self_delegation:
            raise SelfDelegationTooLow(
                f"the amount is {message.amount} uasy, the promise {message.min_self_delegation} uasy"
            )

    def spends(self, ctx: Context, message: MsgCreateValidator) -> int:
        """Return the operator's own first delegation."""
        return message.amount

    def check(self, ctx: Context, sender: bytes, message: MsgCreateValidator) -> None:
        """Refuse an operator or a key that is taken, and a key that is not its sender's."""
        staking.check_create(ctx, sender, message)
        key, proof = message.public_key, message.proof
        check_possession(ctx, sender, "consensus key", VALIDATOR_TAG, key, proof)
        key, proof = message.committee_key, message.committee_proof
        check_possession(ctx, sender, "committee key", COMMITTEE_KEY_TAG, key, proof)

    def execute(self, ctx: Context, sender: bytes, message: MsgCreateValidator) -> None:
        """Write the validator and delegate to it."""
        self.check(ctx, sender, message)
        staking.create(ctx, sender, message)
