"""What a block that changes 10,000 accounts costs as the state grows, and the memory of a large state.

    python bench/store.py [--quick] [--cpu]

Two times, in microseconds an account, each against the same work on a state of 10,000 accounts: the whole
state transition (5,000 transfers, each decoded and executed between two accounts of its own, then committed;
signatures left out), and the store's part alone (`prepare` and `commit` of new values). The memory is that
of a fresh process that opens the store of 10^6 accounts and commits blocks to it.

`--quick` takes small states: it shows that the bench runs. `--cpu` counts the working thread's processor time
instead of time, for a machine that is busy with other things; it leaves out waiting for the disk.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from time import perf_counter, thread_time

from pairs import Pair, Row, row

from assay.proto.state_pb2 import Account, Counters, Supply
from assay.proto.tx_pb2 import Message, MsgTransfer, Tx, TxBody
from assay.state.envelope import AccountTx, decode
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.params import default_params
from assay.state.store import Store
from assay.state.transition import Block, execute

SIZES = (10_000, 100_000, 1_000_000)
CHANGED = 10_000
PAIRS = 9
BALANCE = 10**9
CHAIN_ID = "bench"

TIME_TARGET = 3.0
MEMORY_LIMIT = 400  # MB
MEMORY_BLOCKS = 60


def public_key(number: int) -> bytes:
    """Key of an account; nobody signs here."""
    return sha256(b"account %d" % number).digest()


def address(number: int) -> bytes:
    """Address of an account."""
    return sha256(public_key(number)).digest()[:20]


def fill(store: Store, size: int) -> None:
    """Commit a state of `size` accounts, in blocks."""
    value = Account(balance=BALANCE).SerializeToString(deterministic=True)
    first = Overlay(store)
    first.save(keys.PARAMS, default_params(development=True))
    first.save(keys.COUNTERS, Counters(next_key=1, next_round=1, next_opening=1, next_job=1))
    first.save(keys.SUPPLY, Supply(total=BALANCE * size))
    store.commit(store.prepare(1, first.changes))
    for start in range(0, size, CHANGED):
        block: dict[bytes, bytes | None] = {
            keys.account(address(number)): value for number in range(start, min(start + CHANGED, size))
        }
        store.commit(store.prepare(store.version + 1, block))


class Subject:
    """A store of one size and the blocks that are put to it.

    Parameters
    ----------
    store
        A filled store.
    size
        Accounts in it.
    changed
        Accounts that a block changes, an even number.
    clock
        What counts seconds.
    """

    def __init__(
        self, store: Store, size: int, changed: int, clock: Callable[[], float] = perf_counter
    ) -> None:
        self.store = store
        self._clock = clock
        self._size = size
        self._changed = changed
        self._draw = random.Random(size)
        self._sequences: dict[int, int] = {}

    def update(self) -> float:
        """Give new values to accounts and commit; return microseconds an account."""
        chosen = self._draw.sample(range(self._size), self._changed)
        changes: dict[bytes, bytes | None] = {}
        for number in chosen:
            record = Account(
                balance=self._draw.randrange(1, BALANCE), sequence=self._sequences.get(number, 0)
            )
            changes[keys.account(address(number))] = record.SerializeToString(deterministic=True)
        return self._timed(lambda: self.store.commit(self.store.prepare(self.store.version + 1, changes)))

    def transfers(self) -> float:
        """Execute transfers between distinct accounts and commit; return microseconds an account."""
        chosen = self._draw.sample(range(self._size), self._changed)
        raw = [self._transfer(*pair) for pair in zip(chosen[::2], chosen[1::2], strict=True)]
        return self._timed(lambda: self._block(raw))

    def _transfer(self, sender: int, recipient: int) -> bytes:
        sequence = self._sequences.get(sender, 0)
        self._sequences[sender] = sequence + 1
        message = Message(transfer=MsgTransfer(recipient=address(recipient), amount=1))
        body = TxBody(messages=[message], sequence=sequence, gas_limit=10_000, fee=10_000)
        tx = Tx(body=body.SerializeToString(), public_key=public_key(sender), signature=bytes(64))
        return tx.SerializeToString()

    def _block(self, raw: list[bytes]) -> None:
        view = Overlay(self.store, cache_reads=True)
        entries = [decode(tx, CHAIN_ID, 1 << 16) for tx in raw]
        for entry in entries:
            assert isinstance(entry, AccountTx)
            entry.verified = True  # signatures are left out
        height = self.store.version + 1
        result = execute(view, CHAIN_ID, Block(height, entries, (), {}))
        assert not any(done.code for done in result.tx_results), result.tx_results[0].log
        self.store.commit(self.store.prepare(height, view.changes, view.bulk_puts, tuple(view.bulk_drops)))

    def _timed(self, work: Callable[[], None]) -> float:
        start = self._clock()
        work()
        return (self._clock() - start) / self._changed * 1e6


def times(
    name: str,
    subjects: dict[int, Subject],
    work: Callable[[Subject], float],
    count: int,
    target: float | None = None,
) -> list[Row]:
    """Measure one kind of work on every size in turns, after a block of each that warms caches."""
    smallest = min(subjects)
    for subject in subjects.values():
        work(subject)
    rounds = [{size: work(subject) for size, subject in subjects.items()} for _ in range(count)]
    rows = []
    for size in subjects:
        pairs: list[Pair] = [(measured[size], measured[smallest]) for measured in rounds]
        rows.append(
            row(
                f"{name}, {size:,} accounts",
                "us/account",
                f"{smallest:,} accounts",
                pairs,
                target=target if size == max(subjects) else None,
                lower_is_better=True,
            )
        )
    return rows


def memory(path: Path, size: int, changed: int) -> Row:
    """Measure the resident memory, mapped files included, of a process that commits to a large store."""
    command = [sys.executable, __file__, "--memory", str(path), str(size), str(changed)]
    resident = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    name = f"resident memory, {size:,} accounts"
    pair = (resident, float(MEMORY_LIMIT))
    return row(name, "MB", f"limit {MEMORY_LIMIT} MB", [pair], target=1.0, lower_is_better=True)


def measure_memory(path: Path, size: int, changed: int) -> None:
    """Commit blocks of transfers and print the resident memory in MB."""
    with Store.open(path) as store:
        subject = Subject(store, size, changed)
        for _ in range(MEMORY_BLOCKS):
            subject.update()
        status = Path("/proc/self/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    print(int(fields["VmRSS"].split()[0]) / 1024)


def run(*, quick: bool = False, clock: Callable[[], float] = perf_counter) -> list[Row]:
    """All rows."""
    sizes = (100, 1_000, 5_000) if quick else SIZES
    changed, count = (100, 2) if quick else (CHANGED, PAIRS)
    with tempfile.TemporaryDirectory() as directory:
        paths = {size: Path(directory) / str(size) for size in sizes}
        with ExitStack() as stack:
            subjects = {}
            for size in sizes:
                store = stack.enter_context(Store.open(paths[size], create=True))
                fill(store, size)
                subjects[size] = Subject(store, size, changed, clock)
            rows = times(
                "execute and commit 5,000 transfers", subjects, Subject.transfers, count, TIME_TARGET
            )
            rows += times("update and commit 10,000 records", subjects, Subject.update, count)
        return [*rows, memory(paths[sizes[-1]], sizes[-1], changed)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--memory", nargs=3, metavar=("PATH", "SIZE", "CHANGED"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        path, size, changed = options.memory
        measure_memory(Path(path), int(size), int(changed))
        return
    for found in run(quick=options.quick, clock=thread_time if options.cpu else perf_counter):
        target = "" if found["target"] is None else f"  target {found['target']}"
        print(f"{found['name']:<56} {found['value']:8.1f} {found['unit']:<11} {found['reference']}")
        spread = f"{found['ratio_min']:.2f} {found['ratio']:.2f} {found['ratio_max']:.2f}"
        print(f"{'':<56} ratio {spread}{target}")


if __name__ == "__main__":
    main()
