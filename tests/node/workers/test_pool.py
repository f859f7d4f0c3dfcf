"""Work gets done, or is refused with a reason, whatever becomes of the worker processes."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.node.workers.pool import DEPTH, PoolLimits, WorkerFailed, WorkerPool
from assay.node.workers.process import WorkerRefused
from assay.node.workers.seats import Task

PROGRAM = str(Path(__file__).with_name("program.py"))
Make = Callable[..., WorkerPool]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Make pools of the obedient worker; `greeting` says how it starts."""
    pools: list[WorkerPool] = []

    def make(greeting: str = "ready", **limits: Any) -> WorkerPool:
        command = (sys.executable, PROGRAM, greeting, str(tmp_path))
        pools.append(WorkerPool(PoolLimits(**limits), command))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


def nothing(digest: bytes) -> bytes:
    raise AssertionError(f"nobody asked for {digest.hex()}")


def task(*parts: bytes) -> Task:
    return Task(1, parts, (), nothing)


class Shelf:
    """Byte strings and who asked for them."""

    def __init__(self, *lengths: int) -> None:
        self.data = [bytes([number]) * length for number, length in enumerate(lengths)]
        self.digests = [hashlib.sha256(data).digest() for data in self.data]
        self.fetched: list[int] = []

    def fetch(self, digest: bytes) -> bytes:
        self.fetched.append(self.digests.index(digest))
        return self.data[self.fetched[-1]]

    def sum(self, *numbers: int) -> Task:
        operands = tuple(self.digests[number] for number in numbers)
        return Task(1, (b"sum", *operands), operands, self.fetch)


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_results_come_back_to_who_asked(make: Make) -> None:
    pool = make(workers=2)
    await pool.start()
    answers = await asyncio.gather(*(pool.submit(task(b"echo", b"%d" % i)) for i in range(100)))
    assert answers == [(b"%d" % i,) for i in range(100)]
    assert pool.restarts == 0


@pytest.mark.parametrize("verb", [b"crash", b"hang", b"nonsense", b"fault", b"stranger"])
async def test_a_worker_that_fails_once_changes_no_result(make: Make, verb: bytes) -> None:
    pool = make(task_seconds=1 if verb == b"hang" else 30)
    await pool.start()
    tasks = [task(b"once", verb, b"first"), *(task(b"echo", b"%d" % i) for i in range(2 * DEPTH))]
    answers = await asyncio.gather(*map(pool.submit, tasks))
    assert answers == [(b"first",), *((b"%d" % i,) for i in range(2 * DEPTH))]
    assert pool.restarts >= 1


@pytest.mark.parametrize("verb", [b"crash", b"hang", b"fault"])
async def test_what_ends_two_workers_is_given_up_and_nothing_else_is(make: Make, verb: bytes) -> None:
    pool = make(task_seconds=1 if verb == b"hang" else 30)
    await pool.start()
    before, bad, after = (pool.submit(task(*parts)) for parts in ((b"echo", b"a"), (verb,), (b"echo", b"b")))
    with pytest.raises(WorkerFailed, match="2 worker processes in a row"):
        await bad
    assert (await before, await after) == ((b"a",), (b"b",))
    assert pool.restarts >= 2


async def test_workers_killed_at_any_time_lose_no_task(make: Make) -> None:
    pool = make(workers=2)
    await pool.start()
    futures = [pool.submit(task(b"echo", b"%d" % i)) for i in range(400)]
    for place in (10, 150, 300):
        await futures[place]
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
    assert await asyncio.gather(*futures) == [(b"%d" % i,) for i in range(400)]
    assert pool.restarts >= 3


async def test_a_stopped_worker_is_replaced_and_the_others_go_on(make: Make) -> None:
    pool = make(workers=2, task_seconds=1)
    await pool.start()
    os.kill(pool.pids[0], signal.SIGSTOP)
    futures = [pool.submit(task(b"echo", b"%d" % i)) for i in range(40)]
    assert await asyncio.gather(*futures) == [(b"%d" % i,) for i in range(40)]
    assert pool.restarts >= 1


async def test_an_idle_worker_that_dies_is_replaced(make: Make) -> None:
    pool = make()
    await pool.start()
    os.kill(pool.pids[0], signal.SIGKILL)
    while pool.restarts == 0:
        await asyncio.sleep(0.01)
    assert await pool.submit(task(b"echo", b"again")) == (b"again",)


# -- bytes ------------------------------------------------------------------------------------


async def test_bytes_are_sent_once(make: Make) -> None:
    pool, shelf = make(), Shelf(10, 200_000)
    await pool.start()
    answers = [await pool.submit(shelf.sum(0, 1)) for _ in range(3)]
    assert [answer[:2] for answer in answers] == [(b"200010", b"2"), (b"200010", b"0"), (b"200010", b"0")]
    assert shelf.fetched == [0, 1]


async def test_tasks_go_to_workers_that_hold_their_bytes(make: Make) -> None:
    pool, shelf = make(workers=2), Shelf(10, 20)
    await pool.start()
    await asyncio.gather(*(pool.submit(shelf.sum(number)) for number in (0, 1)))
    assert shelf.fetched == [0, 1]
    # Half of them begin at once and go to both workers; of those that wait each takes what it has bytes for.
    crowd = [pool.submit(shelf.sum(0)) for _ in range(2 * DEPTH)]
    crowd += [pool.submit(shelf.sum(0, 1)) for _ in range(4)]
    await asyncio.gather(*crowd)
    assert len(shelf.fetched) <= 4  # never more than once a worker


