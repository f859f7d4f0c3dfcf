"""Who is in the validator set, and what becomes of those who leave it.

CometBFT uses a set that a block decides on two heights later. The sets that may still be needed to check a
vote extension are kept (`assay.state.extensions`).
"""

from __future__ import annotations

from itertools import islice, pairwise

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import (
    BOND_STATUS_BONDED,
    BOND_STATUS_UNBONDED,
    BOND_STATUS_UNBONDING,
    ValidatorRecord,
)
from assay.proto.state_pb2 import Validator, ValidatorSet, ValidatorSets
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.staking import redelegating, unbonding
from assay.state.staking.delegating import forget_empty
from assay.state.staking.pools import change_status
from assay.state.validators import records as validators

UPDATE_DELAY = 2
"""Heights from the block that changes the set to the first one that the new set signs."""


def end_block(ctx: Context) -> list[Validator]:
    """Decide on the validator set and complete what is due; return the changes to the set."""
    updates = update_set(ctx, ctx.height + UPDATE_DELAY)
    _complete_validators(ctx)
    unbonding.complete(ctx)
    redelegating.complete(ctx)
    return updates


def update_set(ctx: Context, first_height: int) -> list[Validator]:
    """Bond the validators with most stake, and let the others go.

    Parameters
    ----------
    first_height
        The first height that the new set signs.

    Returns
    -------
    list
        Who is new, has another power, or leaves with power 0; by consensus address. If nobody could be in the
        set it stays as it was, and whoever is in it stays bonded: a chain without validators stands for good.
    """
    if ctx.view.get(keys.STAKE_CHANGED) is None:
        return []
    ctx.view.delete(keys.STAKE_CHANGED)
    chosen = list(islice(validators.ranked(ctx.view), ctx.params.max_validators))
    if not chosen:
        return []
    before = {validator.address: validator for validator in newest_set(ctx.view)}
    after = {entry.address: entry for entry in (_entry(ctx, record) for record in chosen)}
    for address in sorted(before.keys() - after.keys()):
        _leave(ctx, address)
    for record in chosen:
        if not validators.is_bonded(record):
            _join(ctx, record)
    return _keep(ctx, before, after, first_height)


def newest_set(view: Overlay) -> list[Validator]:
    """Return the set that was decided on last."""
    sets = view.load(ValidatorSets, keys.VALIDATOR_SETS) or ValidatorSets()
    return list(sets.sets[-1].validators) if sets.sets else []


def _entry(ctx: Context, record: ValidatorRecord) -> Validator:
    return Validator(
        address=validators.consensus_address(record),
        public_key=record.public_key,
        power=validators.power(record, ctx.params),
    )


def _keep(
    ctx: Context, before: dict[bytes, Validator], after: dict[bytes, Validator], first_height: int
) -> list[Validator]:
    """Write the new set if it differs, drop sets nobody needs, and return the difference."""
    gone = (Validator(address=a, public_key=before[a].public_key) for a in before.keys() - after.keys())
    changed = (entry for entry in after.values() if before.get(entry.address) != entry)
    updates = sorted((*gone, *changed), key=lambda entry: entry.address)
    if not updates:
        return []
    known = ctx.view.load(ValidatorSets, keys.VALIDATOR_SETS) or ValidatorSets()
    ordered = [after[address] for address in sorted(after)]
    sets = [*known.sets, ValidatorSet(first_height=first_height, validators=ordered)]
    # The next block brings the extensions of this height: the set that signs it is the oldest one needed.
    needed = [entry for entry, later in pairwise(sets) if later.first_height > ctx.height]
    ctx.view.save(keys.VALIDATOR_SETS, ValidatorSets(sets=[*needed, sets[-1]]))
    return updates


def _join(ctx: Context, record: ValidatorRecord) -> None:
    if record.status == BOND_STATUS_UNBONDING:
        ctx.view.delete(keys.validator_queue(record.unbonding_end, record.operator))
    change_status(ctx, record, BOND_STATUS_BONDED)
    record.unbonding_height = record.unbonding_end = 0
    record.bonded_height = ctx.height
    validators.save(ctx, record)
    _tell(ctx, record, "bonded")


def _leave(ctx: Context, address: bytes) -> None:
    record = validators.by_consensus_address(ctx.view, address)
    if record is None:
        raise RuntimeError(f"the set has validator {address.hex()}, of which there is no record")
    change_status(ctx, record, BOND_STATUS_UNBONDING)
    record.unbonding_height = ctx.height
    record.unbonding_end = ctx.height + ctx.params.unbonding_period
    ctx.view.mark(keys.validator_queue(record.unbonding_end, record.operator))
    validators.save(ctx, record)
    _tell(ctx, record, "unbonding")


def _complete_validators(ctx: Context) -> None:
    """Make validators unbonded that left the set an unbonding period ago."""
    for key in [key for key, _ in ctx.view.iterate(keys.validator_queue(ctx.height))]:
        ctx.view.delete(key)
        record = validators.find(ctx.view, keys.parse_validator_queue(key)[1])
        change_status(ctx, record, BOND_STATUS_UNBONDED)
        record.unbonding_end = 0
        validators.save(ctx, record)
        _tell(ctx, record, "unbonded")
        forget_empty(ctx, record)


def _tell(ctx: Context, record: ValidatorRecord, status: str) -> None:
    ctx.emit("validator_status", {"validator": encode_address(record.operator)}, status=status)
