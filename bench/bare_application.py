"""An application that only checks signatures: what every application in Python costs on this server.

    python bench/bare_application.py CHAIN_ID ADDRESS

It stands behind the same ABCI server as ours and verifies the same signatures
in the same threads, and does nothing else: no accounts, no fees, no tree, no
events, nothing on disk. Prints one line when it listens.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Sequence

from assay.crypto import accounts
from assay.node import interpreter
from assay.node.abci.application import NoSnapshots
from assay.node.abci.server import Server
from assay.node.signatures import SignatureChecker
from assay.proto import abci_pb2 as abci
from assay.proto.tx_pb2 import Tx, TxBody
from assay.state.envelope import AccountTx

GAS = 600
_NO_BODY = TxBody()
_GOOD = abci.ResponseCheckTx(gas_wanted=GAS)
_BAD = abci.ResponseCheckTx(code=1, log="the signature does not match")
_EXECUTED = abci.ExecTxResult(gas_wanted=GAS, gas_used=GAS)


def signed(raw: bytes, chain_id: str) -> AccountTx:
    """Return what is needed of a transaction to check its signature."""
    tx = Tx.FromString(raw)
    message = accounts.tx_sign_bytes(chain_id, tx.body)
    return AccountTx(len(raw), _NO_BODY, b"", tx.public_key, message, tx.signature, [])


class BareApplication(NoSnapshots):
    """Admits whatever is signed, and takes every block."""

    def __init__(self, chain_id: str) -> None:
        self._chain_id = chain_id
        self._signatures = SignatureChecker()
        self._height = 0

    async def info(self, _request: abci.RequestInfo) -> abci.ResponseInfo:
        return abci.ResponseInfo(last_block_height=self._height)

    async def query(self, _request: abci.RequestQuery) -> abci.ResponseQuery:
        return abci.ResponseQuery()

    async def init_chain(self, _request: abci.RequestInitChain) -> abci.ResponseInitChain:
        return abci.ResponseInitChain()

    async def check_tx_batch(self, requests: Sequence[abci.RequestCheckTx]) -> Sequence[abci.ResponseCheckTx]:
        new = {
            number: signed(request.tx, self._chain_id)
            for number, request in enumerate(requests)
            if request.type == abci.NEW
        }
        await self._signatures.verify_all(list(new.values()))
        bad = {number for number, tx in new.items() if not tx.verified}
        return [_BAD if number in bad else _GOOD for number in range(len(requests))]

    async def prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        size, chosen = 0, []
        for raw in request.txs:
            size += len(raw) + 4  # its length and field number in the block
            if size > request.max_tx_bytes:
                break
            chosen.append(raw)
        return abci.ResponsePrepareProposal(txs=chosen)

    async def process_proposal(self, _request: abci.RequestProcessProposal) -> abci.ResponseProcessProposal:
        return abci.ResponseProcessProposal(status=abci.ResponseProcessProposal.ACCEPT)

    async def extend_vote(self, _request: abci.RequestExtendVote) -> abci.ResponseExtendVote:
        return abci.ResponseExtendVote()

    async def verify_vote_extension(
        self, _request: abci.RequestVerifyVoteExtension
    ) -> abci.ResponseVerifyVoteExtension:
        return abci.ResponseVerifyVoteExtension(status=abci.ResponseVerifyVoteExtension.ACCEPT)

    async def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        app_hash = hashlib.sha256(request.height.to_bytes(8, "big")).digest()
        response = abci.ResponseFinalizeBlock(app_hash=app_hash)
        response.tx_results.extend([_EXECUTED] * len(request.txs))
        self._height = request.height
        return response

    async def commit(self, _request: abci.RequestCommit) -> abci.ResponseCommit:
        return abci.ResponseCommit()


async def serve(chain_id: str, address: str) -> None:
    """Listen until the process is ended."""
    interpreter.tune()
    server = Server(BareApplication(chain_id))
    await server.start(address)
    print("listening", flush=True)
    await server.failed


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
