"""A process stands still while it is looked at, and goes on whatever becomes of whoever looked."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay.node.backup.errors import BackupError
from assay.node.backup.freeze import cometbft_process, frozen
from assay.node.home import Home


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_stands_still_inside_and_goes_on_after(sleeper: subprocess.Popen[bytes]) -> None:
    with frozen(sleeper.pid):
        assert state(sleeper.pid) == "T"
    wait_for(lambda: state(sleeper.pid) == "S")


def test_it_goes_on_after_an_exception(sleeper: subprocess.Popen[bytes]) -> None:
    with pytest.raises(RuntimeError, match="disk"), frozen(sleeper.pid):
        raise RuntimeError("disk full")
    wait_for(lambda: state(sleeper.pid) == "S")


def test_it_goes_on_when_whoever_stopped_it_is_killed(sleeper: subprocess.Popen[bytes]) -> None:
    program = (
        "import sys, time; from assay.node.backup.freeze import frozen\n"
        "with frozen(int(sys.argv[1])):\n    print('stopped', flush=True); time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(sleeper.pid)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"stopped\n"
        assert state(sleeper.pid) == "T"
        os.kill(holder.pid, signal.SIGKILL)
    wait_for(lambda: state(sleeper.pid) == "S")


def test_a_process_that_is_gone_is_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(BackupError, match="ended a moment ago"), frozen(gone.pid):
        pass
    capfd.readouterr()


def test_the_process_of_a_home_is_found_by_its_command_line(tmp_path: Path) -> None:
    home, other = Home(tmp_path / "home"), Home(tmp_path / "other")
    for place in (home, other):
        place.path.mkdir()
    (tmp_path / "link").symlink_to(home.path)
    program = "import time; time.sleep(600)"
    # argv: the program, then what CometBFT is given.
    command = [sys.executable, "start", "--home", str(tmp_path / "link")]
    (tmp_path / "start").write_text(program)
    process = subprocess.Popen(command, cwd=tmp_path)
    try:
        wait_for(lambda: state(process.pid) == "S")
        assert cometbft_process(home) == process.pid
        with pytest.raises(BackupError, match="cannot be seen from here"):
            cometbft_process(other)
    finally:
        process.kill()
        process.wait()
