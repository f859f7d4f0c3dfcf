"""What a node tells its operator's account, so that the account can make it a validator.

A node's keys stay on the node. For the account that is to operate it, `assayd
show-validator` prints the public ones, each with a signature that it belongs to
this account on this chain; `assay stake create-validator` reads that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from assay.client.errors import ClientError
from assay.crypto.accounts import (
    COMMITTEE_KEY_TAG,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    VALIDATOR_TAG,
    AddressError,
    decode_address,
    encode_address,
    possession_bytes,
    verify,
)
from assay.proto.tx_pb2 import MsgCreateValidator, MsgEditValidator

_SIZES: Final = {
    "public_key": PUBLIC_KEY_BYTES,
    "proof": SIGNATURE_BYTES,
    "committee_key": PUBLIC_KEY_BYTES,
    "committee_proof": SIGNATURE_BYTES,
}
_HINT: Final = "it should be what `assayd show-validator` printed"


class BadValidatorKeys(ClientError):
    """A description of a validator's keys is damaged, or made for another account or chain."""


@dataclass(frozen=True)
class ValidatorKeys:
    """A validator's public keys, and the proofs that they are an account's.

    Attributes
    ----------
    chain_id, operator
        The chain and the account of 20 bytes for which the proofs hold.
    public_key, committee_key
        Ed25519, 32 bytes: CometBFT's, and the one that signs committee messages.
    proof, committee_proof
        64 bytes by each key: see `assay.crypto.accounts.possession_bytes`.
    """

    chain_id: str
    operator: bytes
    public_key: bytes
    proof: bytes
    committee_key: bytes
    committee_proof: bytes

    def document(self) -> dict[str, str]:
        """Return this as plain values: the address as text, everything else in hexadecimal."""
        head = {"chain_id": self.chain_id, "operator": encode_address(self.operator)}
        return head | {name: getattr(self, name).hex() for name in _SIZES}

    def check(self, chain_id: str, operator: bytes) -> None:
        """Refuse keys that are not for this account on this chain.

        Raises
        ------
        BadValidatorKeys
            With a sentence that says what to do.
        """
        again = f"run `assayd show-validator {encode_address(operator)}` at the node"
        if self.chain_id != chain_id:
            raise BadValidatorKeys(
                f"the keys are for the chain {self.chain_id!r}, this is {chain_id!r}; {again}"
            )
        if self.operator != operator:
            raise BadValidatorKeys(
                f"the keys were shown for {encode_address(self.operator)}, but the transaction is signed by "
                f"{encode_address(operator)}; {again}"
            )
        signed = (
            (self.public_key, VALIDATOR_TAG, self.proof),
            (self.committee_key, COMMITTEE_KEY_TAG, self.committee_proof),
        )
        for key, tag, proof in signed:
            if not verify(key, possession_bytes(tag, chain_id, operator), proof):
                raise BadValidatorKeys(f"key {key.hex()} has a proof that does not hold; {again}")

    def create(self, terms: MsgCreateValidator) -> MsgCreateValidator:
        """Return `terms` with these keys."""
        message = MsgCreateValidator()
        message.CopyFrom(terms)
        message.public_key, message.proof = self.public_key, self.proof
        message.committee_key, message.committee_proof = self.committee_key, self.committee_proof
        return message

    def change(self, changes: MsgEditValidator) -> MsgEditValidator:
        """Return `changes` with this committee key."""
        message = MsgEditValidator()
        message.CopyFrom(changes)
        message.committee_key, message.committee_proof = self.committee_key, self.committee_proof
        return message


def parse_keys(data: bytes) -> ValidatorKeys:
    """Return the keys that `document` described, from its JSON.

    Raises
    ------
    BadValidatorKeys
        If it is not such a document.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BadValidatorKeys(f"this is not JSON; {_HINT}") from None
    if not isinstance(document, dict):
        raise BadValidatorKeys(f"this is no JSON object; {_HINT}")
    texts = {name: document.get(name) for name in ("chain_id", "operator")}
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise BadValidatorKeys(f"chain_id or operator is missing; {_HINT}")
    try:
        operator = decode_address(str(texts["operator"]))
    except AddressError as error:
        raise BadValidatorKeys(f"{error}; {_HINT}") from None
    parts = {name: _bytes(document, name, size) for name, size in _SIZES.items()}
    return ValidatorKeys(str(texts["chain_id"]), operator, **parts)


def _bytes(document: dict[str, Any], name: str, size: int) -> bytes:
    try:
        data = bytes.fromhex(document.get(name) or "")
    except (TypeError, ValueError):
        data = b""
    if len(data) != size:
        raise BadValidatorKeys(f"{name} is not {size} bytes in hexadecimal; {_HINT}")
    return data
