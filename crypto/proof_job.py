"""Verifying one payload's proof, as a job: everything the verdict follows from, and who computes it.

A job names bulk bytes by digest, and `fetch` supplies them. The verdict is a function of the named bytes and
of the job's own fields alone; caches change only the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.crypto.ckks import payload
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import PRESETS, by_wire_id
from assay.crypto.proof.encryption import Context, proof_bytes, verify
from assay.crypto.proof.errors import ProofError
from assay.crypto.recent import Recent
from assay.crypto.ring.tables import U64

Fetch = Callable[[bytes], bytes]
Verdict = ProofError | None
"""Why a proof is refused, or None if it holds."""

CACHED_KEYS: Final = 8
"""Public keys kept, 256 KiB each at `standard`."""


@dataclass(frozen=True)
class ProofJob:
    """One proof in question.

    Attributes
    ----------
    preset : int
        Wire id.
    members : int
        Of the committee whose key it is: the key's second polynomial follows from its name.
    ciphertexts : int
        How many the payload has.
    context : Context
        What the proof must be bound to.
    payload : bytes
        Digest under which `fetch` finds the payload.
    """

    preset: int
    members: int
    ciphertexts: int
    context: Context
    payload: bytes


class ProofWorker:
    """Verifies proofs, of every preset."""

    def __init__(self) -> None:
        self._keys: Recent[tuple[CommitteeKey, bytes], tuple[U64, U64]] = Recent(CACHED_KEYS)

    def run(self, job: ProofJob, fetch: Fetch) -> Verdict:
        """Verify a proof.

        Parameters
        ----------
        job : ProofJob
        fetch : callable
            Gives the bytes of a digest, and is trusted to give the right ones: those of the payload, and
            those of the key's first polynomial, residues of 8 bytes, little endian.

        Raises
        ------
        PayloadError, ValueError
            A payload whose form was not checked before, or a key that is none.
        """
        preset, context = by_wire_id(job.preset), job.context
        name = CommitteeKey(context.chain_id, context.key_id, preset, job.members)
        key = self._keys.get((name, context.key_digest), lambda: _public_key(name, fetch(context.key_digest)))
        parsed = payload.parse(fetch(job.payload), preset, job.ciphertexts)
        try:
            verify(preset, key, parsed.ciphertexts, context, parsed.proof)
        except ProofError as error:
            return error
        return None

    def warm_up(self) -> None:
        """Verify something of each preset, so that the first real proof finds everything compiled."""
        for preset in PRESETS:
            ones = np.ones((1, 2, 2, preset.degree), dtype=np.uint64)
            data = payload.encode(ones, bytes(proof_bytes(preset, 1)), preset)
            context = Context.submission("warm-up", 0, bytes(20), 0, b"key")
            fetch = {b"key": ones[0, 0].tobytes(), b"payload": data}.__getitem__
            self.run(ProofJob(preset.wire_id, 1, 1, context, b"payload"), fetch)
        self._keys.clear()


def _public_key(name: CommitteeKey, data: bytes) -> tuple[U64, U64]:
    words = np.frombuffer(data, dtype="<u8").astype(np.uint64)
    return words.reshape(len(name.preset.cipher_primes), name.preset.degree), common_polynomial(name)
