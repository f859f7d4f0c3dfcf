"""CometBFT made to stand still for a moment, so that what lies on disk is of one moment.

A process that is stopped and one that was killed leave the same files, and
CometBFT recovers from being killed. Whoever stops it may die, so another
process, the guard, lets it go on: it waits for the end of a pipe, which comes
whatever happens to us.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from assay.node.backup.errors import BackupError
from assay.node.home import Home

_STOP_SECONDS: Final = 10.0
_GUARD: Final = """
import os, signal, sys
process = os.pidfd_open(int(sys.argv[1]))
print("ready", flush=True)
sys.stdin.buffer.read()
signal.pidfd_send_signal(process, signal.SIGCONT)
"""


def cometbft_process(home: Home) -> int:
    """Return the process id of the CometBFT that a running node of this home has started.

    Raises
    ------
    BackupError
        If it cannot be seen from here.
    """
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _runs(entry, home):
            return int(entry.name)
    raise BackupError(
        f"a node runs in {home.path}, and its CometBFT cannot be seen from here: run this where the node "
        "runs, as the same user; if it is just starting, try again"
    )


def _runs(process: Path, home: Home) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is somebody else's
        return False
    if words[1:3] != [b"start", b"--home"] or len(words) < 4:
        return False
    try:
        return os.path.samefile(os.fsdecode(words[3]), home.path)
    except OSError:
        return False


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """Stop a process until the context is left, by whatever way.

    Raises
    ------
    BackupError
        If it does not stop.
    """
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _GUARD, str(process)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us; the guard has a task left
    )
    with guard:  # leaving it closes the pipe and waits
        if guard.stdout is None or guard.stdout.readline() != b"ready\n":
            raise BackupError("CometBFT ended a moment ago; try again")
        os.kill(process, signal.SIGSTOP)
        _wait_until_stopped(process)
        yield


def _wait_until_stopped(process: int) -> None:
    end = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < end:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "T":
            return
        time.sleep(0.001)
    raise BackupError(f"CometBFT (process {process}) did not stop within {_STOP_SECONDS:.0f} s")
