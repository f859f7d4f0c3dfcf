"""The blocks of a chain that every path leads through, and what a first, straightforward run made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.node.conformance.peer import Driven
from tests.node.shell.test_shell import ALICE, BOB, CHAIN_ID, VALIDATOR, genesis

from assay.crypto.accounts import Account, sign_tx
from assay.proto import abci_pb2 as abci
from assay.proto.tx_pb2 import (
    CommitExtensions,
    MemberExtension,
    Message,
    MsgDelegate,
    MsgTransfer,
    MsgUndelegate,
    ShareRun,
    TxBody,
    VoteExtension,
)
from assay.state.extensions import sign_bytes

BLOCKS = 12


@dataclass
class Course:
    """Decided blocks.

    Attributes
    ----------
    genesis
        App hash of the first state.
    blocks
        FinalizeBlock requests, from height 1 on.
    answers
        What a node answers them, serialised.
    snapshot
        The first node's snapshot of the state after `snapshot.height`, in chunks.
    """

    genesis: bytes = b""
    blocks: list[abci.RequestFinalizeBlock] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    snapshot: abci.Snapshot = field(default_factory=abci.Snapshot)
    chunks: list[bytes] = field(default_factory=list)

    def app_hash(self, height: int) -> bytes:
        """App hash after a height."""
        return abci.ResponseFinalizeBlock.FromString(self.answers[height - 1]).app_hash


def transaction(sender: Account, sequence: int, rng: Random, operator: bytes) -> bytes:
    """Something that succeeds, or fails in the block."""
    message = rng.choice(
        [
            Message(transfer=MsgTransfer(recipient=BOB.address, amount=rng.choice([1, 5, 10**12]))),
            Message(delegate=MsgDelegate(validator=operator, amount=rng.randrange(1, 50_000))),
            Message(undelegate=MsgUndelegate(validator=operator, amount=rng.randrange(1, 2_000))),
        ]
    )
    body = TxBody(messages=[message], sequence=sequence, gas_limit=5000, fee=50)
    return sign_tx(sender, CHAIN_ID, body.SerializeToString())


def extension(rng: Random) -> bytes:
    """A vote extension with shares of openings that nobody asked for."""
    runs = [ShareRun(first=rng.randrange(1, 50), shares=rng.randbytes(16))]
    return VoteExtension(version=1, runs=runs).SerializeToString()


def injected(height: int, rng: Random) -> bytes:
    """The validator's extension of the height before, as a proposer puts it in front."""
    raw = extension(rng)
    signature = VALIDATOR.sign(sign_bytes(CHAIN_ID, height - 1, 0, raw))
    member = MemberExtension(validator=VALIDATOR.address, extension=raw, signature=signature)
    return CommitExtensions(height=height - 1, members=[member]).SerializeToString()


def draw_blocks(rng: Random, operator: bytes) -> list[abci.RequestFinalizeBlock]:
    """Draw blocks with transactions, votes, extensions and, once, evidence of somebody unknown."""
    sequences, made = {ALICE.address: 0, BOB.address: 0}, []
    for height in range(1, BLOCKS + 1):
        txs = [injected(height, rng)] if height > 1 and rng.random() < 0.5 else []
        for sender in rng.choices([ALICE, BOB], k=rng.randrange(4)):
            txs.append(transaction(sender, sequences[sender.address], rng, operator))
            sequences[sender.address] += 1
        block = abci.RequestFinalizeBlock(height=height, txs=txs, proposer_address=VALIDATOR.address)
        if height > 1:
            flag = abci.BLOCK_ID_FLAG_COMMIT if rng.random() < 0.9 else abci.BLOCK_ID_FLAG_ABSENT
            vote = block.decided_last_commit.votes.add(block_id_flag=flag)
            vote.validator.address, vote.validator.power = VALIDATOR.address, 10
        if height == BLOCKS // 2:
            found = block.misbehavior.add(type=abci.DUPLICATE_VOTE, height=height - 1)
            found.validator.address, found.validator.power = b"u" * 20, 1
        made.append(block)
    return made


async def first_run(path: Path, operator: bytes, seed: int = 1) -> Course:
    """Draw a chain and lead one node through it, call by call, with nothing in between."""
    course = Course(blocks=draw_blocks(Random(seed), operator))
    async with Driven(path) as node:
        begun = await node.consensus(init_chain=genesis())
        course.genesis = begun.init_chain.app_hash
        for block in course.blocks:
            answer = (await node.consensus(finalize_block=block)).finalize_block
            course.answers.append(answer.SerializeToString(deterministic=True))
            await node.consensus(commit=abci.RequestCommit())
            if block.height == BLOCKS // 2:
                node.take_snapshot()
        listed = await node.snapshots(list_snapshots=abci.RequestListSnapshots())
        (course.snapshot,) = listed.list_snapshots.snapshots
        for index in range(course.snapshot.chunks):
            wanted = abci.RequestLoadSnapshotChunk(
                height=course.snapshot.height, format=course.snapshot.format
            )
            wanted.chunk = index
            loaded = await node.snapshots(load_snapshot_chunk=wanted)
            course.chunks.append(loaded.load_snapshot_chunk.chunk)
    return course
