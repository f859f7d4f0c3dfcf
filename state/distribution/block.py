"""What a block earns, and how it is divided between the validators of the last commit.

As in the Cosmos SDK, but at the end of the block that earned it instead of the beginning of the next: the
votes are those the block itself contains, and every share held after its last transaction counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.proto.state_pb2 import Params
from assay.state import ledger
from assay.state.context import Context, Vote
from assay.state.distribution import community
from assay.state.distribution.rewards import allocate
from assay.state.rules import keys
from assay.state.rules.shares import BASIS_POINTS, part_of
from assay.state.validators import records as validators


def end_block(ctx: Context, proposer: bytes, votes: Sequence[Vote]) -> None:
    """Divide the block's fees and new tokens.

    Parameters
    ----------
    proposer
        Consensus address of whoever made the block.
    votes
        The last commit, as the block contains it; empty in a chain's first block.
    """
    fees, minted = _collect_fees(ctx), _mint(ctx)
    if not fees + minted:
        return
    left = fees + minted
    for address, amount in divide(left, proposer, votes, ctx.params).items():
        record = validators.by_consensus_address(ctx.view, address)
        if record is not None:
            allocate(ctx, record, amount)
            left -= amount
    community.add(ctx, left)
    ctx.emit("rewards", {}, fees=fees, minted=minted, community_pool=left)


def _collect_fees(ctx: Context) -> int:
    fees = ledger.account(ctx.view, keys.FEE_COLLECTOR).balance
    ledger.move(ctx, keys.FEE_COLLECTOR, keys.DISTRIBUTION, fees)
    return fees


def _mint(ctx: Context) -> int:
    """Create a block's part of a year's inflation, as far as the supply may grow."""
    total = ledger.supply(ctx.view).total
    wanted = part_of(total, ctx.params.inflation) // ctx.params.blocks_per_year
    amount = min(wanted, ledger.MAX_SUPPLY - total)
    if amount:
        ledger.mint(ctx, keys.DISTRIBUTION, amount)
    return amount


def divide(pot: int, proposer: bytes, votes: Sequence[Vote], params: Params) -> Mapping[bytes, int]:
    """Return what each consensus address gets of `pot` uasy; what is not here is the community pool's.

    The proposer's part is base + bonus * (power that signed / power) of everything; the community has its
    tax, and the rest is divided by power between all who could vote, whether or not they did. Rounded down.
    """
    power = sum(vote.power for vote in votes)
    if not power:
        return {}
    signed = sum(vote.power for vote in votes if vote.signed)
    weight = params.base_proposer_reward * power + params.bonus_proposer_reward * signed
    first = pot * weight // (power * BASIS_POINTS)
    rest = pot - part_of(pot, params.community_tax) - first
    parts = {vote.address: rest * vote.power // power for vote in votes}
    parts[proposer] = parts.get(proposer, 0) + first
    return parts
