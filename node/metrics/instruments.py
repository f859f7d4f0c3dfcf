"""The metrics that are counted as things happen."""

from __future__ import annotations

import functools
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from assay.node.version import APP_VERSION, VERSION
from assay.node.workers.jobs import SCORE
from assay.node.workers.proof_orders import PROOF

NAMESPACE: Final = "assay"
METHODS: Final = (
    *("info", "query", "init_chain", "prepare_proposal", "process_proposal"),
    *("extend_vote", "verify_vote_extension", "finalize_block", "commit", "check_tx_batch"),
    *("list_snapshots", "offer_snapshot", "load_snapshot_chunk", "apply_snapshot_chunk"),
)
"""Handlers of the application that are timed, by name."""

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TASKS: Final = {PROOF: "proof", SCORE: "score"}

Q = TypeVar("Q")
A = TypeVar("A")


class Coded(Protocol):
    """An answer with a code."""

    code: int
    codespace: str


class Instruments:
    """The registry of one node, and the metrics that `meter` and the worker pool fill.

    Attributes
    ----------
    registry
        This node's own: nothing of it is shared by the process.
    """

    def __init__(self) -> None:
        # A series more for each counter, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Build())
        self.blocks = self._counter("blocks", "Blocks committed.")
        self._transactions = self._counter(
            "transactions", "Entries of committed blocks by result; code 0 succeeded.", "codespace", "code"
        )
        self.checked = self._counter("mempool_checked", "Transactions checked for the mempool, new ones.")
        self._refused = self._counter(
            "mempool_refused", "New transactions the mempool refused, by reason.", "codespace", "code"
        )
        self._dropped = self._counter(
            "mempool_dropped", "Waiting transactions dropped after a block, by reason.", "codespace", "code"
        )
        self._abci = Histogram(
            "abci_seconds",
            "Time from the start of an ABCI call to its answer; CheckTx by batch.",
            ["method"],
            namespace=NAMESPACE,
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._tasks = Histogram(
            "worker_task_seconds",
            "Time a worker process took for one proof or one scoring job.",
            ["task"],
            namespace=NAMESPACE,
            registry=self.registry,
            buckets=_SECONDS,
        )
        for name in _TASKS.values():
            self._tasks.labels(name)  # so that there is a zero before the first task
        self._succeeded = self._transactions.labels("ok", "0")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=NAMESPACE, registry=self.registry)

    def timed(self, method: str, handler: Callable[[Q], Awaitable[A]]) -> Callable[[Q], Awaitable[A]]:
        """Return a handler that does the same and whose time is observed."""
        observe, clock = self._abci.labels(method).observe, time.perf_counter

        @functools.wraps(handler)
        async def observed(request: Q) -> A:
            began = clock()
            try:
                return await handler(request)
            finally:
                observe(clock() - began)

        return observed

    def task_done(self, code: int, seconds: float) -> None:
        """Take the time of a worker's task."""
        self._tasks.labels(_TASKS.get(code, "other")).observe(seconds)

    def committed(self, results: Iterable[Coded], count: int) -> None:
        """Count a committed block and the results of its `count` entries."""
        failed = count_codes(result for result in results if result.code)
        self.blocks.inc()
        self._succeeded.inc(count - failed.total())
        _add(self._transactions, failed)

    def refused(self, new: Tally[tuple[str, int]], waiting: Tally[tuple[str, int]]) -> None:
        """Count what CheckTx refused: new transactions, and such as waited already."""
        _add(self._refused, new)
        _add(self._dropped, waiting)


class _Build(Collector):
    """Which program this is."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the one metric."""
        family = GaugeMetricFamily(
            f"{NAMESPACE}_build_info", "Always 1; versions are labels.", labels=["version", "app_version"]
        )
        family.add_metric([VERSION, str(APP_VERSION)], 1)
        yield family


def count_codes(answers: Iterable[Coded]) -> Tally[tuple[str, int]]:
    """Count answers by codespace and code."""
    return Tally((answer.codespace, answer.code) for answer in answers)


def _add(counter: Counter, found: Tally[tuple[str, int]]) -> None:
    for (codespace, code), number in found.items():
        counter.labels(codespace, str(code)).inc(number)
