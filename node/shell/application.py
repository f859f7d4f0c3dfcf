"""The four connections' handlers as the one application the ABCI server speaks to."""

from __future__ import annotations

from assay.node.abci.application import NoSnapshots
from assay.node.shell.consensus import Consensus
from assay.node.shell.info import Info
from assay.node.shell.mempool import Mempool


class AssayApplication(NoSnapshots):
    """Sends each request to the part that answers it."""

    def __init__(self, consensus: Consensus, mempool: Mempool, info: Info) -> None:
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
