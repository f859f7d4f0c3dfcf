"""The mempool connection: CheckTx, new and again after each commit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from assay.crypto.proof_job import Verdict
from assay.node.proofs import ProofVerifier
from assay.node.shell.chain import Chain
from assay.node.shell.entries import EntryCache
from assay.node.signatures import SignatureChecker
from assay.proto import abci_pb2 as abci
from assay.state import proofs
from assay.state.check import MempoolView
from assay.state.envelope import AccountTx, Entry
from assay.state.proofs import KeyNotKept, ProofCheck
from assay.state.rules.errors import AssayError, WorkerUnavailable

PROOF_SECONDS: Final = 5.0
"""How long a batch waits for its proofs, which take milliseconds unless workers die."""

_Verdict = Entry | AssayError


class Mempool:
    """Answers CometBFT's mempool connection."""

    def __init__(
        self, chain: Chain, entries: EntryCache, signatures: SignatureChecker, proofs: ProofVerifier
    ) -> None:
        self._chain = chain
        self._entries = entries
        self._signatures = signatures
        self._proofs = proofs
        self._view: MempoolView | None = None
        chain.on_commit(self._reset)

    def _reset(self, height: int) -> None:
        self._view = None

    def _current(self) -> MempoolView:
        """Return the view over the last committed state; a commit may have replaced it."""
        if self._view is None:
            chain = self._chain
            self._view = MempoolView(chain.chain_id, chain.height, chain.params(), chain.view())
        return self._view

    async def check_tx_batch(self, requests: Sequence[abci.RequestCheckTx]) -> Sequence[abci.ResponseCheckTx]:
        """Check a batch: what is cheap, then signatures in threads, proofs in workers, places in line."""
        left: dict[int, ProofCheck] = {}
        verdicts = [self._precheck(request, place, left) for place, request in enumerate(requests)]
        await self._signatures.verify_all(
            [
                verdict
                for verdict, request in zip(verdicts, requests, strict=True)
                if isinstance(verdict, AccountTx) and request.type == abci.NEW
            ]
        )
        if left:
            await self._verify_proofs(verdicts, left)
        return [self._admit(request, verdict) for request, verdict in zip(requests, verdicts, strict=True)]

    def _precheck(self, request: abci.RequestCheckTx, place: int, left: dict[int, ProofCheck]) -> _Verdict:
        """Check what is cheap; note the proof that is left to verify. A recheck has none."""
        view = self._current()
        try:
            entry = self._entries.decode(request.tx, view.params.max_tx_bytes)
            if isinstance(entry, AccountTx) and request.type == abci.NEW:
                proof = view.precheck(entry)
                if proof is not None:
                    left[place] = proof
        except AssayError as error:
            return error
        return entry

    async def _verify_proofs(self, verdicts: list[_Verdict], left: Mapping[int, ProofCheck]) -> None:
        """Put the reason in place of each entry whose proof does not hold, or cannot be verified now."""
        asked = {}
        for place, check in left.items():
            entry = verdicts[place]
            if isinstance(entry, AccountTx) and entry.verified:
                asked[place] = self._ask(check)
        if asked:
            # A commit waits for what the mempool was asked, so this must not take as long as a worker may.
            await asyncio.wait(asked.values(), timeout=PROOF_SECONDS)
        for place, future in asked.items():
            try:
                proofs.require(_settled(future))
            except AssayError as reason:
                verdicts[place] = reason

    def _ask(self, check: ProofCheck) -> asyncio.Future[Verdict]:
        try:
            return self._proofs.ask(self._chain.view(), check)
        except KeyNotKept as error:  # a commit came in between and ended the round
            gone: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
            gone.set_exception(error)
            return gone

    def _admit(self, request: abci.RequestCheckTx, verdict: _Verdict) -> abci.ResponseCheckTx:
        if not isinstance(verdict, AssayError):
            try:
                return self._place(request, verdict)
            except AssayError as error:
                verdict = error
        self._entries.forget(request.tx)
        return abci.ResponseCheckTx(code=verdict.code, codespace=verdict.codespace, log=str(verdict))

    def _place(self, request: abci.RequestCheckTx, entry: Entry) -> abci.ResponseCheckTx:
        view = self._current()
        new = request.type == abci.NEW
        if not isinstance(entry, AccountTx):
            (view.admit_committee if new else view.recheck_committee)(entry)
            return _accepted(0)
        (view.admit if new else view.recheck)(entry)
        return _accepted(entry.body.gas_limit)


def _settled(future: asyncio.Future[Verdict]) -> Verdict:
    """Return a verdict; `WorkerUnavailable` if there is none, which is neither good nor bad."""
    if not future.done():
        raise WorkerUnavailable("this node could not verify the proof in time; send the transaction again")
    if future.cancelled() or future.exception() is not None:
        raise WorkerUnavailable("this node could not verify the proof now; send the transaction again")
    return future.result()


@lru_cache(maxsize=1024)
def _accepted(gas_wanted: int) -> abci.ResponseCheckTx:
    """Return the answer to what was admitted; the server encodes an object that it meets again only once."""
    return abci.ResponseCheckTx(gas_wanted=gas_wanted)
