"""Verdicts about proofs are a function of bytes: neither workers nor memory nor time can change them."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from tests.crypto.proof.dishonest import prove_anyway
from tests.state.conftest import MemoryState
from tests.state.proven import Proven
from tests.state.rounds.attacks import REFUSED, Scene

from assay.crypto.ckks import payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.presets import SMALL
from assay.crypto.proof.errors import ChallengeMismatch, ProofError
from assay.crypto.proof_job import Verdict
from assay.node.proofs import ProofVerifier
from assay.node.workers import proof_orders
from assay.node.workers.pool import PoolLimits, WorkerFailed, WorkerPool
from assay.node.workers.seats import Task
from assay.state.overlay import Overlay
from assay.state.proofs import KeyNotKept, ProofCheck, check_of, operands, verify_here
from assay.state.rules import keys
from assay.state.rules.commitment import payload_digest

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Case:
    """A round in REVEAL, and checks of good and bad payloads for it."""

    def __init__(self) -> None:
        self.chain = Proven()
        round_id = self.chain.opened(max_contributors=2)
        self.key, self.view = self.chain.key_of(round_id), self.chain.view
        victim = self.chain.submission(round_id, 0)
        self.good = self.check(victim.payload, self.chain.bound(round_id, victim.sender))
        bound = self.chain.bound(round_id, self.chain.people[1])
        scene = Scene(self.chain.public_key(self.key), bound, self.chain.message(1), victim.payload)
        formed = {name: attack(scene) for name, (attack, _) in REFUSED.items() if "residue" not in name}
        self.bad = {name: self.check(data, bound) for name, data in formed.items()}

    def check(self, data: bytes, bound: Any) -> ProofCheck:
        return check_of(self.key, 1, bound, payload_digest(data), data)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


class Counting:
    """Hands tasks on to a pool, counting them; or computes nothing and keeps who asks waiting."""

    def __init__(self, pool: WorkerPool | None = None) -> None:
        self.pool, self.tasks, self.asked = pool, 0, list[asyncio.Future[tuple[bytes, ...]]]()

    def submit(self, task: Task) -> asyncio.Future[tuple[bytes, ...]]:
        self.tasks += 1
        if self.pool is not None:
            return self.pool.submit(task)
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    made = WorkerPool(PoolLimits(workers=2))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def counting(pool: WorkerPool) -> Counting:
    return Counting(pool)


def same(left: Verdict, right: Verdict) -> bool:
    return type(left) is type(right) and str(left) == str(right)


async def test_workers_say_what_is_said_here(case: Case, counting: Counting) -> None:
    verifier = ProofVerifier(counting)
    assert await verifier.verdict(case.view, case.good) is None
    await verifier.verify_all(case.view, list(case.bad.values()))
    for check in case.bad.values():
        found = await verifier.verdict(case.view, check)
        assert found is not None
        assert same(found, verify_here(case.view, check))
    assert counting.tasks == 1 + len(case.bad)


async def test_a_verdict_good_or_bad_is_worked_out_once(case: Case, counting: Counting) -> None:
    verifier, bad = ProofVerifier(counting), case.bad["reads-the-key"]
    asked = [verifier.verdict(case.view, check) for check in (case.good, bad) for _ in range(5)]
    found = await asyncio.gather(*asked)
    assert [verdict is None for verdict in found] == [True] * 5 + [False] * 5
    assert await verifier.verdict(case.view, case.good) is None
    assert isinstance(await verifier.verdict(case.view, bad), ChallengeMismatch)
    assert counting.tasks == 2


@pytest.mark.parametrize(
    "changed",
    [{"chain_id": "x"}, {"purpose": 2}, {"round_id": 9}, {"sender": b"x" * 20}, {"key_id": 9}],
    ids=lambda changed: next(iter(changed)),
)
async def test_a_good_verdict_is_remembered_for_its_own_context_only(
    case: Case, counting: Counting, changed: dict[str, Any]
) -> None:
    verifier = ProofVerifier(counting)
    assert await verifier.verdict(case.view, case.good) is None
    job = case.good.job
    elsewhere = replace(case.good, job=replace(job, context=replace(job.context, **changed)))
    view = _EveryKey(case)
    assert isinstance(await verifier.verdict(view, elsewhere), ChallengeMismatch)
    assert await verifier.verdict(case.view, case.good) is None
    assert counting.tasks == 2


class _EveryKey(Overlay):
    """A state in which every key has the same bytes."""

    def __init__(self, case: Case) -> None:
        super().__init__(MemoryState())
        self._case = case

    def get_bulk(self, scope: bytes, digest: bytes) -> bytes | None:
        return self._case.view.get_bulk(keys.key_scope(self._case.key.id), digest)


async def test_other_bytes_of_the_same_name_have_a_verdict_of_their_own(
    case: Case, counting: Counting
) -> None:
    verifier = ProofVerifier(counting)
    assert await verifier.verdict(case.view, case.good) is None
    data = bytearray(case.good.payload)
    data[-1] ^= 1
    changed = case.check(bytes(data), case.good.job.context)
    assert isinstance(await verifier.verdict(case.view, changed), ProofError)


async def test_so_many_verdicts_are_remembered_and_no_more(case: Case, counting: Counting) -> None:
    verifier = ProofVerifier(counting, capacity=2)
    first, second, third = list(case.bad.values())[:3]
    for check in (first, second, first, third):
        await verifier.verdict(case.view, check)
    assert counting.tasks == 3
    await verifier.verdict(case.view, first)  # used again, so the second had to go
    assert counting.tasks == 3
    await verifier.verdict(case.view, second)
    assert counting.tasks == 4


async def test_the_thread_that_executes_a_block_gets_the_same_verdicts(
    case: Case, counting: Counting
) -> None:
    verifier = ProofVerifier(counting)
    for _ in range(2):
        assert await asyncio.to_thread(verifier, case.view, case.good) is None
        found = await asyncio.to_thread(verifier, case.view, case.bad["reads-the-key"])
        assert isinstance(found, ChallengeMismatch)
    assert counting.tasks == 2


async def test_a_worker_that_dies_is_replaced_and_the_verdict_is_the_same(
    case: Case, pool: WorkerPool
) -> None:
    for _ in range(2):
        verifier = ProofVerifier(pool)
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        found = await asyncio.gather(
            verifier.verdict(case.view, case.good), verifier.verdict(case.view, case.bad["reads-the-key"])
        )
        assert found[0] is None
        assert isinstance(found[1], ChallengeMismatch)
        while len(pool.pids) < 2:
            await asyncio.sleep(0.05)


async def test_without_a_verdict_none_is_made_up_and_the_next_who_asks_has_it_tried_again(
    case: Case,
) -> None:
    workers = Counting()
    verifier = ProofVerifier(workers)
    first = verifier.ask(case.view, case.good)
    assert verifier.ask(case.view, case.good) is first
    workers.asked[0].set_exception(WorkerFailed("two workers ended"))
    await asyncio.wait([first])
    with pytest.raises(WorkerFailed):
        first.result()
    again = verifier.ask(case.view, case.good)
    assert again is not first
    workers.asked[1].set_result((b"\0",))
    await asyncio.wait([again])
    assert again.result() is None
    assert await verifier.verdict(case.view, case.good) is None
    assert workers.tasks == 2


async def test_who_waits_for_a_block_is_told_of_the_failure(case: Case) -> None:
    workers = Counting()
    verifier = ProofVerifier(workers)
    waiting = asyncio.ensure_future(verifier.verify_all(case.view, [case.good]))
    in_thread = asyncio.ensure_future(asyncio.to_thread(verifier, case.view, case.good))
    await asyncio.sleep(0.05)
    workers.asked[0].set_exception(WorkerFailed("two workers ended"))
    with pytest.raises(WorkerFailed):
        await waiting
    with pytest.raises(WorkerFailed):
        await in_thread


async def test_a_pool_that_closes_leaves_nobody_waiting(case: Case) -> None:
    workers = Counting()
    asked = ProofVerifier(workers).ask(case.view, case.good)
    workers.asked[0].cancel()
    await asyncio.wait([asked])
    assert asked.cancelled()


async def test_a_key_that_is_gone_is_said_at_once(case: Case) -> None:
    with pytest.raises(KeyNotKept):
        ProofVerifier(Counting()).ask(Overlay(MemoryState()), case.good)


async def test_jobs_and_verdicts_travel(case: Case) -> None:
    job = replace(case.good.job, ciphertexts=65535, context=replace(case.good.job.context, key_id=2**64 - 1))
    assert proof_orders.from_parts(proof_orders.to_parts(job)) == job
    verdicts: list[Verdict] = [None, *(reason("why") for reason in ProofError.__subclasses__())]
    for verdict in verdicts:
        again = proof_orders.verdict_from_parts(proof_orders.verdict_to_parts(verdict))
        assert same(again, verdict)


async def test_several_ciphertexts_are_verified_too(case: Case, counting: Counting) -> None:
    message = np.concatenate([case.chain.message(1, 0.5), case.chain.message(2, 0.5)])
    public, bound = case.chain.public_key(case.key), case.good.job.context
    ciphertexts, drawn = encrypt(message, *public, SMALL, bytes(32))
    data = payload.encode(ciphertexts, prove_anyway(SMALL, public, ciphertexts, message, drawn, bound), SMALL)
    check = case.check(data, bound)
    check = replace(check, job=replace(check.job, ciphertexts=2))
    assert await ProofVerifier(counting).verdict(case.view, check) is None


WARM = """
import pickle, sys
from assay.crypto.proof import compiled
from assay.crypto.ring import compiled as ring
from assay.node.workers.main import Worker

functions = [f for module in (compiled, ring) for f in vars(module).values() if hasattr(f, "signatures")]
worker = Worker()
worker.warm_up()
before = [list(f.signatures) for f in functions]
job, bulk = pickle.load(open(sys.argv[1], "rb"))
assert worker._proofs.run(job, bulk.__getitem__) is None
assert before == [list(f.signatures) for f in functions]
assert all(f.signatures for f in functions if f.__name__ in ("_unpack", "_exceeds", "_residues", "_compose"))
"""


async def test_a_workers_first_proof_finds_everything_compiled(case: Case, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_bytes(pickle.dumps((case.good.job, operands(case.view, case.good))))
    command = [sys.executable, "-c", WARM, str(given)]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=200)
