"""Staking: pools, shares, the order by stake, the validator set, and what is on its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from assay.proto import staking_pb2 as pb
from assay.proto.staking_pb2 import Delegation, RedelegationEntry, UnbondingEntry, ValidatorRecord
from assay.proto.state_pb2 import Params
from assay.state import ledger
from assay.state.invariants.base import InvariantBroken
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.shares import decode_whole
from assay.state.staking import newest_set
from assay.state.validators import records as validators


def check_pools(view: Overlay) -> None:
    """The pools hold the tokens of validators in the set, and of the others with what is on its way out."""
    bonded = not_bonded = 0
    for record in validators.listed(view):
        if validators.is_bonded(record):
            bonded += record.tokens
        else:
            not_bonded += record.tokens
    not_bonded += sum(entry.balance for entry in _unbondings(view))
    for what, pool, expected in (
        ("bonded", keys.BONDED_POOL, bonded),
        ("not bonded", keys.NOT_BONDED_POOL, not_bonded),
    ):
        held = ledger.account(view, pool).balance
        if held != expected:
            raise InvariantBroken(f"the pool of what is {what} holds {held} uasy, not {expected} uasy")


def check_shares(view: Overlay) -> None:
    """A validator has the shares that its delegations hold together, and no more tokens than shares."""
    held: Counter[bytes] = Counter()
    listed = set()
    for _, data in view.iterate(keys.DELEGATION):
        delegation = Delegation.FromString(data)
        if not delegation.shares:
            raise InvariantBroken(f"a delegation to {delegation.validator.hex()} is empty but kept")
        held[delegation.validator] += decode_whole(delegation.shares)
        listed.add(keys.delegators(delegation.validator, delegation.delegator))
    for record in validators.listed(view):
        shares = decode_whole(record.shares)
        if held.pop(record.operator, 0) != shares or record.tokens > shares:
            raise InvariantBroken(
                f"validator {record.operator.hex()} has {record.tokens} uasy and {shares} shares; its "
                f"delegations hold others"
            )
    if held:
        raise InvariantBroken(f"delegations to validators there are not: {sorted(held)}")
    _same("delegators", listed, (key for key, _ in view.iterate(keys.DELEGATOR)))


def check_order(view: Overlay) -> None:
    """Validators are found by consensus key, and those that may be in the set stand in the order by stake."""
    params = view.load(Params, keys.PARAMS) or Params()
    addresses, places = set(), set()
    for record in validators.listed(view):
        addresses.add(keys.consensus_address(validators.consensus_address(record)))
        if not record.jailed and validators.power(record, params):
            places.add(keys.power(record.tokens, record.operator))
    _same("consensus addresses", addresses, (key for key, _ in view.iterate(keys.CONSENSUS_ADDRESS)))
    _same("the order by stake", places, (key for key, _ in view.iterate(keys.POWER)))


def check_set(view: Overlay) -> None:
    """Whoever is bonded is in the newest set, and nobody else; who has left it waits in the queue."""
    bonded, queued = set(), set()
    for record in validators.listed(view):
        if validators.is_bonded(record):
            bonded.add(validators.consensus_address(record))
        if record.status == pb.BOND_STATUS_UNBONDING:
            queued.add(keys.validator_queue(record.unbonding_end, record.operator))
        _check_status(record)
    if view.get(keys.STAKE_CHANGED) is not None:
        raise InvariantBroken("a block has ended without deciding on the validator set")
    _same("the set", bonded, (validator.address for validator in newest_set(view)))
    _same("unbonding validators", queued, (key for key, _ in view.iterate(keys.VALIDATOR_QUEUE)))


def _check_status(record: ValidatorRecord) -> None:
    unbonding = record.status == pb.BOND_STATUS_UNBONDING
    empty = record.status == pb.BOND_STATUS_UNBONDED and not record.shares
    since = bool(record.unbonding_height) and validators.is_bonded(record)
    if bool(record.unbonding_end) != unbonding or empty or since:
        raise InvariantBroken(f"the status of validator {record.operator.hex()} contradicts its record")


def check_entries(view: Overlay) -> None:
    """What is on its way out, and what has moved, is listed by its account and its validator."""
    most = (view.load(Params, keys.PARAMS) or Params()).max_entries
    together: Counter[tuple[bytes, ...]] = Counter()
    by_account, by_validator = set(), set()
    for entry in _unbondings(view):
        by_account.add(keys.unbonding_by(entry.delegator, entry.validator, entry.id))
        by_validator.add(keys.unbonding_from(entry.validator, entry.id))
        together[entry.delegator, entry.validator] += 1
        if entry.balance > entry.initial:
            raise InvariantBroken(f"unbonding {entry.id} holds more than it began with")
    _same("unbondings by account", by_account, (key for key, _ in view.iterate(keys.UNBONDING_BY)))
    _same("unbondings by validator", by_validator, (key for key, _ in view.iterate(keys.UNBONDING_FROM)))
    _check_redelegations(view, together)
    if together and max(together.values()) > most:
        raise InvariantBroken(f"one account has more than {most} unbondings or redelegations at once")


def _check_redelegations(view: Overlay, together: Counter[tuple[bytes, ...]]) -> None:
    by_account, by_validator = set(), set()
    for _, data in view.iterate(keys.REDELEGATION):
        entry = RedelegationEntry.FromString(data)
        by_account.add(keys.redelegation_by(entry.delegator, entry.target, entry.source, entry.id))
        by_validator.add(keys.redelegation_from(entry.source, entry.id))
        together[entry.delegator, entry.target, entry.source] += 1
    _same("redelegations by account", by_account, (key for key, _ in view.iterate(keys.REDELEGATION_BY)))
    _same("redelegations by source", by_validator, (key for key, _ in view.iterate(keys.REDELEGATION_FROM)))


def _unbondings(view: Overlay) -> Iterable[UnbondingEntry]:
    return (UnbondingEntry.FromString(data) for _, data in view.iterate(keys.UNBONDING))


def _same(what: str, expected: set[bytes], found: Iterable[bytes]) -> None:
    differing = expected ^ set(found)
    if differing:
        raise InvariantBroken(f"{what}: listed and there differ in {sorted(key.hex() for key in differing)}")
