"""Slashing: how consensus keys have signed, and what was taken."""

from __future__ import annotations

from assay.proto.staking_pb2 import SigningInfo, SlashRecord
from assay.state import counters, ledger
from assay.state.invariants.base import InvariantBroken
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.validators import records as validators
from assay.state.validators import slash_queue


def check_signing(view: Overlay) -> None:
    """What is counted is of a validator's key, or a tombstone; as many votes are missing as are marked."""
    for key, data in view.iterate(keys.SIGNING_INFO):
        info = SigningInfo.FromString(data)
        bitmap = int.from_bytes(info.bitmap, "little")
        if info.missed != bitmap.bit_count() or info.bitmap[-1:] == b"\0":
            raise InvariantBroken(
                f"of {info.address.hex()} {info.missed} votes are missing, by bit other ones"
            )
        record = validators.by_consensus_address(view, info.address)
        if key != keys.signing_info(info.address) or (record is None and not info.tombstoned):
            raise InvariantBroken(f"votes of {info.address.hex()} are counted, which is no validator's key")
        if info.tombstoned and record is not None and not record.jailed:
            raise InvariantBroken(f"validator {record.operator.hex()} is tombstoned but not jailed")


def check_slashes(view: Overlay) -> None:
    """Every slash burned something and no less than its parts; all of them no more than was burned at all."""
    burned, following = _burned_so_far(view), counters.load(view).next_slash
    for key, data in view.iterate(keys.SLASH):
        done = SlashRecord.FromString(data)
        parts = done.from_unbonding + done.from_redelegation
        if key != keys.slash(done.validator, done.id) or not 0 < done.id < following:
            raise InvariantBroken(f"slash {done.id} lies elsewhere than its number says, or has none")
        if not done.burned or parts > done.burned:
            raise InvariantBroken(
                f"slash {done.id} burned {done.burned} uasy, of which {parts} of what had left"
            )
        burned += done.burned
    if burned > ledger.supply(view).burned:
        raise InvariantBroken(f"slashes burned {burned} uasy, more than was burned at all")


def _burned_so_far(view: Overlay) -> int:
    """Return what slashes under way have burned; check their queue."""
    queue, following = slash_queue.load(view), counters.load(view).next_unbonding
    if queue.asked or (not queue.slashes and view.get(keys.SLASH_QUEUE) is not None):
        raise InvariantBroken("a block has ended in the middle of a slash, or without one and with a queue")
    for item in queue.slashes:
        if item.slash.id or item.slash.burned or max(item.next_unbonding, item.next_redelegation) > following:
            raise InvariantBroken(f"a slash of {item.slash.validator.hex()} is under way and done, or ahead")
    return sum(item.slash.from_unbonding + item.slash.from_redelegation for item in queue.slashes)
