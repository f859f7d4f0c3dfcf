"""How an account becomes an operator, and what it may change."""

from __future__ import annotations

from typing import Any

import pytest
from tests.state.conftest import CHAIN_ID, account
from tests.state.stake import ASY, Stakers, create_message

from assay.crypto.accounts import COMMITTEE_KEY_TAG, VALIDATOR_TAG, possession_bytes
from assay.proto.staking_pb2 import BOND_STATUS_BONDED, Description, SigningInfo
from assay.proto.tx_pb2 import MsgEditValidator
from assay.state.rules.errors import (
    BadCommission,
    BadDescription,
    BadPossession,
    KeyTombstoned,
    SelfDelegationTooLow,
    ValidatorExists,
    ValidatorNotFound,
)
from assay.state.rules.shares import decode_whole
from assay.state.validators import signing

CONSENSUS, COMMITTEE = account(710), account(860)
SENDER, OTHER = account(1), account(2)


@pytest.fixture
def chain() -> Stakers:
    return Stakers(stakes=(4 * ASY,))


def create(chain: Stakers, amount: int = 2 * ASY, **changes: Any) -> None:
    """Let somebody who has enough try to become an operator."""
    sender = chain.people[0]
    chain.run("create_validator", sender, create_message(sender, CONSENSUS, COMMITTEE, amount, **changes))


def test_an_account_becomes_an_operator_and_is_bonded_at_the_end_of_the_block(chain: Stakers) -> None:
    number = chain.create(2 * ASY)
    record = chain.validator(number)
    assert (record.tokens, decode_whole(record.shares), record.created) == (2 * ASY, 2 * ASY, 1)
    assert (record.commission.rate, record.commission.max_rate, record.commission.max_change) == (
        1_000,
        2_000,
        100,
    )
    assert chain.worth(chain.stakers[number], number) == 2 * ASY
    chain.end_block()
    assert chain.validator(number).status == BOND_STATUS_BONDED
    assert chain.signing(3)[chain.address(number)] == 2


def test_an_operator_has_one_validator_and_a_key_one_operator(chain: Stakers) -> None:
    with pytest.raises(ValidatorExists, match="operator already"):
        chain.create_again(0, 2 * ASY)
    taken = chain.consensus_key(0)
    proof = taken.sign(possession_bytes(VALIDATOR_TAG, CHAIN_ID, chain.people[0].address))
    with pytest.raises(ValidatorExists, match="consensus key"):
        create(chain, public_key=taken.public_key, proof=proof)


def test_a_key_that_signed_twice_is_never_again_a_validators(chain: Stakers) -> None:
    signing.save(chain.view, SigningInfo(address=CONSENSUS.address, tombstoned=True))
    with pytest.raises(KeyTombstoned):
        create(chain)


@pytest.mark.parametrize(
    "changes",
    [
        {"proof": bytes(64)},
        {"proof": CONSENSUS.sign(possession_bytes(VALIDATOR_TAG, "another-chain", SENDER.address))},
        {"proof": CONSENSUS.sign(possession_bytes(VALIDATOR_TAG, CHAIN_ID, OTHER.address))},
        {"proof": CONSENSUS.sign(possession_bytes(COMMITTEE_KEY_TAG, CHAIN_ID, SENDER.address))},
        {"committee_proof": COMMITTEE.sign(possession_bytes(VALIDATOR_TAG, CHAIN_ID, SENDER.address))},
        {"committee_proof": OTHER.sign(possession_bytes(COMMITTEE_KEY_TAG, CHAIN_ID, SENDER.address))},
        {"public_key": account(3).public_key},
        {"public_key": bytes(31)},
        {"committee_key": bytes(33)},
        {"committee_key": bytes(32), "committee_proof": bytes(64)},  # a key of small order signs anything
        {"proof": b""},
    ],
)
def test_a_key_must_prove_that_it_is_its_operators_on_this_chain(
    chain: Stakers, changes: dict[str, bytes]
) -> None:
    assert chain.people[0] == SENDER
    with pytest.raises(BadPossession):
        create(chain, **changes)
    create(chain)


LONGEST = Description(
    moniker="m" * 70, identity="i" * 64, website="w" * 140, security_contact="s" * 140, details="d" * 280
)


