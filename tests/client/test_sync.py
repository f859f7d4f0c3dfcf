"""The blocking facade."""

from __future__ import annotations

import pytest
from tests.client.devnode import ALICE, BALANCE, BOB

from assay.client import NoSuchRecord, TxRefused, messages
from assay.client.sync import Client


def test_everything_blocks_until_its_answer_is_there(url: str) -> None:
    with Client(url) as client:
        result = client.send(ALICE, [messages.transfer(BOB.address, 5)]).wait()
        client.blocks.until(result.height + 1)
        answer = client.query.account(BOB.address)
        assert (answer.value.balance, answer.verified) == (BALANCE + 5, True)


def test_exceptions_arrive(url: str) -> None:
    with Client(url) as client:
        with pytest.raises(NoSuchRecord):
            client.query.round(1)
        with pytest.raises(TxRefused):
            client.send(ALICE, [messages.transfer(BOB.address, 10**15)])


def test_streams_are_ordinary_iterators(url: str) -> None:
    with Client(url) as client:
        heights = client.blocks.follow()
        first, second = next(heights), next(heights)
        assert second > first
        heights.close()
