"""The client for programs without asyncio.

Every method of `assay.client.Client` is here under the same name and blocks
until its answer is there; asynchronous iterators become ordinary ones:

>>> from assay.client.sync import Client
>>> with Client("http://127.0.0.1:26657") as client:  # doctest: +SKIP
...     print(client.query.account("assay1...").value.balance)
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from assay.client.client import Client as AsyncClient
from assay.client.light.client import LightClient
from assay.client.paths import Paths
from assay.client.queries import Queries
from assay.client.records import Reader
from assay.client.rpc import Rpc
from assay.client.staking import Staking
from assay.client.transactions import PendingTx
from assay.client.waiting import Blocks, TxWaiter

T = TypeVar("T")
_ASYNCHRONOUS = (Blocks, LightClient, Paths, PendingTx, Queries, Reader, Rpc, Staking, TxWaiter)
"""Objects with coroutines; everything else is handed out as it is."""


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="assay-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    """Wraps an object of the asynchronous client so that its coroutines block."""

    def __init__(self, target: Any, loop: _Loop) -> None:
        self._target = target
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
            return lambda *args, **kwargs: self._finished(value(*args, **kwargs))
        return self._wrapped(value)

    def _finished(self, work: Any) -> Any:
        if isinstance(work, AsyncGenerator):
            return self._iterate(work)
        return self._wrapped(self._loop.run(work))

    def _iterate(self, source: AsyncGenerator[Any, None]) -> Iterator[Any]:
        async def step() -> Any:
            return await anext(source)

        try:
            while True:
                yield self._loop.run(step())
        except StopAsyncIteration:
            return
        finally:
            self._loop.run(source.aclose())

    def _wrapped(self, value: Any) -> Any:
        return Blocking(value, self._loop) if isinstance(value, _ASYNCHRONOUS) else value


class Client(Blocking):
    """A blocking connection to one node; takes what `assay.client.Client` takes."""

    def __init__(self, node_url: str, chain_id: str | None = None, **options: Any) -> None:
        super().__init__(AsyncClient(node_url, chain_id, **options), _Loop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and end the thread."""
        self._loop.run(self._target.close())
        self._loop.stop()