@pytest.mark.parametrize("name", ["moniker", "identity", "website", "security_contact", "details"])
def test_a_description_is_bounded(chain: Stakers, name: str) -> None:
    longer = Description()
    longer.CopyFrom(LONGEST)
    setattr(longer, name, getattr(LONGEST, name) + "x")
    for long in (longer, Description(moniker="é" * 36), Description(details="no name")):
        with pytest.raises(BadDescription):
            create(chain, description=long)
        with pytest.raises(BadDescription):
            chain.edit(0, description=long)
    create(chain, description=LONGEST)
    chain.edit(0, description=LONGEST)
    assert chain.validator(0).description == LONGEST


@pytest.mark.parametrize(
    ("rate", "max_rate", "max_change"), [(2_001, 2_000, 0), (0, 10_001, 0), (1_000, 2_000, 2_001)]
)
def test_rates_that_contradict_each_other_are_refused(
    chain: Stakers, rate: int, max_rate: int, max_change: int
) -> None:
    with pytest.raises(BadCommission):
        create(chain, commission_rate=rate, max_commission_rate=max_rate, max_commission_change=max_change)
    create(chain, commission_rate=10_000, max_commission_rate=10_000, max_commission_change=10_000)


def test_a_promise_has_a_least_and_is_kept_from_the_beginning(chain: Stakers) -> None:
    with pytest.raises(SelfDelegationTooLow, match="at least"):
        create(chain, min_self_delegation=ASY - 1)
    with pytest.raises(SelfDelegationTooLow, match="the promise"):
        create(chain, amount=2 * ASY - 1, min_self_delegation=2 * ASY)
    create(chain, amount=2 * ASY, min_self_delegation=2 * ASY)


# --- editing -------------------------------------------------------------------


def test_what_is_left_out_of_an_edit_stays() -> None:
    chain = Stakers(stakes=(4 * ASY,))
    before = chain.validator(0)
    chain.edit(0)
    assert chain.validator(0) == before
    chain.edit(0, description=Description(moniker="new"))
    after = chain.validator(0)
    assert after.description == Description(moniker="new")
    after.description.CopyFrom(before.description)
    assert after == before


def test_who_is_no_operator_edits_nothing(chain: Stakers) -> None:
    with pytest.raises(ValidatorNotFound):
        chain.run("edit_validator", chain.people[0], MsgEditValidator(commission_rate=0))


def test_a_commission_changes_once_a_day_by_so_much_and_never_above_its_maximum() -> None:
    chain = Stakers(stakes=(4 * ASY,), blocks_per_year=3650)  # a day is ten blocks
    with pytest.raises(BadCommission, match="from height 11"):
        chain.edit(0, commission_rate=1_100)
    chain.end_block(10)
    with pytest.raises(BadCommission, match="may rise by 100"):
        chain.edit(0, commission_rate=1_101)
    chain.edit(0, commission_rate=1_100)
    with pytest.raises(BadCommission, match="from height 21"):
        chain.edit(0, commission_rate=0)
    chain.end_block(10)
    chain.edit(0, commission_rate=0)  # falling, it may fall by any amount
    chain.end_block(10)
    with pytest.raises(BadCommission, match="at most 2000"):
        chain.edit(0, commission_rate=2_001)
    assert chain.validator(0).commission.rate == 0


def test_a_promise_may_only_rise_and_only_as_far_as_it_is_kept(chain: Stakers) -> None:
    chain.delegate(chain.people[0], 0, 10 * ASY)
    chain.edit(0, min_self_delegation=4 * ASY)
    with pytest.raises(SelfDelegationTooLow, match="only rise"):
        chain.edit(0, min_self_delegation=4 * ASY - 1)
    with pytest.raises(SelfDelegationTooLow, match="has delegated"):
        chain.edit(0, min_self_delegation=4 * ASY + 1)


def test_a_committee_key_is_exchanged_with_a_proof(chain: Stakers) -> None:
    proof = COMMITTEE.sign(possession_bytes(COMMITTEE_KEY_TAG, CHAIN_ID, chain.operator(0)))
    for key, shown in ((COMMITTEE.public_key, bytes(64)), (COMMITTEE.public_key, b""), (b"", proof)):
        with pytest.raises(BadPossession):
            chain.edit(0, committee_key=key, committee_proof=shown)
    chain.edit(0, committee_key=COMMITTEE.public_key, committee_proof=proof)
    assert chain.validator(0).committee_key == COMMITTEE.public_key
