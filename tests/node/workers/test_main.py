"""The real worker program: its results, its refusal to start, and that it ends with its parent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.crypto.ckks import payload
from assay.crypto.presets import SMALL
from assay.crypto.ring import cipher_ring, key_ring
from assay.crypto.ring.tables import U64
from assay.crypto.scoring_job import Job, LengthJob, ProductJob, ScoringWorker
from assay.node.workers.jobs import SCORE, ScoreOrder, from_parts
from assay.node.workers.pool import PoolLimits, WorkerFailed, WorkerPool
from assay.node.workers.process import COMMAND, WorkerRefused
from assay.node.workers.seats import Task

Make = Callable[..., WorkerPool]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    """Make pools of one worker; `patch` is run in its process first."""
    pools: list[WorkerPool] = []

    def make(patch: str = "") -> WorkerPool:
        program = f"{patch}\nfrom assay.node.workers.main import main\nmain()\n"
        pools.append(WorkerPool(PoolLimits(), (sys.executable, "-P", "-c", program) if patch else COMMAND))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


def residues(seed: int, *shape: int, key: bool = False) -> U64:
    ring = key_ring(SMALL) if key else cipher_ring(SMALL)
    rng = np.random.default_rng(seed)
    rows = [rng.integers(1, q, (*shape, SMALL.degree), dtype=np.uint64) for q in ring.primes]
    return np.stack(rows, axis=-2)


class Bytes:
    """Two payloads and a key, under their digests."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}
        self.first, self.second = (self._put(payload.encode_own(residues(n, 2, 2), SMALL)) for n in (1, 2))
        self.key = self._put(residues(3, 2, 2, key=True).astype("<u8").tobytes())

    def _put(self, data: bytes) -> bytes:
        digest = hashlib.sha256(data).digest()
        self.held[digest] = data
        return digest

    def jobs(self) -> list[Job]:
        lengths: list[Job] = [LengthJob(self.first, 2, bytes(32), b"somebody", check) for check in range(3)]
        products = [ProductJob(self.key, self.first, (other,), 2) for other in (self.first, self.second)]
        return [*lengths, *products]

    def task(self, job: Job, *, want_c1: bool = True) -> Task:
        order = ScoreOrder(SMALL.wire_id, job, want_c1)
        operands = (job.payload,) if isinstance(job, LengthJob) else (job.payload, job.relin_key, *job.others)
        return Task(SCORE, order.to_parts(), tuple(dict.fromkeys(operands)), self.held.__getitem__)


@pytest.mark.parametrize("want_c1", [False, True])
def test_orders_survive_the_way_to_the_worker(want_c1: bool) -> None:
    for job in Bytes().jobs():
        order = ScoreOrder(SMALL.wire_id, job, want_c1)
        assert ScoreOrder.from_parts(order.to_parts()) == order


async def test_a_worker_gives_what_the_engine_gives(make: Make) -> None:
    pool, data = make(), Bytes()
    await pool.start()
    here = ScoringWorker(SMALL)
    for job in data.jobs():
        expected = here.run(job, data.held.__getitem__)
        assert from_parts(await pool.submit(data.task(job))) == expected
        digest_only = from_parts(await pool.submit(data.task(job, want_c1=False)))
        assert (digest_only.constant, digest_only.digest, digest_only.c1) == (
            expected.constant,
            expected.digest,
            b"",
        )


async def test_a_worker_whose_engine_computes_something_else_refuses_to_start(make: Make) -> None:
    pool = make("from assay.crypto.ckks import engine; engine.KNOWN_ANSWERS['small'] = '00' * 32")
    with pytest.raises(WorkerRefused, match="does not start"):
        await pool.start()


async def test_what_libraries_print_does_not_get_between_the_answers(make: Make) -> None:
    pool, data = (
        make(
            "import os\nfrom assay.node.workers.main import Worker\nright = Worker.answer\n"
            "def noisy(self, request):\n    print('hello', flush=True)\n    os.write(1, b'hello')\n"
            "    return right(self, request)\nWorker.answer = noisy"
        ),
        Bytes(),
    )
    await pool.start()
    for job in data.jobs():
        assert from_parts(await pool.submit(data.task(job))) == ScoringWorker(SMALL).run(
            job, data.held.__getitem__
        )


async def test_bytes_that_are_not_what_they_should_be_are_a_fault_and_no_result(make: Make) -> None:
    pool, data = make(), Bytes()
    await pool.start()
    data.held[data.first] = b"ASYP"
    with pytest.raises(WorkerFailed):
        await pool.submit(data.task(data.jobs()[0]))


async def test_a_worker_has_its_pipes_and_nothing_else_of_the_nodes(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        pool = make()
        await pool.start()
        directory = f"/proc/{pool.pids[0]}/fd"
        kinds = {number: os.readlink(f"{directory}/{number}") for number in os.listdir(directory)}
    assert not [kind for kind in kinds.values() if kind.startswith("socket:")]
    assert len([kind for kind in kinds.values() if kind.startswith("pipe:") and kind != kinds["2"]]) == 2


_PARENT = """
import asyncio, sys
from assay.node.workers.pool import WorkerPool
async def main():
    pool = WorkerPool()
    await pool.start()
    print(pool.pids[0], flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_a_worker_ends_with_its_parent_even_if_it_does_not_look(stopped: bool) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        if stopped:
            os.kill(worker, signal.SIGSTOP)
        parent.kill()
    while _runs(worker):
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_ctrl_c_at_the_terminal_does_not_reach_a_worker(make: Make) -> None:
    pool: Any = make()
    await pool.start()
    assert os.getsid(pool.pids[0]) != os.getsid(0)
    os.kill(pool.pids[0], signal.SIGINT)
    data = Bytes()
    await asyncio.gather(*(pool.submit(data.task(job)) for job in data.jobs()))
    assert pool.restarts == 0
