"""The metrics that are looked up when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assay.node.committee.tally import ShareTally
from assay.node.metrics.health import Health
from assay.node.metrics.instruments import NAMESPACE
from assay.node.metrics.network import NetworkState
from assay.node.metrics.sizes import DiskUse
from assay.node.metrics.statuses import ChainStatuses
from assay.node.shell.chain import Chain
from assay.node.snapshots.taker import Taker
from assay.node.workers.pool import WorkerPool
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.slashing.downtime import most_missed
from assay.state.validators import records, signing


@dataclass(frozen=True)
class Watched:
    """The parts of a node that are looked at.

    Attributes
    ----------
    validator
        Consensus address of this node's validator, 20 bytes.
    """

    chain: Chain
    pool: WorkerPool
    shares: ShareTally
    disk: DiskUse
    taker: Taker
    health: Health
    validator: bytes


class NodeCollector(Collector):
    """Reads committed state, the disk and the counts of the node's parts.

    Attributes
    ----------
    network
        What CometBFT said last, set before each collection; None leaves its metrics out.
    """

    def __init__(self, watched: Watched) -> None:
        self.network: NetworkState | None = None
        self._node = watched
        self._statuses = ChainStatuses()

    def describe(self) -> Iterable[Metric]:
        """Say nothing: what there is depends on the state."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from self._chain()
        yield from self._committee()
        yield from self._workers()
        yield from self._disk()
        yield from self._versions()
        yield from self._snapshots()
        if self.network is not None:
            yield from _cometbft(self.network)

    def _chain(self) -> Iterator[Metric]:
        health = self._node.health
        yield _gauge("height", "Last committed height.", self._node.chain.height)
        yield _gauge("height_age_seconds", "Seconds since the height advanced.", health.still_seconds())
        if self._node.chain.height:
            view = Overlay(self._node.chain.store)
            yield _by("rounds", "Rounds by state.", "state", self._statuses.rounds(view))
            yield _by("committee_keys", "Committee keys by state.", "state", self._statuses.keys(view))
            yield from self._validator(view)

    def _validator(self, view: Overlay) -> Iterator[Metric]:
        address = self._node.validator
        faults = sum(1 for _ in view.iterate(keys.faults(address)))
        yield _gauge("validator_faults", "Faults that the chain holds against this validator.", faults)
        record = records.by_consensus_address(view, address)
        jailed = record is not None and record.jailed
        yield _gauge("validator_jailed", "1 while this validator is jailed.", jailed)
        missed = signing.load(view, address).missed
        yield _gauge("validator_missed_votes", "Votes missed in the window that is counted.", missed)
        most = most_missed(self._node.chain.params())
        yield _gauge(
            "validator_missed_votes_limit", "Votes that may be missed in it without a penalty.", most
        )

    def _committee(self) -> Iterator[Metric]:
        shares = self._node.shares
        sent = {"vote": shares.in_votes, "message": shares.in_messages}
        yield _count("committee_shares_sent", "Shares sent, by what carried them.", "carrier", sent)
        yield _total(
            "committee_shares_missed",
            "Openings that ended before this member had sent its share.",
            shares.missed,
        )

    def _workers(self) -> Iterator[Metric]:
        pool = self._node.pool
        yield _by("workers", "Worker processes.", "state", {"wanted": pool.size, "running": len(pool.pids)})
        yield _gauge("worker_tasks", "Tasks waiting for workers or under way.", pool.unfinished)
        yield _total("worker_restarts", "Worker processes that had to be replaced.", pool.restarts)

    def _disk(self) -> Iterator[Metric]:
        disk = self._node.disk
        yield _by("store_bytes", "Bytes on disk, by directory of data/.", "store", disk.stores())
        yield _gauge("disk_free_bytes", "Bytes left where data/ lies.", disk.free())

    def _versions(self) -> Iterator[Metric]:
        store = self._node.chain.store
        held, behind = store.version - store.oldest_version + 1, store.versions_behind
        yield _gauge("state_versions", "Versions of the state on disk.", held)
        yield _gauge("state_versions_behind", "Of these, the ones still to be forgotten.", behind)

    def _snapshots(self) -> Iterator[Metric]:
        taker = self._node.taker
        yield _gauge("snapshot_height", "Height of the newest snapshot taken; 0 for none.", taker.height)
        yield _gauge("snapshot_seconds", "Time that taking the last snapshot took.", taker.seconds)
        yield _total("snapshots_taken", "Snapshots taken.", taker.taken)
        failed = {"error": taker.failed, "late": taker.left_out}
        yield _count("snapshots_failed", "Snapshots that were due and not taken.", "reason", failed)


def _cometbft(state: NetworkState) -> Iterator[Metric]:
    yield _gauge("catching_up", "1 while the node fetches blocks that others have.", state.catching_up)
    yield _gauge("peers", "Connections to other nodes.", state.peers)
    yield _gauge("mempool_transactions", "Transactions that wait in the mempool.", state.waiting)
    yield _gauge("mempool_bytes", "Bytes of the transactions that wait.", state.waiting_bytes)
    yield _gauge("validator_power", "Voting power of this node's validator.", state.power)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAMESPACE}_{name}", text, value=value)


def _total(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"{NAMESPACE}_{name}", text, value)


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"{NAMESPACE}_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _count(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"{NAMESPACE}_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
