"""Each invariant notices when its records are bent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.state.chain import Chain

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Fault, Key, KeyPool, Opening, Suspension
from assay.state import counters, faults, invariants, ledger, schedule, staking
from assay.state.invariants import InvariantBroken
from assay.state.rules import keys


def chain_at_work() -> Chain:
    """A round that is being scored, one that is open, and a ready key."""
    chain = Chain()
    chain.end_block()
    chain.revealed(2)
    chain.opened()
    chain.ready_key()
    invariants.check_all(chain.view)
    return chain


def _mint(chain: Chain) -> None:
    ledger.credit_unchecked(chain.view, chain.owner.address, 1)


def _escrow(chain: Chain) -> None:
    ledger.move(chain.ctx, keys.escrow(1), chain.owner.address, 1)


def _leave_empty_account(chain: Chain) -> None:
    chain.view.put(keys.account(b"x" * 20), b"")


def _forget_in_pool(chain: Chain) -> None:
    chain.view.delete(keys.KEY_POOL)


def _list_taken_key(chain: Chain) -> None:
    pool = chain.view.require(KeyPool, keys.KEY_POOL)
    chain.view.save(keys.KEY_POOL, KeyPool(keys=[1, *pool.keys]))


def _give_key_to_another(chain: Chain) -> None:
    key = chain.view.require(Key, keys.committee_key(chain.round(1).key_id))
    key.round_id = 2
    chain.view.save(keys.committee_key(key.id), key)


def _lose_opening(chain: Chain) -> None:
    chain.view.delete(keys.opening(chain.asked(1)[0].id))


def _ask_in_vain(chain: Chain) -> None:
    opening = Opening(id=500, key_id=chain.round(1).key_id, round_id=1, kind=pb.OPENING_KIND_COIN)
    chain.view.save(keys.opening(500), opening)


def _test_in_vain(chain: Chain) -> None:
    chain.view.save(keys.opening(500), Opening(id=500, key_id=1, kind=pb.OPENING_KIND_SELF_TEST))


def _lag_behind(chain: Chain) -> None:
    counters.set_next_job(chain.view, 1)


def _unschedule(chain: Chain) -> None:
    schedule.remove(chain.view, chain.round(1).deadline, keys.DEADLINE_ROUND, 1)


def _schedule_twice(chain: Chain) -> None:
    schedule.put(chain.view, 999, keys.DEADLINE_ROUND, 1)


def _no_deadline(chain: Chain) -> None:
    record = chain.round(2)
    schedule.remove(chain.view, record.deadline, keys.DEADLINE_ROUND, 2)
    record.deadline = 0
    chain.view.save(keys.round_(2), record)


def _end_with_money(chain: Chain) -> None:
    record = chain.round(1)
    record.ended = 5
    chain.view.save(keys.round_(1), record)


def _name(chain: Chain) -> Fault:
    """Name the only member of the first round's key."""
    faults.name_fault(chain.ctx, chain.key_of(1), 0, pb.FAULT_KIND_SILENT_CEREMONY)
    staking.end_block(chain.ctx)
    invariants.check_all(chain.view)
    return next(faults.listed(chain.view))


def _name_a_stranger(chain: Chain) -> None:
    fault = _name(chain)
    fault.validator = b"x" * 20
    chain.view.save(keys.fault(fault.validator, fault.key_id, fault.kind), fault)


def _let_off(chain: Chain) -> None:
    chain.view.delete(keys.suspension(_name(chain).validator))


def _suspend_without_a_fault(chain: Chain) -> None:
    fault = _name(chain)
    chain.view.delete(keys.fault(fault.validator, fault.key_id, fault.kind))


def _suspend_for_good(chain: Chain) -> None:
    place = keys.suspension(_name(chain).validator)
    record = chain.view.require(Suspension, place)
    record.until = 0
    chain.view.save(place, record)


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        (_mint, "the supply is"),
        (_escrow, "is not the 1060001 uasy escrowed"),
        (_leave_empty_account, "is empty but kept"),
        (_forget_in_pool, "the pool lists"),
        (_list_taken_key, "the pool lists"),
        (_give_key_to_another, "has no deadline or another key"),
        (_lose_opening, "openings in the queue"),
        (_ask_in_vain, "does not wait for opening 500"),
        (_test_in_vain, "does not wait for opening 500"),
        (_lag_behind, "the queue begins at 1,"),
        (_unschedule, "scheduled and due differ"),
        (_schedule_twice, "scheduled and due differ"),
        (_no_deadline, "has no deadline or another key"),
        (_end_with_money, "has ended; its escrow holds"),
        (_name_a_stranger, "not being its member"),
        (_let_off, "is named but not suspended"),
        (_suspend_without_a_fault, "does not follow from its fault"),
        (_suspend_for_good, "does not follow from its fault"),
    ],
)
def test_a_bent_record_is_noticed(bend: Callable[[Chain], None], sentence: str) -> None:
    chain = chain_at_work()
    bend(chain)
    with pytest.raises(InvariantBroken, match=sentence):
        invariants.check_all(chain.view)


def test_bytes_beside_the_tree_are_those_that_records_call_for() -> None:
    chain = chain_at_work()
    chain.end_block()
    bulk = dict(chain.memory.bulk)
    invariants.check_bulk(chain.memory, bulk)
    assert len(bulk) > 4
    for place in bulk:
        with pytest.raises(InvariantBroken, match="are not kept"):
            invariants.check_bulk(chain.memory, set(bulk) - {place})
    with pytest.raises(InvariantBroken, match="no record calls for them"):
        invariants.check_bulk(chain.memory, {*bulk, (keys.round_scope(9), bytes(32))})
