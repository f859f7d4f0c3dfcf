"""The mempool's view: many in flight, nothing forged, nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from assay.proto.tx_pb2 import Message, MsgOpenRound, MsgPostModel, MsgReveal, MsgTransfer
from assay.state import ledger
from assay.state.check import MempoolView
from assay.state.context import Context
from assay.state.envelope import AccountTx
from assay.state.handlers import HANDLERS
from assay.state.rules.errors import (
    BadAmount,
    BadSignature,
    CannotPayFee,
    FeeTooLow,
    MemoTooLong,
    OutOfGas,
    RevealWaiting,
    RoundNotFound,
    TimedOut,
    TooManyMessages,
    UnknownMessage,
    WrongSequence,
)


def pay(recipient: Any, amount: int = 1) -> Message:
    return Message(transfer=MsgTransfer(recipient=recipient.address, amount=amount))


@pytest.fixture
def view(ctx: Context) -> MempoolView:
    return MempoolView(ctx.chain_id, ctx.height, ctx.params, ctx.view)


def admit(view: MempoolView, tx: Any) -> None:
    view.precheck(tx)
    view.admit(tx)


def test_one_account_has_many_in_flight(view: MempoolView, funded: list[Any], make_tx: Any) -> None:
    for sequence in range(50):
        admit(view, make_tx(funded[0], sequence, pay(funded[1])))
    with pytest.raises(WrongSequence, match=r"the next of .* is 50"):
        admit(view, make_tx(funded[0], 49, pay(funded[1])))
    with pytest.raises(WrongSequence):
        admit(view, make_tx(funded[0], 51, pay(funded[1])))


def test_what_is_waiting_counts_against_the_balance(
    view: MempoolView, funded: list[Any], make_tx: Any
) -> None:
    admit(view, make_tx(funded[0], 0, pay(funded[1], 9_000_000)))
    with pytest.raises(CannotPayFee, match="beyond what is waiting"):
        admit(view, make_tx(funded[0], 1, pay(funded[1], 1_000_000)))


def test_a_forged_transaction_takes_nobodys_place(view: MempoolView, funded: list[Any], make_tx: Any) -> None:
    forged = make_tx(funded[0], 0, pay(funded[1]))
    forged.signature = bytes(64)
    honest = make_tx(funded[0], 0, pay(funded[2]))
    view.precheck(forged)
    view.precheck(honest)
    with pytest.raises(BadSignature):
        view.admit(forged)
    view.admit(honest)


def test_recheck_asks_for_no_signature(
    view: MempoolView, funded: list[Any], make_tx: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tx = make_tx(funded[0], 0, pay(funded[1]))
    monkeypatch.setattr(AccountTx, "verify", None)
    view.recheck(tx)
    with pytest.raises(WrongSequence):
        view.recheck(tx)


def test_a_transaction_signed_for_another_chain_is_refused(
    view: MempoolView, funded: list[Any], make_tx: Any
) -> None:
    with pytest.raises(BadSignature, match="this chain id"):
        admit(view, make_tx(funded[0], 0, pay(funded[1]), chain_id="other"))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"gas_limit": 10}, OutOfGas),
        ({"fee": 0}, FeeTooLow),
        ({"fee": 2**60}, CannotPayFee),
        ({"timeout_height": 5}, TimedOut),
        ({"memo": "m" * 257}, MemoTooLong),
        ({"memo": "é" * 129}, MemoTooLong),
    ],
)
def test_the_envelope_is_checked(
    view: MempoolView, funded: list[Any], make_tx: Any, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        view.precheck(make_tx(funded[0], 0, pay(funded[1]), **fields))


def test_messages_are_counted_and_known(view: MempoolView, funded: list[Any], make_tx: Any) -> None:
    with pytest.raises(TooManyMessages):
        view.precheck(make_tx(funded[0], 0, gas_limit=10**6, fee=10**4))
    with pytest.raises(TooManyMessages):
        view.precheck(make_tx(funded[0], 0, *[pay(funded[1])] * 101))
    with pytest.raises(UnknownMessage):
        make_tx(funded[0], 0, Message())


def test_messages_of_bad_form_are_refused(view: MempoolView, funded: list[Any], make_tx: Any) -> None:
    with pytest.raises(BadAmount):
        view.precheck(make_tx(funded[0], 0, pay(funded[1], 0)))
    with pytest.raises(Exception, match="name and target"):
        view.precheck(make_tx(funded[0], 0, Message(post_model=MsgPostModel())))


def test_an_account_nobody_funded_can_send_nothing(
    view: MempoolView, people: list[Any], make_tx: Any
) -> None:
    with pytest.raises(CannotPayFee):
        view.precheck(make_tx(people[0], 0, pay(people[1])))


def test_nothing_dear_is_done_for_who_cannot_pay(
    view: MempoolView, people: list[Any], make_tx: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred messages with a curve point each take longer than the signature that comes last."""
    looked_at: list[Any] = []
    monkeypatch.setattr(HANDLERS["open_round"], "check_form", lambda *args: looked_at.append(args))
    tx = make_tx(people[0], 0, *[Message(open_round=MsgOpenRound())] * 100)
    with pytest.raises(CannotPayFee):
        view.precheck(tx)
    tx = make_tx(people[0], 0, *[Message(open_round=MsgOpenRound())] * 100, fee=0)
    with pytest.raises(FeeTooLow):
        view.precheck(tx)
    assert not looked_at