async def test_a_worker_holds_no_more_than_its_share(make: Make) -> None:
    pool, shelf = make(held_bytes=250), Shelf(*(100 + number for number in range(6)))
    await pool.start()
    for number in (0, 1, 2, 3, 4, 5, 5, 0):
        total, _, held = await pool.submit(shelf.sum(number))
        assert int(total) == 100 + number
        assert int(held) <= 2
    assert shelf.fetched == [0, 1, 2, 3, 4, 5, 0]


async def test_a_task_that_needs_more_than_a_worker_may_hold_is_done_all_the_same(make: Make) -> None:
    pool, shelf = make(held_bytes=250), Shelf(200, 200, 200)
    await pool.start()
    assert (await pool.submit(shelf.sum(0, 1, 2)))[0] == b"600"
    assert (await pool.submit(shelf.sum(0)))[0] == b"200"


async def test_a_fresh_worker_is_sent_everything_again(make: Make) -> None:
    pool, shelf = make(), Shelf(10)
    await pool.start()
    await pool.submit(shelf.sum(0))
    os.kill(pool.pids[0], signal.SIGKILL)
    while pool.restarts == 0:
        await asyncio.sleep(0.01)
    assert await pool.submit(shelf.sum(0)) == (b"10", b"1", b"1")


async def test_bytes_that_cannot_be_had_are_the_askers_trouble_alone(make: Make) -> None:
    pool = make()
    await pool.start()

    def lost(_: bytes) -> bytes:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await pool.submit(Task(1, (b"echo",), (bytes(32),), lost))
    assert await pool.submit(task(b"echo", b"fine")) == (b"fine",)


async def test_the_first_in_line_is_not_passed_over_for_ever(make: Make) -> None:
    pool, shelf = make(), Shelf(10, 20)
    await pool.start()
    await pool.submit(shelf.sum(0))
    done: list[str] = []
    blocker = [pool.submit(shelf.sum(0)) for _ in range(DEPTH)]
    unlucky = pool.submit(shelf.sum(1))
    unlucky.add_done_callback(lambda _: done.append("unlucky"))
    lucky = [pool.submit(shelf.sum(0)) for _ in range(200)]
    lucky[-1].add_done_callback(lambda _: done.append("last"))
    await asyncio.gather(*blocker, unlucky, *lucky)
    assert done == ["unlucky", "last"]


# -- start and end ----------------------------------------------------------------------------


async def test_urgent_tasks_go_before_those_that_wait_in_their_own_order(make: Make) -> None:
    pool, done = make(workers=1), list[bytes]()
    await pool.start()
    waiting = [pool.submit(task(b"echo", b"%d" % number)) for number in range(3 * DEPTH)]
    waiting += [
        pool.submit(replace(task(b"echo", b"urgent %d" % number), urgent=True)) for number in range(5)
    ]
    for future in waiting:
        future.add_done_callback(lambda future: done.append(future.result()[0]))
    await asyncio.gather(*waiting)
    urgent = [place for place, answer in enumerate(done) if answer.startswith(b"urgent")]
    assert [done[place] for place in urgent] == [b"urgent %d" % number for number in range(5)]
    assert urgent == list(range(DEPTH, DEPTH + 5))


async def test_a_worker_whose_self_test_fails_keeps_the_pool_from_starting(make: Make) -> None:
    pool = make("refuses", workers=2)
    with pytest.raises(WorkerRefused, match="two and two made five"):
        await pool.start()
    assert pool.pids == []


async def test_a_worker_that_dies_before_it_is_ready_is_tried_once_more(make: Make) -> None:
    pool = make("dies-once")
    await pool.start()
    assert await pool.submit(task(b"echo", b"fine")) == (b"fine",)


@pytest.mark.parametrize(
    ("greeting", "why"), [("dies", "ended before it was ready"), ("silent", "not ready within")]
)
async def test_workers_that_do_not_start_are_an_error(make: Make, greeting: str, why: str) -> None:
    pool = make(greeting, start_seconds=0.5 if greeting == "silent" else 30)
    with pytest.raises(WorkerFailed, match=why):
        await pool.start()


async def test_a_program_that_is_not_there_is_an_error() -> None:
    pool = WorkerPool(command=("/nowhere/at/all",))
    with pytest.raises(WorkerFailed, match="could not be started"):
        await pool.start()


async def test_a_pool_that_cannot_replace_a_worker_fails_everything_that_waits(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "died").touch()
    pool = make("dies-once")
    await pool.start()
    (tmp_path / "died").unlink()
    pool._command = (*pool._command[:2], "dies", str(tmp_path))
    with pytest.raises(WorkerFailed):
        await pool.submit(task(b"crash"))
    with pytest.raises(WorkerFailed, match="no worker process could be started"):
        await pool.submit(task(b"echo"))


async def test_closing_leaves_no_process_and_no_waiting_caller(make: Make) -> None:
    pool = make(workers=2)
    await pool.start()
    pids = pool.pids
    futures = [pool.submit(task(b"hang")) for _ in range(20)]
    await pool.close()
    assert all(future.cancelled() for future in futures)
    assert not any(map(alive, pids))
    with pytest.raises(WorkerFailed, match="stopped"):
        await pool.submit(task(b"echo"))


async def test_a_task_nobody_waits_for_is_not_begun(make: Make) -> None:
    pool = make()
    await pool.start()
    futures = [pool.submit(task(b"echo")) for _ in range(DEPTH)]
    shelf = Shelf(10)
    pool.submit(shelf.sum(0)).cancel()
    await asyncio.gather(*futures)
    await pool.submit(task(b"echo"))
    assert shelf.fetched == []
