"""Signatures of account transactions, verified in threads.

libsodium releases the interpreter's lock while it verifies, so the event loop
goes on meanwhile and two threads use two cores. Between two signatures a
thread needs the lock for a moment (see `assay.node.interpreter`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from assay.state.envelope import AccountTx

DEFAULT_THREADS: Final = 2
CHUNK: Final = 256
"""Most signatures in one job of a thread: handing a job over costs about as much as two signatures."""


class SignatureChecker:
    """Verifies batches of signatures off the event loop.

    Parameters
    ----------
    threads
        How many verify at once.
    """

    def __init__(self, threads: int = DEFAULT_THREADS) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="signatures")

    async def verify_all(self, txs: Sequence[AccountTx]) -> None:
        """Fill `verified` of every transaction that has no verdict yet."""
        waiting = [tx for tx in txs if tx.verified is None]
        loop = asyncio.get_running_loop()
        # Small batches are split as well, so that every thread has its part.
        size = min(CHUNK, -(-len(waiting) // self._threads)) or 1
        chunks = [waiting[start : start + size] for start in range(0, len(waiting), size)]
        if chunks:
            await asyncio.gather(*(loop.run_in_executor(self._executor, _verify, chunk) for chunk in chunks))

    def close(self) -> None:
        """Wait for what is under way and end the threads."""
        self._executor.shutdown(cancel_futures=True)


def _verify(txs: Sequence[AccountTx]) -> None:
    for tx in txs:
        tx.verify()
