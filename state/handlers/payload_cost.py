"""What a payload in a message costs."""

from __future__ import annotations

from assay.crypto.ckks.payload import payload_bytes
from assay.crypto.presets import Preset, by_wire_id
from assay.proto.state_pb2 import Params
from assay.state.rules import gas


def payload_cost(payload: bytes, params: Params) -> int:
    """Return the gas of hashing a payload, verifying its proof, and of the scalars opened for it later.

    The number of ciphertexts follows from the length; a payload whose header says otherwise is refused.
    """
    ciphertexts = ciphertexts_in(len(payload), by_wire_id(params.preset))
    return gas.HASHED_KIB * -(-len(payload) // 1024) + gas.submission_cost(ciphertexts)


def ciphertexts_in(length: int, preset: Preset) -> int:
    """Return the most ciphertexts for which, with their proof, there is room in so many bytes."""
    count = length // preset.ciphertext_bytes
    while count and payload_bytes(preset, count) > length:
        count -= 1
    return count
