"""Handlers of the application that are counted and timed, and do otherwise what they did."""

from __future__ import annotations

from collections.abc import Sequence

from assay.node.metrics.instruments import METHODS, Instruments, count_codes
from assay.node.shell import proposal
from assay.node.shell.application import AssayApplication
from assay.proto import abci_pb2 as abci


def meter(application: AssayApplication, instruments: Instruments) -> None:
    """Put a clock around every handler of an application, and count what CheckTx and blocks say.

    What a handler answers, and what it raises, goes through unchanged. A block counts when it is committed.
    """
    blocks = _Blocks(application, instruments)
    application.finalize_block = blocks.finalize_block
    application.commit = blocks.commit
    application.check_tx_batch = _Checks(application, instruments).check_tx_batch
    for method in METHODS:
        setattr(application, method, instruments.timed(method, getattr(application, method)))


class _Blocks:
    """Remembers the results of the block under way."""

    def __init__(self, application: AssayApplication, instruments: Instruments) -> None:
        self._finalize, self._commit = application.finalize_block, application.commit
        self._instruments = instruments
        self._decided: abci.ResponseFinalizeBlock | None = None
        self._entries = 0

    async def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        self._decided = await self._finalize(request)
        # The validators' shares in front are no transaction.
        self._entries = len(proposal.split_extensions(request.txs)[1])
        return self._decided

    async def commit(self, request: abci.RequestCommit) -> abci.ResponseCommit:
        response = await self._commit(request)
        if self._decided is not None:
            first = len(self._decided.tx_results) - self._entries
            self._instruments.committed(self._decided.tx_results[first:], self._entries)
            self._decided = None
        return response


class _Checks:
    """Counts the answers to CheckTx."""

    def __init__(self, application: AssayApplication, instruments: Instruments) -> None:
        self._check = application.check_tx_batch
        self._instruments = instruments

    async def check_tx_batch(self, requests: Sequence[abci.RequestCheckTx]) -> Sequence[abci.ResponseCheckTx]:
        answers = await self._check(requests)
        new = sum(request.type == abci.NEW for request in requests)
        self._instruments.checked.inc(new)
        refused = [pair for pair in zip(requests, answers, strict=True) if pair[1].code]
        if refused:
            self._instruments.refused(
                count_codes(answer for request, answer in refused if request.type == abci.NEW),
                count_codes(answer for request, answer in refused if request.type != abci.NEW),
            )
        return answers
