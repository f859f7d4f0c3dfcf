"""Validators and delegations written down as they are, for tests of what follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.state.conftest import account

from assay.crypto.accounts import Account, address_of
from assay.proto.staking_pb2 import (
    BOND_STATUS_BONDED,
    Commission,
    Delegation,
    Description,
    ValidatorRecord,
)
from assay.state import distribution, ledger
from assay.state.context import Context, Vote
from assay.state.rules import keys
from assay.state.rules.shares import encode_whole
from assay.state.validators import delegations
from assay.state.validators import records as validators


def consensus_key(operator: Account) -> bytes:
    """The Ed25519 public key by which the validator of an operator signs blocks."""
    return account(int.from_bytes(operator.address[:4], "big")).public_key


def bond(
    ctx: Context,
    operator: Account,
    stakes: Mapping[bytes, int],
    *,
    rate: int = 1_000,
    public_key: bytes = b"",
    committee_key: bytes = b"",
) -> ValidatorRecord:
    """Write a bonded validator to which delegators (address to uasy) have just delegated new tokens."""
    total = sum(stakes.values())
    record = ValidatorRecord(
        operator=operator.address,
        public_key=public_key or consensus_key(operator),
        committee_key=committee_key or operator.public_key,
        description=Description(moniker="validator"),
        commission=Commission(rate=rate, max_rate=10_000, max_change=10_000),
        min_self_delegation=1,
        tokens=total,
        shares=encode_whole(total),
        status=BOND_STATUS_BONDED,
        created=ctx.height,
        bonded_height=ctx.height,
    )
    ledger.mint(ctx, keys.BONDED_POOL, total)
    for delegator, amount in stakes.items():
        item = Delegation(delegator=delegator, validator=operator.address)
        distribution.settle(ctx, record, item)
        item.shares = encode_whole(amount)
        delegations.save(ctx.view, item)
    validators.save(ctx, record)
    return record


def consensus_address(operator: Account) -> bytes:
    """How CometBFT names the validator of an operator."""
    return address_of(consensus_key(operator))


def vote(record: ValidatorRecord, power: int, *, signed: bool = True) -> Vote:
    """A validator's vote in a commit."""
    return Vote(validators.consensus_address(record), power, signed)


def earn(ctx: Context, record: ValidatorRecord, amount: int) -> None:
    """Give a validator new tokens to divide."""
    ledger.mint(ctx, keys.DISTRIBUTION, amount)
    distribution.allocate(ctx, record, amount)
