"""Ring arithmetic, encryption and scoring at the standard preset, against SEAL and TenSEAL on the same core.

``python bench/ring.py`` prints the table; `run` returns it. Every figure is a
time in milliseconds, measured in turns with its reference, at least
``PAIRS`` times; a ratio is reference / ours, so above 1 is faster than the
reference. Median, least and greatest ratio are of single pairs.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np
import tenseal
from tenseal import sealapi

from assay.crypto import scoring
from assay.crypto.ckks import packing, payload, seal
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.presets import LENGTH_CHECKS, STANDARD
from assay.crypto.proof import proof_bytes
from assay.crypto.ring import Stream, cipher_ring, compiled, key_ring, reference
from assay.crypto.ring.tables import U64
from assay.crypto.scoring_job import LengthJob, ProductJob, ScoringWorker

PAIRS: Final = 15
SUBMISSIONS: Final = 16
COIN, SENDER = bytes(range(32)), bytes(range(20))
Row = dict[str, Any]
Work = Callable[[], object]


def compare(
    name: str, ours: Work, theirs: Work, named: str, *, per: int = 1, target: float | None = None
) -> Row:
    """Measure two pieces of work in turns; times are divided by `per`."""
    ours(), theirs()  # compile, fill caches
    pairs = [(_milliseconds(ours) / per, _milliseconds(theirs) / per) for _ in range(PAIRS)]
    ratios = sorted(b / a for a, b in pairs)
    return {
        "name": name,
        "value": median(a for a, _ in pairs),
        "unit": "ms",
        "reference": f"{named}: {median(b for _, b in pairs):.3f} ms",
        "ratio": median(ratios),
        "ratio_min": ratios[0],
        "ratio_max": ratios[-1],
        "target": target,
        "lower_is_better": True,
    }


def _milliseconds(work: Work) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def _uniform(name: bytes, shape: tuple[int, ...], *, key: bool = False) -> U64:
    ring = key_ring(STANDARD) if key else cipher_ring(STANDARD)
    count = int(np.prod(shape)) * STANDARD.degree
    rows = (Stream(b"bench", name, i).uniform(q, count) for i, q in enumerate(ring.primes))
    return np.stack([row.reshape(*shape, -1) for row in rows], axis=-2)


class Raw:
    """TenSEAL as its manual shows it: serialized ciphertexts in, products with a relinearisation key."""

    def __init__(self, relin_key: U64) -> None:
        relin = seal.relin_keys(STANDARD, relin_key)
        public = b"\x10\x01" + _double(STANDARD.scale) + b"\x22" + _varint(len(relin)) + relin
        parameters = seal.parameters(STANDARD)
        data = b"\x0a" + _varint(len(parameters)) + parameters + b"\x12" + _varint(len(public)) + public
        self.context = tenseal.context_from(data, n_threads=1)
        assert self.context.auto_relin
        assert not self.context.auto_rescale

    @staticmethod
    def at_rest(ciphertext: U64) -> bytes:
        """A CKKSVector message."""
        data = seal.ciphertext(STANDARD, ciphertext)
        return b"\x08\x80\x20\x12" + _varint(len(data)) + data + _double(STANDARD.scale)

    def load(self, data: bytes) -> Any:
        return tenseal.ckks_vector_from(self.context, data)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _double(value: float) -> bytes:
    return b"\x19" + struct.pack("<d", value)


def ring_rows() -> list[Row]:
    """The transform against SEAL's and against the client's; parsing and encryption."""
    ring, ciphertext = cipher_ring(STANDARD), _uniform(b"a", (2,))
    raw = Raw(_uniform(b"key", (2, 2), key=True))
    evaluator = sealapi.Evaluator(raw.context.seal_context().data)
    handle = raw.load(Raw.at_rest(ciphertext)).ciphertext()[0]

    def seals() -> None:
        evaluator.transform_from_ntt_inplace(handle)
        evaluator.transform_to_ntt_inplace(handle)

    def with_kernel(kernel: Any) -> Work:
        return lambda: kernel.forward(kernel.inverse(ciphertext, ring.tables), ring.tables)

    data = payload.encode(ciphertext[None], bytes(proof_bytes(STANDARD, 1)), STANDARD)
    at_rest = Raw.at_rest(ciphertext)
    return [
        compare("NTT and inverse, one residue row, numba", with_kernel(compiled), seals, "SEAL", per=4),
        compare("NTT and inverse, one residue row, numpy", with_kernel(reference), seals, "SEAL", per=4),
        compare(
            "payload parsed and checked, one ciphertext",
            lambda: payload.parse(data, STANDARD, 1),
            lambda: raw.load(at_rest),
            "TenSEAL ckks_vector_from",
        ),
        _encryption_row(),
    ]


def _encryption_row() -> Row:
    context = tenseal.context(tenseal.SCHEME_TYPE.CKKS, 8192, coeff_mod_bit_sizes=[60, 60, 60], n_threads=1)
    update = np.sin(np.arange(STANDARD.capacity))
    values = [float(v) for v in update]
    p0, p1 = _uniform(b"p0", ()), _uniform(b"p1", ())

    def ours() -> None:
        message = packing.pack(packing.quantise(update, STANDARD), STANDARD)
        encrypt(message, p0, p1, STANDARD, bytes(32))

    return compare(
        "update packed and encrypted, one ciphertext",
        ours,
        lambda: tenseal.ckks_vector(context, values, scale=float(STANDARD.scale)),
        "TenSEAL ckks_vector",
    )


class Scoring:
    """Submissions of one ciphertext at rest, scored by a worker and by raw TenSEAL."""

    def __init__(self) -> None:
        relin_key = _uniform(b"key", (2, 2), key=True)
        ciphertexts = [_uniform(b"%d" % i, (1, 2)) for i in range(SUBMISSIONS + 1)]
        self.raw = Raw(relin_key)
        self.raw_at_rest = [Raw.at_rest(c[0]) for c in ciphertexts]
        total = scoring.add_payloads(ciphertexts[1:], STANDARD)
        self.raw_at_rest.append(Raw.at_rest(total[0]))
        proof = bytes(proof_bytes(STANDARD, 1))
        blobs = [payload.encode(c, proof, STANDARD) for c in ciphertexts]
        self.digests = [hashlib.sha256(blob).digest() for blob in blobs]
        self.blobs = dict(zip(self.digests, blobs, strict=True)) | {b"key": relin_key.tobytes()}
        self.rhos = [
            [float(v) for v in scoring.rho(COIN, SENDER, k, 0, STANDARD)] for k in range(LENGTH_CHECKS)
        ]

    def ours(self, *, lengths: bool) -> Work:
        """Score every submission from its bytes; a worker starts with the round's key and nothing else."""
        worker = ScoringWorker(STANDARD)
        reference, *submissions = self.digests
        worker.run(ProductJob(b"key", reference, (reference,), 1), self.blobs.__getitem__)

        def work() -> None:
            worker.forget_payloads()
            for digest in submissions:
                jobs: list[LengthJob | ProductJob] = [
                    ProductJob(b"key", digest, others, 1)
                    for others in ((digest,), (reference,), tuple(submissions))
                ]
                if lengths:
                    jobs += [LengthJob(digest, 1, COIN, SENDER, k) for k in range(LENGTH_CHECKS)]
                for job in jobs:
                    worker.run(job, self.blobs.__getitem__)

        return work

    def theirs(self, *, lengths: bool) -> Work:
        """Load both operands and multiply; TenSEAL relinearises by itself."""
        reference, *submissions, total = self.raw_at_rest

        def work() -> None:
            for data in submissions:
                for other in (data, reference, total):
                    self.raw.load(data).mul(self.raw.load(other))
                for rho in self.rhos if lengths else ():
                    self.raw.load(data).mul(rho)

        return work


