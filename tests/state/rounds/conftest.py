"""Fixtures for rounds."""

from pathlib import Path

import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee
from tests.state.live import Live


@pytest.fixture
def chain() -> Chain:
    """A development chain with the small preset and one committee seat, at height 2."""
    made = Chain()
    made.end_block()
    return made


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(), tmp_path))


@pytest.fixture
def four(tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=4), tmp_path))


@pytest.fixture(
    params=[1, 4, pytest.param(7, marks=pytest.mark.long), pytest.param(10, marks=pytest.mark.long)],
    ids=["one", "four", "seven", "ten"],
)
def any_size(request: pytest.FixtureRequest, tmp_path: Path) -> Live:
    return Live(RealCommittee(Chain(seats=request.param), tmp_path))
