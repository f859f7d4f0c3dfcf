"""A whole node: the application's parts put together, and run with CometBFT."""

from __future__ import annotations

import base64
import os
from contextlib import AsyncExitStack

from assay.client.errors import ClientError, RpcError
from assay.client.rpc import Rpc
from assay.crypto.ed25519_rules import check_rules
from assay.node import interpreter
from assay.node.abci.server import Server
from assay.node.cometbft import find_binary, start_command, version
from assay.node.committee.identity import read_validator_address
from assay.node.committee.runtime import CommitteeRuntime
from assay.node.home import Home, genesis_time
from assay.node.metrics.collector import Watched
from assay.node.metrics.health import Health
from assay.node.metrics.instruments import Instruments
from assay.node.metrics.server import served
from assay.node.metrics.sizes import DiskUse
from assay.node.proofs import ProofVerifier
from assay.node.scoring import ScoringScheduler
from assay.node.settings import SnapshotSettings, WorkerSettings
from assay.node.shell.application import AssayApplication
from assay.node.shell.chain import Chain
from assay.node.shell.consensus import Consensus
from assay.node.shell.entries import EntryCache
from assay.node.shell.info import Info
from assay.node.shell.mempool import Mempool
from assay.node.shell.snapshots import Snapshots
from assay.node.signatures import SignatureChecker
from assay.node.snapshots.shelf import Shelf
from assay.node.snapshots.taker import Taker
from assay.node.supervisor import Node, Outcome, StopRequest, supervise
from assay.node.workers.pool import PoolLimits, WorkerPool
from assay.state.store import Store


class MessageRefused(Exception):
    """The mempool refused a committee message; the text says why."""


class LocalNetwork:
    """What the committee member asks of its own node's RPC."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

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
        return status["sync_info"]["catching_up"] is False


async def run_node(home: Home, request: StopRequest, *, check_invariants: bool = False) -> Outcome:
    """Run a node until it is asked to stop or something fails.

    Parameters
    ----------
    home
        A complete home.
    request
        The wish to stop.
    check_invariants
        Whether to check every invariant after each block; for tests.

    Raises
    ------
    StoreError, HomeError, SettingsError, IdentityError, CometBFTError, AddressError
        If a part cannot be started; each says what to do. So do `WorkerFailed` and `WorkerRefused`.
    """
    check_rules()
    interpreter.tune()
    settings, genesis = home.settings(), home.genesis()
    binary = find_binary(settings.cometbft.binary)
    version(binary)  # refuses one this node is not made for
    async with AsyncExitStack() as stack:
        retained = settings.store.retain_versions
        store = stack.enter_context(Store.open(home.store, create=True, retain_versions=retained))
        chain = Chain(store, genesis["chain_id"], check_invariants=check_invariants)
        snapshots = _snapshots(stack, chain, home, settings.snapshots)
        signatures = SignatureChecker(settings.workers.signature_threads)
        stack.callback(signatures.close)
        instruments = Instruments()
        limits = PoolLimits(workers=_processes(settings.workers))
        pool = WorkerPool(limits, on_task=instruments.task_done)
        stack.push_async_callback(pool.close)
        rpc = Rpc(home.rpc_url())
        stack.push_async_callback(rpc.close)
        scheduler = ScoringScheduler(pool)
        local = LocalNetwork(rpc)
        address = read_validator_address(home.path)
        runtime = CommitteeRuntime(
            home.path, chain.chain_id, address, scheduler, local.broadcast, local.caught_up
        )
        stack.push_async_callback(runtime.close)
        application = assemble(chain, signatures, ProofVerifier(pool), scheduler, runtime, snapshots)
        begins = genesis_time(genesis)
        health = Health(lambda: chain.height, pool, settings.metrics.stale_seconds, begins)
        chain.on_commit(health.advanced)
        watched = Watched(chain, pool, runtime.tally, DiskUse(home.store.parent), health, address)
        at = settings.metrics.address
        await stack.enter_async_context(served(at, application, instruments, watched, rpc))
        await pool.start()
        health.begin()
        node = Node(
            server=Server(application),
            address=home.abci_address(),
            command=start_command(binary, home.path, home.abci_address()),
            log=home.cometbft_log,
            height=lambda: chain.height,
            steps=lambda: snapshots.steps,
            not_before=begins,
        )
        return await supervise(node, settings.supervision, request)


def _snapshots(stack: AsyncExitStack, chain: Chain, home: Home, settings: SnapshotSettings) -> Snapshots:
    """Have snapshots taken after blocks, and return what deals in them with peers."""
    shelf = Shelf(home.snapshots)
    taker = Taker(chain.store, shelf, settings)
    stack.push_async_callback(taker.close)
    chain.on_commit(taker.committed)
    snapshots = Snapshots(chain, shelf, home.restored)
    stack.callback(snapshots.close)
    return snapshots


def _processes(settings: WorkerSettings) -> int:
    """Return how many worker processes to run: those asked for, or one for each processor but one."""
    return settings.processes or max(1, (os.cpu_count() or 1) - 1)


def assemble(
    chain: Chain,
    signatures: SignatureChecker,
    proofs: ProofVerifier,
    scheduler: ScoringScheduler,
    runtime: CommitteeRuntime,
    snapshots: Snapshots,
) -> AssayApplication:
    """Put the handlers of CometBFT's connections together."""
    entries = EntryCache(chain.chain_id)
    return AssayApplication(
        Consensus(chain, entries, signatures, proofs, scheduler, runtime),
        Mempool(chain, entries, signatures, proofs),
        Info(chain),
        snapshots,
    )
