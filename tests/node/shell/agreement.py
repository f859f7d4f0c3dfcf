"""Generated commits, mempools and blocks, and what every node must agree on about them.

    python -m tests.node.shell.agreement [--cases 10000]

runs that many cases and prints how far they reach: how many extensions and entries get through the first
parser, how the proposals end, and which branches of the modules concerned were taken. Case number i is made
from the seed i, so a case that fails can be made again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import coverage
import structlog
from tests import founding
from tests.node.committee.nodes import Nodes
from tests.node.shell.test_shell import Node, block

from assay.crypto import accounts
from assay.crypto.accounts import Account
from assay.crypto.committee.messages import join_size
from assay.crypto.committee.sealed_box import public_key
from assay.node.workers.pool import WorkerPool
from assay.proto import abci_pb2 as abci
from assay.proto import state_pb2 as pb
from assay.proto import tx_pb2
from assay.proto.tx_pb2 import (
    CommitExtensions,
    CommitteeBody,
    MemberExtension,
    Message,
    ShareRun,
    TxBody,
    VoteExtension,
)
from assay.state import scoring_queue
from assay.state.context import Context
from assay.state.envelope import decode, decode_extensions
from assay.state.extensions import parse_extension, sign_bytes
from assay.state.rules.errors import AssayError
from assay.state.rules.params import default_params
from assay.state.scoring_queue import Question

MODULES: Final = (
    "node/shell/consensus.py",
    "node/shell/proposal.py",
    "state/extensions.py",
    "state/envelope.py",
    "proto/canonical.py",
)
CHAIN_ID: Final = "assay-test"
VALIDATORS: Final = sorted(
    (accounts.from_seed(bytes((number,)) * 32) for number in range(50, 55)), key=lambda one: one.address
)
"""The last one has no seat on the committee."""
MEMBER_KEYS: Final = [accounts.from_seed(bytes((number,)) * 32) for number in range(60, 64)]
PAYERS: Final = [accounts.from_seed(bytes((number,)) * 32) for number in range(1, 5)]
OUTSIDER: Final = accounts.from_seed(b"o" * 32)
_BLOCK_BYTES: Final = 1 << 20
COMMIT: Final = abci.BLOCK_ID_FLAG_COMMIT


def app_state() -> dict[str, Any]:
    """A genesis with five validators of which four sit on the committee, and small blocks."""
    params = default_params(development=True)
    params.max_block_bytes, params.max_tx_bytes, params.max_block_gas = _BLOCK_BYTES, 300_000, 30 * 10**6
    params.committee_block_bytes, params.ceremony_window = 200_000, 1000
    params.min_committee, params.min_seat_stake = 4, founding.STAKE
    founders = [founding.founder(number, consensus_key=key) for number, key in enumerate(VALIDATORS)]
    founders = [
        *(replace(one, committee_key=key) for one, key in zip(founders, MEMBER_KEYS, strict=False)),
        replace(founders[-1], stake=founding.STAKE - 1),
    ]
    return founding.app_state(CHAIN_ID, founders, PAYERS, params)


def genesis() -> abci.RequestInitChain:
    """InitChain for `app_state`."""
    return founding.init_chain(CHAIN_ID, app_state())


# --- vote extensions -------------------------------------------------------------------------


def well_formed(rng: Random) -> bytes:
    """An extension as an honest member makes one, of openings that may be anything."""
    record, following = VoteExtension(version=1), rng.choice([0, 1, 5, 1000, 2**62])
    for _ in range(rng.choice([1, 1, 2, 5])):
        count = rng.choice([1, 1, 2, 8, 40])
        following += rng.choice([0, 1, 3])
        record.runs.append(ShareRun(first=following, shares=rng.randbytes(16 * count)))
        following += count
    return record.SerializeToString(deterministic=True)


def one_run(first: int, shares: bytes) -> bytes:
    """An extension of a single run."""
    return VoteExtension(version=1, runs=[ShareRun(first=first, shares=shares)]).SerializeToString()


def malformed(rng: Random) -> bytes:
    """Bytes that are no extension, most of them nearly one."""
    good = VoteExtension.FromString(well_formed(rng))
    changed = bytearray(good.SerializeToString())
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    ways: list[Callable[[], bytes]] = [
        lambda: rng.randbytes(rng.choice([1, 20, 200])),
        lambda: bytes(changed),
        lambda: VoteExtension(version=2, runs=good.runs).SerializeToString(),
        lambda: VoteExtension(version=1).SerializeToString(),
        lambda: VoteExtension(version=1, runs=[*good.runs, good.runs[-1]]).SerializeToString(),
        lambda: VoteExtension(version=1, runs=[ShareRun(first=3, shares=b"x" * 15)]).SerializeToString(),
        lambda: VoteExtension(version=1, runs=[ShareRun(first=2**63, shares=bytes(16))]).SerializeToString(),
        lambda: VoteExtension(
            version=1, runs=[ShareRun(first=3, shares=bytes(16 * 249))]
        ).SerializeToString(),
        lambda: good.SerializeToString() + b"\x50\x01",
        lambda: bytes(rng.choice([4097, 50_000])),
    ]
    return rng.choice(ways)()


@dataclass(frozen=True)
class Commit:
    """The last commit as the next proposer sees it.

    Attributes
    ----------
    info
        What CometBFT hands over.
    honest
        Extensions of members, by address, that every node must accept.
    """

    info: abci.ExtendedCommitInfo
    honest: dict[bytes, bytes]


def commit(rng: Random, height: int, extension: Callable[[Random], bytes]) -> Commit:
    """Votes of honest and hostile validators on the block before `height`."""
    info = abci.ExtendedCommitInfo(round=rng.choice([0, 0, 1, 7]))
    honest: dict[bytes, bytes] = {}
    for number, validator in enumerate(VALIDATORS):
        if rng.random() < 0.6:
            data = extension(rng)
            vote(info, validator, data, validator.sign(sign_bytes(CHAIN_ID, height - 1, info.round, data)))
        else:
            data = _hostile_vote(rng, info, validator, height)
        if data and number < len(MEMBER_KEYS):
            honest[validator.address] = data
    if rng.random() < 0.2:
        data = well_formed(rng)
        vote(info, OUTSIDER, data, OUTSIDER.sign(sign_bytes(CHAIN_ID, height - 1, info.round, data)))
    if rng.random() < 0.2:
        info.votes.append(rng.choice(list(info.votes)))
    votes = rng.sample(list(info.votes), len(info.votes))
    del info.votes[:]
    info.votes.extend(votes)
    return Commit(info, honest)


def vote(
    info: abci.ExtendedCommitInfo, validator: Account, data: bytes, signature: bytes, flag: int = COMMIT
) -> None:
    """Add a validator's vote to a commit."""
    added = info.votes.add(vote_extension=data, extension_signature=signature)
    added.validator.address, added.validator.power = validator.address, 10
    added.block_id_flag = flag  # type: ignore[assignment]


