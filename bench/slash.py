"""What a slash costs with much stake on its way out, or gone to another validator.

    python bench/slash.py [--quick] [--cpu]

A slash charges everything that has left the validator since the infraction, entry by entry, and asks at
most `slash_block_entries` of them in one block. Here a validator with 1,000 and 10,000 entries of one
delegator each is slashed, and every block committed: the slowest counts. `--quick` takes few entries: it
shows that the bench runs. `--cpu` counts the working thread's processor time instead of time, for a machine
that is busy with other things.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time

from staking import CHAIN_ID, STAKE, Size, name, params_of, records

from assay.proto.staking_pb2 import SLASH_REASON_DOUBLE_SIGN
from assay.state import ledger, slashing, staking
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.store import Store
from assay.state.validators import records as validators
from assay.state.validators import slash_queue

SOURCE, TARGET = (name("operator", number)[:20] for number in range(2))
CREATED, SLASHED = 10, 20


def leave(ctx: Context, number: int) -> None:
    """Take what a delegator has at the first validator out of it."""
    found = staking.check_undelegate(ctx, name("delegator", 2 * number)[:20], SOURCE, STAKE)
    staking.undelegate(ctx, *found)


def move(ctx: Context, number: int) -> None:
    """Move what a delegator has at the first validator to the second."""
    found = staking.check_redelegate(ctx, name("delegator", 2 * number)[:20], SOURCE, TARGET, STAKE)
    staking.redelegate(ctx, *found)


def measure(entries: int, act: Callable[[Context, int], None], clock: Callable[[], float]) -> list[float]:
    """Return the seconds of each block while a validator is slashed whose delegators have all acted."""
    with tempfile.TemporaryDirectory() as directory, Store.open(Path(directory) / "s", create=True) as store:
        store.commit(store.prepare(1, dict(records(Size(2, 2 * entries)))))
        view = Overlay(store)
        for number in range(entries):
            act(Context(CHAIN_ID, CREATED, params_of(), view), number)
        store.commit(store.prepare(2, view.changes))
        taken = [block(store, entries, clock)]
        while slash_queue.load(Overlay(store)).slashes:
            taken.append(block(store, 0, clock))
        burned = ledger.supply(Overlay(store)).burned
    if burned != entries * STAKE // 20:
        raise RuntimeError(f"{burned} uasy were burned of {entries} entries")
    return taken


def block(store: Store, entries: int, clock: Callable[[], float]) -> float:
    """Begin to slash, or go on, and commit; return the seconds."""
    start, view = clock(), Overlay(store, cache_reads=True)
    ctx = Context(CHAIN_ID, SLASHED, params_of(), view)
    if entries:
        record = validators.find(view, SOURCE)
        slashing.slash(ctx, record, CREATED, entries * STAKE, 500, SLASH_REASON_DOUBLE_SIGN)
    slashing.end_block(ctx)
    store.commit(store.prepare(store.version + 1, view.changes))
    return clock() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    clock = thread_time if options.cpu else perf_counter
    for what, act in (("on its way out", leave), ("at another validator", move)):
        for entries in (100,) if options.quick else (1_000, 10_000):
            taken = measure(entries, act, clock)
            each = sum(taken) / entries * 1e6
            print(
                f"{what:<22} {entries:7,} entries {len(taken):3} blocks, the slowest {max(taken):6.3f} s "
                f"{each:8.0f} us an entry"
            )


if __name__ == "__main__":
    main()
