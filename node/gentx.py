"""Transactions of a genesis: how an operator makes a validator of its keys."""

from __future__ import annotations

from typing import Final

from assay.client.joining import ValidatorKeys
from assay.crypto.accounts import (
    COMMITTEE_KEY_TAG,
    VALIDATOR_TAG,
    Account,
    possession_bytes,
    sign_tx,
)
from assay.node.founders import Founder
from assay.proto.staking_pb2 import Description
from assay.proto.tx_pb2 import Message, MsgCreateValidator, TxBody

COMMISSION: Final = (1_000, 2_000, 100)
"""Rate, greatest rate, and greatest change in a day, in basis points; the Cosmos SDK's defaults."""


def prove(key: Account, tag: bytes, chain_id: str, operator: bytes) -> bytes:
    """Return a key's proof that it belongs to an operator's account (20 bytes); 64 bytes."""
    return key.sign(possession_bytes(tag, chain_id, operator))


def validator_keys(
    consensus_key: Account, committee_key: Account, chain_id: str, operator: bytes
) -> ValidatorKeys:
    """Return a validator's public keys, with proofs that both are an operator's (20 bytes)."""
    return ValidatorKeys(
        chain_id,
        operator,
        consensus_key.public_key,
        prove(consensus_key, VALIDATOR_TAG, chain_id, operator),
        committee_key.public_key,
        prove(committee_key, COMMITTEE_KEY_TAG, chain_id, operator),
    )


def gen_tx(operator: Account, keys: ValidatorKeys, terms: MsgCreateValidator, memo: str = "") -> bytes:
    """Return the signed transaction that makes a validator at genesis, on these terms and with these keys."""
    body = TxBody(messages=[Message(create_validator=keys.create(terms))], memo=memo)
    return sign_tx(operator, keys.chain_id, body.SerializeToString(deterministic=True))


def founders_tx(founder: Founder, chain_id: str, min_self_delegation: int) -> bytes:
    """Return the transaction by which a founder of a development chain comes in."""
    operator = founder.operator
    keys = validator_keys(founder.consensus_key, founder.committee_key, chain_id, operator.address)
    rate, max_rate, max_change = COMMISSION
    terms = MsgCreateValidator(
        description=Description(moniker=founder.moniker),
        commission_rate=rate,
        max_commission_rate=max_rate,
        max_commission_change=max_change,
        min_self_delegation=min_self_delegation,
        amount=founder.stake,
    )
    return gen_tx(operator, keys, terms)
