"""The way out of jail."""

from __future__ import annotations

from assay.proto.staking_pb2 import ValidatorRecord
from assay.state.context import Context
from assay.state.rules.errors import NotJailed, SelfDelegationTooLow, StillJailed, Tombstoned
from assay.state.staking import self_stake
from assay.state.validators import records, signing


def check_unjail(ctx: Context, operator: bytes) -> ValidatorRecord:
    """Return the validator that an operator may free now.

    Raises
    ------
    ValidatorNotFound, NotJailed, Tombstoned, StillJailed
    SelfDelegationTooLow
        If its own stake is less than it promised.
    """
    record = records.find(ctx.view, operator)
    if not record.jailed:
        raise NotJailed("the validator is not jailed; there is nothing to do")
    info = signing.load(ctx.view, records.consensus_address(record))
    if info.tombstoned:
        raise Tombstoned(
            "the validator's consensus key has signed two blocks at one height and never comes back; take "
            "the stake out, and create a validator with another key and operator"
        )
    if ctx.height < info.jailed_until:
        raise StillJailed(f"the validator is jailed until height {info.jailed_until}; unjail it then")
    _check_own_stake(ctx, record)
    return record


def _check_own_stake(ctx: Context, record: ValidatorRecord) -> None:
    worth = self_stake(ctx.view, record)
    if worth < record.min_self_delegation:
        raise SelfDelegationTooLow(
            f"the operator's own delegation is worth {worth} uasy, it promised {record.min_self_delegation} "
            "uasy; delegate the difference first"
        )
