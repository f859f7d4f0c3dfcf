"""A round's own account."""

from __future__ import annotations

import pytest
from tests.state.chain import BALANCE, Chain

from assay.proto.tx_pb2 import MsgTransfer
from assay.state import ledger
from assay.state.rounds import escrow
from assay.state.rules import errors, keys


def test_nobody_can_send_tokens_to_an_escrow(chain: Chain) -> None:
    existing, future = chain.open_round(), 1000
    for round_id in (existing, future):
        with pytest.raises(errors.BadAddress):
            chain.run("transfer", chain.people[0], MsgTransfer(recipient=keys.escrow(round_id), amount=1))


def test_every_round_has_an_escrow_of_its_own() -> None:
    addresses = {keys.escrow(number) for number in range(1, 1000)} | {keys.FEE_COLLECTOR}
    assert len(addresses) == 1000
    assert all(len(address) == keys.ADDRESS_BYTES and keys.is_module(address) for address in addresses)


def test_a_round_cannot_draw_on_anothers_escrow(chain: Chain) -> None:
    rich, poor = chain.open_round(bounty=5_000_000), chain.open_round(bounty=1000)
    record = chain.round(poor)
    with pytest.raises(errors.InsufficientFunds):
        escrow.pay(chain.ctx, record, chain.people[0].address, 1000 + 40_001 + 1, "paid")
    assert chain.escrow(rich) == 5_040_001


def test_each_way_out_is_counted_where_it_belongs(chain: Chain) -> None:
    round_id = chain.open_round()
    record = chain.round(round_id)
    escrow.take_in(chain.ctx, record, chain.people[0].address, 500)
    escrow.pay(chain.ctx, record, chain.people[1].address, 100, "paid")
    escrow.refund(chain.ctx, record, chain.people[0].address, 300, "deposit_returned")
    assert (record.escrowed, record.paid, record.refunded) == (1_040_501, 100, 300)
    assert chain.escrow(round_id) == 1_040_501 - 400
    assert chain.balance(chain.people[0]) == BALANCE - 200
    assert ledger.supply(chain.view).burned == 0
