"""The public key ``(p0, p1) = (-(a s + e), a)``, made together.

``a`` is public and nobody's choice: it is expanded from the key's name. Member i posts its share of ``p0``,
residues of ``-(a s(i) + e(i))`` in NTT form, one slot for each ciphertext prime; combining any ``2t + 1``
right shares gives p0 (the collective key generation of Mouchet, Troncoso-Pastoriza, Bossuat, Hubaux,
"Multiparty homomorphic encryption from ring-learning-with-errors", PETS 2021, with Shamir instead of
additive shares). Nothing encrypts modulo the special prime, so p0 is not made modulo it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from assay.crypto.committee.decoding import Decoded, Undecided, decode_polynomial
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.sharing import Sharer, slot_ring
from assay.crypto.ring import Stream
from assay.crypto.ring.tables import U64


def common_polynomial(key: CommitteeKey) -> U64:
    """Return ``a``, the second polynomial p1 of the public key: NTT form modulo Q, shape (2, N)."""
    return np.concatenate([_common(key, prime) for prime in range(len(key.preset.cipher_primes))])


def gen_share(sharer: Sharer, prime: int) -> U64:
    """Return the member's share of p0 modulo one ciphertext prime (by index): NTT form, shape (1, N)."""
    key, ring = sharer.key, slot_ring(sharer.key.preset, prime)
    masked = ring.mul(_common(key, prime), sharer.secret_key[prime : prime + 1])
    return ring.neg(ring.add(masked, sharer.error("public-key-error", ring)))


def aggregate_shares(key: CommitteeKey, prime: int, shares: Mapping[int, U64]) -> Decoded[U64] | Undecided:
    """Combine shares (member -> residues, shape (1, N)) into p0 modulo one ciphertext prime, shape (1, N)."""
    return decode_polynomial(key.size, slot_ring(key.preset, prime), shares)


def blame(sharers: Sequence[Sharer], prime: int, shares: Mapping[int, U64]) -> tuple[int, ...]:
    """Name the members, ascending, whose share is not what their seeds give; see `relin_key.blame`."""
    expected = ((member, gen_share(sharers[member], prime)) for member in sorted(shares))
    return tuple(member for member, share in expected if not np.array_equal(share, shares[member]))


def _common(key: CommitteeKey, prime: int) -> U64:
    stream = Stream(b"public-key", key.hash("public-key-common"), prime)
    return stream.uniform(key.preset.primes[prime], key.preset.degree)[None]
