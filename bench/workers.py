"""Submissions scored by a worker process, from bytes in the store and back, against raw TenSEAL.

``python bench/workers.py`` prints the rows. Ours is a node's scheduler and one
worker process, pipes in both directions and the c1 that a committee member
needs included; of a submission nothing is in the worker before. The reference
loads both operands of every product, multiplies and relinearises in one process.
What it takes to score a submission is three products of ciphertexts and eight
with public vectors; the products of ciphertexts alone are shown beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from itertools import count
from typing import Final

import numpy as np
from pairs import Pair, Row, row, seconds
from ring import Scoring

from assay.crypto.ckks import payload
from assay.crypto.presets import LENGTH_CHECKS, STANDARD
from assay.crypto.proof import proof_bytes
from assay.crypto.ring import key_ring
from assay.node.scoring import ScoringScheduler
from assay.node.workers.pool import WorkerPool
from assay.proto import state_pb2 as pb
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.windows import LENGTH_WORK, PRODUCT_WORK
from assay.state.scoring_queue import Place, ScoringJob
from assay.state.store import Store

PAIRS: Final = 9
SUBMISSIONS: Final = 16
_SCOPE: Final = keys.round_scope(1)
_ROWS: Final = (
    (
        True,
        "scored submissions/s per core",
        "raw TenSEAL: load, 3 multiply + relinearise, 8 multiply plain",
        0.9,
    ),
    (False, "the 3 products of a submission alone", "raw TenSEAL: load, 3 multiply + relinearise", None),
)


class Rounds:
    """Payloads of several rounds in a store, each round to be scored once."""

    def __init__(self, store: Store, rounds: int) -> None:
        self._numbers = count(1)
        view = Overlay(store)
        relin = np.stack([self._uniform(2, 2, prime=prime) for prime in key_ring(STANDARD).primes], axis=-2)
        self._relin_key: Place = (_SCOPE, view.put_bulk(_SCOPE, relin.astype("<u8").tobytes()))
        self._payloads = [[self._payload(view) for _ in range(SUBMISSIONS + 2)] for _ in range(rounds)]
        store.commit(store.prepare(1, {b"a": b"round"}, view.bulk_puts, ()))
        self.view = Overlay(store)

    def jobs(self, *, lengths: bool) -> list[ScoringJob]:
        """The jobs of the next round."""
        reference, total, *submissions = self._payloads.pop()
        jobs = [
            self._job(kind, own, other, 0)
            for own in submissions
            for kind, other in (
                (pb.OPENING_KIND_NORM, own),
                (pb.OPENING_KIND_ALIGNMENT, reference),
                (pb.OPENING_KIND_AGGREGATE, total),
            )
        ]
        checks = [(own, check) for own in submissions for check in range(LENGTH_CHECKS)] if lengths else []
        return jobs + [self._job(pb.OPENING_KIND_LENGTH, own, None, check) for own, check in checks]

    def _job(self, kind: pb.OpeningKind, own: Place, other: Place | None, check: int) -> ScoringJob:
        return ScoringJob(
            opening=next(self._numbers),
            kind=kind,
            preset=STANDARD.wire_id,
            payload=own,
            other=other,
            ciphertexts=1,
            relin_key=self._relin_key,
            coin=bytes(32),
            contributor=bytes(20),
            check=check,
            work=LENGTH_WORK if other is None else PRODUCT_WORK,
        )

    def _payload(self, view: Overlay) -> Place:
        rows = [self._uniform(1, 2, prime=prime) for prime in STANDARD.cipher_primes]
        data = payload.encode(np.stack(rows, axis=-2), bytes(proof_bytes(STANDARD, 1)), STANDARD)
        return _SCOPE, view.put_bulk(_SCOPE, data)

    @staticmethod
    def _uniform(*shape: int, prime: int) -> np.ndarray:
        return np.random.default_rng().integers(1, prime, (*shape, STANDARD.degree), dtype=np.uint64)


async def _scored(pool: WorkerPool, rounds: Rounds, *, lengths: bool) -> None:
    jobs = rounds.jobs(lengths=lengths)
    found = await ScoringScheduler(pool).results(rounds.view, jobs)
    assert len(found) == len(jobs)
    assert all(len(digest) == hashlib.sha256().digest_size for _, digest in found.values())


def _pairs(runner: asyncio.Runner, pool: WorkerPool, store: Store, *, lengths: bool) -> list[Pair]:
    """Measure in turns; the first turn only fills caches."""
    rounds, raw = Rounds(store, PAIRS + 1), Scoring().theirs(lengths=lengths)
    pairs = [
        (seconds(lambda: runner.run(_scored(pool, rounds, lengths=lengths))), seconds(raw))
        for _ in range(PAIRS + 1)
    ]
    return [(SUBMISSIONS / ours, SUBMISSIONS / theirs) for ours, theirs in pairs[1:]]


def run() -> list[Row]:
    """All rows."""
    found = []
    with asyncio.Runner() as runner:
        pool = WorkerPool()
        runner.run(pool.start())
        for lengths, name, reference, target in _ROWS:
            with tempfile.TemporaryDirectory() as directory, Store.open(directory, create=True) as store:
                pairs = _pairs(runner, pool, store, lengths=lengths)
            found.append(row(name, "submissions/s", reference, pairs, target=target))
        runner.run(pool.close())
    return found


def main() -> None:
    """Print the rows."""
    for found in run():
        print(f"{found['name']:<50} {found['value']:8.1f} {found['unit']}, {found['reference']}: ", end="")
        print(f"{found['reference_value']:.1f}; ratio ", end="")
        print(f"{found['ratio_min']:.2f} {found['ratio']:.2f} {found['ratio_max']:.2f}")


if __name__ == "__main__":
    main()
