"""The proof of plaintext knowledge at the standard preset, against one TenSEAL product on the same core.

``python bench/proof.py`` prints the table; `run` returns it. A proof takes a random number of attempts, so
look at the median and at the greatest ratio.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import isqrt
from typing import Any, Final, cast

import numpy as np
import tenseal
from numpy.typing import NDArray
from pairs import Row, Work, in_turns, row

from assay.crypto.ckks import packing, payload
from assay.crypto.ckks.encrypt import Randomness, encrypt
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import STANDARD
from assay.crypto.proof import Context, kernels, proof_bytes, prove, reference, verify
from assay.crypto.proof_job import ProofJob
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring import kernels as ring_kernels
from assay.crypto.ring import reference as ring_reference
from assay.crypto.ring.tables import U64
from assay.node.proofs import ProofVerifier
from assay.node.workers.pool import WorkerPool
from assay.state.overlay import Overlay
from assay.state.proofs import ProofCheck

NAME: Final = CommitteeKey("bench", 1, STANDARD, 4)
CONTEXT: Final = Context.submission(NAME.chain_id, 1, bytes(20), NAME.key_id, bytes(32))
REFERENCE: Final = "TenSEAL multiply + relinearise"
#: A verification may take as long as two products of the reference.
VERIFY_TARGET: Final = 2.0
PAIRS: Final = 25


@dataclass(frozen=True)
class Case:
    """A submission and its secrets."""

    key: tuple[U64, U64]
    ciphertexts: U64
    messages: NDArray[Any]
    randomness: Randomness

    def prove(self, seed: int) -> bytes:
        return prove(
            STANDARD,
            self.key,
            self.ciphertexts,
            self.messages,
            self.randomness,
            CONTEXT,
            seed.to_bytes(32, "big"),
        )

    def verify(self, proof: bytes) -> None:
        verify(STANDARD, self.key, self.ciphertexts, CONTEXT, proof)


def _polynomial(name: bytes) -> U64:
    rows = enumerate(cipher_ring(STANDARD).primes)
    return np.stack([Stream(b"bench", name, i).uniform(q, STANDARD.degree) for i, q in rows])


def case(ciphertexts: int) -> Case:
    """Make a submission of so many full ciphertexts; to a prover a uniform key is like any other."""
    key = _polynomial(b"p0"), common_polynomial(NAME)
    parameters = ciphertexts * STANDARD.capacity
    values = Stream(b"bench", b"update").bounded(STANDARD.scale // isqrt(parameters), parameters)
    messages = packing.pack(values, STANDARD)
    made, randomness = encrypt(messages, *key, STANDARD, bytes(32))
    return Case(key, made, messages, randomness)


class Worker:
    """A node's verifier and one worker process; every payload is new to both."""

    def __init__(self, made: Case, proof: bytes) -> None:
        self._p0 = made.key[0].astype("<u8").tobytes()
        self._payload = payload.encode(made.ciphertexts, proof, STANDARD)
        self._count = count(1)
        self._runner = asyncio.Runner()
        self._pool = WorkerPool()
        self._runner.run(self._pool.start())

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes:
        """Stand for a state that keeps nothing but the key."""
        return self._p0

    def __call__(self) -> None:
        self._runner.run(self._verified())

    async def _verified(self) -> None:
        digest = next(self._count).to_bytes(32, "big")
        job = ProofJob(STANDARD.wire_id, NAME.size, 1, CONTEXT, digest)
        check = ProofCheck(job, self._payload)
        assert await ProofVerifier(self._pool).verdict(cast(Overlay, self), check) is None

    def close(self) -> None:
        """End the process."""
        self._runner.run(self._pool.close())
        self._runner.close()


@contextlib.contextmanager
def without_numba() -> Iterator[None]:
    """Run everything in numpy, as a client without numba does."""
    modules = ((kernels, reference), (ring_kernels, ring_reference))
    names = [(m, p, n) for m, p in modules for n in m.__all__]
    kept = [getattr(m, n) for m, _, n in names]
    try:
        for module, plain, name in names:
            setattr(module, name, getattr(plain, name))
        yield
    finally:
        for (module, _, name), kernel in zip(names, kept, strict=True):
            setattr(module, name, kernel)


class Product:
    """One TenSEAL multiply and relinearise of loaded ciphertexts."""

    def __init__(self) -> None:
        bits = [prime.bit_length() for prime in STANDARD.primes]
        self.context = tenseal.context(
            tenseal.SCHEME_TYPE.CKKS, STANDARD.degree, coeff_mod_bit_sizes=bits, n_threads=1
        )
        self.context.auto_rescale = False
        self.a, self.b = (
            tenseal.ckks_vector(self.context, [0.1] * (STANDARD.degree // 2), scale=float(STANDARD.scale))
            for _ in range(2)
        )

    def __call__(self) -> object:
        return self.a * self.b


def run() -> list[Row]:
    """Time verification and proving, with numba and without."""
    product, one, four = Product(), case(1), case(4)
    first, fourth = one.prove(0), four.prove(0)
    seeds = count(1)

    def measured(name: str, work: Work, target: float | None = None) -> Row:
        pairs = [(1000 * a, 1000 * b) for a, b in in_turns(work, product, PAIRS)]
        return row(name, "ms", REFERENCE, pairs, target=target, lower_is_better=True)

    def proving() -> object:
        return one.prove(next(seeds))

    worker = Worker(one, first)
    table = [
        measured("proof verified, one ciphertext, numba", lambda: one.verify(first), VERIFY_TARGET),
        measured("the same through a worker process", worker),
        measured("proof verified, four ciphertexts, numba", lambda: four.verify(fourth)),
        measured("proof made, one ciphertext, numba", proving),
    ]
    worker.close()
    with without_numba():
        return [
            *table,
            measured("proof verified, one ciphertext, numpy", lambda: one.verify(first)),
            measured("proof made, one ciphertext, numpy", proving),
        ]


def main() -> None:
    """Print the table."""
    print("bytes of a proof:", ", ".join(f"{proof_bytes(STANDARD, k)} for {k}" for k in (1, 2, 4, 8)))
    for found in run():
        print(
            f"{found['name']:<42} {found['value']:8.2f} ms   {REFERENCE}: {found['reference_value']:.2f} ms"
        )
        print(f"{'':<42} ratio {found['ratio_min']:.2f} {found['ratio']:.2f} {found['ratio_max']:.2f}")


if __name__ == "__main__":
    main()
