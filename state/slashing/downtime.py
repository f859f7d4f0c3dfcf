"""Counting the votes that are missing from commits, and jailing who misses too many of a window.

Source: x/slashing of the Cosmos SDK. A validator's window is a bitmap that is
written only when a bit of it changes, so a network whose validators all sign
writes nothing.
"""

from __future__ import annotations

from assay.proto.staking_pb2 import SLASH_REASON_DOWNTIME, SigningInfo, ValidatorRecord
from assay.proto.state_pb2 import Params
from assay.state.context import Context, Vote
from assay.state.rules.shares import part_of
from assay.state.slashing.burning import slash, voted_with
from assay.state.validators import records, signing
from assay.state.validators.jail import jail


def count(ctx: Context, vote: Vote) -> None:
    """Note whether a validator's vote is in the last commit, and jail it if too many are missing.

    The last validator of the set is not jailed: nobody could make the block in which it comes back.
    """
    record = records.by_consensus_address(ctx.view, vote.address)
    if record is None or record.jailed or not records.is_bonded(record):
        return  # out of the set, but votes of the two heights that follow were still asked for
    info = signing.load(ctx.view, vote.address)
    if _begins(ctx, info, record):
        _restart(info, ctx.height)
        signing.save(ctx.view, info)
    if _note(ctx, info, missed=not vote.signed):
        signing.save(ctx.view, info)
    if _is_down(ctx, info) and _has_company(ctx, record):
        _punish(ctx, record, info, vote)


def most_missed(params: Params) -> int:
    """Return how many votes of a window may be missing."""
    return params.signed_blocks_window - part_of(params.signed_blocks_window, params.min_signed)


def _begins(ctx: Context, info: SigningInfo, record: ValidatorRecord) -> bool:
    """Tell whether a new window begins: the validator has just come in, or windows were longer before."""
    bits = int.from_bytes(info.bitmap, "little").bit_length()
    fresh = not info.start_height or info.start_height < record.bonded_height
    return fresh or bits > ctx.params.signed_blocks_window


def _restart(info: SigningInfo, height: int) -> None:
    info.start_height, info.missed, info.bitmap = height, 0, b""


def _note(ctx: Context, info: SigningInfo, *, missed: bool) -> bool:
    """Set the present height's bit; tell whether that changed it."""
    bit = 1 << (ctx.height - info.start_height) % ctx.params.signed_blocks_window
    bitmap = int.from_bytes(info.bitmap, "little")
    if bool(bitmap & bit) == missed:
        return False
    bitmap ^= bit
    info.bitmap = bitmap.to_bytes((bitmap.bit_length() + 7) // 8, "little")
    info.missed = bitmap.bit_count()
    return True


def _is_down(ctx: Context, info: SigningInfo) -> bool:
    """Tell whether too many votes of a window are missing; the first window must be over."""
    seen = ctx.height - info.start_height + 1
    return seen >= ctx.params.signed_blocks_window and info.missed > most_missed(ctx.params)


def _has_company(ctx: Context, record: ValidatorRecord) -> bool:
    others = (item for item in records.ranked(ctx.view) if item.operator != record.operator)
    return any(records.is_bonded(other) for other in others)


def _punish(ctx: Context, record: ValidatorRecord, info: SigningInfo, vote: Vote) -> None:
    stake = vote.power * ctx.params.power_reduction
    fraction = ctx.params.slash_downtime
    slash(ctx, record, voted_with(ctx.height - 1), stake, fraction, SLASH_REASON_DOWNTIME)
    _restart(info, ctx.height)
    signing.save(ctx.view, info)
    jail(ctx, record, ctx.height + ctx.params.downtime_jail)
