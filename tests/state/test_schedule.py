"""The schedule."""

from __future__ import annotations

from assay.state import schedule
from assay.state.context import Context
from assay.state.rules import keys


def test_what_is_due_is_taken_once_in_ascending_order_and_by_kind(ctx: Context) -> None:
    for ident in (300, 2, 1):
        schedule.put(ctx.view, 7, keys.DEADLINE_ROUND, ident)
    schedule.put(ctx.view, 7, keys.DEADLINE_KEY, 5)
    schedule.put(ctx.view, 8, keys.DEADLINE_ROUND, 9)
    schedule.remove(ctx.view, 7, keys.DEADLINE_ROUND, 2)
    assert schedule.take_due(ctx.view, 7, keys.DEADLINE_ROUND) == [1, 300]
    assert schedule.take_due(ctx.view, 7, keys.DEADLINE_ROUND) == []
    assert schedule.take_due(ctx.view, 7, keys.DEADLINE_KEY) == [5]
    assert schedule.take_due(ctx.view, 8, keys.DEADLINE_ROUND) == [9]


def test_of_many_some_are_taken_and_the_others_later(ctx: Context) -> None:
    for height, ident in ((7, 3), (7, 4), (8, 1), (8, 2), (9, 9)):
        schedule.put(ctx.view, height, keys.DEADLINE_ROUND, ident)
    schedule.put(ctx.view, 8, keys.DEADLINE_UNBONDING, 5)
    assert schedule.take_some(ctx.view, 6, keys.DEADLINE_ROUND, 3) == []
    assert schedule.take_some(ctx.view, 7, keys.DEADLINE_ROUND, 1) == [3]
    assert schedule.take_some(ctx.view, 8, keys.DEADLINE_ROUND, 2) == [4, 1]
    assert schedule.take_some(ctx.view, 8, keys.DEADLINE_ROUND, 2) == [2]
    assert schedule.take_due(ctx.view, 8, keys.DEADLINE_UNBONDING) == [5]
    assert schedule.take_some(ctx.view, 9, keys.DEADLINE_ROUND, 2) == [9]


def test_the_schedule_holds_no_empty_values(ctx: Context) -> None:
    schedule.put(ctx.view, 7, keys.DEADLINE_ROUND, 1)
    assert ctx.view.get(keys.deadline(7, keys.DEADLINE_ROUND, 1))