def _hostile_vote(rng: Random, info: abci.ExtendedCommitInfo, validator: Account, height: int) -> bytes:
    """A vote that is absent, nil, garbage, replayed, somebody else's, or signed otherwise.

    Garbage that happens to be well formed is returned: nobody can tell it from an honest extension.
    """
    data, bad = well_formed(rng), malformed(rng)

    def signed(by: Account, what: bytes, at: int = height - 1, round_: int = info.round) -> bytes:
        return by.sign(sign_bytes(CHAIN_ID, at, round_, what))

    way = rng.randrange(9)
    if way == 0:
        vote(info, validator, b"", b"", abci.BLOCK_ID_FLAG_ABSENT)
    elif way == 1:
        vote(info, validator, data, signed(validator, data), abci.BLOCK_ID_FLAG_NIL)
    elif way in (2, 3):
        vote(info, validator, bad, signed(validator, bad))
        return bad if _passes(parse_extension, bad) else b""
    elif way == 4:
        vote(info, validator, data, signed(validator, data, at=height - rng.choice([0, 2, 3])))
    elif way == 5:
        vote(info, validator, data, signed(validator, data, round_=info.round + 1))
    elif way == 6:
        vote(info, validator, data, signed(rng.choice([OUTSIDER, PAYERS[0]]), data))
    elif way == 7:
        vote(info, validator, data, rng.randbytes(rng.choice([0, 63, 64, 65])))
    else:
        vote(info, OUTSIDER, data, signed(validator, data))
    return b""


# --- the mempool and blocks ------------------------------------------------------------------


def entry(rng: Random) -> bytes:
    """Something that may wait in a mempool, whatever it may be."""
    ways: list[Callable[[], bytes]] = [
        lambda: _transfer(rng),
        lambda: _transfer(rng),
        lambda: _join(rng),
        lambda: rng.randbytes(rng.choice([0, 1, 50])),
        lambda: bytes((rng.choice([0x0A, 0x22, 0x30]),)) + rng.randbytes(30),
        lambda: CommitExtensions(height=2, round=0).SerializeToString(),
        lambda: _transfer(rng) + b"\x28\x01",
        lambda: _changed(rng, _transfer(rng)),
        lambda: _transfer(rng, memo="m" * rng.choice([100_000, 290_000, 300_000])),
    ]
    return rng.choice(ways)()


