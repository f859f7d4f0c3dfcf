"""The relinearisation key, made together, in SEAL's layout for key switching.

For each ciphertext prime j there is a component ``(b_j, a_j)`` modulo all three primes with ``b_j = -(a_j s
+ e_j)``, to which ``P s^2`` is added modulo prime j alone, P being the special prime (Bajard's RNS
decomposition, as in SEAL's ``KeyGenerator``). A slot is component times prime: ``component * 3 + prime``.

``s(i)^2`` lies on a polynomial of degree 2t, which tells more than its value at 0. So in the two slots that
hold ``s^2`` a member adds a pseudo-random share of zero of degree 2t. Combining takes all n shares: with
degree 2t a wrong share among ``3t + 1`` is noticed but not located. Then the attempt is given up, its
seeds, which served nothing yet, are opened, and `blame` names who sent something else than its seeds say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from assay.crypto.committee.decoding import (
    Decoded,
    Disagreement,
    Undecided,
    decode_all,
    decode_polynomial,
)
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.sharing import Sharer, slot_ring
from assay.crypto.ring import Stream
from assay.crypto.ring.tables import U64


def common_polynomial(key: CommitteeKey, component: int) -> U64:
    """Return ``a_j`` of a component: NTT form modulo all primes, shape (3, N)."""
    return np.concatenate([_common(key, component, prime) for prime in range(len(key.preset.primes))])


def gen_share(sharer: Sharer, component: int, prime: int) -> U64:
    """Return the member's share of ``b_j`` modulo one prime (both by index): NTT form, shape (1, N)."""
    key, ring = sharer.key, slot_ring(sharer.key.preset, prime)
    secret = sharer.secret_key[prime : prime + 1]
    masked = ring.mul(_common(key, component, prime), secret)
    share = ring.neg(ring.add(masked, sharer.error("relin-key-error", ring, component)))
    if prime != component:
        return share
    square = ring.mul_integer(ring.mul(secret, secret), key.preset.primes[-1])
    return ring.add(ring.add(share, square), sharer.zero("relin-key-zero", ring, component))


def aggregate_shares(
    key: CommitteeKey, component: int, prime: int, shares: Mapping[int, U64]
) -> Decoded[U64] | Undecided | Disagreement:
    """Combine every member's share (residues, shape (1, N)) into ``b_j`` modulo one prime, shape (1, N).

    Returns
    -------
    Decoded
        All shares are there. In slots without ``s^2`` up to t may be wrong; they are corrected and named.
    Undecided
        Not all n shares are there, or, in a slot without ``s^2``, more than t are wrong.
    Disagreement
        A slot with ``s^2`` in which some share is wrong: open the seeds and call `blame`.
    """
    ring = slot_ring(key.preset, prime)
    if len(shares) < key.size:
        return Undecided(len(shares), key.size)
    if prime == component:
        return decode_all(key.size, ring, shares)
    return decode_polynomial(key.size, ring, shares)


def blame(
    sharers: Sequence[Sharer], component: int, prime: int, shares: Mapping[int, U64]
) -> tuple[int, ...]:
    """Name the members, ascending, whose share is not what their seeds give.

    ``sharers`` are those of all members, in order, once the seeds are opened (`sharing.all_sharers`).
    """
    expected = ((member, gen_share(sharers[member], component, prime)) for member in sorted(shares))
    return tuple(member for member, share in expected if not np.array_equal(share, shares[member]))


def assemble(key: CommitteeKey, combined: Mapping[tuple[int, int], U64]) -> U64:
    """Return the relinearisation key, shape (components 2, polynomials 2, primes 3, N), NTT form.

    Parameters
    ----------
    key : CommitteeKey
    combined : mapping of (component, prime) to uint64 array
        Value of every slot, shape (1, N).
    """
    components, primes = range(len(key.preset.cipher_primes)), range(len(key.preset.primes))
    first = [np.concatenate([combined[j, i] for i in primes]) for j in components]
    return np.stack([np.stack([first[j], common_polynomial(key, j)]) for j in components])


def _common(key: CommitteeKey, component: int, prime: int) -> U64:
    stream = Stream(b"relin-key", key.hash("relin-key-common"), component, prime)
    return stream.uniform(key.preset.primes[prime], key.preset.degree)[None]
