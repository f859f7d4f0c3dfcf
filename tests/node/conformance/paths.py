"""Call sequences that the specification of ABCI allows, drawn at random, over one course of blocks.

Source of the grammar: CometBFT v0.38 spec/abci/abci++_comet_expected_behavior.md. In its words:

    start               = clean-start / recovery
    clean-start         = ( init-chain / state-sync ) consensus-exec
    state-sync          = *state-sync-attempt success-sync info
    state-sync-attempt  = offer-snapshot *apply-chunk
    recovery            = info [init-chain] consensus-exec
    consensus-height    = *consensus-round finalize-block commit
    consensus-round     = proposer / non-proposer
    proposer            = *got-vote [prepare-proposal [process-proposal]] [extend]
    extend              = *got-vote extend-vote *got-vote
    non-proposer        = *got-vote [process-proposal] [extend]

Beyond the grammar: the node ends between any two calls, and is started again; InitChain comes more than
once at height 0; the other connections ask whatever they like at any time.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

from tests.node.conformance.course import Course, extension, injected
from tests.node.conformance.peer import Driven
from tests.node.shell.test_shell import ALICE, VALIDATOR, genesis, transfer

from assay.proto import abci_pb2 as abci
from assay.state.rules import keys

_ACCEPT: Final = abci.ResponseProcessProposal.ACCEPT


CALLS: Final = frozenset(
    {
        "apply_snapshot_chunk",
        "check_tx",
        "commit",
        "extend_vote",
        "finalize_block",
        "info",
        "init_chain",
        "list_snapshots",
        "load_snapshot_chunk",
        "offer_snapshot",
        "prepare_proposal",
        "process_proposal",
        "query",
        "verify_vote_extension",
    }
)
"""Counted by `Walk.calls`."""
SEQUENCES: Final = frozenset(
    {
        "InitChain repeated",
        "state sync that came to nothing",
        "state sync to its end",
        "snapshot with a false hash refused",
        "damaged chunk refused",
        "snapshot refused by a node with a state of its own",
        "FinalizeBlock without a round, as in a replay",
        "FinalizeBlock without ProcessProposal",
        "several rounds with PrepareProposal in a height",
        "ExtendVote without ProcessProposal",
        "extension that came late, unverified",
        "extension missing",
        "extension that is none",
        "node ended before Commit, block executed again",
        "node ended elsewhere",
    }
)
"""What has to be drawn for a run to show anything; counted by `Walk.sequences`."""


class Stopped(Exception):
    """The node ends here."""


class Walk:
    """One path through a course.

    Attributes
    ----------
    calls
        How often each call was made.
    sequences
        How often each of `SEQUENCES` was drawn.
    height
        The last height that was committed.
    """

    def __init__(self, course: Course, directory: Path, rng: Random) -> None:
        self.course, self.directory, self.rng = course, directory, rng
        self.calls: Counter[str] = Counter()
        self.sequences: Counter[str] = Counter()
        self.height = 0
        self._known = 0  # what may be committed by now
        self._begun = 0

    async def walk(self) -> None:
        """Go through the whole course, ending and starting again on the way."""
        while self.height < len(self.course.blocks):
            try:
                async with Driven(self.directory) as self.node:
                    await self._run()
            except Stopped as stopped:
                self.sequences[str(stopped)] += 1

    async def _run(self) -> None:
        await self._recover()
        while self.height < len(self.course.blocks):
            await self._consensus_height(self.course.blocks[self.height])

    # -- start --------------------------------------------------------------------------------

    async def _recover(self) -> None:
        answer = (await self._query(info=abci.RequestInfo(version="0.38"))).info
        assert answer.last_block_height in (self.height, self._known)
        self.height = answer.last_block_height
        if self.height:
            assert answer.last_block_app_hash == self.course.app_hash(self.height)
        elif self.rng.random() < 0.3:
            await self._state_sync()
        else:
            await self._init_chain()

    async def _init_chain(self) -> None:
        for number in range(self.rng.choice([1, 1, 2, 3])):
            self.sequences["InitChain repeated"] += number > 0
            answer = (await self._consensus(init_chain=genesis())).init_chain
            assert answer.app_hash == self.course.genesis
            self._perhaps_stop(0.1)

    async def _state_sync(self) -> None:
        """Some attempts come to nothing; what is left of them does no harm."""
        for _ in range(self.rng.randrange(3)):
            await self._offer(self.course.snapshot)
            self.sequences["state sync that came to nothing"] += 1
            for index in range(self.rng.randrange(len(self.course.chunks))):
                await self._apply(index, self.course.chunks[index])
            self._perhaps_stop(0.2)
        spoiled = abci.Snapshot.FromString(self.course.snapshot.SerializeToString())
        spoiled.hash = self.rng.randbytes(32)
        assert await self._offer(spoiled) != abci.ResponseOfferSnapshot.ACCEPT
        self.sequences["snapshot with a false hash refused"] += 1
        assert await self._offer(self.course.snapshot) == abci.ResponseOfferSnapshot.ACCEPT
        for index, chunk in enumerate(self.course.chunks):
            if self.rng.random() < 0.3:
                bad = bytes([chunk[0] ^ 1]) + chunk[1:]
                assert (await self._apply(index, bad)).result != abci.ResponseApplySnapshotChunk.ACCEPT
                self.sequences["damaged chunk refused"] += 1
            assert (await self._apply(index, chunk)).result == abci.ResponseApplySnapshotChunk.ACCEPT
        self._known = self._begun = self.course.snapshot.height
        answer = (await self._query(info=abci.RequestInfo())).info
        assert answer.last_block_height == self._known
        self.height = self._known
        self.sequences["state sync to its end"] += 1

    async def _offer(self, snapshot: abci.Snapshot) -> int:
        request = abci.RequestOfferSnapshot(
            snapshot=snapshot, app_hash=self.course.app_hash(self.course.snapshot.height)
        )
        return (await self._snapshots(offer_snapshot=request)).offer_snapshot.result

    async def _apply(self, index: int, chunk: bytes) -> abci.ResponseApplySnapshotChunk:
        request = abci.RequestApplySnapshotChunk(index=index, chunk=chunk, sender="peer")
        return (await self._snapshots(apply_snapshot_chunk=request)).apply_snapshot_chunk

    # -- a height -----------------------------------------------------------------------------

    async def _consensus_height(self, block: abci.RequestFinalizeBlock) -> None:
        before = self.calls.copy()
        rounds = self.rng.choice([0, 1, 1, 2, 4]) if self.rng.random() < 0.85 else 0
        for _ in range(rounds):
            await self._consensus_round(block)
        self._note_rounds(rounds, self.calls - before)
        answer = (await self._consensus(finalize_block=block)).finalize_block
        assert answer.SerializeToString(deterministic=True) == self.course.answers[block.height - 1]
        self._known = block.height - 1
        self._perhaps_stop(0.1, "node ended before Commit, block executed again")
        self._known = block.height  # whether or not the answer to Commit still arrives
        await self._consensus(commit=abci.RequestCommit())
        self._perhaps_stop(0.05)
        self.height = block.height
        await self._bystanders()

    def _note_rounds(self, rounds: int, made: Counter[str]) -> None:
        """Count what the rounds of a height, and the calls made in them, are examples of."""
        self.sequences["FinalizeBlock without a round, as in a replay"] += not rounds
        self.sequences["FinalizeBlock without ProcessProposal"] += not made["process_proposal"]
        self.sequences["several rounds with PrepareProposal in a height"] += made["prepare_proposal"] > 1

    async def _consensus_round(self, block: abci.RequestFinalizeBlock) -> None:
        proposed, processed = self._proposal(block), self.calls["process_proposal"]
        if self.rng.random() < 0.5:
            proposed = await self._prepare(block)
            if self.rng.random() < 0.8:
                assert await self._process(block, proposed) == _ACCEPT
        elif self.rng.random() < 0.8:
            await self._process(block, proposed)
        await self._got_votes()
        if self.rng.random() < 0.7:
            self.sequences["ExtendVote without ProcessProposal"] += (
                self.calls["process_proposal"] == processed
            )
            await self._consensus(extend_vote=abci.RequestExtendVote(height=block.height, txs=proposed))
            await self._got_votes()
        await self._bystanders()

    def _proposal(self, block: abci.RequestFinalizeBlock) -> list[bytes]:
        """The block that will be decided on, or what somebody else would rather have had."""
        drawn = self.rng.random()
        if drawn < 0.5:
            return list(block.txs)
        if drawn < 0.75:
            return [transfer(self.rng.randrange(9)), *block.txs]
        return [self.rng.randbytes(self.rng.randrange(1, 40)) for _ in range(3)]

    async def _prepare(self, block: abci.RequestFinalizeBlock) -> list[bytes]:
        request = abci.RequestPrepareProposal(max_tx_bytes=1 << 20, height=block.height)
        request.txs.extend(self.rng.sample(list(block.txs), len(block.txs)))
        request.txs.append(self.rng.randbytes(20))
        for vote in block.decided_last_commit.votes:
            added = request.local_last_commit.votes.add(block_id_flag=vote.block_id_flag)
            added.validator.CopyFrom(vote.validator)
            added.vote_extension = self._late_extension()
            added.extension_signature = self.rng.randbytes(64)
        return list((await self._consensus(prepare_proposal=request)).prepare_proposal.txs)

    def _late_extension(self) -> bytes:
        """What a precommit brings that comes after the block is decided: nobody has had it verified."""
        kind, drawn = self.rng.choice(
            [
                ("extension missing", b""),
                ("extension that came late, unverified", extension(self.rng)),
                ("extension that is none", self.rng.randbytes(9)),
            ]
        )
        self.sequences[kind] += 1
        return drawn

    async def _process(self, block: abci.RequestFinalizeBlock, txs: list[bytes]) -> int:
        request = abci.RequestProcessProposal(
            txs=txs, height=block.height, proposed_last_commit=block.decided_last_commit
        )
        answer = await self._consensus(process_proposal=request)
        return answer.process_proposal.status

    async def _got_votes(self) -> None:
        for _ in range(self.rng.randrange(3)):
            request = abci.RequestVerifyVoteExtension(height=self.height + 1)
            request.validator_address = self.rng.choice([VALIDATOR.address, b"u" * 20])
            request.vote_extension = self.rng.choice(
                [b"", extension(self.rng), self.rng.randbytes(30), bytes(5000)]
            )
            await self._consensus(verify_vote_extension=request)

    # -- whoever else asks -----------------------------------------------------------------------

    async def _bystanders(self) -> None:
        for _ in range(self.rng.randrange(4)):
            await self.rng.choice([self._check_tx, self._ask, self._ask_snapshots])()

    async def _check_tx(self) -> None:
        tx = self.rng.choice(
            [transfer(self.rng.randrange(20), sender=ALICE), injected(2, self.rng), self.rng.randbytes(30)]
        )
        kind = self.rng.choice([abci.NEW, abci.RECHECK])
        self.calls["check_tx"] += 1
        await self.node.mempool(check_tx=abci.RequestCheckTx(tx=tx, type=kind))

    async def _ask(self) -> None:
        request = abci.RequestQuery(path=self.rng.choice(["/chain", "/params", "/store/key", "nowhere"]))
        request.data, request.height = keys.PARAMS, self.rng.randrange(-1, self.height + 3)
        request.prove = self.rng.random() < 0.5
        await self._query(query=request)

    async def _ask_snapshots(self) -> None:
        if self.rng.random() < 0.2 and self.height:
            self.node.take_snapshot()
        await self._snapshots(list_snapshots=abci.RequestListSnapshots())
        request = abci.RequestLoadSnapshotChunk(height=self.rng.randrange(9), format=self.rng.randrange(3))
        await self._snapshots(load_snapshot_chunk=request)
        if self.height > self._begun + 1:  # a state of its own, not just one that came from peers
            assert await self._offer(self.course.snapshot) == abci.ResponseOfferSnapshot.ABORT
            self.sequences["snapshot refused by a node with a state of its own"] += 1

    # -- calls ------------------------------------------------------------------------------------

    def _perhaps_stop(self, chance: float, sequence: str = "node ended elsewhere") -> None:
        if self.rng.random() < chance:
            raise Stopped(sequence)

    async def _consensus(self, **request: object) -> abci.Response:
        self.calls[next(iter(request))] += 1
        return await self.node.consensus(**request)

    async def _query(self, **request: object) -> abci.Response:
        self.calls[next(iter(request))] += 1
        return await self.node.query(**request)

    async def _snapshots(self, **request: object) -> abci.Response:
        self.calls[next(iter(request))] += 1
        return await self.node.snapshots(**request)
