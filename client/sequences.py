"""Sequence numbers of accounts with many transactions in flight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Sequences:
    """The next sequence of each account, as this client knows it.

    A client stays with one node, because a transaction that enters elsewhere
    is unknown to this node's mempool until it has travelled there.

    Parameters
    ----------
    read
        Returns an address's committed sequence.
    """

    def __init__(self, read: Callable[[bytes], Awaitable[int]]) -> None:
        self._read = read
        self._next: dict[bytes, int] = {}
        self._locks: dict[bytes, asyncio.Lock] = {}

    def lock(self, address: bytes) -> asyncio.Lock:
        """Return the lock to hold from `next` to `used`, so that transactions leave in order."""
        return self._locks.setdefault(address, asyncio.Lock())

    async def next(self, address: bytes) -> int:
        """Return the sequence the account's next transaction must carry."""
        known = self._next.get(address)
        if known is None:
            known = self._next[address] = await self._read(address)
        return known

    def used(self, address: bytes, count: int = 1) -> None:
        """Note that the node has taken `count` transactions."""
        self._next[address] += count

    def forget(self, address: bytes) -> None:
        """Read the account again next time: somebody else uses it, or transactions were dropped."""
        self._next.pop(address, None)
