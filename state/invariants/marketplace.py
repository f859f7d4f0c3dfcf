"""Tokens, rounds, keys and openings: what must hold of them after every block."""

from __future__ import annotations

from collections import Counter

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import (
    Account,
    Counters,
    Decided,
    Fault,
    Key,
    KeyPool,
    MaskUse,
    Opening,
    Round,
    Supply,
    Suspension,
)
from assay.state import faults
from assay.state.invariants.base import InvariantBroken
from assay.state.overlay import Overlay
from assay.state.rules import keys, payout


def check_supply(view: Overlay) -> None:
    """The balances add up to the supply, and none is written down as nothing."""
    total = 0
    for key, data in view.iterate(keys.ACCOUNT):
        record = Account.FromString(data)
        if not record.balance and not record.sequence:
            raise InvariantBroken(f"account {key[1:].hex()} is empty but kept")
        total += record.balance
    supply = view.load(Supply, keys.SUPPLY) or Supply()
    if total != supply.total:
        raise InvariantBroken(f"the accounts hold {total} uasy, the supply is {supply.total} uasy")


def check_rounds(view: Overlay) -> None:
    """For every round paid + refunded + burned + remaining = escrowed."""
    for _, data in view.iterate(keys.ROUND):
        record = Round.FromString(data)
        account = view.load(Account, keys.account(keys.escrow(record.id))) or Account()
        out = record.paid + record.refunded + record.burned
        if out + account.balance != record.escrowed:
            raise InvariantBroken(
                f"round {record.id}: paid {record.paid} + refunded {record.refunded} + burned "
                f"{record.burned} + remaining {account.balance} is not the {record.escrowed} uasy escrowed"
            )
        # A round that releases its sum has ended, but for what its committee earns by that.
        kept = payout.owed_to_committee(record)
        if record.ended and account.balance != kept:
            raise InvariantBroken(
                f"round {record.id} has ended; its escrow holds {account.balance} uasy instead of {kept}"
            )


def check_keys(view: Overlay) -> None:
    """The pool holds the keys that are ready or in the making; a taken key and its round name each other."""
    pool = view.load(KeyPool, keys.KEY_POOL) or KeyPool()
    listed = []
    for _, data in view.iterate(keys.KEY):
        key = Key.FromString(data)
        if key.status not in (pb.KEY_STATUS_TAKEN, pb.KEY_STATUS_RETIRED, pb.KEY_STATUS_FAILED):
            listed.append(key.id)
        elif key.status == pb.KEY_STATUS_TAKEN:
            record = view.require(Round, keys.round_(key.round_id))
            if record.key_id != key.id or not record.deadline:
                raise InvariantBroken(
                    f"key {key.id} is taken but round {key.round_id} has no deadline or another key"
                )
    if listed != list(pool.keys):
        raise InvariantBroken(f"the pool lists keys {list(pool.keys)}, ready or in the making are {listed}")


def check_openings(view: Overlay) -> None:
    """Every opening is one that its round or key waits for, and they wait for no other."""
    waiting: Counter[tuple[str, int]] = Counter()
    for _, data in view.iterate(keys.OPENING):
        opening = Opening.FromString(data)
        if opening.round_id:
            record = view.require(Round, keys.round_(opening.round_id))
            if not 0 <= opening.id - record.first_opening < record.asked or opening.key_id != record.key_id:
                raise InvariantBroken(f"round {record.id} does not wait for opening {opening.id}")
            waiting["round", record.id] += 1
        elif view.require(Key, keys.committee_key(opening.key_id)).test_opening == opening.id:
            waiting["key", opening.key_id] += 1
        else:
            raise InvariantBroken(f"key {opening.key_id} does not wait for opening {opening.id}")
    rounds = (Round.FromString(data) for _, data in view.iterate(keys.ROUND))
    tests = (Key.FromString(data) for _, data in view.iterate(keys.KEY))
    expected = Counter({("round", record.id): record.awaited for record in rounds})
    expected.update({("key", key.id): 1 for key in tests if key.test_opening})
    if waiting != +expected:
        raise InvariantBroken(f"openings in the queue: {dict(waiting)}, waited for: {dict(+expected)}")


def check_decided(view: Overlay) -> None:
    """What is remembered of openings belongs to keys that live, and every decision to one of their masks."""
    used: set[tuple[int, int]] = set()
    for place, data in view.iterate(keys.MASK):
        key = view.require(Key, keys.committee_key(keys.parse_mask(place)))
        if key.status in (pb.KEY_STATUS_RETIRED, pb.KEY_STATUS_FAILED):
            raise InvariantBroken(f"key {key.id} is no more, but a mask of it is remembered")
        used.update((key.id, opening) for opening in MaskUse.FromString(data).openings)
    for place, data in view.iterate(keys.DECIDED):
        opening, record = keys.parse_decided(place), Decided.FromString(data)
        if (record.key_id, opening) not in used or view.get(keys.opening(opening)) is not None:
            raise InvariantBroken(f"opening {opening} is remembered as decided, but by no mask, or is open")


def check_queue(view: Overlay) -> None:
    """The head of the scoring queue is the first opening whose ciphertext is not computed yet, or the end."""
    record = view.load(Counters, keys.COUNTERS) or Counters(next_opening=1, next_job=1)
    openings = (Opening.FromString(data) for _, data in view.iterate(keys.OPENING))
    first = min((opening.id for opening in openings if not opening.computed), default=record.next_opening)
    if record.next_job != first:
        raise InvariantBroken(f"the queue begins at {record.next_job}, the first job that waits is {first}")


def check_faults(view: Overlay) -> None:
    """Every fault is a key's member's and led to a suspension; every suspension follows from one."""
    for fault in faults.listed(view):
        key = view.load(Key, keys.committee_key(fault.key_id)) or Key()
        seats = [member.seat.validator for member in key.members]
        if seats[fault.member : fault.member + 1] != [fault.validator]:
            raise InvariantBroken(
                f"{fault.validator.hex()} is named for key {fault.key_id}, not being its member"
            )
        if view.get(keys.suspension(fault.validator)) is None:
            raise InvariantBroken(f"{fault.validator.hex()} is named but not suspended")
    for _, data in view.iterate(keys.SUSPENSION):
        item = Suspension.FromString(data)
        cause = view.load(Fault, keys.fault(item.validator, item.key_id, item.kind))
        if cause is None or cause.height != item.since or item.until <= item.since:
            raise InvariantBroken(f"the suspension of {item.validator.hex()} does not follow from its fault")
