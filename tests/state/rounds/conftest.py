"""Fixtures for rounds."""

import pytest
from tests.state.chain import Chain


@pytest.fixture
def chain() -> Chain:
    """A development chain with the small preset and one committee seat, at height 2."""
    made = Chain()
    made.end_block()
    return made
