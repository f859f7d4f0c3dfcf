"""A whole node: the application's parts put together, and run with CometBFT."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from assay.client.rpc import Rpc
from assay.crypto.ed25519_rules import check_rules
from assay.node import interpreter
from assay.node.abci.server import Server
from assay.node.background import Background, beside_blocks
from assay.node.cometbft import find_binary, read_signed, signed_file, start_command, version
from assay.node.committee.identity import IdentityError, read_validator_address
from assay.node.committee.runtime import CommitteeRuntime
from assay.node.home import Home, genesis_time
from assay.node.local_network import LocalNetwork
from assay.node.metrics.collector import Watched
from assay.node.metrics.health import Health
from assay.node.metrics.instruments import Instruments
from assay.node.metrics.server import served
from assay.node.metrics.sizes import DiskUse
from assay.node.modes import check_modes
from assay.node.proofs import ProofVerifier
from assay.node.room import check_room
from assay.node.scoring import ScoringScheduler
from assay.node.scratch import sweep
from assay.node.settings import Settings, WorkerSettings
from assay.node.shell.application import AssayApplication
from assay.node.shell.chain import Chain
from assay.node.shell.consensus import Consensus
from assay.node.shell.entries import EntryCache
from assay.node.shell.info import Info
from assay.node.shell.mempool import Mempool
from assay.node.shell.snapshots import Snapshots
from assay.node.signatures import SignatureChecker
from assay.node.supervisor import Node, Outcome, StopRequest, supervise
from assay.node.version import APP_VERSION, VERSION
from assay.node.workers.pool import PoolLimits, WorkerPool
from assay.state.store import Store

_log = structlog.get_logger(__name__)


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
        If a part cannot be started; each says what to do. So do `WorkerFailed`, `WorkerRefused`,
        `UpgradeNeeded` and `DiskUnusable`.
    """
    _check_machine(home)
    settings, genesis = home.settings(), home.genesis()
    binary = find_binary(settings.cometbft.binary)
    cometbft = version(binary)  # refuses one this node is not made for
    async with AsyncExitStack() as stack:
        opened = opened_store(home.store, settings.store.retain_versions)
        store = await stack.enter_async_context(opened)
        chain = Chain(store, genesis["chain_id"], check_invariants=check_invariants)
        beside = await stack.enter_async_context(beside_blocks(chain, home, settings, genesis))
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
        address = _validator_address(home, settings)
        runtime = CommitteeRuntime(
            home.path, chain.chain_id, address, scheduler, local.broadcast, local.caught_up
        )
        stack.push_async_callback(runtime.close)
        application = assemble(chain, signatures, ProofVerifier(pool), scheduler, runtime, beside.snapshots)
        begins, stale = genesis_time(genesis), settings.metrics.stale_seconds
        health = Health(chain, pool, stale, begins, lambda: beside.snapshots.steps)
        disk = DiskUse(home.store.parent)
        watched = Watched(chain, pool, runtime.tally, disk, beside.taker, health, address)
        at = settings.metrics.address
        await stack.enter_async_context(served(at, application, instruments, watched, rpc))
        _announce(chain, home, cometbft, address)
        await pool.start()
        health.begin()
        node = _node(home, binary, Server(application), chain, beside)
        return await supervise(node, settings.supervision, request)


@asynccontextmanager
async def opened_store(path: Path, retain_versions: int) -> AsyncIterator[Store]:
    """Open a node's store, and close it when no thread of the event loop uses it any more."""
    with Store.open(path, create=True, retain_versions=retain_versions) as store:
        try:
            yield store
        finally:
            await asyncio.get_running_loop().shutdown_default_executor()


def _node(home: Home, binary: Path, server: Server, chain: Chain, beside: Background) -> Node:
    """Return what the supervisor runs and watches."""
    return Node(
        server=server,
        address=home.abci_address(),
        command=start_command(binary, home.path, home.abci_address()),
        log=home.cometbft_log,
        height=lambda: chain.height,
        failures=(beside.failed,),
        steps=lambda: beside.snapshots.steps,
        not_before=genesis_time(home.genesis()),
    )


def _announce(chain: Chain, home: Home, cometbft: str, validator: bytes) -> None:
    """Log which node this is, and where it stands; refuse to go on if its program is too old for that."""
    chain.require_known_version()
    versions = {"version": VERSION, "state_machine": APP_VERSION, "cometbft": cometbft}
    place = {"chain": chain.chain_id, "height": chain.height, "home": str(home.path)}
    _log.info("starting", **versions, **place, validator=validator.hex())


def _validator_address(home: Home, settings: Settings) -> bytes:
    """Return the consensus address; with a remote signer the key file in the home is not the validator's."""
    if home.config().get("priv_validator_laddr") and not settings.validator.address:
        raise IdentityError(
            f"{home.config_file} names a remote signer (priv_validator_laddr), so {home.settings_file} must "
            "say which validator it signs for: set [validator] address, 40 hexadecimal digits"
        )
    return read_validator_address(home.path, settings.validator.address)


def _check_machine(home: Home) -> None:
    """Refuse a library, a home or a disk with which a node cannot do right; set disk and interpreter up."""
    check_rules()
    check_modes(home)
    check_room(home.store.parent)
    if not home.config().get("priv_validator_laddr"):
        read_signed(signed_file(home.path))  # CometBFT would end without a word to us
    sweep(home.store.parent)
    interpreter.tune()


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
