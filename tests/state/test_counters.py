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


def test_the_head_of_the_queue_moves_only_from_inside_a_run(ctx: Context) -> None:
    counters.take_openings(ctx.view, 20)
    counters.pass_jobs(ctx.view, 5, 3)
    assert counters.load(ctx.view).next_job == 1
    counters.pass_jobs(ctx.view, 1, 3)
    assert counters.load(ctx.view).next_job == 4
    counters.pass_jobs(ctx.view, 2, 10)
    assert counters.load(ctx.view).next_job == 12
    counters.pass_jobs(ctx.view, 1, 3)
    assert counters.load(ctx.view).next_job == 12
