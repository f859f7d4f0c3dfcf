"""Heights as times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.client import Client
from assay.client.timing import BlockClock, measure

CLOCK = BlockClock(100, datetime(2026, 1, 1, 12, tzinfo=UTC), 2.0)


@pytest.mark.parametrize(
    ("height", "words"),
    [
        (110, "in 10 blocks, 20 s"),
        (400, "in 300 blocks, 10 min"),
        (9100, "in 9000 blocks, 5.0 h"),
        (90, "reached"),
    ],
)
def test_a_height_is_told_with_its_time(height: int, words: str) -> None:
    assert CLOCK.describe(height).startswith(f"height {height} (")
    assert words in CLOCK.describe(height)
    assert CLOCK.expected(height) == CLOCK.time + timedelta(seconds=2 * (height - 100))


async def test_the_interval_is_measured(url: str) -> None:
    async with Client(url) as client:
        await client.blocks.until(10)
        clock = await measure(client)
        assert clock.height >= 10
        assert 0.01 < clock.interval < 2
        assert abs((datetime.now(UTC) - clock.time).total_seconds()) < 30
