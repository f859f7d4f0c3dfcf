"""A block's fees and new tokens in a whole block: from the transactions that pay them to who voted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.state.bonded import bond, consensus_address, vote
from tests.state.conftest import account, transfer

from assay.proto.staking_pb2 import ValidatorRecord
from assay.proto.tx_pb2 import Message, MsgDelegate
from assay.state import distribution, ledger
from assay.state.context import Context
from assay.state.rules import keys
from assay.state.transition import Block, execute
from assay.state.validators import delegations

FIRST, SECOND = account(1), account(2)


@pytest.fixture
def bonded(ctx: Context) -> list[ValidatorRecord]:
    """Two validators without delegators but their operators, and no inflation."""
    ctx.params.inflation = 0
    ctx.view.save(keys.PARAMS, ctx.params)
    return [bond(ctx, who, {who.address: 50_000_000}, rate=0) for who in (FIRST, SECOND)]


def outstanding(ctx: Context, record: ValidatorRecord) -> int:
    return distribution.rewards_of(ctx.view, record.operator).outstanding


def test_fees_of_a_block_are_divided_in_it_between_proposer_and_voters(
    ctx: Context, bonded: list[ValidatorRecord], funded: list[Any], make_tx: Any
) -> None:
    txs = [make_tx(funded[2], n, transfer(funded[3].address, 1), fee=50_000) for n in range(2)]
    votes = [vote(record, 50) for record in bonded]
    proposer = consensus_address(FIRST)
    execute(ctx.view, ctx.chain_id, Block(11, txs, [], {}, proposer=proposer, votes=votes))
    # 2% of 100,000 are the community's, 5% the proposer's, and the rest is halved.
    assert [outstanding(ctx, record) for record in bonded] == [5_000 + 46_500, 46_500]
    assert distribution.community_pool(ctx.view) == 2_000
    assert ledger.account(ctx.view, keys.FEE_COLLECTOR).balance == 0


def test_a_failed_transaction_s_fee_is_divided_too(
    ctx: Context, bonded: list[ValidatorRecord], funded: list[Any], make_tx: Any
) -> None:
    tx = make_tx(funded[2], 0, transfer(funded[3].address, 10**12), fee=100_000)
    votes = [vote(bonded[0], 50), vote(bonded[1], 50, signed=False)]
    proposer = consensus_address(SECOND)
    result = execute(ctx.view, ctx.chain_id, Block(11, [tx], [], {}, proposer=proposer, votes=votes))
    assert result.tx_results[0].code
    # Half of the power signed: 1% and half of 4% for the proposer.
    assert [outstanding(ctx, record) for record in bonded] == [47_500, 3_000 + 47_500]


def test_a_block_tells_what_it_earned(ctx: Context, bonded: list[ValidatorRecord]) -> None:
    ctx.params.inflation, ctx.params.blocks_per_year = 5_000, 1_000
    ctx.view.save(keys.PARAMS, ctx.params)
    votes = [vote(record, 50) for record in bonded]
    result = execute(ctx.view, ctx.chain_id, Block(11, [], [], {}, proposer=votes[0].address, votes=votes))
    (event,) = [event for event in result.events if event.kind == "rewards"]
    # Half of 100,000,000 a year: 50,000 a block.
    assert event.attributes == {"fees": "0", "minted": "50000", "community_pool": "1000"}


def test_nothing_is_told_of_a_block_that_earned_nothing(ctx: Context, bonded: list[ValidatorRecord]) -> None:
    votes = [vote(record, 50) for record in bonded]
    result = execute(ctx.view, ctx.chain_id, Block(11, [], [], {}, proposer=votes[0].address, votes=votes))
    assert not [event for event in result.events if event.kind in ("rewards", "transfer")]


def test_who_delegates_in_a_block_has_a_part_of_what_it_earns(
    ctx: Context, bonded: list[ValidatorRecord], funded: list[Any], make_tx: Any
) -> None:
    message = Message(delegate=MsgDelegate(validator=FIRST.address, amount=5_000_000))
    tx = make_tx(funded[2], 0, message, fee=100_000)
    votes = [vote(bonded[0], 50), vote(bonded[1], 50)]
    proposer = consensus_address(SECOND)
    result = execute(ctx.view, ctx.chain_id, Block(11, [tx], [], {}, proposer=proposer, votes=votes))
    assert result.tx_results[0].code == 0, result.tx_results[0].log
    item = delegations.load(ctx.view, funded[2].address, FIRST.address)
    assert item is not None
    assert distribution.owed(ctx.view, item) == 46_500 * 5 // 55
