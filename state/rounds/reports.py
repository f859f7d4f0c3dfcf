"""An owner's proof that a member's share of the released sum is wrong.

The shares are sealed to the owner, so the chain cannot judge them by itself.
The owner shows one number of a share that contradicts the same number of
2t + 1 others; members signed all of them (`assay.crypto.committee.evidence`).
"""

from __future__ import annotations

from assay.crypto.committee import evidence
from assay.crypto.committee.decoding import Undecided
from assay.crypto.committee.evidence import Part
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import MsgReportRelease
from assay.state import faults
from assay.state.ceremony.records import name
from assay.state.context import Context
from assay.state.rounds import release
from assay.state.rules.errors import BadReport

_WRONG = pb.FAULT_KIND_WRONG_RELEASE_SHARE


def check(ctx: Context, sender: bytes, message: MsgReportRelease) -> tuple[Key, list[int]]:
    """Refuse a report that is not the owner's, or that names nobody new; signatures are left to `judge`.

    Returns
    -------
    tuple
        The key, and the members that the report names for the first time.
    """
    record, key = release.running(ctx, sender, message.round_id)
    parts = _parts(message)
    if message.slot >= record.ciphertexts or not all(member < len(key.members) for member in parts):
        raise BadReport("the report is of a ciphertext, or of a member, that the release does not have")
    named = name(ctx.chain_id, key)
    if not all(evidence.is_part(named.preset, message.index, part) for part in parts.values()):
        raise BadReport("a part is a number of 16 bytes that a share has, its path and a signature")
    wrong = evidence.wrong(named, parts)
    if isinstance(wrong, Undecided):
        raise BadReport(f"of {wrong.received} parts fewer than {wrong.needed} agree, so none is proven wrong")
    new = [member for member in wrong if not faults.named(ctx.view, key, member, _WRONG)]
    if not new:
        raise BadReport("every part agrees with the others, or its member is named already")
    return key, new


def report(ctx: Context, sender: bytes, message: MsgReportRelease) -> None:
    """Name the members that the report proves wrong."""
    key, new = check(ctx, sender, message)
    record, _ = release.running(ctx, sender, message.round_id)
    named, owner = name(ctx.chain_id, key), record.owner_public_key
    for member, part in _parts(message).items():
        signing_key = key.members[member].signing_key
        if not evidence.is_signed(named, member, message.slot, owner, message.index, part, signing_key):
            raise BadReport(f"member {member} has not signed what the report says it sent")
    for member in new:
        faults.name_fault(ctx, key, member, _WRONG)


def _parts(message: MsgReportRelease) -> dict[int, Part]:
    found: dict[int, Part] = {}
    for item in message.parts:
        if found and item.member <= max(found):
            raise BadReport("the parts of a report ascend by member")
        found[item.member] = Part(item.share, item.path, item.signature)
    return found
