"""The mempool connection: CheckTx, new and again after each commit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from assay.node.shell.chain import Chain
from assay.node.shell.entries import EntryCache
from assay.node.signatures import SignatureChecker
from assay.proto import abci_pb2 as abci
from assay.state.check import MempoolView
from assay.state.envelope import AccountTx, Entry
from assay.state.rules.errors import AssayError

_Verdict = Entry | AssayError


class Mempool:
    """Answers CometBFT's mempool connection."""

    def __init__(self, chain: Chain, entries: EntryCache, signatures: SignatureChecker) -> None:
        self._chain = chain
        self._entries = entries
        self._signatures = signatures
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
        """Check a batch: cheap reasons first, then signatures in threads, then places in line."""
        verdicts = [self._precheck(request) for request in requests]
        await self._signatures.verify_all(
            [
                verdict
                for verdict, request in zip(verdicts, requests, strict=True)
                if isinstance(verdict, AccountTx) and request.type == abci.NEW
            ]
        )
        return [self._admit(request, verdict) for request, verdict in zip(requests, verdicts, strict=True)]

    def _precheck(self, request: abci.RequestCheckTx) -> _Verdict:
        view = self._current()
        try:
            entry = self._entries.decode(request.tx, view.params.max_tx_bytes)
            if isinstance(entry, AccountTx) and request.type == abci.NEW:
                view.precheck(entry)
        except AssayError as error:
            return error
        return entry

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


@lru_cache(maxsize=1024)
def _accepted(gas_wanted: int) -> abci.ResponseCheckTx:
    """Return the answer to what was admitted; the server encodes an object that it meets again only once."""
    return abci.ResponseCheckTx(gas_wanted=gas_wanted)