def _transfer(rng: Random, memo: str = "") -> bytes:
    sender, gas = rng.choice(PAYERS), rng.choice([1, 2000, 12 * 10**6, 30 * 10**6, 30 * 10**6 + 1])
    message = Message(transfer=tx_pb2.MsgTransfer(recipient=PAYERS[0].address, amount=5))
    messages = [message] * rng.choice([0, 1, 1, 1, 3])
    body = TxBody(messages=messages, sequence=rng.randrange(4), gas_limit=gas, fee=20, memo=memo)
    return accounts.sign_tx(sender, CHAIN_ID, body.SerializeToString())


def _join(rng: Random) -> bytes:
    """A member's first message of a ceremony, now and then a large or forged one."""
    member = rng.randrange(4)
    body = CommitteeBody(version=1, key_id=rng.choice([1, 1, 2]), phase=tx_pb2.COMMITTEE_PHASE_JOIN)
    data = public_key(rng.randbytes(32)) + PAYERS[1].public_key
    body.member, body.data = member, data.ljust(join_size(4, member), b"h")
    if rng.random() < 0.3:
        body.data += bytes(rng.choice([1, 60_000, 150_000]))
    signer = rng.choice([MEMBER_KEYS[member], MEMBER_KEYS[member], OUTSIDER])
    return accounts.sign_committee_tx(signer, CHAIN_ID, body.SerializeToString())


