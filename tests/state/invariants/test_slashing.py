"""Each invariant of slashing notices when its records are bent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.state.stake import ASY, Stakers

from assay.proto.staking_pb2 import SigningInfo, SlashQueue, SlashRecord, SlashUnderWay
from assay.proto.state_pb2 import Supply
from assay.state import invariants, slashing
from assay.state.context import Misbehavior, Vote
from assay.state.invariants import InvariantBroken
from assay.state.invariants.slashing import check_signing, check_slashes
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.validators import records


def chain_with_a_slash() -> Stakers:
    """Three validators: one has signed twice, one has missed a vote."""
    chain = Stakers(stakes=(40 * ASY, 30 * ASY, 20 * ASY))
    chain.end_block(3)
    votes = [Vote(chain.address(1), 30, False)]
    slashing.begin_block(chain.ctx, votes, [Misbehavior(chain.address(0), chain.height - 1, 40)])
    chain.end_block()
    invariants.check_all(chain.view)
    return chain


def _sign(chain: Stakers, number: int, **fields: object) -> None:
    place = keys.signing_info(chain.address(number))
    info = chain.view.require(SigningInfo, place)
    for name, value in fields.items():
        setattr(info, name, value)
    chain.view.save(place, info)


def _slash(chain: Stakers, **fields: object) -> None:
    place = keys.slash(chain.operator(0), 1)
    done = chain.view.require(SlashRecord, place)
    for name, value in fields.items():
        setattr(done, name, value)
    chain.view.save(place, done)


def _missed_more(chain: Stakers) -> None:
    _sign(chain, 1, missed=2)


def _missed_later(chain: Stakers) -> None:
    _sign(chain, 1, bitmap=b"\x01\x00")


def _somebody_elses(chain: Stakers) -> None:
    _sign(chain, 1, address=chain.address(2))


def _nobodys(chain: Stakers) -> None:
    chain.view.save(keys.signing_info(b"?" * 20), SigningInfo(address=b"?" * 20, start_height=1))


def _let_out(chain: Stakers) -> None:
    record = chain.validator(0)
    record.jailed = False
    records.save(chain.ctx, record)
    chain.updates = []
    chain.view.delete(keys.STAKE_CHANGED)


def _nothing(chain: Stakers) -> None:
    _slash(chain, burned=0)


def _more_than_all(chain: Stakers) -> None:
    _slash(chain, from_unbonding=1_999_999, from_redelegation=2)


def _unnumbered(chain: Stakers) -> None:
    _slash(chain, id=2)


def _half_done(chain: Stakers) -> None:
    chain.view.save(keys.SLASH_QUEUE, SlashQueue(asked=1))


def _without_one(chain: Stakers) -> None:
    chain.view.put(keys.SLASH_QUEUE, b"")


def _queue(chain: Stakers, item: SlashUnderWay) -> None:
    chain.view.save(keys.SLASH_QUEUE, SlashQueue(slashes=[item]))


def _done_already(chain: Stakers) -> None:
    _queue(chain, SlashUnderWay(slash=SlashRecord(id=1)))


def _ahead(chain: Stakers) -> None:
    _queue(chain, SlashUnderWay(next_redelegation=2))


def _never_burned_so_far(chain: Stakers) -> None:
    _queue(chain, SlashUnderWay(slash=SlashRecord(from_unbonding=1)))


def _never_burned(chain: Stakers) -> None:
    supply = chain.view.require(Supply, keys.SUPPLY)
    supply.burned -= 1
    chain.view.save(keys.SUPPLY, supply)


def check_both(view: Overlay) -> None:
    check_signing(view)
    check_slashes(view)


@pytest.mark.parametrize(
    ("bend", "sentence"),
    [
        (_missed_more, "votes are missing, by bit other ones"),
        (_missed_later, "votes are missing, by bit other ones"),
        (_somebody_elses, "no validator's key"),
        (_nobodys, "no validator's key"),
        (_let_out, "is tombstoned but not jailed"),
        (_nothing, "slash 1 burned 0 uasy"),
        (_more_than_all, "of which 2000001 of what had left"),
        (_unnumbered, "lies elsewhere than its number says"),
        (_never_burned, "more than was burned at all"),
        (_half_done, "a block has ended in the middle of a slash"),
        (_without_one, "without one and with a queue"),
        (_done_already, "under way and done"),
        (_ahead, "or ahead"),
        (_never_burned_so_far, "more than was burned at all"),
    ],
)
def test_a_bent_record_is_noticed(bend: Callable[[Stakers], None], sentence: str) -> None:
    chain = chain_with_a_slash()
    bend(chain)
    with pytest.raises(InvariantBroken, match=sentence):
        check_both(chain.view)
