"""A whole round as signed transactions in blocks, and the same blocks executed again by somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.state.chain import BALANCE, Chain, Submission
from tests.state.committee import RealCommittee
from tests.state.conftest import CHAIN_ID, MemoryState
from tests.state.live import Live, direction, unit

from assay.crypto.accounts import Account, encode_address, sign_tx
from assay.crypto.ckks.payload import payload_bytes
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.proto.tx_pb2 import Message, MsgAcknowledgeRelease, TxBody
from assay.state import invariants, ledger
from assay.state.ante import gas_needed
from assay.state.check import MempoolView
from assay.state.envelope import AccountTx, CommitteeMessage, decode
from assay.state.handlers import HANDLERS
from assay.state.overlay import Overlay
from assay.state.rounds import payloads
from assay.state.rules import errors, gas, keys
from assay.state.transition import Block, BlockResult, execute


class Blocks(Live):
    """Puts everything into blocks, and keeps them."""

    def __init__(self, committee: RealCommittee) -> None:
        self.blocks: list[Block] = []
        committee.block = self.block  # type: ignore[method-assign]
        self.committee, self.chain = committee, committee.chain
        self.chain.end_block()
        self.start = MemoryState()
        self.start.records, self.start.bulk = dict(self.chain.memory.records), dict(self.chain.memory.bulk)
        super().__init__(committee)

    def block(self, *txs: AccountTx, ok: bool = True) -> BlockResult:
        entries = [*txs, *self.committee.messages()]
        block = Block(self.chain.height, entries, self.committee.extensions(), self.committee.products())
        self.blocks.append(block)
        result = run(self.chain.memory, block)
        assert not ok or all(item.code == 0 for item in result.tx_results)
        self.chain.ctx = self.chain.context(block.height + 1, Overlay(self.chain.memory))
        return result

    def tx(self, sender: Account, kind: str, message: Any, *, admit: bool = True) -> AccountTx:
        sequence = ledger.account(self.chain.view, sender.address).sequence
        body = TxBody(messages=[Message(**{kind: message})], sequence=sequence, gas_limit=10**9, fee=10**9)
        needed = gas_needed(decoded(sign_tx(sender, CHAIN_ID, body.SerializeToString())), self.chain.params)
        body.gas_limit, body.fee = needed, gas.least_fee(needed, self.chain.params.gas_price)
        tx = decoded(sign_tx(sender, CHAIN_ID, body.SerializeToString()))
        if admit:
            self.admitted(tx)
        return tx

    def admitted(self, tx: AccountTx) -> None:
        """What goes into a block has passed the mempool's view of the same state."""
        view = MempoolView(CHAIN_ID, self.chain.height - 1, self.chain.params, Overlay(self.chain.memory))
        view.precheck(tx)
        view.admit(tx)


def decoded(raw: bytes) -> AccountTx:
    entry = decode(raw, CHAIN_ID, 1 << 22)
    assert isinstance(entry, AccountTx)
    return entry


def run(memory: MemoryState, block: Block) -> BlockResult:
    view = Overlay(memory, cache_reads=True)
    result = execute(view, CHAIN_ID, block)
    memory.apply(view)
    invariants.check_all(memory)
    invariants.check_bulk(memory, memory.bulk)
    return result


@pytest.fixture(params=[1, 4], ids=["one", "four"])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Blocks:
    return Blocks(RealCommittee(Chain(seats=request.param), tmp_path))


def whole_round(chain: Blocks) -> int:
    owner, people = chain.chain.owner, chain.chain.people[:3]
    reference = direction(1)
    updates = [unit(reference + direction(seed)) for seed in (2, 3, 4)]
    terms = chain.chain.terms(
        key_id=chain.key.id, reference=chain.encrypt(reference, 9), max_contributors=3, min_contributors=2
    )
    chain.block(chain.tx(owner, "open_round", terms))
    chain.run_until(1, pb.ROUND_STATUS_OPEN)
    subs = [
        Submission(person, 1, chain.encrypt(update, n, 1))
        for n, (person, update) in enumerate(zip(people, updates, strict=True))
    ]
    chain.block(*(chain.tx(sub.sender, "commit", sub.commit) for sub in subs))
    chain.block(*(chain.tx(sub.sender, "reveal", sub.reveal) for sub in subs))
    chain.run_until(1, pb.ROUND_STATUS_SETTLED)
    chain.block()  # sealed shares
    chain.block(chain.tx(owner, "acknowledge_release", MsgAcknowledgeRelease(round_id=1)))
    return 1


