"""The four connections' handlers as the one application the ABCI server speaks to."""

from __future__ import annotations

from assay.node.shell.consensus import Consensus
from assay.node.shell.info import Info
from assay.node.shell.mempool import Mempool
from assay.node.shell.snapshots import Snapshots


class AssayApplication:
    """Sends each request to the part that answers it."""

    def __init__(self, consensus: Consensus, mempool: Mempool, info: Info, snapshots: Snapshots) -> None:
        self.init_chain = consensus.init_chain
        self.prepare_proposal = consensus.prepare_proposal
        self.process_proposal = consensus.process_proposal
        self.extend_vote = consensus.extend_vote
        self.verify_vote_extension = consensus.verify_vote_extension
        self.finalize_block = consensus.finalize_block
        self.commit = consensus.commit
        self.check_tx_batch = mempool.check_tx_batch
        self.info = info.info
        self.query = info.query
        self.list_snapshots = snapshots.list_snapshots
        self.load_snapshot_chunk = snapshots.load_snapshot_chunk
        self.offer_snapshot = snapshots.offer_snapshot
        self.apply_snapshot_chunk = snapshots.apply_snapshot_chunk
