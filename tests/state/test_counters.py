"""Numbers given out once."""

from __future__ import annotations

from assay.state import counters
from assay.state.context import Context
from assay.state.rules import keys


def test_every_number_is_given_out_once_and_none_is_zero(ctx: Context) -> None:
    assert [counters.take_round(ctx.view) for _ in range(3)] == [1, 2, 3]
    assert [counters.take_key(ctx.view) for _ in range(2)] == [1, 2]
    assert [counters.take_openings(ctx.view, count) for count in (8, 1, 4)] == [1, 9, 10]
    assert counters.load(ctx.view).next_opening == 14


def test_a_state_without_counters_begins_at_one(ctx: Context) -> None:
    ctx.view.delete(keys.COUNTERS)
    assert counters.take_round(ctx.view) == 1


def test_the_head_of_the_queue_is_a_number_of_its_own(ctx: Context) -> None:
    counters.take_openings(ctx.view, 20)
    counters.set_next_job(ctx.view, 5)
    record = counters.load(ctx.view)
    assert (record.next_opening, record.next_job) == (21, 5)
