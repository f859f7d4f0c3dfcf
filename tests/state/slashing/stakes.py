"""Validators, delegations and what is on its way out, written down by hand."""

from __future__ import annotations

from typing import Any

from tests.state.conftest import CHAIN_ID, MemoryState, account

from assay.proto.staking_pb2 import (
    BOND_STATUS_BONDED,
    BondStatus,
    Delegation,
    RedelegationEntry,
    SlashRecord,
    UnbondingEntry,
    ValidatorRecord,
)
from assay.state import counters, ledger, staking
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.params import default_params
from assay.state.rules.shares import decode_whole, encode_whole
from assay.state.validators import delegations, records, redelegations, unbondings


class Stakes:
    """A state at height 100 with no more in it than a test writes down."""

    def __init__(self, **params: Any) -> None:
        settings = default_params(development=True)
        for name, value in params.items():
            setattr(settings, name, value)
        self.ctx = Context(CHAIN_ID, 100, settings, Overlay(MemoryState()))
        self.ctx.view.save(keys.COUNTERS, counters.first())

    # -- names ------------------------------------------------------------------------------

    def operator(self, number: int) -> bytes:
        return account(400 + number).address

    def address(self, number: int) -> bytes:
        """A validator's consensus address."""
        return account(500 + number).address

    # -- writing ----------------------------------------------------------------------------

    def validator(
        self, number: int, own: int, *, status: BondStatus = BOND_STATUS_BONDED, created: int = 1
    ) -> ValidatorRecord:
        """A validator with a delegation of its operator."""
        record = ValidatorRecord(
            operator=self.operator(number),
            public_key=account(500 + number).public_key,
            committee_key=account(600 + number).public_key,
            status=status,
            created=created,
            bonded_height=created,
        )
        records.save(self.ctx, record)
        return self.delegate(self.operator(number), number, own)

    def delegate(self, delegator: bytes, number: int, amount: int) -> ValidatorRecord:
        """New tokens that an account delegates, one share a uasy."""
        record, item = self.record(number), self.delegation(delegator, number)
        record.tokens += amount
        record.shares = encode_whole(decode_whole(record.shares) + amount)
        item.shares = encode_whole(decode_whole(item.shares) + amount)
        delegations.save(self.ctx.view, item)
        records.save(self.ctx, record)
        ledger.mint(self.ctx, records.pool_of(record), amount)
        return record

    def unbonding(self, number: int, amount: int, created: int, delegator: bytes = b"d" * 20) -> int:
        """New tokens on their way out of a validator."""
        entry = UnbondingEntry(
            id=counters.take_unbonding(self.ctx.view),
            delegator=delegator,
            validator=self.operator(number),
            created=created,
            completes=created + self.ctx.params.unbonding_period,
            initial=amount,
            balance=amount,
        )
        unbondings.add(self.ctx.view, entry)
        ledger.mint(self.ctx, keys.NOT_BONDED_POOL, amount)
        return entry.id

    def redelegation(
        self, source: int, target: int, amount: int, created: int, delegator: bytes = b"d" * 20
    ) -> int:
        """New tokens that came to a validator from another."""
        self.delegate(delegator, target, amount)
        entry = RedelegationEntry(
            id=counters.take_unbonding(self.ctx.view),
            delegator=delegator,
            source=self.operator(source),
            target=self.operator(target),
            created=created,
            completes=created + self.ctx.params.unbonding_period,
            initial=amount,
            shares=encode_whole(amount),
        )
        redelegations.add(self.ctx.view, entry)
        return entry.id

    def undelegate(self, delegator: bytes, number: int, amount: int) -> None:
        """Let an account take stake out of a validator at the present height."""
        found = staking.check_undelegate(self.ctx, delegator, self.operator(number), amount)
        staking.undelegate(self.ctx, *found)

    def undelegate_part(self, delegator: bytes, number: int, percent: int) -> None:
        """Let an account take a part of what it has at a validator out, if it has anything there."""
        amount = staking.worth(self.record(number), self.delegation(delegator, number)) * percent // 100
        if amount:
            self.undelegate(delegator, number, amount)

    def take(self, entry_id: int, amount: int) -> None:
        """Burn some of what is on its way out, as an earlier slash did."""
        entry = self.entry(entry_id)
        entry.balance -= amount
        unbondings.save(self.ctx.view, entry)
        ledger.burn(self.ctx, keys.NOT_BONDED_POOL, amount)

    # -- reading ----------------------------------------------------------------------------

    def record(self, number: int) -> ValidatorRecord:
        return records.find(self.ctx.view, self.operator(number))

    def delegation(self, delegator: bytes, number: int) -> Delegation:
        found = delegations.load(self.ctx.view, delegator, self.operator(number))
        return found or Delegation(delegator=delegator, validator=self.operator(number))

    def entry(self, entry_id: int) -> UnbondingEntry:
        return self.ctx.view.require(UnbondingEntry, keys.unbonding(entry_id))

    def leaving(self) -> list[UnbondingEntry]:
        """Everything on its way out."""
        return [UnbondingEntry.FromString(data) for _, data in self.ctx.view.iterate(keys.UNBONDING)]

    def slashes(self, number: int) -> list[SlashRecord]:
        found = self.ctx.view.iterate(keys.slashes(self.operator(number)))
        return [SlashRecord.FromString(data) for _, data in found]

    def supply(self) -> int:
        return ledger.supply(self.ctx.view).total

    def check_pools(self) -> None:
        """The pools hold what validators and entries say, and no share is worth more than one uasy."""
        view = self.ctx.view
        listed = list(records.listed(view))
        for record in listed:
            assert record.tokens <= decode_whole(record.shares)
            held = list(delegations.to_validator(view, record.operator))
            assert sum(decode_whole(item.shares) for item in held) == decode_whole(record.shares)
        bonded = sum(record.tokens for record in listed if records.is_bonded(record))
        left = sum(item.balance for item in self.leaving())
        others = sum(record.tokens for record in listed) - bonded + left
        assert ledger.account(view, keys.BONDED_POOL).balance == bonded
        assert ledger.account(view, keys.NOT_BONDED_POOL).balance == others
