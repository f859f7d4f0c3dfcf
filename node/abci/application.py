"""What an application must answer, split as CometBFT splits its connections.

An application is one object (or several) with the coroutines below. The
server calls them under these rules:

- At most one consensus call runs at a time; likewise at most one batch of
  CheckTx, one query and one snapshot call. Calls of one connection are
  answered in the order they were asked.
- Consensus goes first. No batch and no query is *started* while a consensus
  call is due or has work to do on the event loop. It may be started while a
  consensus call awaits something (a thread, a worker process) without being
  `assay.node.abci.turns.alone`, so a batch or a query can see the application
  between two steps of a consensus call: consensus calls must keep what they
  change apart (an overlay) until the synchronous end of ``commit``. CometBFT
  itself sends no new CheckTx while a Commit is under way.
- Between two awaits a handler owns the event loop. CheckTx and query
  handlers therefore take long work (signatures, proofs) to threads or
  processes, and a query handler bounds what it reads.
- Cancellation: when the server stops, it lets consensus calls that have begun
  run to their end; the others are cancelled at their next await.
- An exception that leaves a consensus or snapshot handler, or ``info``, is
  answered with an Exception, the connection is closed and the server reports
  itself failed: the node stops. One that leaves ``query`` or
  ``check_tx_batch`` becomes a code (:mod:`assay.node.abci.server`), because an
  Exception there would let a stranger's bytes stop the node.

Echo and Flush are answered by the server. The messages are those of
``proto/abci.proto``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.proto import abci_pb2 as abci


class ConsensusApplication(Protocol):
    """The consensus connection: everything that decides and executes blocks."""

    async def init_chain(self, request: abci.RequestInitChain, /) -> abci.ResponseInitChain:
        """Set up the state from genesis; may be repeated while the height is 0."""
        ...

    async def prepare_proposal(self, request: abci.RequestPrepareProposal, /) -> abci.ResponsePrepareProposal:
        """Choose the block's entries; their size may not exceed ``request.max_tx_bytes``."""
        ...

    async def process_proposal(self, request: abci.RequestProcessProposal, /) -> abci.ResponseProcessProposal:
        """Accept or reject another proposer's block (or our own)."""
        ...

    async def extend_vote(self, request: abci.RequestExtendVote, /) -> abci.ResponseExtendVote:
        """Return the bytes to be signed together with our precommit."""
        ...

    async def verify_vote_extension(
        self, request: abci.RequestVerifyVoteExtension, /
    ) -> abci.ResponseVerifyVoteExtension:
        """Check the form of another validator's extension."""
        ...

    async def finalize_block(self, request: abci.RequestFinalizeBlock, /) -> abci.ResponseFinalizeBlock:
        """Execute a decided block; nothing is written before ``commit``."""
        ...

    async def commit(self, request: abci.RequestCommit, /) -> abci.ResponseCommit:
        """Write the executed block to disk; once it is answered the block may not be lost."""
        ...


class MempoolApplication(Protocol):
    """The mempool connection: what may wait for a block."""

    async def check_tx_batch(
        self, requests: Sequence[abci.RequestCheckTx], /
    ) -> Sequence[abci.ResponseCheckTx]:
        """Check transactions in the order given.

        Parameters
        ----------
        requests
            One to ``ServerLimits.batch_requests`` requests; new ones and
            rechecks may be mixed.

        Returns
        -------
        Sequence[ResponseCheckTx]
            One answer for each request, in the same order. The same object
            may appear several times. The server only reads them.
        """
        ...


class QueryApplication(Protocol):
    """The info connection: the handshake and questions from the RPC."""

    async def info(self, request: abci.RequestInfo, /) -> abci.ResponseInfo:
        """Report the last committed height and its app hash."""
        ...

    async def query(self, request: abci.RequestQuery, /) -> abci.ResponseQuery:
        """Answer a question about committed state."""
        ...


class SnapshotApplication(Protocol):
    """The state-sync connection."""

    async def list_snapshots(self, request: abci.RequestListSnapshots, /) -> abci.ResponseListSnapshots:
        """Name the snapshots this node can serve."""
        ...

    async def offer_snapshot(self, request: abci.RequestOfferSnapshot, /) -> abci.ResponseOfferSnapshot:
        """Accept or reject a snapshot found on the network."""
        ...

    async def load_snapshot_chunk(
        self, request: abci.RequestLoadSnapshotChunk, /
    ) -> abci.ResponseLoadSnapshotChunk:
        """Return one chunk of a snapshot named before."""
        ...

    async def apply_snapshot_chunk(
        self, request: abci.RequestApplySnapshotChunk, /
    ) -> abci.ResponseApplySnapshotChunk:
        """Take one chunk of the accepted snapshot."""
        ...


class Application(ConsensusApplication, MempoolApplication, QueryApplication, SnapshotApplication, Protocol):
    """A whole application."""


class NoSnapshots:
    """Answers of an application that neither serves nor takes snapshots."""

    async def list_snapshots(self, _request: abci.RequestListSnapshots) -> abci.ResponseListSnapshots:
        """There are none."""
        return abci.ResponseListSnapshots()

    async def offer_snapshot(self, _request: abci.RequestOfferSnapshot) -> abci.ResponseOfferSnapshot:
        """Refuse this one and every other: a node without snapshots must replay blocks."""
        return abci.ResponseOfferSnapshot(result=abci.ResponseOfferSnapshot.ABORT)

    async def load_snapshot_chunk(
        self, _request: abci.RequestLoadSnapshotChunk
    ) -> abci.ResponseLoadSnapshotChunk:
        """An empty chunk: CometBFT reads it as missing."""
        return abci.ResponseLoadSnapshotChunk()

    async def apply_snapshot_chunk(
        self, _request: abci.RequestApplySnapshotChunk
    ) -> abci.ResponseApplySnapshotChunk:
        """Refuse: no snapshot was accepted."""
        return abci.ResponseApplySnapshotChunk(result=abci.ResponseApplySnapshotChunk.ABORT)
