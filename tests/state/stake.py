"""A chain in memory whose validators stand by stake, and what CometBFT makes of their updates.

    chain = Stakers(stakes=(3 * ASY, 2 * ASY))
    chain.delegate(chain.people[0], 1, 5 * ASY)
    chain.end_block(2)
    assert chain.signing(chain.height)[chain.address(1)] == 7

Validators are named by their number. Everything happens by messages, as it would in a block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.state.chain import BALANCE, Chain
from tests.state.conftest import CHAIN_ID, account

from assay.crypto.accounts import COMMITTEE_KEY_TAG, VALIDATOR_TAG, Account, possession_bytes
from assay.proto.staking_pb2 import Delegation, Description, UnbondingEntry, ValidatorRecord
from assay.proto.state_pb2 import Validator
from assay.proto.tx_pb2 import (
    MsgCancelUnbonding,
    MsgCreateValidator,
    MsgDelegate,
    MsgEditValidator,
    MsgRedelegate,
    MsgUndelegate,
)
from assay.state import distribution, ledger, slashing, staking
from assay.state.context import Misbehavior, Vote
from assay.state.rules.shares import decode_whole
from assay.state.validators import delegations, records, unbondings

ASY = 1_000_000


def create_message(
    operator: Account, consensus: Account, committee: Account, amount: int = ASY, **changes: Any
) -> MsgCreateValidator:
    """A good message that makes an account an operator; `changes` replace fields."""
    fields: dict[str, Any] = {
        "description": Description(moniker=f"validator of {operator.address_text[-6:]}"),
        "commission_rate": 1_000,
        "max_commission_rate": 2_000,
        "max_commission_change": 100,
        "min_self_delegation": ASY,
        "amount": amount,
        "public_key": consensus.public_key,
        "proof": consensus.sign(possession_bytes(VALIDATOR_TAG, CHAIN_ID, operator.address)),
        "committee_key": committee.public_key,
        "committee_proof": committee.sign(possession_bytes(COMMITTEE_KEY_TAG, CHAIN_ID, operator.address)),
    }
    return MsgCreateValidator(**{**fields, **changes})


class CometSets:
    """The validator sets as CometBFT keeps them: it refuses what it would refuse, and waits as it waits."""

    def __init__(self, first_height: int, first: Sequence[Validator]) -> None:
        genesis = {update.address: update.power for update in first}
        assert genesis, "a chain without validators does not start"
        self._sets = {first_height: genesis, first_height + 1: genesis}

    def apply(self, height: int, updates: Sequence[Validator]) -> None:
        """Take what the block at a height said; it counts from two heights later on."""
        following = dict(self._sets[height + 1])
        assert len({update.address for update in updates}) == len(updates), "one validator twice"
        for update in updates:
            assert update.power or update.address in following, "one leaves that was not there"
            following[update.address] = update.power
        following = {address: power for address, power in following.items() if power}
        assert following, "nobody is left"
        self._sets[height + 2] = following

    def at(self, height: int) -> dict[bytes, int]:
        """Voting power by consensus address, of those who sign a height."""
        return self._sets.get(height, {})


class Stakers(Chain):
    """A chain with bonded validators.

    Parameters
    ----------
    stakes
        What the operators delegate to their own validators at genesis, in uasy; they hold `BALANCE` besides.
    params
        Parameters other than a development chain's. A unit of voting power is 1 ASY if nothing else is said.

    Attributes
    ----------
    absent
        Numbers of the validators that do not sign.
    misbehavior
        Evidence that the next block brings.
    """

    def __init__(self, stakes: Sequence[int] = (4 * ASY, 3 * ASY, 2 * ASY), **params: Any) -> None:
        self.absent: set[int] = set()
        self.misbehavior: list[Misbehavior] = []
        self.stakers: list[Account] = []
        super().__init__(seats=0, **{"power_reduction": ASY, "inflation": 0, **params})
        for amount in stakes:
            self.create(amount)
        self.comet = CometSets(1, staking.update_set(self.ctx, 1))

    # -- blocks -----------------------------------------------------------------------------

    def end_block(self, count: int = 1) -> None:
        for _ in range(count):
            super().end_block()
            slashing.begin_block(self.ctx, self.votes(), self.misbehavior)
            self.misbehavior = []

    def close(self) -> None:
        super().close()
        self.comet.apply(self.height, self.updates)

    def earn(self) -> None:
        distribution.end_block(self.ctx, self.proposer(), self.votes())

    def signing(self, height: int) -> dict[bytes, int]:
        """Voting power by consensus address, of those who sign a height."""
        return self.comet.at(height)

    def votes(self) -> list[Vote]:
        """The last commit, as the block under execution has it."""
        absent = {self.address(number) for number in self.absent}
        signers = sorted(self.signing(self.height - 1).items()) if self.height > 1 else []
        return [Vote(address, power, address not in absent) for address, power in signers]

    def proposer(self) -> bytes:
        """Whoever makes the block under execution: each in its turn."""
        signers = sorted(self.signing(self.height))
        return signers[self.height % len(signers)]

    # -- who is who -------------------------------------------------------------------------

    def consensus_key(self, number: int) -> Account:
        return account(700 + number)

    def address(self, number: int) -> bytes:
        """A validator's consensus address."""
        return self.consensus_key(number).address

    def operator(self, number: int) -> bytes:
        return self.stakers[number].address

    def validator(self, number: int) -> ValidatorRecord:
        return records.find(self.view, self.operator(number))

    def worth(self, who: Account, number: int) -> int:
        """What an account's delegation is worth, in uasy."""
        found = delegations.load(self.view, who.address, self.operator(number))
        return 0 if found is None else staking.worth(self.validator(number), found)

    def shares(self, who: Account, number: int) -> int:
        found = delegations.load(self.view, who.address, self.operator(number)) or Delegation()
        return decode_whole(found.shares)

    def leaving(self, who: Account, number: int) -> list[UnbondingEntry]:
        """What an account takes out of a validator, oldest first."""
        return list(unbondings.by_delegator(self.view, who.address, self.operator(number)))

    # -- messages ---------------------------------------------------------------------------

    def create(self, amount: int = ASY, **changes: Any) -> int:
        """Make a new account an operator and return its validator's number."""
        number = len(self.stakers)
        operator = account(600 + number)
        self.stakers.append(operator)
        ledger.mint(self.ctx, operator.address, amount + BALANCE)
        keys = self.consensus_key(number), account(850 + number)
        self.run("create_validator", operator, create_message(operator, *keys, amount, **changes))
        return number

    def create_again(self, number: int, amount: int) -> None:
        """Make a validator anew whose stake has left."""
        operator, keys = self.stakers[number], (self.consensus_key(number), account(850 + number))
        self.run("create_validator", operator, create_message(operator, *keys, amount))

    def edit(self, number: int, **fields: Any) -> None:
        self.run("edit_validator", self.stakers[number], MsgEditValidator(**fields))

    def delegate(self, who: Account, number: int, amount: int) -> None:
        self.run("delegate", who, MsgDelegate(validator=self.operator(number), amount=amount))

    def undelegate(self, who: Account, number: int, amount: int) -> None:
        self.run("undelegate", who, MsgUndelegate(validator=self.operator(number), amount=amount))

    def redelegate(self, who: Account, source: int, target: int, amount: int) -> None:
        message = MsgRedelegate(source=self.operator(source), target=self.operator(target), amount=amount)
        self.run("redelegate", who, message)

    def cancel(self, who: Account, number: int, entry: int, amount: int) -> None:
        message = MsgCancelUnbonding(validator=self.operator(number), entry=entry, amount=amount)
        self.run("cancel_unbonding", who, message)

    def slash(self, number: int, amount: int) -> None:
        """Take tokens from a validator as a slash does, without looking for who has left it."""
        record = self.validator(number)
        ledger.burn(self.ctx, records.pool_of(record), amount)
        record.tokens -= amount
        records.save(self.ctx, record)
