"""Blocks, transactions and what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest
from tests.state.conftest import account
from tests.state.stake import create_message

from assay.proto.staking_pb2 import SlashQueue, SlashRecord, SlashUnderWay
from assay.proto.state_pb2 import Validator
from assay.proto.tx_pb2 import CommitteeBody, Message, MsgCancelRound, MsgTransfer
from assay.state import invariants, ledger
from assay.state.context import Context
from assay.state.envelope import CommitteeMessage
from assay.state.overlay import Overlay
from assay.state.rules import gas, keys
from assay.state.rules.errors import TxMalformed
from assay.state.transition import Block, BlockResult, execute
from assay.state.validators import slash_queue


def pay(recipient: Any, amount: int = 1) -> Message:
    return Message(transfer=MsgTransfer(recipient=recipient.address, amount=amount))


def run(ctx: Context, *entries: Any) -> tuple[BlockResult, Overlay]:
    view = Overlay(ctx.view)
    result = execute(view, ctx.chain_id, Block(11, entries, [], {}))
    invariants.check_all(view)
    return result, view


def test_transfers_move_tokens_and_fees_are_distributed(
    ctx: Context, funded: list[Any], make_tx: Any
) -> None:
    txs = [make_tx(funded[0], n, pay(funded[1], 100)) for n in range(3)]
    result, view = run(ctx, *txs)
    fees = sum(tx.body.fee for tx in txs)
    assert [item.code for item in result.tx_results] == [0, 0, 0]
    assert ledger.account(view, funded[1].address).balance == 10_000_300
    assert ledger.account(view, keys.FEE_COLLECTOR).balance == 0
    assert ledger.account(view, keys.DISTRIBUTION).balance == fees
    assert ledger.account(view, funded[0].address).sequence == 3


def test_a_failing_transaction_leaves_only_fee_and_sequence(
    ctx: Context, funded: list[Any], make_tx: Any
) -> None:
    tx = make_tx(funded[0], 0, pay(funded[1], 5), pay(funded[2], 20_000_000))
    result, view = run(ctx, tx)
    assert (result.tx_results[0].codespace, result.tx_results[0].code) == ("bank", 1)
    assert ledger.account(view, funded[1].address).balance == 10_000_000
    sender = ledger.account(view, funded[0].address)
    assert (sender.balance, sender.sequence) == (10_000_000 - tx.body.fee, 1)
    assert [event.kind for event in result.tx_results[0].events] == ["tx"]


def test_a_forged_transaction_leaves_nothing(ctx: Context, funded: list[Any], make_tx: Any) -> None:
    tx = make_tx(funded[0], 0, pay(funded[1], 5))
    tx.signature = bytes(64)
    result, view = run(ctx, tx)
    assert (result.tx_results[0].codespace, result.tx_results[0].code) == ("auth", 3)
    assert ledger.account(view, funded[0].address).sequence == 0


def test_a_transaction_cannot_be_replayed(ctx: Context, funded: list[Any], make_tx: Any) -> None:
    tx = make_tx(funded[0], 0, pay(funded[1], 5))
    result, view = run(ctx, tx, tx)
    assert [item.code for item in result.tx_results] == [0, 4]
    assert ledger.account(view, funded[1].address).balance == 10_000_005


def test_what_cannot_be_decoded_has_its_code_and_the_rest_goes_on(
    ctx: Context, funded: list[Any], make_tx: Any
) -> None:
    result, _ = run(ctx, TxMalformed("no"), make_tx(funded[0], 0, pay(funded[1], 5)))
    assert [item.code for item in result.tx_results] == [2, 0]


def test_a_committee_message_nobody_awaits_is_refused_without_a_fee(ctx: Context) -> None:
    body = CommitteeBody(version=1, key_id=99, phase=1)
    result, _ = run(ctx, CommitteeMessage(100, body, b"", bytes(64)))
    assert (result.tx_results[0].codespace, result.tx_results[0].code) == ("committee", 1)


def test_committee_messages_have_a_cap_of_bytes_a_block(ctx: Context) -> None:
    body = CommitteeBody(version=1, key_id=99, phase=1)
    result, _ = run(ctx, CommitteeMessage(ctx.params.committee_block_bytes + 1, body, b"", bytes(64)))
    assert (result.tx_results[0].codespace, result.tx_results[0].code) == ("committee", 6)


def test_gas_follows_from_the_bytes(ctx: Context, funded: list[Any], make_tx: Any) -> None:
    tx = make_tx(funded[0], 0, pay(funded[1], 5))
    result, _ = run(ctx, tx)
    assert result.tx_results[0].gas_used == gas.envelope_cost(tx.size) + gas.store_cost(2, 2)


def test_events_find_a_transfer_by_both_parties(ctx: Context, funded: list[Any], make_tx: Any) -> None:
    result, _ = run(ctx, make_tx(funded[0], 0, pay(funded[1], 5)))
    transfer, tx = result.tx_results[0].events
    assert dict(transfer.attributes) == {
        "sender": funded[0].address_text,
        "recipient": funded[1].address_text,
        "amount": "5",
    }
    assert (transfer.kind, dict(transfer.indexed)) == ("transfer", {"recipient": funded[1].address_text})
    assert (tx.kind, dict(tx.indexed)) == ("tx", {"sender": funded[0].address_text})


@pytest.mark.parametrize("message", [Message(cancel_round=MsgCancelRound(round_id=5))])
def test_a_message_about_nothing_is_refused(
    ctx: Context, funded: list[Any], make_tx: Any, message: Message
) -> None:
    result, _ = run(ctx, make_tx(funded[0], 0, message))
    assert (result.tx_results[0].codespace, result.tx_results[0].code) == ("round", 1)


def test_a_new_validator_is_told_to_consensus(ctx: Context, funded: list[Any], make_tx: Any) -> None:
    operator, consensus = funded[0], account(700)
    message = create_message(operator, consensus, account(850), amount=3_000_000)
    result, view = run(ctx, make_tx(operator, 0, Message(create_validator=message)))
    assert [item.code for item in result.tx_results] == [0]
    expected = Validator(address=consensus.address, public_key=consensus.public_key, power=3)
    assert result.validator_updates == [expected]
    later = execute(Overlay(view), ctx.chain_id, Block(12, [], [], {}))
    assert later.validator_updates == []


def test_a_slash_that_one_block_does_not_end_goes_on_in_the_next(ctx: Context) -> None:
    waiting = SlashUnderWay(slash=SlashRecord(validator=b"v" * 20, fraction=500), left=5)
    slash_queue.save(ctx.view, SlashQueue(slashes=[waiting]))
    _, view = run(ctx)
    assert not slash_queue.load(view).slashes