def _changed(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def hostile_block(rng: Random, honest: list[bytes], last: Commit, height: int) -> list[bytes]:
    """A block that a hostile proposer makes out of an honest one."""
    members = [
        MemberExtension(
            validator=v.validator.address, extension=v.vote_extension, signature=v.extension_signature
        )
        for v in last.info.votes
    ]
    if rng.random() < 0.5:
        members.sort(key=lambda member: member.validator)
    taken = members[: rng.randrange(len(members) + 1)]
    round_, at = last.info.round + rng.choice([0, 0, 0, 1]), height - rng.choice([1, 1, 1, 2])
    injected = CommitExtensions(height=at, round=round_, members=taken).SerializeToString(deterministic=True)
    ways: list[Callable[[], list[bytes]]] = [
        lambda: [injected, *honest],
        lambda: [injected, *honest[1:]],
        lambda: [*honest[1:], *honest[:1]],
        lambda: [_changed(rng, honest[0]), *honest[1:]] if honest and honest[0] else [b""],
        lambda: [*honest, *(entry(rng) for _ in range(rng.randrange(1, 4)))],
        lambda: honest * 2,
        lambda: [*honest, *(_join(rng) for _ in range(8))],
        lambda: [*honest, bytes(_BLOCK_BYTES)],
    ]
    return rng.choice(ways)()


# --- what must hold --------------------------------------------------------------------------


class Agreement:
    """One node's application, asked as proposer, as validator and at the end of a block.

    Attributes
    ----------
    reach
        What was counted.
    """

    def __init__(self, app: Any, height: int) -> None:
        self.app, self.height = app, height
        self.reach: Counter[str] = Counter()

    async def check(self, rng: Random, last: Commit) -> None:
        """Check that everybody agrees about what follows a commit."""
        await self._votes_agree(last)
        waiting = [entry(rng) for _ in range(rng.randrange(12))]
        most = rng.choice([100, 3000, 300_000, 8_000_000])
        honest = await self.prepare(last, waiting, most)
        await self._proposal_agrees(honest, last)
        hostile = hostile_block(rng, honest, last, self.height)
        await self._nothing_breaks(hostile, last)
        self.reach["cases"] += 1

    async def _votes_agree(self, last: Commit) -> None:
        """Every node accepts what an honest one says, whatever it thinks of the rest."""
        for vote in last.info.votes:
            if not vote.vote_extension:
                continue
            request = abci.RequestVerifyVoteExtension(vote_extension=vote.vote_extension)
            status = (await self.app.verify_vote_extension(request)).status
            parsed = _passes(parse_extension, vote.vote_extension)
            assert (status == abci.ResponseVerifyVoteExtension.ACCEPT) == parsed
            if last.honest.get(vote.validator.address) == vote.vote_extension:
                assert parsed, "an honest extension was rejected"
            self.reach["extensions"] += 1
            self.reach["extensions that parse"] += parsed

    async def prepare(self, last: Commit, waiting: list[bytes], most: int) -> list[bytes]:
        """Return what the node proposes."""
        request = abci.RequestPrepareProposal(
            txs=waiting, height=self.height, max_tx_bytes=most, local_last_commit=last.info
        )
        block = list((await self.app.prepare_proposal(request)).txs)
        assert sum(len(raw) for raw in block) <= most
        for raw in waiting:
            parsed = _passes(lambda data: decode(data, CHAIN_ID, 300_000), raw)
            self.reach["entries"] += 1
            self.reach["entries that parse"] += parsed
        return block

    async def _proposal_agrees(self, block: list[bytes], last: Commit) -> None:
        """An honest proposal is accepted, carries all honest extensions, and executes."""
        assert await self.accepts(block, last), "an honest proposal was rejected"
        if block and block[0][:1] == b"\x30":
            record = decode_extensions(block[0], _BLOCK_BYTES)
            assert {member.validator: member.extension for member in record.members} == last.honest
            self.reach["proposals with extensions"] += 1
        else:
            self.reach["proposals without extensions"] += 1
        results = await self.finalize(block, last)
        assert not block or block[0][:1] != b"\x30" or results[0].code == 0

    async def _nothing_breaks(self, block: list[bytes], last: Commit) -> None:
        """A hostile block is judged and, if it should be decided all the same, executed without a halt."""
        accepted = await self.accepts(block, last)
        results = await self.finalize(block, last)
        assert len(results) == len(block)
        if accepted and block and block[0][:1] == b"\x30":
            assert results[0].code == 0, "bad extensions were accepted"
        self.reach["hostile blocks"] += 1
        self.reach["hostile blocks accepted"] += accepted

    async def accepts(self, block: list[bytes], last: Commit) -> bool:
        """Tell whether the node accepts a proposal."""
        request = abci.RequestProcessProposal(txs=block, height=self.height)
        request.proposed_last_commit.round = last.info.round
        answer = await self.app.process_proposal(request)
        return bool(answer.status == abci.ResponseProcessProposal.ACCEPT)

    async def finalize(self, block: list[bytes], last: Commit) -> list[Any]:
        """Return the results of a block's entries."""
        request = abci.RequestFinalizeBlock(txs=block, height=self.height)
        request.decided_last_commit.round = last.info.round
        return list((await self.app.finalize_block(request)).tx_results)


def _passes(parser: Callable[[bytes], object], data: bytes) -> bool:
    try:
        parser(data)
    except AssayError:
        return False
    return True


# --- the command -----------------------------------------------------------------------------


def measured(cases: int) -> tuple[Counter[str], dict[str, tuple[int, int]]]:
    """Run cases and return their reach, and for each module its branches taken and all it has."""
    include = [f"*/{name}" for name in MODULES]
    measurement = coverage.Coverage(branch=True, data_file=None, config_file=False, include=include)
    with tempfile.TemporaryDirectory() as directory:
        measurement.start()
        reach = run(Path(directory), range(cases))
        measurement.stop()
        report = Path(directory) / "coverage.json"
        measurement.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    branches = {
        name: (found["summary"]["covered_branches"], found["summary"]["num_branches"])
        for name, found in sorted(files.items())
    }
    return reach, branches


def run(directory: Path, cases: range) -> Counter[str]:
    """Run cases on a node in a directory; returns what was counted."""
    with asyncio.Runner() as runner:
        pool = WorkerPool()
        runner.run(pool.start())
        member = Nodes(runner.run, pool, directory / "member")
        (directory / "node").mkdir()
        node = runner.run(node_at_two(directory / "node"))
        agreement = Agreement(node.app, 3)
        honest = partial(extended, member, member.make_key().id)
        for number in cases:
            rng = Random(number)
            runner.run(agreement.check(rng, commit(rng, agreement.height, honest)))
        for task in (member.nodes[0].runtime.close(), node.close(), pool.close()):
            runner.run(task)
    return agreement.reach


async def node_at_two(directory: Path) -> Node:
    """A node after two blocks."""
    node = Node(directory)
    await node.app.init_chain(genesis())
    for height in (1, 2):
        await block(node, height)
    return node


def extended(member: Nodes, key_id: int, rng: Random) -> bytes:
    """What a real member answers to ExtendVote in a state that awaits some of its shares, or none."""
    view = member.committed()
    ctx = Context(CHAIN_ID, member.chain.height, member.chain.params, view)
    coin = Question(pb.OPENING_KIND_COIN)
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        scoring_queue.ask(ctx, key_id, 1, [coin] * rng.choice([1, 1, 3, 20, 250]))
        gap = rng.choice([0, 0, 1, 30])
        scoring_queue.drop(ctx, scoring_queue.ask(ctx, key_id, 1, [coin] * gap), gap)
    return member.run(member.nodes[0].runtime.extension(view, rng.randrange(10, 1000)))


def main() -> None:
    """Print the reach of the generator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    reach, branches = measured(parser.parse_args().cases)
    for what, count in sorted(reach.items()):
        print(f"{count:9,}  {what}")
    for name, (taken, there) in branches.items():
        print(f"{taken:4} of {there:4} branches  {name}")


if __name__ == "__main__":
    main()
