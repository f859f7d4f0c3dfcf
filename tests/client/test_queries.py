"""Lists that are read record by record, at a node that goes on meanwhile."""

from __future__ import annotations

import pytest

from assay.client import Answer, Client, QueryRefused
from assay.proto.state_pb2 import Contribution
from assay.state.rules.errors import AssayError, HeightNotKept, NotFound


@pytest.mark.parametrize(("reason", "tries"), [(HeightNotKept, 4), (NotFound, 1)])
async def test_a_list_is_read_again_when_its_height_is_no_longer_kept(
    url: str, monkeypatch: pytest.MonkeyPatch, reason: type[AssayError], tries: int
) -> None:
    asked: list[int] = []

    async def gone(round_id: int) -> Answer[list[Contribution]]:
        asked.append(round_id)
        raise QueryRefused(reason.codespace, reason.code, "gone")

    async with Client(url) as client:
        monkeypatch.setattr(client.query, "_contributions", gone)
        with pytest.raises(QueryRefused):
            await client.query.contributions(7)
    assert asked == [7] * tries


async def test_a_list_that_could_be_read_after_all_is_returned(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter((None, Answer([Contribution(index=1)], 5, True)))

    async def second_time(_: int) -> Answer[list[Contribution]]:
        found = next(answers)
        if found is None:
            raise QueryRefused(HeightNotKept.codespace, HeightNotKept.code, "gone")
        return found

    async with Client(url) as client:
        monkeypatch.setattr(client.query, "_contributions", second_time)
        assert (await client.query.contributions(7)).height == 5
