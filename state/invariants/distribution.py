"""Rewards: what lies in DISTRIBUTION belongs to somebody, and nobody is owed more than is there."""

from __future__ import annotations

from collections import Counter

from assay.proto.staking_pb2 import Delegation, ValidatorRewards, WithdrawAddress
from assay.state import distribution, ledger
from assay.state.invariants.base import InvariantBroken
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.rewards import pending
from assay.state.rules.shares import decode_whole
from assay.state.validators import records as validators


def check_held(view: Overlay) -> None:
    """DISTRIBUTION holds what validators have outstanding and the community pool; no fees wait."""
    outstanding = sum(ValidatorRewards.FromString(data).outstanding for _, data in view.iterate(keys.REWARDS))
    expected = outstanding + distribution.community_pool(view)
    held, fees = (
        ledger.account(view, address).balance for address in (keys.DISTRIBUTION, keys.FEE_COLLECTOR)
    )
    if held != expected:
        raise InvariantBroken(f"rewards and community pool are {expected} uasy, but {held} uasy are held")
    if fees:
        raise InvariantBroken(f"a block has ended with {fees} uasy of fees that nobody got")


def check_owed(view: Overlay) -> None:
    """What a validator has outstanding is enough for its commission and for what its delegations are owed."""
    owed: Counter[bytes] = Counter()
    for _, data in view.iterate(keys.DELEGATION):
        item = Delegation.FromString(data)
        found = distribution.rewards_of(view, item.validator)
        if decode_whole(item.reward_start) > decode_whole(found.per_share):
            raise InvariantBroken(f"a delegation to {item.validator.hex()} was paid what nobody has earned")
        owed[item.validator] += pending(item, found)
    for key, data in view.iterate(keys.REWARDS):
        operator, found = key[1:], ValidatorRewards.FromString(data)
        if validators.load(view, operator) is None:
            raise InvariantBroken(f"{operator.hex()} has rewards but no validator")
        due = owed.pop(operator, 0) + found.commission
        if due > found.outstanding:
            raise InvariantBroken(f"{operator.hex()} owes {due} uasy and has {found.outstanding} uasy")


def check_withdraw_addresses(view: Overlay) -> None:
    """Rewards are paid to accounts that somebody can send from, and only other ones are written down."""
    for key, data in view.iterate(keys.WITHDRAW_ADDRESS):
        address = WithdrawAddress.FromString(data).address
        if address == key[1:] or keys.is_module(address):
            raise InvariantBroken(f"the rewards of {key[1:].hex()} are paid to {address.hex()}")
