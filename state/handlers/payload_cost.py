"""What a payload in a message costs."""

from __future__ import annotations

from assay.crypto.ckks.payload import HEADER
from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import Params
from assay.state.rules import gas


def payload_cost(payload: bytes, params: Params) -> int:
    """Return the gas of hashing and judging a payload, and of the scalars opened for it later.

    The number of ciphertexts follows from the length; a payload whose header says otherwise is refused.
    """
    residues = max(0, len(payload) - HEADER.size)
    ciphertexts = -(-residues // by_wire_id(params.preset).ciphertext_bytes)
    return gas.HASHED_KIB * -(-len(payload) // 1024) + gas.submission_cost(ciphertexts)
