"""A node's keys, described for the account that is to operate it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assay.client.joining import BadValidatorKeys, ValidatorKeys, parse_keys
from assay.crypto.accounts import COMMITTEE_KEY_TAG, VALIDATOR_TAG, from_seed, possession_bytes
from assay.proto.tx_pb2 import MsgCreateValidator, MsgEditValidator

CHAIN = "a-chain"
OPERATOR, OTHER, CONSENSUS, COMMITTEE = (from_seed(bytes([number]) * 32) for number in range(1, 5))
KEYS = ValidatorKeys(
    CHAIN,
    OPERATOR.address,
    CONSENSUS.public_key,
    CONSENSUS.sign(possession_bytes(VALIDATOR_TAG, CHAIN, OPERATOR.address)),
    COMMITTEE.public_key,
    COMMITTEE.sign(possession_bytes(COMMITTEE_KEY_TAG, CHAIN, OPERATOR.address)),
)


def test_what_is_printed_is_read() -> None:
    assert parse_keys(json.dumps(KEYS.document()).encode()) == KEYS
    KEYS.check(CHAIN, OPERATOR.address)


def test_the_keys_enter_the_messages() -> None:
    created = KEYS.create(MsgCreateValidator(amount=7))
    assert (created.amount, created.public_key, created.proof) == (7, KEYS.public_key, KEYS.proof)
    assert (created.committee_key, created.committee_proof) == (KEYS.committee_key, KEYS.committee_proof)
    changed = KEYS.change(MsgEditValidator(commission_rate=7))
    assert (changed.commission_rate, changed.committee_key) == (7, KEYS.committee_key)
    assert changed.committee_proof == KEYS.committee_proof


@pytest.mark.parametrize(
    ("keys", "chain_id", "operator", "sentence"),
    [
        (KEYS, "another", OPERATOR, "are for the chain 'a-chain', this is 'another'"),
        (KEYS, CHAIN, OTHER, "is signed by .* run `assayd show-validator assay1"),
        (replace(KEYS, proof=KEYS.committee_proof), CHAIN, OPERATOR, "a proof that does not hold"),
        (replace(KEYS, committee_key=OTHER.public_key), CHAIN, OPERATOR, "a proof that does not hold"),
    ],
)
def test_keys_for_somebody_else_are_refused(
    keys: ValidatorKeys, chain_id: str, operator: Any, sentence: str
) -> None:
    with pytest.raises(BadValidatorKeys, match=sentence):
        keys.check(chain_id, operator.address)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"proof": "00"}, "proof is not 64 bytes"),
        ({"public_key": None}, "public_key is not 32 bytes"),
        ({"committee_key": 7}, "committee_key is not 32 bytes"),
        ({"committee_proof": "zz" * 64}, "committee_proof is not 64 bytes"),
        ({"operator": "assay1"}, "'assay1' is not an address"),
        ({"operator": None}, "operator is missing"),
        ({"chain_id": ""}, "chain_id or operator is missing"),
    ],
)
def test_a_damaged_description_gets_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadValidatorKeys, match=sentence):
        parse_keys(json.dumps(KEYS.document() | change).encode())


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"[" * 100_000])
def test_what_is_no_description_gets_a_sentence(data: bytes) -> None:
    with pytest.raises(BadValidatorKeys, match="it should be what `assayd show-validator` printed"):
        parse_keys(data)
