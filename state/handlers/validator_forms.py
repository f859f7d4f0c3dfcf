"""Checks that creating and editing a validator share: its description, its commission, its keys."""

from __future__ import annotations

from typing import Final

from assay.crypto.accounts import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, possession_bytes, verify
from assay.proto.staking_pb2 import Description
from assay.state.context import Context
from assay.state.rules.errors import BadCommission, BadDescription, BadPossession
from assay.state.rules.shares import BASIS_POINTS

MAX_BYTES: Final = {
    "moniker": 70,
    "identity": 64,
    "website": 140,
    "security_contact": 140,
    "details": 280,
}
"""Of the parts of a description, as in the Cosmos SDK."""


def check_description(description: Description) -> None:
    """Refuse a description without a moniker, or with a part that is too long."""
    for name, most in MAX_BYTES.items():
        size = len(getattr(description, name).encode())
        if size > most:
            raise BadDescription(f"the {name} has {size} bytes, at most {most} are admitted")
    if not description.moniker:
        raise BadDescription("a validator needs a moniker, the name under which it is listed")


def check_commission(rate: int, max_rate: int, max_change: int) -> None:
    """Refuse rates, in basis points, that contradict each other."""
    if not (rate <= max_rate <= BASIS_POINTS and max_change <= max_rate):
        raise BadCommission(
            f"the commission {rate} and its greatest change {max_change} must not exceed the maximum "
            f"{max_rate}, nor that {BASIS_POINTS} basis points"
        )


def check_key_form(what: str, key: bytes, proof: bytes) -> None:
    """Refuse a key or a proof of its possession that has another size than Ed25519's."""
    if len(key) != PUBLIC_KEY_BYTES or len(proof) != SIGNATURE_BYTES:
        raise BadPossession(
            f"the {what} has {len(key)} bytes and its proof {len(proof)}, expected {PUBLIC_KEY_BYTES} and "
            f"{SIGNATURE_BYTES}; `assayd show-validator` prints both"
        )


def check_possession(ctx: Context, operator: bytes, what: str, tag: bytes, key: bytes, proof: bytes) -> None:
    """Refuse a key whose owner did not sign that it is this operator's, on this chain."""
    if not verify(key, possession_bytes(tag, ctx.chain_id, operator), proof):
        raise BadPossession(
            f"the proof of the {what} is not by that key for this chain and account; "
            f"`assayd show-validator` makes it on the validator's node"
        )
