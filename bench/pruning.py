"""What a block takes while old versions are forgotten: not at all, in a thread, and by the block itself.

    python bench/pruning.py [--accounts 100000] [--changes 10000] [--blocks 40]

The three stores are made alike and take turns, block by block. Medians, of the block's own thread.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from assay.node import interpreter
from assay.node.pace import Pace
from assay.state.store import Store

RETAIN: Final = 8
PAUSE: Final = 0.3
"""Seconds between two blocks: the thread works in them, too."""


def key(number: int) -> bytes:
    """Return an account's key."""
    return b"a" + number.to_bytes(20, "big")


class Chain:
    """A store, and who forgets its old versions."""

    def __init__(self, path: Path, accounts: int, retain: int, prune: Callable[[Store], None]) -> None:
        self.store = Store.open(path, create=True, retain_versions=retain)
        self.prune, self.accounts = prune, accounts
        self.clock: list[float] = []
        self.processor: list[float] = []
        self._commit({key(number): bytes(8) for number in range(accounts)})

    def _commit(self, changes: dict[bytes, bytes | None]) -> None:
        self.store.commit(self.store.prepare(self.store.version + 1, changes))

    def block(self, changed: int, seed: int) -> None:
        """Execute a block, and have what is too old forgotten."""
        draw = random.Random(seed)
        numbers = draw.sample(range(self.accounts), changed)
        changes: dict[bytes, bytes | None] = {key(number): draw.randbytes(8) for number in numbers}
        clock, processor = time.perf_counter(), time.thread_time()
        self._commit(changes)
        self.prune(self.store)
        self.clock.append(time.perf_counter() - clock)
        self.processor.append(time.thread_time() - processor)


class Beside:
    """Forgets in a thread, as the node does."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    def __call__(self, store: Store) -> None:
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=lambda: store.prune(Pace(threading.Event())))
            self.thread.start()

    def end(self) -> None:
        """Wait until it is done."""
        if self.thread is not None:
            self.thread.join()


def middle(seconds: list[float]) -> float:
    """Return the median of the blocks at which there was something to forget, in milliseconds."""
    return 1000 * statistics.median(seconds[RETAIN + 1 :])


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, default in (("accounts", 100_000), ("changes", 10_000), ("blocks", 40)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    interpreter.tune()
    beside = Beside()
    ways: dict[str, tuple[int, Callable[[Store], None]]] = {
        "nothing forgotten": (1_000_000, lambda _: None),
        "in a thread beside": (RETAIN, beside),
        "by the block itself": (RETAIN, Store.prune),
    }
    with tempfile.TemporaryDirectory() as name:
        made = {
            way: Chain(Path(name, way), given.accounts, retain, prune)
            for way, (retain, prune) in ways.items()
        }
        for number in range(given.blocks):
            for way in random.sample(sorted(made), len(made)):
                made[way].block(given.changes, number)
                time.sleep(PAUSE)
        beside.end()
        for way, chain in made.items():
            kept = chain.store.version - chain.store.oldest_version + 1
            processor, clock = middle(chain.processor), middle(chain.clock)
            print(
                f"{way:<20} {processor:5.0f} ms of the processor, {clock:5.0f} ms by the clock; {kept} kept"
            )
            chain.store.close()


if __name__ == "__main__":
    main()
