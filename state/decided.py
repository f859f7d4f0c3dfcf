"""What a key has opened: the masks it used, and what it takes to judge shares that arrive late.

A share is judged whenever it arrives, so that who is named, and who is paid for
it, does not depend on the order of arrival: t + 1 shares that agree give the
right share of everybody else. Both records are kept until the key is retired or fails, so a key has at
most as many as it has openings, and what arrives afterwards is not judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from assay.crypto.committee.decoding import share_at
from assay.crypto.committee.messages import share_bytes
from assay.crypto.presets import by_wire_id, threshold
from assay.crypto.ring import cipher_ring
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Decided, Key, MaskUse, MemberShare, Opening
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys


def use_mask(ctx: Context, opening: Opening) -> bool:
    """Note the mask that an opening is about to use; refuse a second width for one ciphertext.

    A mask follows from the key's seeds and c1 alone. Opened under two widths, one c1 would give two equations
    in the same mask, and so the value without it. Nobody knows how to make a length's c1 equal to a score's:
    the one contains rho, which is drawn when all ciphertexts are fixed. This check does not rely on it.

    Returns
    -------
    bool
        False if the opening must not be answered.
    """
    is_coin = opening.kind == pb.OPENING_KIND_COIN
    place = keys.mask(opening.key_id, opening.id.to_bytes(8, "big") if is_coin else opening.c1)
    use = ctx.view.load(MaskUse, place) or MaskUse(kind=opening.kind)
    if _is_length(use) != _is_length(opening):
        return False
    use.openings.append(opening.id)
    ctx.view.save(place, use)
    return True


def _is_length(record: MaskUse | Opening) -> bool:
    return record.kind == pb.OPENING_KIND_LENGTH


def remember(ctx: Context, key: Key, opening: Opening, wrong: tuple[int, ...]) -> None:
    """Keep what it takes to judge the shares of a decided opening that are still to come."""
    agreeing = [item for item in opening.shares if item.member not in wrong]
    record = Decided(key_id=key.id, shares=agreeing[: threshold(len(key.members)) + 1])
    record.delivered = sum(1 << item.member for item in agreeing)
    ctx.view.save(keys.decided(opening.id), record)


def right_share(key: Key, record: Decided, member: int) -> bytes:
    """Return the share of a decided opening that a member should have sent."""
    ring = cipher_ring(by_wire_id(key.preset))
    return share_bytes(share_at(ring, _integers(record.shares), member))


def has_delivered(record: Decided, member: int) -> bool:
    """Tell whether a member's right share of a decided opening has arrived."""
    return bool(record.delivered >> member & 1)


def count_late(ctx: Context, opening_id: int, record: Decided, member: int) -> None:
    """Note that a member's right share has arrived, though others decided the opening before."""
    record.delivered |= 1 << member
    ctx.view.save(keys.decided(opening_id), record)


def deliveries(view: Overlay, key_id: int) -> tuple[int, Counter[int]]:
    """Return how many openings a key has decided, and of how many each member has delivered its share."""
    found, by_member = 0, Counter[int]()
    for record in _of_key(view, key_id):
        found += 1
        by_member.update(
            member for member in range(record.delivered.bit_length()) if has_delivered(record, member)
        )
    return found, by_member


def _of_key(view: Overlay, key_id: int) -> Iterator[Decided]:
    for _, data in view.iterate(keys.masks(key_id)):
        for opening_id in MaskUse.FromString(data).openings:
            record = view.load(Decided, keys.decided(opening_id))
            if record is not None:
                yield record


def _integers(shares: Iterable[MemberShare]) -> Mapping[int, int]:
    return {item.member: int.from_bytes(item.share, "little") for item in shares}


def forget(ctx: Context, key_id: int) -> None:
    """Drop everything remembered of a key's openings."""
    for place, data in ctx.view.iterate(keys.masks(key_id)):
        for opening_id in MaskUse.FromString(data).openings:
            if ctx.view.get(keys.decided(opening_id)) is not None:
                ctx.view.delete(keys.decided(opening_id))
        ctx.view.delete(place)