def test_the_view_writes_nothing(ctx: Context, view: MempoolView, funded: list[Any], make_tx: Any) -> None:
    before = dict(ctx.view.changes)
    admit(view, make_tx(funded[0], 0, pay(funded[1])))
    assert ctx.view.changes == before
    assert ledger.account(ctx.view, funded[0].address).sequence == 0


# --- reveals -----------------------------------------------------------------


def reveal(round_id: int, payload: bytes = b"p" * 1000) -> Message:
    return Message(reveal=MsgReveal(round_id=round_id, salt=bytes(32), payload=payload))


def test_a_second_reveal_of_one_commitment_does_not_wait_with_the_first(
    view: MempoolView, funded: list[Any], make_tx: Any
) -> None:
    first, other_round, other_sender = (
        make_tx(funded[0], 0, reveal(1)),
        make_tx(funded[0], 1, reveal(2)),
        make_tx(funded[1], 0, reveal(1)),
    )
    for tx in (first, other_round, other_sender):
        view.admit(tx)
    again = make_tx(funded[0], 2, reveal(1, b"q"))
    with pytest.raises(RevealWaiting, match="for round 1 is waiting"):
        view.precheck(again)  # before its payload is looked at
    with pytest.raises(RevealWaiting):
        view.admit(again)
    view.admit(make_tx(funded[0], 2, pay(funded[1])))  # what was refused has taken no place


def test_two_reveals_of_one_batch_do_not_both_get_in(
    view: MempoolView, funded: list[Any], make_tx: Any
) -> None:
    txs = [make_tx(funded[0], sequence, reveal(1)) for sequence in range(2)]
    for tx in txs:
        with pytest.raises(RoundNotFound):  # this chain has no round: nothing waits that would refuse earlier
            view.precheck(tx)
    view.admit(txs[0])
    with pytest.raises(RevealWaiting):
        view.admit(txs[1])
    with pytest.raises(RevealWaiting):
        view.precheck(make_tx(funded[2], 0, reveal(1), reveal(1)))


def test_recheck_keeps_the_reveal_that_waits_and_frees_the_place_of_one_that_is_gone(
    ctx: Context, funded: list[Any], make_tx: Any
) -> None:
    def after_commit() -> MempoolView:
        return MempoolView(ctx.chain_id, ctx.height, ctx.params, ctx.view)

    view, tx = after_commit(), make_tx(funded[0], 0, reveal(1))
    view.admit(tx)
    view = after_commit()
    view.recheck(tx)  # it was not in the block
    with pytest.raises(RevealWaiting):
        view.admit(make_tx(funded[0], 1, reveal(1)))
    view = after_commit()  # it was in the block, or has been dropped
    view.admit(make_tx(funded[0], 0, reveal(1)))