def test_a_round_in_blocks_pays_and_ends(chain: Blocks) -> None:
    round_id = whole_round(chain)
    record = chain.chain.round(round_id)
    assert (record.status, record.acknowledged) == (pb.ROUND_STATUS_SETTLED, True)
    amounts = [chain.chain.contribution(round_id, person).amount for person in chain.chain.people[:3]]
    assert sum(amounts) == record.bounty
    assert chain.chain.key_of(round_id).status == pb.KEY_STATUS_RETIRED
    assert chain.chain.escrow(round_id) == 0


def test_the_same_blocks_give_the_same_state_whatever_is_cached(chain: Blocks) -> None:
    whole_round(chain)
    payloads.VERDICTS.clear()
    again = chain.start
    for block in chain.blocks:
        run(again, block)
    assert again.records == chain.chain.memory.records
    assert again.bulk == chain.chain.memory.bulk


def test_replaying_a_block_that_was_not_committed_gives_the_same_results(chain: Blocks) -> None:
    whole_round(chain)
    state = chain.start
    for block in chain.blocks:
        first = execute(Overlay(state), CHAIN_ID, block)
        second = run(state, block)
        assert first == second


def test_the_order_in_which_products_are_handed_in_does_not_matter(chain: Blocks) -> None:
    whole_round(chain)
    again = chain.start
    for block in chain.blocks:
        backwards = dict(reversed(block.products.items()))
        run(again, Block(block.height, block.entries, block.extensions, backwards))
    assert again.records == chain.chain.memory.records


def test_events_of_a_round_are_found_by_one_query(chain: Blocks) -> None:
    whole_round(chain)
    found = []
    state = chain.start
    for block in chain.blocks:
        result = run(state, block)
        for event in [*result.events, *(event for item in result.tx_results for event in item.events)]:
            if event.kind == "round":
                assert {"id", "what"} <= event.indexed.keys()
                found.append(dict(event.attributes))
    words = [event["what"] for event in found]
    assert words[0] == "opened"
    assert words[-1] == "release_ended"
    phases = [event["status"] for event in found if event["what"] == "phase"]
    assert phases == ["pending", "open", "reveal", "scoring", "settled"]
    mine = encode_address(chain.chain.people[0].address)
    assert {"committed", "revealed", "deposit_returned", "paid"} == {
        e["what"] for e in found if e.get("account") == mine
    }


def test_a_refused_step_takes_only_its_fee(chain: Blocks) -> None:
    person = chain.chain.people[0]
    sub = Submission(person, 7, chain.encrypt(direction(1), 1))
    with pytest.raises(errors.RoundNotFound):
        chain.tx(person, "commit", sub.commit)
    tx = chain.tx(person, "commit", sub.commit, admit=False)
    result = chain.block(tx, ok=False)
    assert (result.tx_results[0].codespace, result.tx_results[0].code) == ("round", errors.RoundNotFound.code)
    assert ledger.account(chain.chain.view, person.address).balance == BALANCE - tx.body.fee


def test_what_a_message_takes_from_its_sender_is_known_beforehand(chain: Blocks) -> None:
    ctx = chain.chain.ctx
    terms = chain.chain.terms(key_id=chain.key.id)
    assert HANDLERS["open_round"].spends(ctx, terms) == terms.bounty + terms.scoring_fee
    ctx.view.save(keys.round_(7), Round(id=7, deposit=55))
    sub = Submission(chain.chain.people[0], 7, b"")
    assert HANDLERS["commit"].spends(ctx, sub.commit) == 55
    assert HANDLERS["commit"].spends(ctx, Submission(chain.chain.people[0], 8, b"").commit) == 0
    assert HANDLERS["reveal"].spends(ctx, sub.reveal) == 0


def test_gas_follows_from_a_payloads_length(chain: Blocks) -> None:
    params, handler = chain.chain.params, HANDLERS["reveal"]

    def cost(size: int) -> int:
        return handler.cost(Submission(chain.chain.people[0], 1, bytes(size)).reveal, params)

    one, two = payload_bytes(SMALL, 1), payload_bytes(SMALL, 2)
    step = gas.submission_cost(1)
    assert cost(0) < cost(one - 1) < cost(one) < cost(two - 1) < cost(two)
    assert step <= cost(one) - cost(one - 1) <= cost(one) - cost(0) < 2 * step
    assert step <= cost(two) - cost(two - 1) <= cost(two) - cost(one) < 2 * step
    assert cost(payload_bytes(SMALL, 9)) - cost(payload_bytes(SMALL, 8)) >= step


def test_a_committee_message_in_the_mempool_is_admitted_once(tmp_path: Path) -> None:
    committee = RealCommittee(Chain(), tmp_path)
    committee.chain.end_block()
    (message,) = committee.messages()
    assert isinstance(message, CommitteeMessage)
    view = MempoolView(CHAIN_ID, committee.chain.height - 1, committee.chain.params, committee.committed())
    view.admit_committee(message)
    with pytest.raises(errors.NotAwaited):
        view.admit_committee(message)
