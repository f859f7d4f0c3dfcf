"""Putting a validator out of the order by stake, until it asks to be let in again."""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import ValidatorRecord
from assay.state.context import Context
from assay.state.validators import records, signing


def jail(ctx: Context, record: ValidatorRecord, until: int = 0) -> None:
    """Jail a validator, and write its record; it leaves the set at the end of the block.

    Parameters
    ----------
    record
        As it is in the state; changed here.
    until
        First height at which it may be unjailed; an earlier sentence that lasts longer stays. 0: at any time.
    """
    info = signing.load(ctx.view, records.consensus_address(record))
    if until > info.jailed_until:
        info.jailed_until = until
        signing.save(ctx.view, info)
    if record.jailed:
        return
    record.jailed = True
    records.save(ctx, record)
    ctx.emit("jail", {"validator": encode_address(record.operator)}, until=info.jailed_until)


def release(ctx: Context, record: ValidatorRecord) -> None:
    """Let a jailed validator back into the order by stake, and write its record."""
    record.jailed = False
    records.save(ctx, record)
    ctx.emit("unjail", {"validator": encode_address(record.operator)})
