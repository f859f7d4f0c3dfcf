"""The same node on CometBFT v0.38: a transfer and a whole round, and its headers followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.chain import books
from tests.e2e.chain.network import CHAIN_ID, check_quiet, check_verified
from tests.e2e.chain.people import whole_round
from tests.e2e.conftest import BINARIES, RunningNode, built

from assay.client import Client, Trust, faucet
from assay.crypto.accounts import generate
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e


async def test_transfer_and_round_on_v0_38(
    first_node: Callable[..., RunningNode], repository: Path, tmp_path: Path
) -> None:
    node = first_node("preset=small", "key_pool=1", binary=built(repository, BINARIES["v0.38"])).start()
    node.wait_for_key()
    assert node.rpc("status")["node_info"]["version"].startswith("0.38.")
    async with Client(node.rpc_url, CHAIN_ID) as client:
        recipient = generate().address_text
        poured = await faucet.pour(client, recipient, 7)
        await client.blocks.until(poured.height + 1)
        assert (await client.query.account(recipient)).value.balance == 7

        record = await whole_round(client, tmp_path)
        assert (record.status, record.outcome) == (pb.ROUND_STATUS_SETTLED, "paid")
        proven, _, _ = await books.explained(client, record.id)
        await books.check_round_closed(client, proven)

        first = (await client.header(1)).value
    async with Client(node.rpc_url, trust=Trust(1, first.hash)) as light:
        assert (await light.query.round(record.id)).verified
    check_verified(node)
    check_quiet(node)
