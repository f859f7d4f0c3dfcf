"""A node whose application stores `key=value` transactions: the server and the supervisor without the chain.

Run as a script: kvnode.py HOME COMETBFT [--break-at HEIGHT | --hang-at HEIGHT]
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.node import cometbft, home
from assay.node.abci.application import NoSnapshots
from assay.node.abci.server import Server
from assay.node.supervisor import Node, StopRequest, stop_on_signals, supervise
from assay.proto import abci_pb2 as abci


class KeyValues(NoSnapshots):
    """State in one JSON file, replaced at each commit; the app hash is the hash of the pairs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        saved = json.loads(path.read_text()) if path.exists() else {"height": 0, "pairs": {}}
        self.height: int = saved["height"]
        self.pairs: dict[str, str] = saved["pairs"]
        self._next: tuple[int, dict[str, str]] | None = None
        self.break_at = self.hang_at = 0

    def app_hash(self, pairs: dict[str, str]) -> bytes:
        return hashlib.sha256(json.dumps(sorted(pairs.items())).encode()).digest()

    async def info(self, _request: abci.RequestInfo) -> abci.ResponseInfo:
        app_hash = self.app_hash(self.pairs) if self.height else b""
        return abci.ResponseInfo(
            data="kv", app_version=1, last_block_height=self.height, last_block_app_hash=app_hash
        )

    async def init_chain(self, request: abci.RequestInitChain) -> abci.ResponseInitChain:
        self.pairs = dict(json.loads(request.app_state_bytes))
        return abci.ResponseInitChain(app_hash=self.app_hash(self.pairs))

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        value = self.pairs[request.data.decode()]  # an absent key raises, which must not stop the node
        return abci.ResponseQuery(value=value.encode(), height=self.height)

    async def check_tx_batch(self, requests: Sequence[abci.RequestCheckTx]) -> list[abci.ResponseCheckTx]:
        return [abci.ResponseCheckTx(code=0 if request.tx.count(b"=") == 1 else 1) for request in requests]

    async def prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        return abci.ResponsePrepareProposal(txs=request.txs)

    async def process_proposal(self, _request: abci.RequestProcessProposal) -> abci.ResponseProcessProposal:
        return abci.ResponseProcessProposal(status=abci.ResponseProcessProposal.ACCEPT)

    async def extend_vote(self, request: abci.RequestExtendVote) -> abci.ResponseExtendVote:
        return abci.ResponseExtendVote(vote_extension=b"at %d" % request.height)

    async def verify_vote_extension(self, _request: Any) -> abci.ResponseVerifyVoteExtension:
        return abci.ResponseVerifyVoteExtension(status=abci.ResponseVerifyVoteExtension.ACCEPT)

    async def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        if request.height == self.break_at:
            raise RuntimeError("broken on purpose")
        if request.height == self.hang_at:
            await asyncio.get_running_loop().create_future()
        pairs = dict(self.pairs)
        results = []
        for tx in request.txs:
            key, _, value = tx.decode().partition("=")
            pairs[key] = value
            event = abci.Event(type="set", attributes=[abci.EventAttribute(key="key", value=key, index=True)])
            results.append(abci.ExecTxResult(data=value.encode(), gas_used=1, events=[event]))
        self._next = request.height, pairs
        return abci.ResponseFinalizeBlock(tx_results=results, app_hash=self.app_hash(pairs))

    async def commit(self, _request: abci.RequestCommit) -> abci.ResponseCommit:
        assert self._next is not None
        self.height, self.pairs = self._next
        temporary = self._path.with_suffix(".new")
        with temporary.open("w") as file:
            json.dump({"height": self.height, "pairs": self.pairs}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        return abci.ResponseCommit()


async def run(arguments: list[str]) -> int:
    place = home.open_home(Path(arguments[0]))
    application = KeyValues(place.store / "pairs.json")
    if arguments[2:]:
        setattr(application, arguments[2].removeprefix("--").replace("-", "_"), int(arguments[3]))
    address = place.abci_address()
    node = Node(
        server=Server(application),
        address=address,
        command=cometbft.start_command(Path(arguments[1]), place.path, address),
        log=place.cometbft_log,
        height=lambda: application.height,
    )
    request = StopRequest()
    with stop_on_signals(request):
        outcome = await supervise(node, place.settings().supervision, request)
    print(outcome.reason, flush=True)
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:])))
