"""The supervisor's decisions; tests/e2e runs it with the real CometBFT."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from assay.node import room
from assay.node.abci.application import NoSnapshots
from assay.node.abci.server import AddressError, Server
from assay.node.settings import SupervisionSettings
from assay.node.supervisor import Node, Outcome, StopRequest, stop_on_signals, supervise


class Silent(NoSnapshots):
    """An application nobody asks anything."""

    def __getattr__(self, name: str) -> Any:
        return None


class Run:
    """A supervised node whose CometBFT is a shell command."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "log"
        self.height = 5
        self.server = Server(Silent())
        self.request = StopRequest()
        self.address = f"unix://{directory}/abci.sock"
        self.options: dict[str, Any] = {}

    def begin(self, shell: str, stall: int = 0) -> asyncio.Task[Outcome]:
        node = Node(
            server=self.server,
            address=self.address,
            command=["/bin/sh", "-c", f"echo begun; {shell}"],
            log=self.log,
            height=lambda: self.height,
            **self.options,
        )
        settings = SupervisionSettings(stall_seconds=stall, stop_seconds=1)
        return asyncio.create_task(supervise(node, settings, self.request))

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.01)

    async def begun(self) -> None:
        await self.until(lambda: self.log.exists() and "begun" in self.log.read_text())


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    started = Run(tmp_path)
    yield started
    assert not (tmp_path / "abci.sock").exists()


async def test_a_wish_to_stop_is_no_failure(run: Run) -> None:
    task = run.begin("exec sleep 1000")
    await run.begun()
    run.request.make("stopped by a test")
    assert await task == Outcome("stopped by a test", requested=True)
    assert (await task).exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_are_wishes(run: Run, number: signal.Signals) -> None:
    with stop_on_signals(run.request):
        task = run.begin("exec sleep 1000")
        await run.begun()
        os.kill(os.getpid(), number)
        assert await task == Outcome(f"stopped by {number.name}", requested=True)


async def test_a_second_wish_is_urgent(run: Run) -> None:
    task = run.begin("trap '' TERM; while :; do sleep 1; done")
    await run.begun()
    run.request.make("first")
    run.request.make("second")
    assert (await task).reason == "first"


@pytest.mark.parametrize("code", [0, 1])
async def test_the_end_of_cometbft_is_a_failure_whatever_its_code(run: Run, code: int) -> None:
    outcome = await run.begin(f"echo 'Error: port taken'; exit {code}")
    assert outcome.exit_code == 1
    assert outcome.reason == f"CometBFT ended with code {code} (Error: port taken); see {run.log}"


async def test_a_height_that_stands_still_is_a_failure(run: Run) -> None:
    outcome = await run.begin("echo 'E[1] CONSENSUS FAILURE!!!'; exec sleep 1000", stall=1)
    assert outcome.exit_code == 1
    assert outcome.reason.startswith("the height has stood still at 5 for 1 s (E[1] CONSENSUS FAILURE!!!)")


async def test_a_height_that_moves_is_none(run: Run) -> None:
    task = run.begin("exec sleep 1000", stall=1)
    begin = time.monotonic()
    while time.monotonic() - begin < 2:
        run.height += 1
        await asyncio.sleep(0.05)
    assert not task.done()
    run.request.make("enough")
    await task


async def test_before_the_genesis_time_no_height_is_expected(run: Run) -> None:
    run.options["not_before"] = time.time() + 1000
    task = run.begin("exec sleep 1000", stall=1)
    await asyncio.sleep(1.5)
    assert not task.done()
    run.request.make("enough")
    await task


async def test_a_failure_of_the_application_is_the_reason_even_if_cometbft_ends_too(run: Run) -> None:
    task = run.begin("while [ ! -e $0.go ]; do sleep 0.01; done")
    await run.begun()
    run.server.failed.set_result("finalize_block failed")
    assert (await task).reason == "the application failed: finalize_block failed"


async def test_another_part_of_the_node_can_fail(run: Run) -> None:
    workers: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    run.options["failures"] = [workers]
    task = run.begin("exec sleep 1000")
    await run.begun()
    workers.set_result("no worker starts")
    outcome = await task
    assert outcome == Outcome("the application failed: no worker starts", requested=False)


async def test_a_disk_that_was_full_for_a_moment_is_a_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter(["the disk is full"])
    monkeypatch.setattr(room, "shortage", lambda _: next(found, ""))
    assert await run.begin("exec sleep 1000") == Outcome("the disk is full", requested=False)


async def test_an_address_in_use_is_told_before_anything_runs(run: Run) -> None:
    run.address = "tcp://127.0.0.1:0"
    other = Server(Silent())
    await other.start(run.address)
    run.address = other.address
    with pytest.raises(AddressError, match="cannot listen"):
        await run.begin("true")
    assert not run.log.exists()
    await other.stop()


async def test_a_log_that_cannot_be_written_stops_the_server_again(run: Run, tmp_path: Path) -> None:
    run.log = tmp_path / "none" / "log"
    with pytest.raises(FileNotFoundError):
        await run.begin("true")
