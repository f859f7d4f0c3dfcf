"""Changed valid inputs at every way in; `python tests/fuzz/campaign.py` does the same a million times."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import TARGETS


@cache
def _seeds(name: str) -> list[bytes]:
    return TARGETS[name].seeds()


@pytest.mark.parametrize("name", TARGETS)
def test_valid_inputs_get_through_the_first_parser(name: str) -> None:
    assert any(TARGETS[name].run(seed) for seed in _seeds(name))


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_a_stranger_sends_is_refused_in_order(name: str, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(_seeds(name))))
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 3))
        raw[start : start + length] = data.draw(st.binary(max_size=12))
    TARGETS[name].run(bytes(raw))


def test_the_shares_of_a_campaign_are_the_whole() -> None:
    assert sum(target.share for target in TARGETS.values()) == 1000
