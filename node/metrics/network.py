"""What CometBFT says of itself when metrics or readiness are asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from assay.client.errors import ClientError
from assay.client.rpc import Rpc, understood

_SECONDS: Final = 2.0
_KEPT_SECONDS: Final = 0.5


@dataclass(frozen=True)
class NetworkState:
    """One answer of CometBFT.

    Attributes
    ----------
    catching_up
        Whether it still fetches blocks that others have.
    peers
        Connections to other nodes.
    waiting, waiting_bytes
        Transactions in the mempool, and their bytes.
    power
        Voting power of this node's validator; 0 for a node that is none.
    """

    catching_up: bool
    peers: int
    waiting: int
    waiting_bytes: int
    power: int


class NetworkView:
    """Asks CometBFT, at most twice a second however often it is looked at."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._lock = asyncio.Lock()
        self._asked_at = -_KEPT_SECONDS
        self._last: NetworkState | None = None

    async def look(self) -> NetworkState | None:
        """Return what CometBFT says, or None if it does not answer within two seconds."""
        async with self._lock:
            loop = asyncio.get_running_loop()
            if loop.time() - self._asked_at >= _KEPT_SECONDS:
                self._last = await self._ask()
                self._asked_at = loop.time()
            return self._last

    async def _ask(self) -> NetworkState | None:
        try:
            async with asyncio.timeout(_SECONDS):
                status = await self._rpc.call("status")
                net = await self._rpc.call("net_info")
                pool = await self._rpc.call("num_unconfirmed_txs")
            with understood("status"):
                return NetworkState(
                    catching_up=bool(status["sync_info"]["catching_up"]),
                    peers=int(net["n_peers"]),
                    waiting=int(pool["total"]),
                    waiting_bytes=int(pool["total_bytes"]),
                    power=int(status["validator_info"]["voting_power"]),
                )
        except (ClientError, TimeoutError):
            return None
