"""What a block and a withdrawal cost with many validators and delegators.

    python bench/staking.py [--quick] [--cpu]

A block here has no entries: executing it is dividing its new tokens and looking at everybody's vote. It is
executed and committed with 10, 100 and 1,000 validators; executed alone, and with its commit, with 1,000 to
100,000 delegators; and compared with what the same division costs without F1's accounting, where every
delegation is written in every block. A withdrawal is executed with few and many delegators, after one block
and after many. Executing is flat; a commit goes deeper into a larger tree (bench/store.py).

`--quick` takes small states: it shows that the bench runs. `--cpu` counts the working thread's processor time
instead of time, for a machine that is busy with other things; it leaves out waiting for the disk.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from time import perf_counter, thread_time

from pairs import Pair, Row, row

from assay.crypto.accounts import address_of
from assay.proto.staking_pb2 import (
    BOND_STATUS_BONDED,
    Commission,
    Delegation,
    Description,
    ValidatorRecord,
)
from assay.proto.state_pb2 import Account, Counters, Params, Supply, Validator, ValidatorSet, ValidatorSets
from assay.proto.tx_pb2 import MsgWithdrawReward
from assay.state.context import Context, Vote
from assay.state.distribution.block import divide
from assay.state.handlers import HANDLERS
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.params import default_params
from assay.state.rules.shares import decode_whole, encode_whole
from assay.state.store import Store
from assay.state.transition import Block, execute
from assay.state.validators import delegations
from assay.state.validators import records as validators

CHAIN_ID = "bench"
STAKE = 10_000_000
SUPPLY = 10**15
PAIRS = 9
WARM = 5
"""Blocks before any is measured: the database is still busy with what it was filled with."""
WITHDRAWALS = 1_000
FLAT = 2.0
"""What is flat may still find its records slower in a larger database."""
DEEPER = 3.0
"""What a block of a state a hundred times as large may cost, as in bench/store.py."""
NAIVE_TARGET = 0.1


@dataclass(frozen=True)
class Size:
    """So many validators, and delegators that have chosen one each."""

    validators: int
    delegators: int

    def __str__(self) -> str:
        return f"{self.validators:,} validators, {self.delegators:,} delegators"


def name(kind: str, number: int) -> bytes:
    """Return 32 bytes for somebody: a public key, or an address at the front of them."""
    return sha256(f"{kind} {number}".encode()).digest()


def params_of() -> Params:
    """Parameters of a chain whose committee has no seats, so that it makes no keys."""
    params = default_params(development=True)
    params.min_seat_stake = 2**62
    return params


def records(size: Size) -> Iterator[tuple[bytes, bytes]]:
    """Yield a state: delegations of one size each, spread evenly over validators of equal stake."""
    each, extra = divmod(size.delegators, size.validators)
    chosen = Overlay(_Nothing())
    for number in range(size.validators):
        held = (each + (number < extra)) * STAKE
        _add_validator(chosen, number, held)
    for number in range(size.delegators):
        operator = name("operator", number % size.validators)[:20]
        item = Delegation(delegator=name("delegator", number)[:20], validator=operator)
        item.shares = encode_whole(STAKE)
        delegations.save(chosen, item)
    staked = size.delegators * STAKE
    chosen.save(keys.PARAMS, params_of())
    chosen.save(keys.COUNTERS, Counters(next_key=1, next_round=1, next_opening=1, next_job=1))
    chosen.save(keys.SUPPLY, Supply(total=SUPPLY))
    chosen.save(keys.account(keys.BONDED_POOL), Account(balance=staked))
    chosen.save(keys.account(b"r" * 20), Account(balance=SUPPLY - staked))
    members = sorted(_members(size), key=lambda validator: validator.address)
    first = ValidatorSet(first_height=1, validators=members)
    chosen.save(keys.VALIDATOR_SETS, ValidatorSets(sets=[first]))
    yield from ((key, value) for key, value in chosen.changes.items() if value is not None)


class _Nothing:
    """An empty state."""

    def get(self, key: bytes) -> None:
        return None

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter(())

    def get_bulk(self, scope: bytes, digest: bytes) -> None:
        return None


def _add_validator(view: Overlay, number: int, held: int) -> None:
    record = ValidatorRecord(
        operator=name("operator", number)[:20],
        public_key=name("consensus key", number),
        committee_key=name("committee key", number),
        description=Description(moniker=f"validator {number}"),
        commission=Commission(rate=1_000, max_rate=2_000, max_change=100),
        min_self_delegation=1,
        tokens=held,
        shares=encode_whole(held),
        status=BOND_STATUS_BONDED,
        created=1,
    )
    validators.save(Context(CHAIN_ID, 1, params_of(), view), record)
    view.delete(keys.STAKE_CHANGED)


def _members(size: Size) -> Iterator[Validator]:
    power = size.delegators * STAKE // size.validators // 1_000_000
    for number in range(size.validators):
        public_key = name("consensus key", number)
        yield Validator(address=address_of(public_key), public_key=public_key, power=power)


class Subject:
    """A store with a state of one size, to which blocks are put.

    Parameters
    ----------
    store
        An empty store.
    size
        What it is filled with.
    clock
        What counts seconds.
    """

    def __init__(self, store: Store, size: Size, clock: Callable[[], float]) -> None:
        self.size = size
        self._store = store
        self._clock = clock
        self._params = params_of()
        self._votes = [Vote(member.address, int(member.power), True) for member in _members(size)]
        self._asked = 0
        source = records(size)
        while part := dict(islice(source, 20_000)):
            store.commit(store.prepare(store.version + 1, dict(part)))
        for _ in range(WARM):
            self.block()

    def execution(self) -> float:
        """Execute a block and forget it; return milliseconds."""
        return self._timed(self._execute) * 1e3

    def block(self) -> float:
        """Execute and commit a block; return milliseconds."""
        return self._timed(lambda: self._commit(self._execute())) * 1e3

    def naive_block(self) -> float:
        """Write to every delegation its part of a block, as one would without F1, and commit."""
        return self._timed(self._divide_between_all) * 1e3

    def withdrawals(self) -> float:
        """Execute withdrawals by delegators who have not been asked lately; return microseconds each."""
        count = min(WITHDRAWALS, self.size.delegators)
        first, self._asked = self._asked, self._asked + count
        chosen = [number % self.size.delegators for number in range(first, self._asked)]
        return self._timed(lambda: self._withdraw(chosen)) / count * 1e6

    def _timed(self, work: Callable[[], object]) -> float:
        start = self._clock()
        work()
        return self._clock() - start

    def _commit(self, view: Overlay) -> None:
        self._store.commit(self._store.prepare(self._store.version + 1, view.changes))

    def _execute(self) -> Overlay:
        view, height = Overlay(self._store, cache_reads=True), self._store.version + 1
        proposer = self._votes[height % len(self._votes)].address
        execute(view, CHAIN_ID, Block(height, (), (), {}, proposer=proposer, votes=self._votes))
        return view

    def _withdraw(self, chosen: Sequence[int]) -> None:
        view = Overlay(self._store, cache_reads=True)
        ctx = Context(CHAIN_ID, self._store.version + 1, self._params, view)
        for number in chosen:
            message = MsgWithdrawReward(validator=name("operator", number % self.size.validators)[:20])
            HANDLERS["withdraw_reward"].execute(ctx, name("delegator", number)[:20], message)

    def _divide_between_all(self) -> None:
        view = Overlay(self._store, cache_reads=True)
        proposer = self._votes[0].address
        pot = SUPPLY * self._params.inflation // 10_000 // self._params.blocks_per_year
        for address, amount in divide(pot, proposer, self._votes, self._params).items():
            record = validators.by_consensus_address(view, address)
            assert record is not None
            shares, left = decode_whole(record.shares), amount - amount // 10
            for item in delegations.to_validator(view, record.operator):
                # In the field that is there: without F1 a delegation counts what it is owed, in uasy.
                owed = decode_whole(item.reward_start) + left * decode_whole(item.shares) // shares
                item.reward_start = encode_whole(owed)
                view.save(keys.delegation(item.delegator, item.validator), item)
        self._commit(view)


def compare(
    what: str,
    unit: str,
    works: dict[str, Callable[[], float]],
    count: int,
    target: float | None = None,
) -> list[Row]:
    """Measure works in turns, each against the first, after a run of each that warms caches."""
    for work in works.values():
        work()
    rounds = [{title: work() for title, work in works.items()} for _ in range(count)]
    reference = next(iter(works))
    rows = []
    for title in works:
        pairs: list[Pair] = [(measured[title], measured[reference]) for measured in rounds]
        aim = None if title == reference else target
        rows.append(row(f"{what}, {title}", unit, reference, pairs, target=aim, lower_is_better=True))
    return rows


def run(*, quick: bool = False, clock: Callable[[], float] = perf_counter) -> list[Row]:
    """All rows."""
    many, counts = (100, (2, 4, 8)) if quick else (100_000, (10, 100, 1_000))
    fewer = [Size(counts[1], many // part) for part in (100, 10)]
    by_validators = [Size(count, many) for count in counts]
    pairs, blocks = (2, 3) if quick else (PAIRS, 1_000)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:

        def subject(size: Size, label: str = "") -> Subject:
            path = Path(directory) / f"{size.validators}-{size.delegators}{label}"
            return Subject(stack.enter_context(Store.open(path, create=True)), size, clock)

        subjects = {size: subject(size) for size in [*by_validators, *fewer]}
        usual = by_validators[1]
        rows = compare("block", "ms", {str(size): subjects[size].block for size in by_validators}, pairs)
        flat = {str(size): subjects[size].execution for size in [*fewer, usual]}
        rows += compare("block without commit", "ms", flat, pairs, FLAT)
        deeper = {str(size): subjects[size].block for size in [*fewer, usual]}
        rows += compare("block", "ms", deeper, pairs, DEEPER)
        rows += against_naive(subjects[usual], subject(usual, "-naive"), 2 if quick else 3)
        few = {str(size): subjects[size].withdrawals for size in [*fewer, usual]}
        rows += compare("withdrawal", "us", few, pairs, FLAT)
        return [*rows, *after_blocks(subject(fewer[0], "-new"), subjects[fewer[0]], blocks, pairs)]


def against_naive(ours: Subject, naive: Subject, count: int) -> list[Row]:
    """Measure a block against one that writes to every delegation."""
    ours.block(), naive.naive_block()
    pairs = [(ours.block(), naive.naive_block()) for _ in range(count)]
    title = f"block, {ours.size}"
    return [row(title, "ms", "every delegation written", pairs, target=NAIVE_TARGET, lower_is_better=True)]


def after_blocks(new: Subject, old: Subject, blocks: int, count: int) -> list[Row]:
    """Measure withdrawals of what one block has brought against what many have."""
    for _ in range(blocks):
        old.block()
    new.block()
    works = {"after 1 block": new.withdrawals, f"after {blocks:,} blocks more": old.withdrawals}
    return compare(f"withdrawal, {new.size}", "us", works, count, FLAT)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    for found in run(quick=options.quick, clock=thread_time if options.cpu else perf_counter):
        target = "" if found["target"] is None else f"  target {found['target']}"
        print(f"{found['name']:<64} {found['value']:8.2f} {found['unit']:<3} {found['reference']}")
        spread = f"{found['ratio_min']:.3f} {found['ratio']:.3f} {found['ratio_max']:.3f}"
        print(f"{'':<64} ratio {spread}{target}")


if __name__ == "__main__":
    main()
