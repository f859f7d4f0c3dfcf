import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from assay.node import child
from assay.node.child import start_child

PARENT = """
import asyncio, os, signal, sys
from pathlib import Path
from assay.node.child import start_child

async def main():
    started = await start_child(["/bin/sleep", "1000"], Path(sys.argv[1]))
    print(started.pid, flush=True)
    while not os.readlink(f"/proc/{started.pid}/exe").endswith(("sleep", "coreutils", "busybox")):
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    end = time.monotonic() + 20
    while running(int(done.stdout)):
        assert time.monotonic() < end, "the child is an orphan"
        time.sleep(0.01)


async def test_a_child_has_a_session_of_its_own(tmp_path: Path) -> None:
    started = await start_child(["/bin/sleep", "1000"], tmp_path / "log")
    assert os.getsid(started.pid) == started.pid
    await started.stop(10, asyncio.Event())
    assert not running(started.pid)
    await started.stop(10, asyncio.Event())  # stopping again does nothing


async def test_the_end_is_told_with_the_last_error_of_this_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = await start_child(["/bin/sh", "-c", "echo 'E[x] old error'; exit 1"], log)
    assert await first.wait() == "with code 1 (E[x] old error)"
    second = await start_child(["/bin/sh", "-c", "echo I[x] fine; exit 3"], log)
    assert await second.wait() == "with code 3"
    third = await start_child(["/bin/sh", "-c", "echo 'panic: why' >&2; echo more; kill -9 $$"], log)
    assert await third.wait() == "by SIGKILL (panic: why)"
    assert log.read_text() == "E[x] old error\nI[x] fine\npanic: why\nmore\n"


async def ignoring(tmp_path: Path) -> child.Child:
    """A child that does not end when asked to."""
    started = await start_child(
        ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], tmp_path / "l"
    )
    while "ready" not in (tmp_path / "l").read_text():
        await asyncio.sleep(0.01)
    return started


async def test_a_child_that_ignores_the_wish_is_killed(tmp_path: Path) -> None:
    started = await ignoring(tmp_path)
    await started.stop(0.1, asyncio.Event())
    assert await started.wait() == "by SIGKILL"


async def test_an_urgent_wish_does_not_wait(tmp_path: Path) -> None:
    started = await ignoring(tmp_path)
    urgent = asyncio.Event()
    stopping = asyncio.create_task(started.stop(1000, urgent))
    await asyncio.sleep(0)
    urgent.set()
    await stopping
    assert await started.wait() == "by SIGKILL"


async def test_a_long_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "cometbft.log"
    with log.open("wb") as file:
        file.truncate(child.LOG_BYTES + 1)
    started = await start_child(["/bin/echo", "new"], log)
    assert await started.wait() == "with code 0"
    assert log.read_text() == "new\n"
    assert (tmp_path / "cometbft.log.1").stat().st_size == child.LOG_BYTES + 1


async def test_a_program_that_is_not_there_ends_at_once(tmp_path: Path) -> None:
    started = await start_child([str(tmp_path / "none")], tmp_path / "log")
    assert (await started.wait()).startswith("with code 1")
