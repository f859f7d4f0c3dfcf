"""Committees of one and of four, with the real cryptography."""

from pathlib import Path

import pytest
from tests.state.chain import Chain
from tests.state.committee import RealCommittee


@pytest.fixture(params=[1, 4], ids=["one", "four"])
def committee(request: pytest.FixtureRequest, tmp_path: Path) -> RealCommittee:
    """A committee at height 1, before its first ceremony."""
    return RealCommittee(Chain(seats=request.param), tmp_path)


@pytest.fixture
def four(tmp_path: Path) -> RealCommittee:
    """A committee of four at height 1."""
    return RealCommittee(Chain(seats=4), tmp_path)
