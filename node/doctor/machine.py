"""The machine: versions, limits, clock, disk."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import secrets
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Final

from assay.node import cometbft
from assay.node.doctor.findings import Finding, good, note, wrong
from assay.node.home import Home

MIN_FILES: Final = 4096
"""Open files: LevelDB keeps up to 1000 tables open in each database; sockets and pipes come on top."""
MIN_MEMORY: Final = 2 << 30
FREE_WRONG, FREE_NOTE = 1 << 30, 20 << 30
SYNC_NOTE, SYNC_WRONG = 0.030, 0.300
"""Seconds that one small synced write may take; a block waits for about five."""
_SYNCS: Final = 32
_PACKAGES: Final = ("tenseal", "numpy", "plyvel", "pynacl", "protobuf", "structlog", "aiohttp")


def versions(home: Home) -> Iterator[Finding]:
    """Look at CometBFT, Python and the libraries that decide what is computed."""
    try:
        binary = cometbft.find_binary(home.settings().cometbft.binary)
        yield good("cometbft", f"{binary} says {cometbft.version(binary)}")
    except cometbft.CometBFTError as error:
        yield wrong("cometbft", str(error).rstrip("."), "build it with `make setup`")
    found = {name: _version(name) for name in _PACKAGES}
    missing = [name for name, number in found.items() if not number]
    if missing:
        yield wrong("libraries", f"not installed: {', '.join(missing)}", "run `make setup`")
    named = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    yield good("libraries", f"Python {platform.python_version()}, {named}")
    numba = _version("numba")
    if numba:
        yield good("numba", f"{numba}: ring arithmetic is compiled")
    else:
        yield note("numba", "not installed: proofs take some ten times as long", "pip install numba")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def limits() -> Iterator[Finding]:
    """Look at open files, processors and memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    least = min(value for value in (soft, hard, 1 << 30) if value >= 0)
    if least < MIN_FILES:
        yield wrong(
            "open files",
            f"this user may open {least} at once, a busy node needs {MIN_FILES}",
            "LimitNOFILE=65536 in the systemd unit, or `ulimit -n 65536` before the start",
        )
    else:
        yield good("open files", f"{least} at once")
    processors = len(os.sched_getaffinity(0))
    if processors < 2:
        yield note("processors", "1: consensus waits while submissions are scored", "use two or more")
    else:
        yield good("processors", str(processors))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if memory < MIN_MEMORY:
        yield note("memory", f"{memory >> 20} MiB", "a node wants 2 GiB")
    else:
        yield good("memory", f"{memory >> 20} MiB")


def clock() -> Iterator[Finding]:
    """Ask the kernel whether its clock is kept right: block times are the median of validators' clocks."""
    synced = kernel_clock_synced()
    if synced is None:
        yield note("clock", "the kernel does not tell whether it is kept right", "compare it with another's")
    elif synced:
        yield good("clock", "the kernel says that it is kept right")
    else:
        yield note(
            "clock",
            "nobody keeps the kernel's clock right, as far as it knows",
            "run chrony or systemd-timesyncd; in a container the host may do so",
        )


def kernel_clock_synced() -> bool | None:
    """Return what ``adjtimex`` says, None if it cannot be asked."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != 5  # TIME_ERROR: not synchronised


def disk(home: Home) -> Iterator[Finding]:
    """Look at the room that is left, and at how long a synced write takes."""
    data = home.store.parent
    free = shutil.disk_usage(data).free
    left = f"{free / (1 << 30):.1f} GiB are free at {data}"
    if free < FREE_WRONG:
        yield wrong("disk space", left, "free some: a full disk stops the node; `assayd compact` may help")
    elif free < FREE_NOTE:
        yield note("disk space", left, "watch it: blocks and their index grow with use")
    else:
        yield good("disk space", left)
    try:
        seconds = sync_seconds(data)
    except OSError as error:
        yield wrong("disk speed", f"{data} cannot be written: {error.strerror}", "mend the disk or its mode")
        return
    took = f"a synced write takes {seconds * 1e3:.1f} ms"
    if seconds > SYNC_WRONG:
        yield wrong("disk speed", took, "use a local SSD: several of these are in every block")
    elif seconds > SYNC_NOTE:
        yield note("disk speed", took, "use a local SSD if blocks come late")
    else:
        yield good("disk speed", took)


def sync_seconds(directory: Path) -> float:
    """Return the median time of a small write that is synced, as a block does it."""
    path = directory / f".doctor-{secrets.token_hex(8)}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        return median(_one_sync(descriptor) for _ in range(_SYNCS))
    finally:
        os.close(descriptor)
        path.unlink()


def _one_sync(descriptor: int) -> float:
    began = time.perf_counter()
    os.write(descriptor, bytes(4096))
    os.fsync(descriptor)
    return time.perf_counter() - began
