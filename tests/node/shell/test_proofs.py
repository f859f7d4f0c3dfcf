"""Proofs between the mempool and the block: verified once, elsewhere, after everything cheaper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.node.shell.test_shell import Node
from tests.state.chain import Submission
from tests.state.conftest import CHAIN_ID
from tests.state.proven import Proven
from tests.state.rounds.attacks import REFUSED, Scene

from assay.crypto import accounts
from assay.crypto.proof_job import ProofWorker
from assay.node.shell import mempool
from assay.node.workers import proof_orders
from assay.node.workers.pool import WorkerFailed
from assay.node.workers.seats import Task
from assay.proto import abci_pb2 as abci
from assay.proto import state_pb2 as pb
from assay.proto.query_pb2 import SimulateResponse
from assay.proto.state_pb2 import Contribution
from assay.proto.tx_pb2 import Message, MsgTransfer, TxBody
from assay.state import ledger
from assay.state.ante import gas_needed
from assay.state.envelope import AccountTx, decode
from assay.state.rules import errors, gas, keys
from assay.state.store import Store


class Here:
    """Workers that compute at once, in this process; or fail, or never answer."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.fails = self.hangs = False
        self._worker = ProofWorker()

    @property
    def senders(self) -> list[bytes]:
        """Whose proofs were verified."""
        return [proof_orders.from_parts(task.parts).context.sender for task in self.tasks]

    def submit(self, task: Task) -> asyncio.Future[tuple[bytes, ...]]:
        self.tasks.append(task)
        answer: asyncio.Future[tuple[bytes, ...]] = asyncio.get_running_loop().create_future()
        if self.fails:
            answer.set_exception(WorkerFailed("two workers ended"))
        elif not self.hangs:
            verdict = self._worker.run(proof_orders.from_parts(task.parts), task.fetch)
            answer.set_result(proof_orders.verdict_to_parts(verdict))
        return answer


class Scenario:
    """A round of three: the first two are honest, the third attacks; a fourth person is a stranger."""

    def __init__(self, *, last_commits: bool = True) -> None:
        self.chain = chain = Proven()
        self.round_id = round_id = chain.opened(max_contributors=3, min_contributors=1)
        self.subs = [chain.submission(round_id, number) for number in range(2)]
        sender = chain.people[2]
        scene = Scene(
            chain.public_key(chain.key_of(round_id)),
            chain.bound(round_id, sender),
            chain.message(2),
            self.subs[0].payload,
        )
        self.subs.append(Submission(sender, round_id, REFUSED["reads-the-key"][0](scene)))
        self.stranger = Submission(chain.people[3], round_id, self.subs[0].payload)
        for sub in self.subs[::-1] if last_commits else self.subs[:0:-1]:
            chain.run("commit", sub.sender, sub.commit)
        chain.end_block()

    def write(self, path: Path) -> None:
        """Write the state to a store, as the block before the next one."""
        path.mkdir()
        memory = self.chain.memory
        with Store.open(path / "store", create=True) as store:
            store.commit(store.prepare(self.chain.height - 1, memory.records, memory.bulk))

    def tx(self, sub: Submission, *kinds: str, ahead: int = 0) -> bytes:
        """A transaction with messages of a submission."""
        messages = [Message(**{kind: getattr(sub, kind)}) for kind in kinds or ("reveal",)]
        sequence = ledger.account(self.chain.view, sub.sender.address).sequence + ahead
        body = TxBody(messages=messages, sequence=sequence, gas_limit=10**8, fee=10**6)
        entry = decode(accounts.sign_tx(sub.sender, CHAIN_ID, body.SerializeToString()), CHAIN_ID, 1 << 22)
        assert isinstance(entry, AccountTx)
        body.gas_limit = gas_needed(entry, self.chain.params) + 20
        body.fee = gas.least_fee(body.gas_limit, self.chain.params.gas_price)
        return accounts.sign_tx(sub.sender, CHAIN_ID, body.SerializeToString())


@asynccontextmanager
async def running(scenario: Scenario, path: Path, workers: Any) -> AsyncIterator[Node]:
    scenario.write(path)
    node = Node(path, workers)
    yield node
    await node.close()


