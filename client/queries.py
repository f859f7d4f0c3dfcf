"""Typed queries: one method for each kind of record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from assay.client.addresses import raw_address
from assay.client.errors import ProofInvalid
from assay.client.records import Answer, decode
from assay.client.typed import TypedReader, again
from assay.crypto.accounts import encode_address
from assay.proto.query_pb2 import ChainInfo
from assay.proto.state_pb2 import (
    Account,
    Contribution,
    Fault,
    Key,
    KeyPool,
    ModelRecord,
    Opening,
    Params,
    Round,
    SlotRecord,
    Supply,
    Suspension,
    UpgradeSignal,
)
from assay.state.rules import keys


class Queries(TypedReader):
    """What the chain holds.

    Methods that name a record prove it, unless the client was made with
    ``verify=False``; `Answer.verified` says so. Lists are put together by the
    node; those that are proven to be complete say that they are.
    """

    # --- single records ------------------------------------------------------

    async def account(self, address: str | bytes, *, height: int = 0) -> Answer[Account]:
        """Return balance and sequence; an account nobody has used holds nothing."""
        return await self._maybe(Account, keys.account(raw_address(address)), height)

    async def latest_account(self, address: str | bytes) -> Answer[Account]:
        """Return balance and sequence after the last committed block, which cannot be proven yet."""
        found = await self.reader.value(keys.account(raw_address(address)), prove=False)
        return Answer(decode(Account, found.value), found.height, False)

    async def model(self, model_id: bytes) -> Answer[ModelRecord]:
        """Return a model by its 32-byte id."""
        return await self._one(ModelRecord, keys.model(model_id), f"there is no model {model_id.hex()}")

    async def round(self, round_id: int, *, height: int = 0) -> Answer[Round]:
        """Return a round."""
        return await self._one(Round, keys.round_(round_id), f"there is no round {round_id}", height)

    async def contribution(
        self, round_id: int, sender: str | bytes, *, height: int = 0
    ) -> Answer[Contribution]:
        """Return one account's contribution to a round."""
        raw = raw_address(sender)
        what = f"{encode_address(raw)} has no contribution in round {round_id}"
        return await self._one(Contribution, keys.contribution(round_id, raw), what, height)

    async def key(self, key_id: int) -> Answer[Key]:
        """Return a committee key."""
        return await self._one(Key, keys.committee_key(key_id), f"there is no committee key {key_id}")

    async def opening(self, opening_id: int) -> Answer[Opening]:
        """Return a scalar the committee is asked to open."""
        return await self._one(Opening, keys.opening(opening_id), f"there is no opening {opening_id}")

    async def params(self) -> Answer[Params]:
        """Return the chain's parameters."""
        return await self._one(Params, keys.PARAMS, "the chain has no parameters")

    async def supply(self) -> Answer[Supply]:
        """Return tokens in existence and burned."""
        return await self._one(Supply, keys.SUPPLY, "the chain has no supply")

    # --- several records -----------------------------------------------------

    async def contributions(self, round_id: int) -> Answer[list[Contribution]]:
        """Return every contribution to a round, by order of commitment.

        Verified means: each is proven, and they are as many as the proven
        round says have committed, so none is missing.
        """
        return await again(lambda: self._contributions(round_id))

    async def _contributions(self, round_id: int) -> Answer[list[Contribution]]:
        record = await self.round(round_id)
        found = await self._listed(Contribution, f"/round/{round_id}/contribution", record.height)
        if self._verify:
            _check_complete(found, record.value)
        found.sort(key=lambda item: item.index)
        return Answer(found, record.height, record.verified)

    async def rounds(self) -> Answer[list[Round]]:
        """Return all rounds, unproven."""
        return await self._list(Round, "/round")

    async def models(self) -> Answer[list[ModelRecord]]:
        """Return all models, unproven."""
        return await self._list(ModelRecord, "/model")

    async def key_pool(self) -> Answer[list[int]]:
        """Return the ids of the committee keys that are ready or in the making, ascending."""
        found = await self._maybe(KeyPool, keys.KEY_POOL, 0)
        return Answer(list(found.value.keys), found.height, found.verified)

    async def slots(self, key_id: int, phase: int) -> list[tuple[bytes, SlotRecord]]:
        """Return keys and records of the committee messages of one phase, unproven."""
        entries = await self._paths.entries(f"/key/{key_id}/slot/{phase}", 0)
        return [(key, decode(SlotRecord, value)) for key, value in entries]

    async def faults(self, validator: bytes = b"") -> Answer[list[Fault]]:
        """Return what one validator, or all, did wrong as members of keys, unproven."""
        return await self._list(Fault, f"/fault/{validator.hex()}" if validator else "/fault")

    async def suspensions(self) -> Answer[list[Suspension]]:
        """Return the suspensions of seats, those that are over included, unproven."""
        return await self._list(Suspension, "/suspension")

    async def upgrade_signals(self) -> Answer[list[UpgradeSignal]]:
        """Return what validators want the chain to become, unproven."""
        return await self._list(UpgradeSignal, "/upgrade-signal")

    # --- beside the tree -----------------------------------------------------

    async def bulk(self, scope: bytes, digest: bytes) -> bytes:
        """Return bytes kept beside the tree; their digest is checked here."""
        raw = await self.reader.raw("/bulk", scope + digest)
        if hashlib.sha256(raw.value).digest() != digest:
            raise ProofInvalid(f"the node's bytes do not have the digest {digest.hex()}")
        return raw.value

    async def chain(self) -> ChainInfo:
        """Return heights, parameters and ready keys, unproven."""
        return decode(ChainInfo, (await self.reader.raw("/chain", b"")).value)


def _check_complete(found: Sequence[Contribution], record: Round) -> None:
    senders = {item.sender for item in found if item.round_id == record.id}
    if len(senders) != len(found) or len(found) != record.committed:
        raise ProofInvalid(
            f"the node listed {len(senders)} contributions of round {record.id}, "
            f"which has {record.committed} by its proven record"
        )
