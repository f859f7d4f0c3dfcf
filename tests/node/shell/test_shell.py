"""The shell as CometBFT drives it: genesis, mempool, proposals, blocks, queries, with a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import founding

from assay.crypto import accounts
from assay.node.committee.identity import create_committee_key
from assay.node.committee.runtime import CommitteeRuntime
from assay.node.proofs import ProofVerifier
from assay.node.run import assemble
from assay.node.scoring import ScoringScheduler, Workers
from assay.node.shell.chain import Chain
from assay.node.shell.snapshots import Snapshots
from assay.node.signatures import SignatureChecker
from assay.node.snapshots.shelf import Shelf
from assay.node.workers.pool import WorkerPool
from assay.proto import abci_pb2 as abci
from assay.proto.query_pb2 import ChainInfo, SimulateResponse
from assay.proto.state_pb2 import Account
from assay.proto.tx_pb2 import CommitExtensions, MemberExtension, Message, MsgTransfer, TxBody
from assay.state.genesis import BadGenesis
from assay.state.rules import keys
from assay.state.rules.errors import TooManyMessages
from assay.state.rules.ics23 import verify_membership, verify_non_membership
from assay.state.rules.params import default_params
from assay.state.store import Store

CHAIN_ID = "assay-test"
ALICE, BOB = (accounts.from_seed(bytes((number,)) * 32) for number in (1, 2))
VALIDATOR = accounts.from_seed(b"v" * 32)


async def never() -> bool:
    return False


async def discard(_: bytes) -> None:
    raise AssertionError("a node that is not at the head sends nothing")


class Node:
    """An application over a store in a directory, with a committee member that keeps silent."""

    def __init__(self, path: Path, workers: Workers | None = None) -> None:
        self.store = Store.open(path / "store", create=True)
        self.chain = Chain(self.store, CHAIN_ID, check_invariants=True)
        self.signatures = SignatureChecker()
        scheduler, proofs = ScoringScheduler(WorkerPool()), ProofVerifier(workers or WorkerPool())
        if not (path / "committee").exists():
            create_committee_key(path)
        self.runtime = CommitteeRuntime(path, CHAIN_ID, VALIDATOR.address, scheduler, discard, never)
        self.shelf = Shelf(path / "snapshots")
        self.snapshots = Snapshots(self.chain, self.shelf, path / "restored")
        self.app = assemble(self.chain, self.signatures, proofs, scheduler, self.runtime, self.snapshots)

    async def close(self) -> None:
        self.snapshots.close()
        await self.runtime.close()
        self.signatures.close()
        self.store.close()


def app_state() -> dict[str, Any]:
    founders = [founding.founder(0, consensus_key=VALIDATOR)]
    return founding.app_state(CHAIN_ID, founders, (ALICE, BOB), default_params(development=True))


def genesis(**consensus: int) -> abci.RequestInitChain:
    request = founding.init_chain(CHAIN_ID, app_state())
    request.consensus_params.block.max_bytes = consensus.get("max_bytes", -1)
    request.consensus_params.abci.vote_extensions_enable_height = consensus.get("extensions", 1)
    return request


def transfer(sequence: int, amount: int = 5, sender: accounts.Account = ALICE) -> bytes:
    message = Message(transfer=MsgTransfer(recipient=BOB.address, amount=amount))
    body = TxBody(messages=[message], sequence=sequence, gas_limit=2000, fee=20)
    return accounts.sign_tx(sender, CHAIN_ID, body.SerializeToString())


@pytest.fixture
async def node(tmp_path: Path) -> Any:
    found = Node(tmp_path)
    await found.app.init_chain(genesis())
    yield found
    await found.close()


async def block(node: Node, height: int, *txs: bytes, commit_round: int = 0) -> abci.ResponseFinalizeBlock:
    request = abci.RequestFinalizeBlock(height=height, txs=txs)
    request.decided_last_commit.round = commit_round
    answer = await node.app.finalize_block(request)
    await node.app.commit(abci.RequestCommit())
    return answer


async def check(node: Node, *txs: bytes, again: bool = False) -> list[int]:
    kind = abci.RECHECK if again else abci.NEW
    answers = await node.app.check_tx_batch([abci.RequestCheckTx(tx=tx, type=kind) for tx in txs])
    return [answer.code for answer in answers]


async def test_genesis_may_be_repeated_and_gives_the_same_app_hash(node: Node) -> None:
    first = await node.app.init_chain(genesis())
    second = await node.app.init_chain(genesis())
    assert first == second
    assert first.app_hash != b""
    assert (await node.app.info(abci.RequestInfo())).last_block_height == 0


@pytest.mark.parametrize("consensus", [{"max_bytes": 1000}, {"extensions": 0}, {"extensions": 5}])
async def test_consensus_parameters_the_chain_cannot_live_with_are_refused(
    node: Node, consensus: dict[str, int]
) -> None:
    with pytest.raises(BadGenesis, match="must be"):
        await node.app.init_chain(genesis(**consensus))


async def test_the_validators_of_the_first_block_follow_from_the_state(node: Node) -> None:
    answer = await node.app.init_chain(genesis())
    assert [(each.pub_key.ed25519, each.power) for each in answer.validators] == [(VALIDATOR.public_key, 10)]
    listed = genesis()
    listed.validators.extend(answer.validators)
    with pytest.raises(BadGenesis, match="remove the list"):
        await node.app.init_chain(listed)


async def test_a_chain_hears_of_misbehaviour_while_its_stake_is_there(node: Node) -> None:
    params = default_params()
    params.min_seat_stake = founding.STAKE
    founders = [founding.founder(number) for number in range(4)]
    request = founding.init_chain(CHAIN_ID, founding.app_state(CHAIN_ID, founders, [ALICE], params))
    request.consensus_params.evidence.max_age_num_blocks = params.unbonding_period
    assert len((await node.app.init_chain(request)).validators) == 4
    request.consensus_params.evidence.max_age_num_blocks = params.unbonding_period + 1
    with pytest.raises(BadGenesis, match=f"beyond unbonding_period {params.unbonding_period}"):
        await node.app.init_chain(request)


async def test_a_block_is_there_only_after_commit(node: Node) -> None:
    request = abci.RequestFinalizeBlock(height=1, txs=[transfer(0)])
    first = await node.app.finalize_block(request)
    assert node.chain.height == 0
    second = await node.app.finalize_block(request)
    assert first.app_hash == second.app_hash
    await node.app.commit(abci.RequestCommit())
    info = await node.app.info(abci.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (1, first.app_hash)


async def test_a_block_out_of_turn_stops_the_node(node: Node) -> None:
    await block(node, 1)
    with pytest.raises(RuntimeError, match="does not follow height 1"):
        await block(node, 3)


async def test_the_mempool_admits_in_order_and_rechecks_after_a_commit(node: Node) -> None:
    txs = [transfer(number) for number in range(3)]
    assert await check(node, *txs, transfer(5), b"junk") == [0, 0, 0, 4, 2]
    await block(node, 1, txs[0])
    assert await check(node, *txs, again=True) == [4, 0, 0]
    assert await check(node, transfer(3)) == [0]


async def test_a_proposal_is_accepted_as_it_was_prepared(node: Node) -> None:
    txs = [transfer(number) for number in range(4)]
    assert await check(node, *txs) == [0, 0, 0, 0]
    prepared = await node.app.prepare_proposal(
        abci.RequestPrepareProposal(height=1, txs=[*txs, b"junk"], max_tx_bytes=1 << 20)
    )
    assert list(prepared.txs) == txs
    verdict = await node.app.process_proposal(abci.RequestProcessProposal(height=1, txs=prepared.txs))
    assert verdict.status == abci.ResponseProcessProposal.ACCEPT


async def test_a_proposal_with_junk_is_rejected_but_a_decided_block_with_junk_is_executed(node: Node) -> None:
    verdict = await node.app.process_proposal(abci.RequestProcessProposal(height=1, txs=[b"junk"]))
    assert verdict.status == abci.ResponseProcessProposal.REJECT
    answer = await block(node, 1, b"junk", transfer(0))
    assert [result.code for result in answer.tx_results] == [2, 0]


def injected(height: int, signer: accounts.Account) -> bytes:
    member = MemberExtension(validator=signer.address, extension=b"\x08\x01", signature=bytes(64))
    record = CommitExtensions(height=height, round=0, members=[member])
    return record.SerializeToString(deterministic=True)


async def test_forged_extensions_reject_a_proposal_and_count_as_nothing_in_a_block(node: Node) -> None:
    await block(node, 1)
    forged = injected(1, VALIDATOR)
    verdict = await node.app.process_proposal(abci.RequestProcessProposal(height=2, txs=[forged]))
    assert verdict.status == abci.ResponseProcessProposal.REJECT
    answer = await block(node, 2, forged, transfer(0))
    assert [(result.codespace, result.code) for result in answer.tx_results] == [("committee", 5), ("", 0)]


async def test_extensions_that_are_not_in_front_are_no_transaction(node: Node) -> None:
    answer = await block(node, 1, transfer(0), injected(7, VALIDATOR))
    assert [(result.codespace, result.code) for result in answer.tx_results] == [("", 0), ("auth", 12)]


@pytest.mark.parametrize(("data", "accepted"), [(b"", True), (b"junk", False), (bytes(5000), False)])
async def test_a_vote_extension_is_judged_by_form_alone(node: Node, data: bytes, accepted: bool) -> None:
    answer = await node.app.verify_vote_extension(abci.RequestVerifyVoteExtension(vote_extension=data))
    assert (answer.status == abci.ResponseVerifyVoteExtension.ACCEPT) is accepted


async def test_records_are_proven_against_the_app_hash_of_the_next_header(node: Node) -> None:
    first = await block(node, 1, transfer(0))
    await block(node, 2)
    key = keys.account(BOB.address)
    answer = await node.app.query(abci.RequestQuery(path="/store/key", data=key, prove=True))
    assert (answer.code, answer.height) == (0, 1)
    assert Account.FromString(answer.value).balance == 1_000_005
    verify_membership(first.app_hash, key, answer.value, answer.proof_ops.ops[0].data)
    missing = keys.account(b"x" * 20)
    answer = await node.app.query(abci.RequestQuery(path="/store/key", data=missing, prove=True))
    verify_non_membership(first.app_hash, missing, answer.proof_ops.ops[0].data)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (abci.RequestQuery(path="/nowhere"), 1),
        (abci.RequestQuery(path="/store/key"), 2),
        (abci.RequestQuery(path="/store/key", data=b"a", height=99), 3),
        (abci.RequestQuery(path="/store/key", data=b"a", height=-1), 3),
        (abci.RequestQuery(path="/store/range", data=b"\xff"), 2),
        (abci.RequestQuery(path="/bulk", data=b"x" * 40), 4),
        (abci.RequestQuery(path="/chain", prove=True), 2),
    ],
)
async def test_a_bad_query_gets_a_code_and_a_sentence(
    node: Node, query: abci.RequestQuery, code: int
) -> None:
    await block(node, 1)
    answer = await node.app.query(query)
    assert (answer.codespace, answer.code) == ("query", code)
    assert len(answer.log) > 10


async def test_no_more_messages_are_simulated_than_a_transaction_may_have(node: Node) -> None:
    """A simulation is free and holds up everything else."""
    await block(node, 1)
    message, most = (
        Message(transfer=MsgTransfer(recipient=BOB.address, amount=1)),
        default_params().max_messages,
    )
    for count, code in ((most, 0), (most + 1, TooManyMessages.code)):
        body = TxBody(messages=[message] * count).SerializeToString()
        answer = await node.app.query(
            abci.RequestQuery(path="/simulate", data=accounts.sign_tx(ALICE, CHAIN_ID, body))
        )
        assert SimulateResponse.FromString(answer.value).code == code


async def test_the_chain_tells_how_many_keys_are_ready(node: Node) -> None:
    await block(node, 1)
    answer = await node.app.query(abci.RequestQuery(path="/chain"))
    info = ChainInfo.FromString(answer.value)
    assert (info.ready_keys, info.height) == (0, 1)
    assert "making keys" in info.key_note


async def test_a_query_that_fails_inside_gets_a_code(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    await block(node, 1)
    monkeypatch.setattr(Store, "get_at", None)
    answer = await node.app.query(abci.RequestQuery(path="/store/key", data=b"a"))
    assert (answer.codespace, answer.code) == ("query", 5)


async def test_state_survives_a_restart(tmp_path: Path) -> None:
    first = Node(tmp_path)
    await first.app.init_chain(genesis())
    answer = await block(first, 1, transfer(0))
    await first.close()
    second = Node(tmp_path)
    info = await second.app.info(abci.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (1, answer.app_hash)
    assert (await block(second, 2, transfer(1))).tx_results[0].code == 0
    await second.close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()
