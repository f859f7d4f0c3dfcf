"""Signing committee messages and sending them, again after some blocks if they were lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.proto.tx_pb2 import CommitteeBody, CommitteePhase

_log = structlog.get_logger(__name__)

RESEND_BLOCKS: Final = 5
"""A message that state still awaits is sent again after this many blocks."""
MESSAGE_VERSION: Final = 1

Broadcast = Callable[[bytes], Awaitable[None]]
Place = tuple[int, CommitteePhase, int, int]
"""Key, phase, member, slot."""


class Outbox:
    """Sends this validator's committee messages.

    Parameters
    ----------
    chain_id
        Of the chain.
    committee_key
        Signs.
    broadcast
        Hands the bytes of one message to the network; what it raises is logged, and the message counts as
        not sent.
    """

    def __init__(self, chain_id: str, committee_key: Account, broadcast: Broadcast) -> None:
        self._chain_id = chain_id
        self._key = committee_key
        self._broadcast = broadcast
        self._sent: dict[Place, int] = {}

    @property
    def public_key(self) -> bytes:
        """Of the key that signs."""
        return self._key.public_key

    def is_due(self, place: Place) -> bool:
        """Tell whether an awaited message was never sent, or so long ago that it must be lost."""
        return place not in self._sent

    def postpone(self, place: Place, height: int) -> None:
        """Note that a message could not be made; it is due again when it would have been sent again."""
        self._sent[place] = height

    def forget(self, height: int) -> None:
        """Forget what was sent so long ago that it must be lost if it is still awaited."""
        self._sent = {place: sent for place, sent in self._sent.items() if height - sent < RESEND_BLOCKS}

    async def send(self, place: Place, data: bytes, height: int) -> bool:
        """Sign and send one message; return whether it was handed over."""
        key_id, phase, member, slot = place
        body = CommitteeBody(
            version=MESSAGE_VERSION, key_id=key_id, phase=phase, member=member, slot=slot, data=data
        )
        raw = accounts.sign_committee_tx(
            self._key, self._chain_id, body.SerializeToString(deterministic=True)
        )
        words = {"key": key_id, "phase": CommitteePhase.Name(phase), "slot": slot}
        try:
            await self._broadcast(raw)
        except Exception as error:  # noqa: BLE001 - whatever the network says, it is tried again
            _log.warning("committee message not sent", reason=str(error), **words)
            return False
        self._sent[place] = height
        _log.debug("committee message sent", size=len(raw), **words)
        return True
