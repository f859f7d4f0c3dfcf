"""Scoring jobs as parts of a message: digests of bulk bytes, never the bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from assay.crypto.scoring_job import Job, JobResult, LengthJob, ProductJob
from assay.state.scoring_queue import ScoringJob

SCORE: Final = 1
"""Operation: a scalar's ciphertext. Answer: constant (16 bytes), digest of c1, and c1 if wanted."""
_HEAD: Final = struct.Struct("<?BHB?")
_CONSTANT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class ScoreOrder:
    """A scoring job as a worker is told it.

    Attributes
    ----------
    preset
        Wire id.
    job
        What to compute.
    want_c1
        Whether the answer shall hold c1, which only members of the committee need.
    """

    preset: int
    job: Job
    want_c1: bool

    @classmethod
    def of(cls, job: ScoringJob, *, want_c1: bool) -> ScoreOrder:
        """Return the order for a job of the state's queue."""
        payload, count = job.payload[1], job.ciphertexts
        found: Job
        if job.other is None:
            found = LengthJob(payload, count, job.coin, job.contributor, job.check)
        else:
            found = ProductJob(job.relin_key[1], payload, (job.other[1],), count)
        return cls(job.preset, found, want_c1)

    def to_parts(self) -> tuple[bytes, ...]:
        """Return its parts of a message."""
        job = self.job
        if isinstance(job, LengthJob):
            head = _HEAD.pack(True, self.preset, job.ciphertexts, job.check, self.want_c1)
            return (head, job.payload, job.coin, job.contributor)
        head = _HEAD.pack(False, self.preset, job.ciphertexts, 0, self.want_c1)
        return (head, job.payload, job.relin_key, *job.others)

    @classmethod
    def from_parts(cls, parts: tuple[bytes, ...]) -> ScoreOrder:
        """Invert `to_parts`."""
        head, payload, *rest = parts
        is_length, preset, count, check, want_c1 = _HEAD.unpack(head)
        if is_length:
            coin, contributor = rest
            return cls(preset, LengthJob(payload, count, coin, contributor, check), want_c1)
        relin_key, *others = rest
        return cls(preset, ProductJob(relin_key, payload, tuple(others), count), want_c1)


def to_parts(result: JobResult, *, want_c1: bool) -> tuple[bytes, ...]:
    """Return the parts of an answer."""
    constant = result.constant.to_bytes(_CONSTANT_BYTES, "little")
    return (constant, result.digest, result.c1) if want_c1 else (constant, result.digest)


def from_parts(parts: tuple[bytes, ...]) -> JobResult:
    """Invert `to_parts`; c1 is empty if it was not wanted."""
    constant, digest, *c1 = parts
    return JobResult(int.from_bytes(constant, "little"), c1[0] if c1 else b"", digest)