async def check(node: Node, *txs: bytes, again: bool = False) -> list[tuple[str, int]]:
    kind = abci.RECHECK if again else abci.NEW
    answers = await node.app.check_tx_batch([abci.RequestCheckTx(tx=tx, type=kind) for tx in txs])
    return [(answer.codespace, answer.code) for answer in answers]


async def finalize(node: Node, txs: Sequence[bytes]) -> abci.ResponseFinalizeBlock:
    request = abci.RequestFinalizeBlock(height=node.chain.height + 1, txs=txs)
    answer: abci.ResponseFinalizeBlock = await node.app.finalize_block(request)
    return answer


def codes(answer: abci.ResponseFinalizeBlock) -> list[tuple[str, int]]:
    return [(result.codespace, result.code) for result in answer.tx_results]


def status(node: Node, sub: Submission) -> int:
    view = node.chain.view()
    return view.require(Contribution, keys.contribution(sub.round_id, sub.sender.address)).status


GOOD, BAD = ("", 0), ("proof", errors.ProofChallenge.code)
AGAIN = ("auth", errors.WorkerUnavailable.code)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario()


async def test_a_proof_is_verified_once_from_the_mempool_to_the_block(
    scenario: Scenario, tmp_path: Path
) -> None:
    workers, txs = Here(), [scenario.tx(sub) for sub in scenario.subs]
    async with running(scenario, tmp_path / "node", workers) as node:
        assert await check(node, *txs) == [GOOD, GOOD, BAD]
        assert workers.senders == [sub.sender.address for sub in scenario.subs]
        assert await check(node, *txs) == [errors_of(errors.WrongSequence)] * 2 + [BAD]
        await node.app.process_proposal(abci.RequestProcessProposal(height=node.chain.height + 1, txs=txs))
        assert codes(await finalize(node, txs)) == [GOOD, GOOD, BAD]
        await node.app.commit(abci.RequestCommit())
        assert len(workers.tasks) == 3
        assert status(node, scenario.subs[0]) == pb.CONTRIBUTION_STATUS_REVEALED
        assert status(node, scenario.subs[2]) == pb.CONTRIBUTION_STATUS_COMMITTED


def errors_of(kind: type[errors.AssayError]) -> tuple[str, int]:
    return (kind.codespace, kind.code)


async def test_recheck_verifies_nothing_again(scenario: Scenario, tmp_path: Path) -> None:
    workers, txs = Here(), [scenario.tx(sub) for sub in scenario.subs[:2]]
    async with running(scenario, tmp_path / "node", workers) as node:
        assert await check(node, *txs) == [GOOD, GOOD]
        await finalize(node, [])
        await node.app.commit(abci.RequestCommit())
        workers.tasks.clear()
        workers.fails = True
        node.app.check_tx_batch.__self__._proofs._verdicts.clear()
        assert await check(node, *txs, again=True) == [GOOD, GOOD]
        assert not workers.tasks


async def test_a_block_gives_the_same_whether_its_proofs_are_known_or_not(
    scenario: Scenario, tmp_path: Path
) -> None:
    txs, answers = [scenario.tx(sub) for sub in scenario.subs], []
    for name in ("cold", "warm"):
        async with running(scenario, tmp_path / name, Here()) as node:
            if name == "warm":
                await check(node, *txs)
            answers.append(await finalize(node, txs))
    assert answers[0] == answers[1]
    assert codes(answers[0]) == [GOOD, GOOD, BAD]
    fees = [result.gas_used for result in answers[0].tx_results]
    assert all(used > gas.PROOF for used in fees)


async def test_a_proposal_has_its_proofs_begun(scenario: Scenario, tmp_path: Path) -> None:
    workers, txs = Here(), [scenario.tx(sub) for sub in scenario.subs]
    workers.hangs = True
    async with running(scenario, tmp_path / "node", workers) as node:
        request = abci.RequestProcessProposal(height=node.chain.height + 1, txs=txs)
        answer = await node.app.process_proposal(request)  # it does not wait for them
        assert answer.status == abci.ResponseProcessProposal.ACCEPT
        assert len(workers.tasks) == 3


