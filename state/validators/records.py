"""A validator's record, found by operator or by consensus address, and the order by stake.

The order is an index in the store, most tokens first and then by operator, of
the validators that may be in the set: not jailed, with at least one unit of
voting power. `save` keeps it in step with the record.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.crypto.accounts import address_of
from assay.proto.staking_pb2 import BOND_STATUS_BONDED, ValidatorRecord
from assay.proto.state_pb2 import Params
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import ValidatorNotFound
from assay.state.validators import signing


def load(view: Overlay, operator: bytes) -> ValidatorRecord | None:
    """Return the validator of an operator, or None."""
    return view.load(ValidatorRecord, keys.validator(operator))


def find(view: Overlay, operator: bytes) -> ValidatorRecord:
    """Return the validator of an operator.

    Raises
    ------
    ValidatorNotFound
        If there is none.
    """
    record = load(view, operator)
    if record is None:
        raise ValidatorNotFound("there is no validator of this operator; `assay query validators` lists them")
    return record


def by_consensus_address(view: Overlay, address: bytes) -> ValidatorRecord | None:
    """Return the validator with a consensus address, or None."""
    operator = view.get(keys.consensus_address(address))
    return None if operator is None else load(view, operator)


def consensus_address(record: ValidatorRecord) -> bytes:
    """Return the address by which CometBFT names a validator."""
    return address_of(record.public_key)


def power(record: ValidatorRecord, params: Params) -> int:
    """Return the voting power that a validator's tokens give, whether or not it is in the set."""
    return record.tokens // params.power_reduction


def save(ctx: Context, record: ValidatorRecord) -> None:
    """Write a validator's record and its place in the order by stake."""
    before = load(ctx.view, record.operator)
    if before is None:
        ctx.view.put(keys.consensus_address(consensus_address(record)), record.operator)
    _move(ctx, _place(before, ctx.params), _place(record, ctx.params))
    ctx.view.save(keys.validator(record.operator), record)


def delete(ctx: Context, record: ValidatorRecord) -> None:
    """Forget a validator that has no shares any more; its consensus key may become another one's."""
    _move(ctx, _place(record, ctx.params), None)
    signing.forget(ctx.view, consensus_address(record))
    ctx.view.delete(keys.consensus_address(consensus_address(record)))
    ctx.view.delete(keys.validator(record.operator))


def ranked(view: Overlay) -> Iterator[ValidatorRecord]:
    """Yield the validators that may be in the set, most stake first."""
    for key, _ in view.iterate(keys.POWER):
        yield view.require(ValidatorRecord, keys.validator(keys.parse_power(key)))


def listed(view: Overlay) -> Iterator[ValidatorRecord]:
    """Yield all validators, by operator."""
    for _, data in view.iterate(keys.VALIDATOR):
        yield ValidatorRecord.FromString(data)


def is_bonded(record: ValidatorRecord) -> bool:
    """Tell whether a validator is in the set."""
    return record.status == BOND_STATUS_BONDED


def pool_of(record: ValidatorRecord) -> bytes:
    """Return the account that holds a validator's tokens."""
    return keys.BONDED_POOL if is_bonded(record) else keys.NOT_BONDED_POOL


def _place(record: ValidatorRecord | None, params: Params) -> bytes | None:
    if record is None or record.jailed or not power(record, params):
        return None
    return keys.power(record.tokens, record.operator)


def _move(ctx: Context, old: bytes | None, new: bytes | None) -> None:
    if old == new:
        return
    if old is not None:
        ctx.view.delete(old)
    if new is not None:
        ctx.view.mark(new)
    ctx.view.mark(keys.STAKE_CHANGED)
