"""A committee key's record, its name in the cryptography, and its place in the pool."""

from __future__ import annotations

from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import HASH_BYTES, Join
from assay.crypto.presets import by_wire_id
from assay.proto.state_pb2 import Key, KeyPool, KeyStatus
from assay.state import decided
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys


def load(view: Overlay, key_id: int) -> Key | None:
    """Return a key's record, or None."""
    return view.load(Key, keys.committee_key(key_id))


def save(view: Overlay, key: Key) -> None:
    """Write a key's record."""
    view.save(keys.committee_key(key.id), key)


def name(chain_id: str, key: Key) -> CommitteeKey:
    """Return what the committee's protocols call this key."""
    return CommitteeKey(chain_id, key.id, by_wire_id(key.preset), len(key.members))


def joins(key: Key) -> tuple[Join, ...]:
    """Return every member's JOIN, in order, as the record keeps it."""
    return tuple(
        Join(
            member.exchange_key,
            member.signing_key,
            tuple(
                member.seed_hashes[start : start + HASH_BYTES]
                for start in range(0, len(member.seed_hashes), HASH_BYTES)
            ),
        )
        for member in key.members
    )


def set_status(ctx: Context, key: Key, status: KeyStatus) -> None:
    """Change a key's status in `key` and tell the world; the caller writes the record."""
    key.status = status
    details = {"failure": key.failure} if key.failure else {}
    word = KeyStatus.Name(status).removeprefix("KEY_STATUS_").lower()
    ctx.emit("key", {"id": str(key.id), "status": word}, **details)


def pool(view: Overlay) -> list[int]:
    """Return the ids of the keys that are ready or in the making, ascending."""
    record = view.load(KeyPool, keys.KEY_POOL)
    return list(record.keys) if record else []


def save_pool(view: Overlay, ids: list[int]) -> None:
    """Write the ids of the keys that are ready or in the making."""
    if ids:
        view.save(keys.KEY_POOL, KeyPool(keys=ids))
    else:
        view.delete(keys.KEY_POOL)


def leave_pool(view: Overlay, key_id: int) -> None:
    """Take a key out of the pool: it serves a round now, or has failed."""
    save_pool(view, [ident for ident in pool(view) if ident != key_id])


def drop_all(ctx: Context, key_id: int) -> None:
    """Drop everything kept for a key but its record, and forget what it has opened."""
    _drop_parts(ctx, key_id)
    decided.forget(ctx, key_id)


def drop_messages(ctx: Context, key: Key) -> None:
    """Drop the members' messages, now that the key's parts are made and tested."""
    scope = keys.key_scope(key.id)
    parts = [
        ctx.view.get_bulk(scope, digest) for digest in (key.public_key, key.relin_key, *key.test_payloads)
    ]
    _drop_parts(ctx, key.id)
    for part in parts:
        if part is None:
            raise RuntimeError(f"a part of key {key.id} is not kept")
        ctx.view.put_bulk(scope, part)


def _drop_parts(ctx: Context, key_id: int) -> None:
    for place, _ in ctx.view.iterate(keys.slots(key_id)):
        ctx.view.delete(place)
    ctx.view.drop_bulk(keys.key_scope(key_id))