def scoring_rows() -> list[Row]:
    """A submission's products, with and without the length checks."""
    made = Scoring()
    three = "raw TenSEAL, load + multiply + relinearise"
    return [
        compare(
            "n, a, h of a submission, in process",
            made.ours(lengths=False),
            made.theirs(lengths=False),
            f"{three}, the same 3 products",
            per=SUBMISSIONS,
            target=0.9,
        ),
        compare(
            "submission scored, in process: n, a, h and 8 length checks",
            made.ours(lengths=True),
            made.theirs(lengths=True),
            f"{three} 3 products, load + multiply 8 public ones",
            per=SUBMISSIONS,
            target=0.9,
        ),
        compare(
            "the same, as if length checks were free for the reference",
            made.ours(lengths=True),
            made.theirs(lengths=False),
            f"{three}, 3 products only",
            per=SUBMISSIONS,
        ),
    ]


def run() -> list[Row]:
    """All rows."""
    return ring_rows() + scoring_rows()


def main() -> None:
    """Print the table."""
    for row in run():
        target = "" if row["target"] is None else f"  target {row['target']}"
        print(f"{row['name']:<62} {row['value']:8.3f} {row['unit']}   {row['reference']}")
        print(f"{'':<62} ratio {row['ratio_min']:.2f} {row['ratio']:.2f} {row['ratio_max']:.2f}{target}")


if __name__ == "__main__":
    main()
