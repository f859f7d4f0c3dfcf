"""Pseudo-random secret sharing: Shamir shares of values that nobody deals and nobody knows.

For every t-subset B let ``f_B`` be the polynomial of degree t with ``f_B(0) = 1`` and ``f_B(b + 1) = 0``
for b in B. If ``phi_B`` is derived from seed B, then ``sum over B of phi_B f_B`` is a polynomial of degree
at most t whose value at 0 is ``sum of phi_B``, and member i, who holds every seed with i not in B, computes
its value at ``i + 1`` alone (Cramer, Damgard, Ishai 2005, section 3). Everything is modulo Q, or residue by
residue modulo its primes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from numpy.typing import NDArray

from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.reed_solomon import point
from assay.crypto.committee.subsets import held, subsets
from assay.crypto.presets import Preset
from assay.crypto.ring import Ring, Stream, cipher_ring, key_ring
from assay.crypto.ring.sampling import SEED_BYTES
from assay.crypto.ring.tables import U64

Sampler = Callable[[Stream], NDArray[Any]]
"""Draws the N signed coefficients of one seed's piece from its stream."""


@lru_cache(maxsize=16)
def slot_ring(preset: Preset, prime: int) -> Ring:
    """Return the ring modulo one prime of the preset, by index: the ring of one slot of a key share."""
    return Ring(preset.degree, (preset.primes[prime],))


def weight(n: int, seed: int, member: int, modulus: int) -> int:
    """Return ``f_B(member + 1)`` modulo ``modulus`` for the subset B of seed number ``seed``."""
    x, value = point(member), 1
    for outside in subsets(n)[seed]:
        value = value * (point(outside) - x) * pow(point(outside), -1, modulus) % modulus
    return value


class Sharer:
    """One member's seeds, and the shares that follow from them.

    Streams are named by purpose (a tag a protocol) and parts; the same name gives the same shares, always.

    Parameters
    ----------
    key : CommitteeKey
    member : int
        Number of the member, from 0.
    seeds : mapping of int to bytes
        Every seed the member holds, by number; others are ignored.

    Raises
    ------
    ValueError
        If a held seed is missing or has not 32 bytes.
    """

    def __init__(self, key: CommitteeKey, member: int, seeds: Mapping[int, bytes]) -> None:
        numbers = held(key.size, member)
        missing = [number for number in numbers if len(seeds.get(number, b"")) != SEED_BYTES]
        if missing:
            raise ValueError(
                f"member {member} lacks the seeds {missing} of key {key.key_id}; receive them first"
            )
        self.key = key
        self.member = member
        modulus = key_ring(key.preset).modulus
        self._pieces = tuple((seeds[k], weight(key.size, k, member, modulus)) for k in numbers)

    def __repr__(self) -> str:
        return f"Sharer(key {self.key.key_id}, member {self.member})"

    def integer(self, tag: str, span: int, offset: int, *parts: bytes | int) -> int:
        """Return a share, modulo Q, of the sum of one integer a seed.

        Each is uniform on ``[offset, offset + span)`` up to 2^-128: 32 bytes of its stream, little endian,
        reduced modulo ``span``, which is at most Q < 2^122.
        """
        modulus, total = cipher_ring(self.key.preset).modulus, 0
        domain = self.key.domain(tag)
        for seed, factor in self._pieces:
            drawn = int.from_bytes(Stream(domain, seed, *parts).read(32), "little")
            total += factor * (drawn % span + offset)
        return total % modulus

    def polynomial(self, tag: str, ring: Ring, sample: Sampler, *parts: bytes | int) -> U64:
        """Return a share of the sum of one polynomial a seed: residues of its coefficients, shape (P, N).

        Parameters
        ----------
        tag, parts
            Name of the stream.
        ring : Ring
            Over primes of the key.
        sample : callable
            Draws N signed integers from a stream.
        """
        domain = self.key.domain(tag)
        pieces = (ring.reduce(sample(Stream(domain, seed, *parts))) for seed, _ in self._pieces)
        return ring.linear_combination((factor for _, factor in self._pieces), pieces)

    def error(self, tag: str, ring: Ring, *parts: bytes | int) -> U64:
        """Return a share, in NTT form, of a sum of SEAL's centered binomial error polynomials."""
        return ring.forward(self.polynomial(tag, ring, lambda stream: stream.error(ring.degree), *parts))

    @cached_property
    def secret_key(self) -> U64:
        """The member's share ``s(i)`` of the secret key in NTT form, modulo all primes: shape (3, N).

        The key is a sum of one ternary polynomial a seed, so it is short and no t members know it.
        """
        ring = key_ring(self.key.preset)
        return ring.forward(self.polynomial("secret-key", ring, lambda stream: stream.ternary(ring.degree)))

    def zero(self, tag: str, ring: Ring, *parts: bytes | int) -> U64:
        """Return a share of zero on a random polynomial of degree 2t, for a ring of one prime.

        The polynomial is ``sum over B, k = 1..t of phi_{B,k} x^k f_B(x)`` with uniform ``phi``: all of
        degree 2t that vanish at 0, as far as any t members can tell. For t = 0 it is zero.
        """
        domain, prime = self.key.domain(tag), ring.primes[0]
        x, orders = point(self.member), range(1, self.key.threshold + 1)
        total = ring.zero()
        for seed, factor in self._pieces:
            for k in orders:
                phi = Stream(domain, seed, k, *parts).uniform(prime, ring.degree)[None]
                total = ring.add(total, ring.mul_integer(phi, factor * x**k))
        return total
