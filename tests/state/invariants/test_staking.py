"""Each invariant of staking notices when its records are bent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.state.stake import ASY, Stakers

from assay.proto.staking_pb2 import BOND_STATUS_UNBONDING, Delegation, UnbondingEntry, ValidatorRecord
from assay.proto.state_pb2 import ValidatorSets
from assay.state import invariants, ledger, schedule
from assay.state.invariants import InvariantBroken
from assay.state.rules import keys
from assay.state.rules.shares import encode_whole
from assay.state.validators import unbondings


def chain_with_stake() -> Stakers:
    """Two validators in the set, one on its way out of it, and stake on its way out and about."""
    chain = Stakers(stakes=(4 * ASY, 3 * ASY, 2 * ASY), max_validators=2)
    who = chain.people[0]
    chain.delegate(who, 0, 10 * ASY)
    chain.delegate(who, 2, 2 * ASY)
    chain.undelegate(who, 0, ASY)
    chain.redelegate(who, 0, 2, ASY)
    chain.end_block()
    assert chain.validator(1).status == BOND_STATUS_UNBONDING
    invariants.check_all(chain.view)
    return chain


def _bend(chain: Stakers, number: int, **fields: object) -> None:
    """Change a validator's record and nothing that depends on it."""
    place = keys.validator(chain.operator(number))
    record = chain.view.require(ValidatorRecord, place)
    for name, value in fields.items():
        setattr(record, name, value)
    chain.view.save(place, record)


def _take_from_pool(chain: Stakers) -> None:
    ledger.move(chain.ctx, keys.BONDED_POOL, chain.owner.address, 1)


def _put_into_the_other_pool(chain: Stakers) -> None:
    ledger.move(chain.ctx, chain.owner.address, keys.NOT_BONDED_POOL, 1)


def _more_tokens_than_shares(chain: Stakers) -> None:
    _bend(chain, 0, tokens=chain.validator(0).tokens + 1)
    ledger.move(chain.ctx, chain.owner.address, keys.BONDED_POOL, 1)


def _shares_nobody_holds(chain: Stakers) -> None:
    _bend(chain, 0, shares=encode_whole(13 * ASY + 1))


def _forget_delegation(chain: Stakers) -> None:
    chain.view.delete(keys.delegation(chain.people[0].address, chain.operator(0)))


def _keep_empty_delegation(chain: Stakers) -> None:
    record = Delegation(delegator=b"x" * 20, validator=chain.operator(0))
    chain.view.save(keys.delegation(b"x" * 20, chain.operator(0)), record)


def _delegate_to_nobody(chain: Stakers) -> None:
    record = Delegation(delegator=b"x" * 20, validator=b"y" * 20, shares=b"\x01")
    chain.view.save(keys.delegation(b"x" * 20, b"y" * 20), record)


def _unlist_delegator(chain: Stakers) -> None:
    chain.view.delete(keys.delegators(chain.operator(0), chain.people[0].address))


def _forget_consensus_address(chain: Stakers) -> None:
    chain.view.delete(keys.consensus_address(chain.address(0)))


def _rank_jailed(chain: Stakers) -> None:
    _bend(chain, 1, jailed=True)


def _rank_elsewhere(chain: Stakers) -> None:
    chain.view.put(keys.power(7, chain.operator(1)), b"\x01")


def _forget_to_decide(chain: Stakers) -> None:
    chain.view.put(keys.STAKE_CHANGED, b"\x01")


def _another_set(chain: Stakers) -> None:
    sets = chain.view.require(ValidatorSets, keys.VALIDATOR_SETS)
    del sets.sets[-1].validators[0]
    chain.view.save(keys.VALIDATOR_SETS, sets)


def _leave_the_queue(chain: Stakers) -> None:
    record = chain.validator(1)
    chain.view.delete(keys.validator_queue(record.unbonding_end, record.operator))


def _unbond_without_end(chain: Stakers) -> None:
    _bend(chain, 0, unbonding_end=99)


def _bonded_since_it_left(chain: Stakers) -> None:
    _bend(chain, 0, unbonding_height=1)


def _entry(chain: Stakers) -> UnbondingEntry:
    return chain.leaving(chain.people[0], 0)[0]


def _unlist_by_account(chain: Stakers) -> None:
    chain.view.delete(keys.unbonding_by(chain.people[0].address, chain.operator(0), _entry(chain).id))


def _unlist_by_validator(chain: Stakers) -> None:
    chain.view.delete(keys.unbonding_from(chain.operator(0), _entry(chain).id))


def _unschedule(chain: Stakers) -> None:
    entry = _entry(chain)
    schedule.remove(chain.view, entry.completes, keys.DEADLINE_UNBONDING, entry.id)


def _hold_more_than_it_began_with(chain: Stakers) -> None:
    entry = _entry(chain)
    entry.initial -= 1
    unbondings.save(chain.view, entry)


def _unlist_redelegation(chain: Stakers) -> None:
    chain.view.delete(keys.redelegation_from(chain.operator(0), _entry(chain).id + 1))


def _unlist_redelegation_by_account(chain: Stakers) -> None:
    who, (source, target) = chain.people[0].address, (chain.operator(0), chain.operator(2))
    chain.view.delete(keys.redelegation_by(who, target, source, _entry(chain).id + 1))


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        (_take_from_pool, "the pool of what is bonded"),
        (_put_into_the_other_pool, "the pool of what is not bonded"),
        (_more_tokens_than_shares, "has 12000001 uasy and 12000000 shares"),
        (_shares_nobody_holds, "its delegations hold"),
        (_forget_delegation, "its delegations hold"),
        (_keep_empty_delegation, "is empty but kept"),
        (_delegate_to_nobody, "validators there are not"),
        (_unlist_delegator, "delegators: listed and there differ"),
        (_forget_consensus_address, "consensus addresses: listed"),
        (_rank_jailed, "the order by stake: listed"),
        (_rank_elsewhere, "the order by stake: listed"),
        (_forget_to_decide, "without deciding"),
        (_another_set, "the set: listed"),
        (_leave_the_queue, "unbonding validators: listed"),
        (_unbond_without_end, "contradicts its record"),
        (_bonded_since_it_left, "contradicts its record"),
        (_unlist_by_account, "unbondings by account: listed"),
        (_unlist_by_validator, "unbondings by validator: listed"),
        (_unschedule, "scheduled and due differ"),
        (_hold_more_than_it_began_with, "holds more than it began with"),
        (_unlist_redelegation, "redelegations by source: listed"),
        (_unlist_redelegation_by_account, "redelegations by account: listed"),
    ],
)
def test_a_bent_record_is_noticed(bend: Callable[[Stakers], None], sentence: str) -> None:
    chain = chain_with_stake()
    bend(chain)
    with pytest.raises(InvariantBroken, match=sentence):
        invariants.check_all(chain.view)


def test_more_entries_than_allowed_are_noticed() -> None:
    chain = chain_with_stake()
    chain.undelegate(chain.people[0], 0, 1)
    chain.end_block()
    chain.params.max_entries = 1
    chain.view.save(keys.PARAMS, chain.params)
    with pytest.raises(InvariantBroken, match="more than 1 unbondings"):
        invariants.check_all(chain.view)
