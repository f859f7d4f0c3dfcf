"""Committee messages: outside accounts, signed by a member's committee key, admitted only where awaited."""

from __future__ import annotations

from typing import Final

from assay.crypto import accounts
from assay.crypto.committee.messages import MessageError, parse_share
from assay.crypto.presets import by_wire_id
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import CommitteeBody
from assay.state import openings
from assay.state.ceremony import phases, records, slots
from assay.state.ceremony.slots import Awaited
from assay.state.context import Context
from assay.state.envelope import CommitteeMessage
from assay.state.rounds import release
from assay.state.rules.errors import (
    BadCommitteeData,
    BadCommitteeSignature,
    CommitteeMalformed,
    NotAwaited,
)
from assay.state.rules.scalars import SHARE_BYTES

VERSION: Final = 1
MAX_SHARES: Final = 256
"""Shares in one committee message."""

Place = tuple[int, int, int, int]
"""Key, phase, member and slot, or opening, of a message that may wait once."""


def check(ctx: Context, message: CommitteeMessage) -> Key:
    """Refuse a message that state does not await, or that is not its member's; return its key.

    The order is cheap to dear: a look at what is awaited, then the signature, then the shares or the data.

    Raises
    ------
    CommitteeMalformed, NotAwaited, BadCommitteeSignature, BadCommitteeData
    """
    key, body = _key_of(ctx, message), message.body
    member = key.members[body.member].seat
    if not accounts.verify(member.committee_key, message.sign_bytes, message.signature):
        raise BadCommitteeSignature("the signature is not by the member's committee key")
    _check_news(ctx, body)
    _check_data(ctx, key, body)
    return key


def check_awaited(ctx: Context, message: CommitteeMessage) -> Key:
    """Refuse a message of a member that state does not await any more; return its key.

    Raises
    ------
    CommitteeMalformed, NotAwaited
    """
    key = _key_of(ctx, message)
    _check_news(ctx, message.body)
    return key


def _key_of(ctx: Context, message: CommitteeMessage) -> Key:
    """Return the key a message is for. Anybody can send one, so no more than a few records are read."""
    body = message.body
    if body.version != VERSION:
        raise CommitteeMalformed(
            f"committee message version {body.version} is unknown; send version {VERSION}"
        )
    key = records.load(ctx.view, body.key_id)
    if key is None or body.member >= len(key.members):
        raise NotAwaited(f"there is no member {body.member} of a key {body.key_id}")
    if body.phase == tx_pb2.COMMITTEE_PHASE_SHARES:
        _check_run(body)
        openings.check_known(ctx.view, body.slot, body.key_id)
    elif not slots.is_awaited(ctx.view, key, body.member, _item(body)):
        raise NotAwaited(
            f"key {key.id} does not await {len(body.data)} bytes for slot {body.slot} of this phase"
        )
    return key


def places(body: CommitteeBody) -> set[Place]:
    """Return what a message takes up in the mempool: its slot, or the openings its shares answer."""
    phase = body.phase
    count = len(body.data) // SHARE_BYTES if phase == tx_pb2.COMMITTEE_PHASE_SHARES else 1
    return {(body.key_id, phase, body.member, slot) for slot in range(body.slot, body.slot + count)}


def execute(ctx: Context, message: CommitteeMessage) -> None:
    """Check a message and take what it brings."""
    key, body = check(ctx, message), message.body
    if body.phase == tx_pb2.COMMITTEE_PHASE_SHARES:
        for place, share in enumerate(_shares(body)):
            openings.record_share(ctx, body.slot + place, body.member, share)
    elif body.phase == tx_pb2.COMMITTEE_PHASE_RELEASE:
        release.receive(ctx, key, body.member, _item(body), body.data)
    else:
        phases.receive(ctx, key, body.member, _item(body), body.data)


def _item(body: CommitteeBody) -> Awaited:
    return Awaited(body.phase, body.slot, len(body.data))


def _shares(body: CommitteeBody) -> list[bytes]:
    return [body.data[i : i + SHARE_BYTES] for i in range(0, len(body.data), SHARE_BYTES)]


def _check_run(body: CommitteeBody) -> None:
    count, rest = divmod(len(body.data), SHARE_BYTES)
    if rest or not 0 < count <= MAX_SHARES or body.slot + count > 1 << 63:
        raise NotAwaited(
            f"a message has 1 to {MAX_SHARES} shares of 16 bytes; this one has {len(body.data)} bytes"
        )


def _check_news(ctx: Context, body: CommitteeBody) -> None:
    """Refuse shares of which none would change anything. Only members' are judged: each takes some work."""
    if body.phase != tx_pb2.COMMITTEE_PHASE_SHARES:
        return
    shares = enumerate(_shares(body), body.slot)
    news = [openings.is_news(ctx.view, number, body.key_id, body.member, share) for number, share in shares]
    if not any(news):
        raise NotAwaited(
            f"none of openings {body.slot} to {body.slot + len(news) - 1} awaits this member's share"
        )


def _check_data(ctx: Context, key: Key, body: CommitteeBody) -> None:
    if body.phase != tx_pb2.COMMITTEE_PHASE_SHARES:
        phases.check_data(ctx, key, body.member, _item(body), body.data)
        return
    try:
        for share in _shares(body):
            parse_share(by_wire_id(key.preset), share)
    except MessageError as error:
        raise BadCommitteeData(str(error)) from None
