"""Waiting for blocks and for transactions to be in them, by subscription."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any, Final

from assay.client.errors import (
    BadResponse,
    ClientError,
    NodeUnreachable,
    RpcError,
    SubscriptionLost,
    TxFailed,
    TxNotSeen,
)
from assay.client.rpc import Rpc, b64, understood
from assay.client.subscriptions import Subscriptions
from assay.client.tx_results import TxResult, from_blocks, from_event, from_index

NEW_HEADER: Final = "tm.event='NewBlockHeader'"

# CometBFT admits five subscriptions a client by default; headers and a round take one each.
_OWN_SUBSCRIPTIONS: Final = 3
_RECHECK_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.5
_AWAY_SECONDS: Final = 60.0
_RESEND_SECONDS: Final = 10.0
_SLACK_SECONDS: Final = 10.0
_SEARCH_SECONDS: Final = 30.0
_PASSING: Final = (BadResponse, NodeUnreachable, RpcError)
"""What may go well the next time."""


class Blocks:
    """Heights of new blocks, as they come."""

    def __init__(self, rpc: Rpc, subscriptions: Subscriptions) -> None:
        self._rpc = rpc
        self._subscriptions = subscriptions

    async def height(self) -> int:
        """Return the height of the latest block whose execution is committed."""
        answer = await self._rpc.call("abci_info")
        with understood("abci_info"):
            return int(answer["response"].get("last_block_height") or 0)

    async def follow(self) -> AsyncGenerator[int, None]:
        """Yield the latest height at once, then at every new block.

        Goes on when the websocket is lost or refused, and while the node is
        away for up to a minute. Heights may be left out, never repeated.

        Raises
        ------
        NodeUnreachable
            If the node stays away.
        """
        seen, away = -1, 0.0
        while True:
            try:
                async for height in self._subscribed():
                    away = 0.0
                    if height > seen:
                        seen = height
                        yield height
            except (SubscriptionLost, RpcError, NodeUnreachable):
                # Ask without a subscription; a node that is away for good ends this.
                await asyncio.sleep(_RETRY_SECONDS)
            try:
                height, away = await self.height(), 0.0
            except NodeUnreachable:
                away += _RETRY_SECONDS
                if away >= _AWAY_SECONDS:
                    raise
                continue
            if height > seen:
                seen = height
                yield height

    async def _subscribed(self) -> AsyncGenerator[int, None]:
        async with self._subscriptions.open(NEW_HEADER) as stream:
            while True:
                yield await self.height()
                with suppress(TimeoutError):  # then the node is asked: it may be silent, and still go on
                    async with asyncio.timeout(_RECHECK_SECONDS):
                        await anext(stream)

    async def until(self, height: int) -> int:
        """Wait for a height to be committed and return the latest."""
        async with aclosing(self.follow()) as heights:
            async for latest in heights:
                if latest >= height:
                    return latest
        raise AssertionError("follow() does not end")


class TxWaiter:
    """Finds out what became of transactions.

    The first few waiting at a time have a subscription of their own and hear
    of their block at once. The others are looked up together at every block.
    """

    def __init__(self, rpc: Rpc, subscriptions: Subscriptions, blocks: Blocks) -> None:
        self._rpc = rpc
        self._subscriptions = subscriptions
        self._blocks = blocks
        self._free = _OWN_SUBSCRIPTIONS
        self._waiting: dict[bytes, asyncio.Future[TxResult]] = {}
        self._poller: asyncio.Task[None] | None = None

    async def lookup(self, tx_hash: bytes) -> TxResult | None:
        """Return a transaction's result if it is in a block the node has indexed.

        Raises
        ------
        TxFailed
            If it is in a block and failed.
        """
        return from_index(tx_hash, (await self._rpc.batch([_lookup(tx_hash)]))[0])

    async def wait(self, tx_hash: bytes, seconds: float, raw: bytes = b"") -> TxResult:
        """Wait until a transaction is in a block.

        Parameters
        ----------
        tx_hash
            Which one.
        seconds
            How long.
        raw
            Its bytes, which the node is handed again now and then: one that was restarted has forgotten them.

        Raises
        ------
        TxFailed
            If it is in a block and failed.
        TxNotSeen
            If it was not seen for that many seconds.
        """
        resending = asyncio.create_task(self._resend(raw))
        try:
            async with asyncio.timeout(seconds):
                return await self._wait(tx_hash)
        except TimeoutError:
            found = await self._in_blocks(tx_hash, seconds)
            if found is not None:
                return found
            raise TxNotSeen(
                f"transaction {tx_hash.hex().upper()} was seen in no block for {seconds:g} s; "
                "it may still come: query it later before sending it again"
            ) from None
        finally:
            resending.cancel()
            await asyncio.gather(resending, return_exceptions=True)

    async def _in_blocks(self, tx_hash: bytes, seconds: float) -> TxResult | None:
        """Look into the blocks of so many seconds themselves, with an end: a node may make any number up."""
        with suppress(TimeoutError, *_PASSING):
            async with asyncio.timeout(_SEARCH_SECONDS):
                last = await self._blocks.height()
                return await from_blocks(self._rpc, tx_hash, last, seconds + _SLACK_SECONDS)
        return None

    async def _resend(self, raw: bytes) -> None:
        while raw:
            await asyncio.sleep(_RESEND_SECONDS)
            with suppress(*_PASSING):  # as a rule the node has it already
                await self._rpc.call("broadcast_tx_sync", tx=b64(raw))

    async def close(self) -> None:
        """Stop looking."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)

    async def _wait(self, tx_hash: bytes) -> TxResult:
        if self._free:
            self._free -= 1
            try:
                return await self._wait_subscribed(tx_hash)
            except (SubscriptionLost, NodeUnreachable, RpcError):
                pass  # the other way works without a subscription to spare
            finally:
                self._free += 1
        return await self._wait_with_others(tx_hash)

    async def _wait_subscribed(self, tx_hash: bytes) -> TxResult:
        query = f"tm.event='Tx' AND tx.hash='{tx_hash.hex().upper()}'"
        async with self._subscriptions.open(query) as stream:
            while True:
                with suppress(RpcError):  # without an index, the node still tells as it happens
                    found = await self.lookup(tx_hash)  # it may have been faster than the subscription
                    if found is not None:
                        return found
                try:
                    async with asyncio.timeout(_RECHECK_SECONDS):
                        event = await anext(stream)
                except TimeoutError:
                    continue
                return from_event(tx_hash, event)

    async def _wait_with_others(self, tx_hash: bytes) -> TxResult:
        future = self._waiting.get(tx_hash)
        if future is None:
            future = self._waiting[tx_hash] = asyncio.get_running_loop().create_future()
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        return await asyncio.shield(future)

    async def _poll(self) -> None:
        """Look up everybody who waits, at every block, until nobody does."""
        follow = self._blocks.follow()
        while self._waiting:
            try:
                async with asyncio.timeout(_RECHECK_SECONDS):
                    await anext(follow)
            except (TimeoutError, StopAsyncIteration, *_PASSING):
                follow = self._blocks.follow()  # the generator ended with the exception
            try:
                await self._resolve()
            except _PASSING:
                await asyncio.sleep(_RETRY_SECONDS)
        await follow.aclose()

    async def _resolve(self) -> None:
        hashes = list(self._waiting)
        answers = await self._rpc.batch([_lookup(tx_hash) for tx_hash in hashes])
        for tx_hash, answer in zip(hashes, answers, strict=True):
            try:
                found = from_index(tx_hash, answer)
            except TxFailed as error:
                self._fail(tx_hash, error)
            except (BadResponse, RpcError) as error:
                self._fail(tx_hash, _not_told(tx_hash, error))
            else:
                if found is not None:
                    self._waiting.pop(tx_hash).set_result(found)

    def _fail(self, tx_hash: bytes, error: ClientError) -> None:
        future = self._waiting.pop(tx_hash)
        future.set_exception(error)
        future.exception()  # seen, even if whoever waited has gone


def _not_told(tx_hash: bytes, error: ClientError) -> TxNotSeen:
    return TxNotSeen(
        f"the node cannot say what became of transaction {tx_hash.hex().upper()}: {error}. It may be in a "
        "block: ask another node before sending it again"
    )


def _lookup(tx_hash: bytes) -> tuple[str, dict[str, Any]]:
    return "tx", {"hash": b64(tx_hash), "prove": False}
