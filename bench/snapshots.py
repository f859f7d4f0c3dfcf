"""What a snapshot costs: processor time to write and to restore it, and what blocks take meanwhile.

python bench/snapshots.py [--accounts 100000 1000000]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path

from assay.node import interpreter
from assay.node.pace import Pace
from assay.node.snapshots.shelf import Shelf
from assay.state.snapshots.format import Manifest
from assay.state.snapshots.restore import Restoration
from assay.state.store import Store

BLOCK = 2000
"""Records that a block changes."""


class Bench:
    """A store of accounts, and blocks that change some of them."""

    def __init__(self, path: Path, accounts: int) -> None:
        self.path, self.accounts = path, accounts
        self.store = Store.open(path / "store", create=True)
        self.shelf = Shelf(path / "shelf")
        for start in range(0, accounts, 100_000):
            numbers = range(start, min(start + 100_000, accounts))
            self._commit({self._key(number): b"\x10\x80\x89\x7a" * 2 for number in numbers})

    def _key(self, number: int) -> bytes:
        return b"a" + number.to_bytes(20, "big")

    def _commit(self, changes: dict[bytes, bytes | None]) -> None:
        self.store.commit(self.store.prepare(self.store.version + 1, changes))

    def block(self) -> float:
        """Seconds that a block of changes takes."""
        numbers = random.sample(range(self.accounts), BLOCK)
        changes: dict[bytes, bytes | None] = {self._key(number): random.randbytes(8) for number in numbers}
        begun = time.perf_counter()
        self._commit(changes)
        return time.perf_counter() - begun

    def alone(self) -> float:
        """Median seconds of a block while nothing else runs."""
        return statistics.median(self.block() for _ in range(15))

    def take(self) -> tuple[Manifest, float, float, list[float]]:
        """Take a snapshot while blocks go on: manifest, seconds, processor seconds, seconds of the blocks."""
        found: list[Manifest] = []
        spent: list[float] = []
        state = self.store.freeze()

        def write() -> None:
            begun = time.thread_time()
            found.append(self.shelf.add(state, Pace(threading.Event())))
            spent.append(time.thread_time() - begun)

        thread, blocks, begun = threading.Thread(target=write), [], time.perf_counter()
        thread.start()
        while thread.is_alive():
            blocks.append(self.block())
            time.sleep(0.2)
        seconds = time.perf_counter() - begun
        state.close()
        return found[0], seconds, spent[0], blocks

    def restore(self, manifest: Manifest) -> float:
        """Processor seconds that restoring takes."""
        restoration = Restoration(manifest, manifest.root, manifest.height, self.path / "restored")
        begun = time.thread_time()
        for index in range(len(manifest.digests)):
            restoration.apply(index, self.shelf.load(manifest.height, index))
        restoration.finish()
        return time.thread_time() - begun


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[100_000, 1_000_000])
    interpreter.tune()
    print("accounts  chunks  MB    write cpu s  wall s  restore cpu s  block alone ms  meanwhile ms (worst)")
    for accounts in parser.parse_args().accounts:
        with tempfile.TemporaryDirectory() as name:
            bench = Bench(Path(name), accounts)
            alone = bench.alone()
            manifest, wall, spent, blocks = bench.take()
            size = sum(len(bench.shelf.load(manifest.height, i)) for i in range(len(manifest.digests)))
            restored = bench.restore(manifest)
            meanwhile = f"{1000 * statistics.median(blocks):.0f} ({1000 * max(blocks):.0f})"
            print(
                f"{accounts:<9} {len(manifest.digests):<7} {size / 1e6:<5.1f} {spent:<12.1f} {wall:<7.1f} "
                f"{restored:<14.1f} {1000 * alone:<15.0f} {meanwhile}",
                flush=True,
            )
            bench.store.close()


if __name__ == "__main__":
    main()
