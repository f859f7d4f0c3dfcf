"""A node's application in a process of its own, which kills itself at a chosen point.

    python -m tests.node.crash.child PATH SOCKET POINT TIMES

It ends by SIGKILL when it comes by POINT for the TIMES-th time.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.node.shell.test_shell import Node

from assay.node.abci.server import Server
from assay.node.shell import chain, consensus
from assay.node.shell.consensus import Consensus
from assay.state.store import Store


def die() -> None:
    """End as a process does whose machine has no say in it."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_meanwhile() -> None:
    """End at some moment of what follows, while another thread is at it."""
    threading.Timer(0.0003, die).start()


def before(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Have something done before every call of a function."""
    original = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        act()
        return original(*args, **kwargs)

    setattr(owner, name, replaced)


def after(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Have something done after every call of a function."""
    original = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        act()
        return answer

    setattr(owner, name, replaced)


POINTS: Final[dict[str, Callable[[Callable[[], None]], None]]] = {
    "finalize begins": lambda act: before(Consensus, "finalize_block", act),
    "block executed": lambda act: after(chain, "execute", act),
    "version prepared": lambda act: after(Store, "prepare", act),
    "finalize answers": lambda act: after(consensus, "block_response", act),
    "commit begins": lambda act: before(Consensus, "commit", act),
    "batch is written": lambda act: before(Store, "commit", act),
    "batch was written": lambda act: before(Store, "_adopt", act),
    "version committed": lambda act: after(Store, "commit", act),
}
"""Every stage from a decided block to its commit, in order."""


def arm(point: str, times: int) -> threading.Event:
    """Have this process end at a point; passes count from when the event is set."""
    passed, counting = itertools.count(1), threading.Event()
    end = die_meanwhile if point == "batch is written" else die

    def act() -> None:
        if counting.is_set() and next(passed) == times:
            end()

    POINTS[point](act)
    return counting


async def serve(path: Path, socket: str, point: str, times: int) -> None:
    """Serve until killed."""
    counting = arm(point, times)
    server = Server(Node(path).app)  # opening the store comes by some of the points as well
    await server.start(socket)
    counting.set()
    print("listening", flush=True)
    await server.failed


if __name__ == "__main__":
    _, where, at, chosen, count = sys.argv
    asyncio.run(serve(Path(where), at, chosen, int(count)))
