"""What the committee member asks of its own node's RPC."""

from __future__ import annotations

import base64

import structlog

from assay.client.errors import ClientError, RpcError
from assay.client.rpc import Rpc

_log = structlog.get_logger(__name__)


class MessageRefused(Exception):
    """The mempool refused a committee message; the text says why."""


class LocalNetwork:
    """What the committee member asks of its own node's RPC."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._at_head: bool | None = None

    async def broadcast(self, raw: bytes) -> None:
        """Hand a committee message to the mempool; `MessageRefused` if it does not take it."""
        try:
            answer = await self._rpc.call("broadcast_tx_sync", tx=base64.b64encode(raw).decode())
        except RpcError as error:
            if "already exists in cache" in error.data:
                return  # it waits there, or is in a block that is about to be executed
            raise
        if answer["code"]:
            raise MessageRefused(f"{answer['codespace']} {answer['code']}: {answer['log']}")

    async def caught_up(self) -> bool:
        """Tell whether CometBFT is at the head of the chain; an answer that does not come is a no."""
        try:
            status = await self._rpc.call("status")
        except ClientError:
            return False
        at_head = status["sync_info"]["catching_up"] is False
        if at_head != self._at_head:
            height = status["sync_info"]["latest_block_height"]
            _log.info("at the head of the chain" if at_head else "catching up", height=height)
            self._at_head = at_head
        return at_head
