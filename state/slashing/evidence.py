"""A consensus key that signed against itself: slashed once, jailed, and never again a validator's.

Source: x/evidence of the Cosmos SDK. One tombstone for each key, so however
many heights somebody signed twice before it was noticed, it is slashed for one.
"""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import SLASH_REASON_DOUBLE_SIGN, ValidatorRecord
from assay.state.context import Context, Misbehavior
from assay.state.slashing.burning import slash, voted_with
from assay.state.validators import records, signing
from assay.state.validators.jail import jail


def judge(ctx: Context, item: Misbehavior) -> None:
    """Slash, jail and tombstone for evidence that counts; pass over any other.

    Evidence does not count once the stake behind it may have left, against a key that is no validator's or is
    tombstoned, or when the key was another validator's then.
    """
    if ctx.height - item.height >= ctx.params.unbonding_period:
        return
    record = records.by_consensus_address(ctx.view, item.address)
    if record is None or record.created > item.height or signing.is_tombstoned(ctx.view, item.address):
        return
    _tombstone(ctx, record, item)


def _tombstone(ctx: Context, record: ValidatorRecord, item: Misbehavior) -> None:
    stake = item.power * ctx.params.power_reduction
    fraction = ctx.params.slash_double_sign
    slash(ctx, record, voted_with(item.height), stake, fraction, SLASH_REASON_DOUBLE_SIGN)
    jail(ctx, record)
    info = signing.load(ctx.view, item.address)
    info.tombstoned = True
    signing.save(ctx.view, info)
    ctx.emit("tombstone", {"validator": encode_address(record.operator)}, height=item.height)
