"""The faucet: for everybody, on development chains only."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.client.devnode import running

from assay.client import Client, faucet
from assay.crypto.accounts import generate


def test_the_address_is_that_of_the_words() -> None:
    assert faucet.account().address_text == faucet.ADDRESS


async def test_it_pours(url: str) -> None:
    thirsty = generate().address_text
    async with Client(url) as client:
        await faucet.pour(client, thirsty, 5)
        await faucet.pour(client, thirsty)
        assert (await client.query.latest_account(thirsty)).value.balance == 5 + faucet.DEFAULT_AMOUNT


async def test_several_may_pour_at_once(url: str) -> None:
    thirsty = [generate().address_text for _ in range(4)]

    async def pour(address: str) -> None:
        async with Client(url) as client:
            await faucet.pour(client, address, 5)

    await asyncio.gather(*(pour(address) for address in thirsty))
    async with Client(url) as client:
        for address in thirsty:
            assert (await client.query.latest_account(address)).value.balance == 5


async def test_a_chain_that_is_not_for_development_has_none(tmp_path: Path) -> None:
    with running(tmp_path / "store", development=False) as (url, _):
        async with Client(url) as client:
            with pytest.raises(faucet.NoFaucet, match="no development chain"):
                await faucet.pour(client, generate().address_text)
