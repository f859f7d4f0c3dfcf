"""Executes recorded blocks with the application alone, and prints what came out of each.

Run as a script, so that hash order, caches and workers can differ from run to run:
replay.py BLOCKS DIRECTORY [--workers N] [--warm] [--cold] [--disturb] [--without-numba]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

STAND_STILL_SECONDS = 0.3
COLD_BLOCKS = 10


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("blocks", type=Path)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--warm", action="store_true", help="check and propose each block before it is executed"
    )
    parser.add_argument("--cold", action="store_true", help="now and then forget all that is remembered")
    parser.add_argument("--disturb", action="store_true", help="stop and kill workers all the time")
    parser.add_argument("--without-numba", action="store_true", help="compute with numpy alone")
    return parser.parse_args()


class Application:
    """What a node runs, without its server and without CometBFT."""

    def __init__(self, options: argparse.Namespace, recorded: dict[str, Any], pool: Any) -> None:
        from assay.node.committee import identity

        self.options, self.recorded, self.pool = options, recorded, pool
        self.home = options.directory / "home"
        self.home.mkdir(parents=True)
        identity.create_committee_key(self.home)
        self.stack = AsyncExitStack()

    async def open(self) -> None:
        """Put the parts together, as `assay.node.run` does; with nothing in any cache."""
        from assay.node.committee.runtime import CommitteeRuntime
        from assay.node.proofs import ProofVerifier
        from assay.node.run import assemble
        from assay.node.scoring import ScoringScheduler
        from assay.node.shell.chain import Chain
        from assay.node.shell.snapshots import Snapshots
        from assay.node.signatures import SignatureChecker
        from assay.node.snapshots.shelf import Shelf
        from assay.state.rounds import payloads
        from assay.state.store import Store

        payloads.VERDICTS.clear()
        store = self.stack.enter_context(Store.open(self.options.directory / "store", create=True))
        chain = Chain(store, self.recorded["genesis"]["chain_id"])
        signatures = SignatureChecker(2)
        self.stack.callback(signatures.close)
        scheduler, proofs = ScoringScheduler(self.pool), ProofVerifier(self.pool)
        runtime = CommitteeRuntime(
            self.home, chain.chain_id, bytes(20), scheduler, self._refuse, self._never_caught_up
        )
        self.stack.push_async_callback(runtime.close)
        snapshots = Snapshots(chain, Shelf(self.home / "snapshots"), self.home / "restored")
        self.chain, self.app = chain, assemble(chain, signatures, proofs, scheduler, runtime, snapshots)

    async def reopen(self) -> None:
        """Forget everything but what is on disk."""
        await self.stack.aclose()
        await self.open()

    async def _refuse(self, _raw: bytes) -> None:
        raise ConnectionError("there is no network")

    async def _never_caught_up(self) -> bool:
        return False

    async def init(self) -> None:
        from assay.proto import abci_pb2 as abci

        genesis = self.recorded["genesis"]
        request = abci.RequestInitChain(
            chain_id=genesis["chain_id"],
            initial_height=1,
            app_state_bytes=json.dumps(genesis["app_state"]).encode(),
        )
        request.consensus_params.block.max_bytes = -1
        request.consensus_params.abci.vote_extensions_enable_height = 1
        await self.app.init_chain(request)

    async def execute(self, block: dict[str, Any]) -> dict[str, Any]:
        """Execute one block; return its app hash and the parts of its results that consensus hashes."""
        from assay.proto import abci_pb2 as abci

        txs = [base64.b64decode(tx) for tx in block["txs"]]
        commit = abci.CommitInfo(round=block["commit_round"])
        for address, power, flag in block["votes"]:
            vote = commit.votes.add(block_id_flag=flag)
            vote.validator.address, vote.validator.power = bytes.fromhex(address), power
        if self.options.warm:
            await self.app.check_tx_batch([abci.RequestCheckTx(tx=tx) for tx in txs])
            await self.app.process_proposal(
                abci.RequestProcessProposal(height=block["height"], txs=txs, proposed_last_commit=commit)
            )
        response = await self.app.finalize_block(
            abci.RequestFinalizeBlock(
                height=block["height"],
                txs=txs,
                decided_last_commit=commit,
                proposer_address=bytes.fromhex(block["proposer"]),
            )
        )
        await self.app.commit(abci.RequestCommit())
        results = [[item.code, item.gas_wanted, item.gas_used] for item in response.tx_results]
        return {"app_hash": response.app_hash.hex().upper(), "results": results}


async def disturb(pool: Any) -> None:
    """Stop each worker for a while and kill it; then leave its successor alone until it can work."""
    while True:
        known = list(pool.pids)
        for pid in known:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(STAND_STILL_SECONDS)
        for pid in known:
            os.kill(pid, signal.SIGKILL)
        while len(set(pool.pids) - set(known)) < len(known):
            await asyncio.sleep(0.05)
        await asyncio.sleep(STAND_STILL_SECONDS)


async def run(options: argparse.Namespace) -> dict[str, Any]:
    from assay.node.workers.pool import PoolLimits, WorkerPool

    recorded = json.loads(options.blocks.read_text())
    pool = WorkerPool(PoolLimits(workers=options.workers))
    await pool.start()
    disturbing = asyncio.ensure_future(disturb(pool)) if options.disturb else None
    application = Application(options, recorded, pool)
    await application.open()
    await application.init()
    found = []
    for number, block in enumerate(recorded["blocks"], start=1):
        found.append(await application.execute(block))
        if options.cold and number % COLD_BLOCKS == 0:
            await application.reopen()
    await application.stack.aclose()
    if disturbing is not None:
        disturbing.cancel()
        await asyncio.gather(disturbing, return_exceptions=True)
    await pool.close()
    return {"restarts": pool.restarts, "blocks": found}


def main() -> None:
    options = parsed()
    if options.without_numba:
        sys.modules["numba"] = None  # type: ignore[assignment]  # as where it is not installed
    print(json.dumps(asyncio.run(run(options))))


if __name__ == "__main__":
    main()
