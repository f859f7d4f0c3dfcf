"""Who decides on another version of the state, and what its height does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.state.bonded import bond
from tests.state.chain import Chain

from assay.crypto.accounts import Account
from assay.proto.state_pb2 import Params, Validator, ValidatorSet, ValidatorSets
from assay.proto.tx_pb2 import MsgSignalUpgrade
from assay.state import upgrades
from assay.state.rules import keys
from assay.state.rules.errors import BadUpgrade, NoVoice
from assay.state.transition import Block, execute
from assay.state.validators import records

POWERS = (5, 3, 2)  # more than two thirds is 7
HEIGHT = 40


class Electorate:
    """A chain with three validators, at height 10."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.operators = self.chain.people[: len(POWERS)]
        found = []
        for operator, power in zip(self.operators, POWERS, strict=True):
            record = bond(self.chain.ctx, operator, {operator.address: power * 10**6})
            address = records.consensus_address(record)
            found.append(Validator(address=address, public_key=record.public_key, power=power))
        found.sort(key=lambda validator: validator.address)
        self.chain.view.save(
            keys.VALIDATOR_SETS, ValidatorSets(sets=[ValidatorSet(first_height=1, validators=found)])
        )
        self.chain.ctx.height = 10

    def signal(self, who: Account, version: int = 2, height: int = HEIGHT) -> None:
        self.chain.run("signal_upgrade", who, MsgSignalUpgrade(version=version, height=height))

    @property
    def decided(self) -> tuple[int, int]:
        params = self.chain.view.require(Params, keys.PARAMS)
        return params.upgrade_version, params.upgrade_height


@pytest.fixture
def electorate() -> Electorate:
    return Electorate()


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Versions 2 and 3 are known; the list tells which migrations ran."""
    ran: list[int] = []
    for version in (2, 3):
        monkeypatch.setitem(upgrades.MIGRATIONS, version, lambda _, version=version: ran.append(version))
    return ran


def test_more_than_two_thirds_of_the_power_decide(electorate: Electorate) -> None:
    large, middle, small = electorate.operators
    electorate.signal(large)
    electorate.signal(small)
    assert electorate.decided == (2, HEIGHT)
    electorate.signal(middle)
    assert electorate.decided == (2, HEIGHT)


def test_power_for_another_height_does_not_count(electorate: Electorate) -> None:
    large, middle, small = electorate.operators
    electorate.signal(large)
    electorate.signal(middle, height=HEIGHT + 1)
    assert electorate.decided == (0, 0)
    electorate.signal(small, version=3)
    assert electorate.decided == (0, 0)


def test_two_thirds_are_not_more_than_two_thirds(electorate: Electorate) -> None:
    sets = electorate.chain.view.require(ValidatorSets, keys.VALIDATOR_SETS)
    for validator in sets.sets[0].validators:
        validator.power = 1
    electorate.chain.view.save(keys.VALIDATOR_SETS, sets)
    for operator in electorate.operators[:2]:
        electorate.signal(operator)
    assert electorate.decided == (0, 0)


def test_what_was_decided_can_be_called_off_and_changed(electorate: Electorate) -> None:
    for operator in electorate.operators:
        electorate.signal(operator)
    for operator in electorate.operators:
        electorate.signal(operator, 0, 0)
    assert electorate.decided == (0, 0)
    for operator in electorate.operators:
        electorate.signal(operator, 3, HEIGHT + 5)
    assert electorate.decided == (3, HEIGHT + 5)


def test_only_who_is_in_the_set_has_a_voice(electorate: Electorate) -> None:
    with pytest.raises(NoVoice):
        electorate.signal(electorate.chain.owner)


@pytest.mark.parametrize(
    ("version", "height"), [(1, HEIGHT), (2, 14), (2, 0), (0, HEIGHT), (2, 1 << 62), (2, 2**64 - 1)]
)
def test_an_upgrade_that_cannot_be_is_refused(electorate: Electorate, version: int, height: int) -> None:
    with pytest.raises(BadUpgrade):
        electorate.signal(electorate.operators[0], version, height)


def block(electorate: Electorate, height: int) -> Any:
    return execute(electorate.chain.view, electorate.chain.ctx.chain_id, Block(height, [], [], {}))


def test_the_block_of_the_height_begins_with_every_migration(
    electorate: Electorate, known: list[int]
) -> None:
    for operator in electorate.operators:
        electorate.signal(operator, 3)
    block(electorate, HEIGHT - 1)
    assert not known
    block(electorate, HEIGHT)
    params = electorate.chain.view.require(Params, keys.PARAMS)
    assert (known, params.state_version, electorate.decided) == ([2, 3], 3, (0, 0))
    assert not list(electorate.chain.view.iterate(keys.UPGRADE_SIGNAL))


def test_a_program_that_does_not_know_the_version_stops_in_front_of_it(electorate: Electorate) -> None:
    for operator in electorate.operators:
        electorate.signal(operator)
    block(electorate, HEIGHT - 1)
    before = dict(electorate.chain.view.changes)
    with pytest.raises(upgrades.UpgradeNeeded, match="install a release that knows it"):
        block(electorate, HEIGHT)
    assert electorate.chain.view.changes == before


def test_a_program_older_than_the_state_does_not_start() -> None:
    upgrades.require_known(Params(state_version=1), 7)
    with pytest.raises(upgrades.UpgradeNeeded, match="needs version 2"):
        upgrades.require_known(Params(state_version=2), 7)
    with pytest.raises(upgrades.UpgradeNeeded):
        upgrades.require_known(Params(state_version=1, upgrade_version=2, upgrade_height=7), 7)
    upgrades.require_known(Params(state_version=1, upgrade_version=2, upgrade_height=8), 7)
