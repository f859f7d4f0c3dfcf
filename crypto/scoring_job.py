"""What a scoring worker does with one job; how jobs reach it is not its business.

A job names bulk bytes by digest, and `fetch` supplies those not met lately.
Results are functions of the named bytes alone; caches change only the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from assay.crypto import scoring
from assay.crypto.ckks import payload
from assay.crypto.ckks.engine import Ciphertext, Engine, RelinKey
from assay.crypto.presets import Preset
from assay.crypto.recent import Recent
from assay.crypto.ring.tables import U64

Fetch = Callable[[bytes], bytes]

#: Ciphertexts kept parsed and inside SEAL: 0.5 MiB each at `standard`.
CACHED_CIPHERTEXTS: Final = 256
#: Relinearisation keys (3 MiB each inside SEAL) and sums of payloads kept.
CACHED_KEYS: Final = 4
CACHED_SUMS: Final = 2


@dataclass(frozen=True)
class LengthJob:
    """One length check of one submission.

    Attributes
    ----------
    payload : bytes
        Digest under which `fetch` finds the payload.
    ciphertexts : int
        How many it has.
    coin, contributor, check
        See `assay.crypto.scoring.rho`.
    """

    payload: bytes
    ciphertexts: int
    coin: bytes
    contributor: bytes
    check: int


@dataclass(frozen=True)
class ProductJob:
    """One score: a submission with the sum of one or more.

    A norm names the submission itself, an alignment the reference, an aggregate
    all accepted submissions; a key's self-test is the norm of its test payload.

    Attributes
    ----------
    relin_key : bytes
        Digest of the key: residues of shape (2, 2, 3, N) (digit, polynomial,
        prime), 8 bytes little endian each.
    payload : bytes
        Digest of the submission.
    others : tuple of bytes
        Digests of the payloads whose sum it is multiplied with, at least one.
    ciphertexts : int
        How many every one of them has.
    """

    relin_key: bytes
    payload: bytes
    others: tuple[bytes, ...]
    ciphertexts: int


Job = LengthJob | ProductJob


@dataclass(frozen=True)
class JobResult:
    """A scalar's ciphertext as it is kept.

    Attributes
    ----------
    constant : int
        In [0, Q).
    c1 : bytes
        Residues of the second polynomial, 8 bytes little endian each.
    digest : bytes
        SHA-256 of `c1`.
    """

    constant: int
    c1: bytes
    digest: bytes


@dataclass
class _Payload:
    """A parsed payload, and its ciphertexts inside SEAL once a product needed them."""

    residues: U64
    loaded: list[Ciphertext] = field(default_factory=list)


class ScoringWorker:
    """Runs scoring jobs of one preset; one a process, because TenSEAL holds the interpreter lock."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.engine = Engine(preset)
        self._keys: Recent[bytes, RelinKey] = Recent(CACHED_KEYS)
        self._payloads: Recent[bytes, _Payload] = Recent(CACHED_CIPHERTEXTS, lambda p: len(p.residues))
        self._sums: Recent[tuple[bytes, ...], _Payload] = Recent(CACHED_SUMS)

    def run(self, job: Job, fetch: Fetch) -> JobResult:
        """Compute the ciphertext of a job's scalar.

        Parameters
        ----------
        job : LengthJob or ProductJob
        fetch : callable
            Gives the bytes of a digest, and is trusted to give the right ones; called for what is not cached.

        Raises
        ------
        PayloadError, ValueError
            Bytes that state should never have kept.
        """
        scalar = self._length(job, fetch) if isinstance(job, LengthJob) else self._product(job, fetch)
        return JobResult(scalar.constant, scalar.c1_bytes, scalar.digest)

    def forget_payloads(self) -> None:
        """Drop what is kept of payloads, as when a round has ended."""
        self._payloads.clear()
        self._sums.clear()

    def _length(self, job: LengthJob, fetch: Fetch) -> scoring.ScalarCiphertext:
        residues = self._payload(job.payload, job.ciphertexts, fetch).residues
        return scoring.length_product(residues, job.coin, job.contributor, job.check, self.preset)

    def _product(self, job: ProductJob, fetch: Fetch) -> scoring.ScalarCiphertext:
        key = self._keys.get(job.relin_key, lambda: self._load_key(fetch(job.relin_key)))
        first = self._payload(job.payload, job.ciphertexts, fetch)
        second = self._sum(job.others, job.ciphertexts, fetch)
        return scoring.score_product(self.engine, key, self._load(first), self._load(second))

    def _payload(self, digest: bytes, count: int, fetch: Fetch) -> _Payload:
        return self._payloads.get(
            digest, lambda: _Payload(payload.ciphertexts_of(fetch(digest), self.preset, count))
        )

    def _sum(self, digests: tuple[bytes, ...], count: int, fetch: Fetch) -> _Payload:
        if len(digests) == 1:
            return self._payload(digests[0], count, fetch)

        def add() -> _Payload:
            parts: Sequence[U64] = [self._payload(digest, count, fetch).residues for digest in digests]
            return _Payload(scoring.add_payloads(parts, self.preset))

        return self._sums.get(digests, add)

    def _load(self, parsed: _Payload) -> list[Ciphertext]:
        if not parsed.loaded:
            parsed.loaded = [self.engine.load(ciphertext) for ciphertext in parsed.residues]
        return parsed.loaded

    def _load_key(self, data: bytes) -> RelinKey:
        digits, primes = len(self.preset.cipher_primes), len(self.preset.primes)
        residues = np.frombuffer(data, dtype="<u8").reshape(digits, 2, primes, self.preset.degree)
        return self.engine.load_relin_key(residues)
