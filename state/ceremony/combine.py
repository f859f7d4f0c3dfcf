"""From the members' shares to the parts of a key that everybody uses.

A part is kept as residues, 8 bytes little endian each, NTT form: p0 as prime 0
then prime 1, the relinearisation key as component, polynomial, prime. The
polynomial p1 of the public key is not kept: it follows from the key's name
(`assay.crypto.committee.public_key.common_polynomial`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from assay.crypto.ckks import payload
from assay.crypto.committee import messages, public_key, relin_key, self_test
from assay.crypto.committee.decoding import Decoded, Disagreement, Undecided
from assay.crypto.presets import by_wire_id
from assay.crypto.ring.tables import U64
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import CommitteePhase
from assay.state.ceremony import records, slots
from assay.state.context import Context

Found = Decoded[U64] | Undecided | Disagreement


def prime_of(key: Key, phase: CommitteePhase, slot: int) -> int:
    """Return the index of the prime to which a slot of a key share belongs."""
    if phase == tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY:
        return slot
    return slot % len(by_wire_id(key.preset).primes)


def shares(ctx: Context, key: Key, phase: CommitteePhase, slot: int) -> dict[int, U64]:
    """Return the key shares that arrived for one slot, by member."""
    preset, prime = by_wire_id(key.preset), prime_of(key, phase, slot)
    found = slots.arrived(ctx.view, key, phase, slot)
    return {member: messages.parse_residues(preset, prime, data) for member, data in found}


def decode_public_key(ctx: Context, key: Key) -> dict[int, Found]:
    """Combine the members' shares of p0, slot by slot."""
    name, phase = records.name(ctx.chain_id, key), tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY
    return {
        prime: public_key.aggregate_shares(name, prime, shares(ctx, key, phase, prime))
        for prime in range(len(name.preset.cipher_primes))
    }


def decode_relin_key(ctx: Context, key: Key) -> dict[int, Found]:
    """Combine the members' shares of the relinearisation key, slot by slot."""
    name, phase = records.name(ctx.chain_id, key), tx_pb2.COMMITTEE_PHASE_RELIN_KEY
    primes = len(name.preset.primes)
    return {
        slot: relin_key.aggregate_shares(name, *divmod(slot, primes), shares(ctx, key, phase, slot))
        for slot in range(len(name.preset.cipher_primes) * primes)
    }


def wrong(found: Mapping[int, Found]) -> list[int]:
    """Return the members, ascending, that sent a wrong share where the others' were enough."""
    named = (result.wrong for result in found.values() if isinstance(result, Decoded))
    return sorted({member for members in named for member in members})


def values(found: Mapping[int, Found]) -> dict[int, U64] | None:
    """Return the value of every slot, or None if the shares of some contradict one another."""
    decoded = {slot: result.value for slot, result in found.items() if isinstance(result, Decoded)}
    return decoded if len(decoded) == len(found) else None


def public_part(parts: Mapping[int, U64]) -> bytes:
    """Return p0 as it is kept, from its residues by prime."""
    return b"".join(messages.residue_bytes(parts[prime]) for prime in sorted(parts))


def relin_part(ctx: Context, key: Key, parts: Mapping[int, U64]) -> bytes:
    """Return the relinearisation key as it is kept, from its residues by slot."""
    name = records.name(ctx.chain_id, key)
    combined = {divmod(slot, len(name.preset.primes)): value for slot, value in parts.items()}
    return messages.residue_bytes(relin_key.assemble(name, combined))


def self_test_payloads(ctx: Context, key: Key, public: bytes) -> list[bytes]:
    """Return the two ciphertexts whose product is the self-test: encryptions of 1 that everybody can make."""
    name = records.name(ctx.chain_id, key)
    p0 = np.frombuffer(public, dtype="<u8").astype(np.uint64).reshape(-1, name.preset.degree)
    both = self_test.ciphertexts(name, p0)
    return [payload.encode_own(ciphertext[None], name.preset) for ciphertext in both]
