"""From the members' shares to the parts of a key that everybody uses.

A part is kept as residues, 8 bytes little endian each, NTT form: p0 as prime 0
then prime 1, the relinearisation key as component, polynomial, prime. The
polynomial p1 of the public key is not kept: it follows from the key's name
(`assay.crypto.committee.public_key.common_polynomial`).
"""

from __future__ import annotations

import numpy as np

from assay.crypto.ckks import payload
from assay.crypto.committee import messages, public_key, relin_key, self_test
from assay.crypto.committee.decoding import Decoded
from assay.crypto.presets import by_wire_id
from assay.crypto.ring.tables import U64
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import CommitteePhase
from assay.state.ceremony import records, slots
from assay.state.context import Context


def prime_of(key: Key, phase: CommitteePhase, slot: int) -> int:
    """Return the index of the prime to which a slot of a key share belongs."""
    if phase == tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY:
        return slot
    return slot % len(by_wire_id(key.preset).primes)


def combine_public_key(ctx: Context, key: Key) -> bytes | None:
    """Return p0, or None if the members' shares do not agree."""
    name, parts = records.name(ctx.chain_id, key), []
    for prime in range(len(name.preset.cipher_primes)):
        shares = _shares(ctx, key, tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY, prime)
        found = public_key.aggregate_shares(name, prime, shares)
        if not isinstance(found, Decoded):
            return None
        parts.append(messages.residue_bytes(found.value))
    return b"".join(parts)


def combine_relin_key(ctx: Context, key: Key) -> bytes | None:
    """Return the relinearisation key, or None if the members' shares do not agree."""
    name, slots_found = records.name(ctx.chain_id, key), {}
    primes = len(name.preset.primes)
    for slot in range(len(name.preset.cipher_primes) * primes):
        component, prime = divmod(slot, primes)
        shares = _shares(ctx, key, tx_pb2.COMMITTEE_PHASE_RELIN_KEY, slot)
        found = relin_key.aggregate_shares(name, component, prime, shares)
        if not isinstance(found, Decoded):
            return None
        slots_found[component, prime] = found.value
    return messages.residue_bytes(relin_key.assemble(name, slots_found))


def self_test_payloads(ctx: Context, key: Key, public: bytes) -> list[bytes]:
    """Return the two ciphertexts whose product is the self-test: encryptions of 1 that everybody can make."""
    name = records.name(ctx.chain_id, key)
    p0 = np.frombuffer(public, dtype="<u8").astype(np.uint64).reshape(-1, name.preset.degree)
    both = self_test.ciphertexts(name, p0)
    return [payload.encode_own(ciphertext[None], name.preset) for ciphertext in both]


def _shares(ctx: Context, key: Key, phase: CommitteePhase, slot: int) -> dict[int, U64]:
    preset, prime = by_wire_id(key.preset), prime_of(key, phase, slot)
    found = slots.arrived(ctx.view, key, phase, slot)
    return {member: messages.parse_residues(preset, prime, data) for member, data in found}
