"""Pseudo-random secret sharing: Shamir shares of values that nobody deals and nobody knows.

For every t-subset B let ``f_B`` be the polynomial of degree t with ``f_B(0) = 1`` and ``f_B(b + 1) = 0``
for b in B. If ``phi_B`` is derived from seed B, then ``sum over B of phi_B f_B`` is a polynomial of degree
at most t whose value at 0 is ``sum of phi_B``, and member i, who holds every seed with i not in B, computes
its value at ``i + 1`` alone (Cramer, Damgard, Ishai 2005, section 3). Everything is modulo Q, or residue by
residue modulo its primes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from typing import Any, Final

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

Name = tuple[str | bytes | int | tuple[int, ...], ...]
"""What a piece is called, apart from its seed: purpose, primes and parts."""


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


class PieceMemory:
    """Remembers the pieces of the last few names, so that several members' shares expand each seed once."""

    NAMES: Final = 6
    """A slot of the relinearisation key needs key, error and at most three orders of zero."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Name, dict[bytes, U64]] = OrderedDict()

    def piece(self, name: Name, seed: bytes, make: Callable[[], U64]) -> U64:
        """Return a piece, made only if it is not remembered."""
        pieces = self._kept.setdefault(name, {})
        self._kept.move_to_end(name)
        if seed not in pieces:
            pieces[seed] = make()
        while len(self._kept) > self.NAMES:
            self._kept.popitem(last=False)
        return pieces[seed]


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
    memory : PieceMemory, optional
        Shared by the sharers of several members of one key.

    Raises
    ------
    ValueError
        If a held seed is missing or has not 32 bytes.
    """

    def __init__(
        self, key: CommitteeKey, member: int, seeds: Mapping[int, bytes], memory: PieceMemory | None = None
    ) -> None:
        numbers = held(key.size, member)
        missing = [number for number in numbers if len(seeds.get(number, b"")) != SEED_BYTES]
        if missing:
            raise ValueError(
                f"member {member} lacks the seeds {missing} of key {key.key_id}; receive them first"
            )
        self.key = key
        self.member = member
        self._memory = memory
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
        factors = (factor for _, factor in self._pieces)
        pieces = self._expand(tag, ring, lambda stream: ring.reduce(sample(stream)), *parts)
        return ring.linear_combination(factors, pieces)

    def _expand(
        self, tag: str, ring: Ring, make: Callable[[Stream], U64], *parts: bytes | int
    ) -> Iterator[U64]:
        """Yield the piece of each held seed, in their order."""
        domain, name = self.key.domain(tag), (tag, ring.primes, *parts)
        for seed, _ in self._pieces:
            expand = partial(_expanded, domain, seed, parts, make)
            yield expand() if self._memory is None else self._memory.piece(name, seed, expand)

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
        x, total = point(self.member), ring.zero()
        for k in range(1, self.key.threshold + 1):
            factors = (factor * x**k for _, factor in self._pieces)
            phis = self._expand(
                tag, ring, lambda stream: stream.uniform(ring.primes[0], ring.degree)[None], k, *parts
            )
            total = ring.add(total, ring.linear_combination(factors, phis))
        return total


def all_sharers(key: CommitteeKey, seeds: Mapping[int, bytes]) -> tuple[Sharer, ...]:
    """Return every member's sharer, in order, from all seeds, for recomputing what all of them had to send.

    They remember the pieces they share, up to 80 MB at n = 10: let go of them soon.
    """
    memory = PieceMemory()
    return tuple(Sharer(key, member, seeds, memory) for member in range(key.size))


def _expanded(
    domain: bytes, seed: bytes, parts: tuple[bytes | int, ...], make: Callable[[Stream], U64]
) -> U64:
    return make(Stream(domain, seed, *parts))