async def test_what_an_entry_of_the_same_block_makes_possible_is_verified_when_it_is_asked_for(
    tmp_path: Path,
) -> None:
    scenario, workers = Scenario(last_commits=False), Here()
    last = scenario.subs[0]
    txs = [scenario.tx(last, "commit", "reveal"), scenario.tx(scenario.subs[2])]
    async with running(scenario, tmp_path / "node", workers) as node:
        assert codes(await finalize(node, txs)) == [GOOD, BAD]
        assert workers.senders == [last.sender.address, scenario.subs[2].sender.address]


async def test_what_is_not_signed_or_not_committed_to_has_no_proof_verified(
    scenario: Scenario, tmp_path: Path
) -> None:
    workers = Here()
    forged = bytearray(scenario.tx(scenario.subs[0]))
    forged[-1] ^= 1
    stranger = [scenario.tx(scenario.stranger, ahead=ahead) for ahead in range(20)]
    async with running(scenario, tmp_path / "node", workers) as node:
        assert await check(node, bytes(forged)) == [errors_of(errors.BadSignature)]
        assert await check(node, *stranger) == [errors_of(errors.NoCommitment)] * 20
        refused = [errors_of(errors.BadSignature), errors_of(errors.NoCommitment)]
        assert codes(await finalize(node, [bytes(forged), stranger[0]])) == refused
        assert not workers.tasks


async def test_a_failed_worker_is_a_code_in_the_mempool_and_the_end_in_a_block(
    scenario: Scenario, tmp_path: Path
) -> None:
    workers, tx = Here(), scenario.tx(scenario.subs[0])
    workers.fails = True
    async with running(scenario, tmp_path / "node", workers) as node:
        transfer = MsgTransfer(recipient=b"r" * 20, amount=1)
        other = _signed(scenario, Message(transfer=transfer))
        assert await check(node, tx, other) == [AGAIN, GOOD]
        with pytest.raises(WorkerFailed):
            await finalize(node, [tx])
        workers.fails = False
        assert await check(node, tx) == [GOOD]
        assert codes(await finalize(node, [tx])) == [GOOD]


async def test_a_simulation_verifies_no_proof(scenario: Scenario, tmp_path: Path) -> None:
    """It is free of charge, and would let anybody have a node verify."""
    workers, bad = Here(), scenario.tx(scenario.subs[2])
    async with running(scenario, tmp_path / "node", workers) as node:
        answer = await node.app.query(abci.RequestQuery(path="/simulate", data=bad))
        assert SimulateResponse.FromString(answer.value).code == 0
        assert await check(node, bad) == [BAD]
        assert len(workers.tasks) == 1


def _signed(scenario: Scenario, message: Message) -> bytes:
    sender = scenario.chain.people[3]
    body = TxBody(messages=[message], sequence=0, gas_limit=10**5, fee=10**4)
    return accounts.sign_tx(sender, CHAIN_ID, body.SerializeToString())


async def test_a_slow_worker_is_a_code_in_the_mempool(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mempool, "PROOF_SECONDS", 0.01)
    workers, tx = Here(), scenario.tx(scenario.subs[0])
    workers.hangs = True
    async with running(scenario, tmp_path / "node", workers) as node:
        assert await check(node, tx) == [AGAIN]
        assert await check(node, tx) == [AGAIN]
        assert len(workers.tasks) == 1  # it is still being verified


async def test_a_key_that_a_commit_has_retired_meanwhile_is_a_code_in_the_mempool(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers, tx = Here(), scenario.tx(scenario.subs[0])
    async with running(scenario, tmp_path / "node", workers) as node:
        scope = keys.key_scope(scenario.chain.key_of(scenario.round_id).id)
        get_bulk = node.store.get_bulk

        def gone(asked: bytes, digest: bytes) -> bytes | None:
            return None if asked == scope else get_bulk(asked, digest)

        monkeypatch.setattr(node.store, "get_bulk", gone)
        assert await check(node, tx) == [AGAIN]
