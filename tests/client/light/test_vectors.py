"""Hashes and signatures of a real chain whose validators all change twice (tests/vectors/light.json)."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.client.light.forge import FakeRpc, Raw

from assay.client.light import votes
from assay.client.light.client import LightClient
from assay.client.light.errors import NotEnoughTrust
from assay.client.light.header import NANOSECONDS, LightBlock
from assay.client.light.parse import light_block
from assay.client.light.trust import Trust
from assay.client.light.verify import COMMITTED, TrustRules, check_backwards, check_block, check_forwards

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "light.json").read_text(encoding="utf-8"))
RAW: dict[int, Raw] = {int(raw["signed_header"]["header"]["height"]): raw for raw in VECTORS["blocks"]}
BLOCKS = {height: light_block(raw["signed_header"], raw["validators"]) for height, raw in RAW.items()}
CHAIN = BLOCKS[1].header.chain_id
TOP = max(BLOCKS)
NOW = BLOCKS[TOP].header.time + NANOSECONDS
SETS = {block.header.validators_hash for block in BLOCKS.values()}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=lambda block: str(block.height))
def test_a_real_block_is_what_it_says(block: LightBlock) -> None:
    check_block(block, CHAIN)
    assert block.header.hash == block.commit.block_id.hash
    assert block.validators.hash == block.header.validators_hash
    everybody = votes.tally_own(block, COMMITTED + 1)  # more than there can be: every signature is checked
    assert everybody.wrong == 0
    assert everybody.exceeds(COMMITTED)


def test_the_validators_of_the_vectors_change_altogether_twice() -> None:
    assert len(SETS) == 6
    assert not set(BLOCKS[1].validators.by_address) & set(BLOCKS[TOP].validators.by_address)


def test_each_real_block_follows_from_the_one_before_and_leads_back_to_it() -> None:
    for one, other in pairwise(BLOCKS.values()):
        check_forwards(one, other, NOW, TrustRules())
        check_backwards(other.header, one.header)


def test_the_first_validators_do_not_vouch_for_the_last() -> None:
    with pytest.raises(NotEnoughTrust):
        check_forwards(BLOCKS[1], BLOCKS[TOP], NOW, TrustRules())


async def test_the_client_skips_where_it_can_and_goes_step_by_step_where_it_must() -> None:
    rpc: Any = FakeRpc(RAW)
    light = LightClient(rpc, Trust(1, BLOCKS[1].header.hash), clock=lambda: NOW)
    assert await light.chain_id() == CHAIN
    assert await light.header(TOP) == BLOCKS[TOP].header
    assert len(rpc.asked) < TOP / 2
    for height in range(1, TOP):
        assert await light.header(height) == BLOCKS[height].header
