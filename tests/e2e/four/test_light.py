"""Following the chain of four validators, by docs/light-client.md word by word."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import RunningNode
from tests.e2e.four.network import Network
from tests.e2e.liar import ABSENT, lying
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import docs

from assay.client import Client, HeaderInvalid, TooLittlePower, Trust

pytestmark = pytest.mark.e2e


@pytest.fixture
def other(four: Network) -> RunningNode:
    """A node that nobody needs to trust."""
    return four.nodes[3]


async def header_to_trust(four: Network) -> Trust:
    four.first.wait_for_height(6, 120)
    async with Client(four.first.rpc_url) as client:
        header = (await client.header(5)).value
    return Trust(header.height, header.hash)


# --- the page ----------------------------------------------------------------


def test_the_page_s_commands_do_what_it_says(
    four: Network, other: RunningNode, repository: Path, tmp_path: Path
) -> None:
    page = docs(repository, "light-client.md")
    addresses = {
        f"http://127.0.0.1:{26657 + 2 * number}": node.rpc_url for number, node in enumerate(four.nodes)
    }
    newcomer = Newcomer(tmp_path, addresses)
    latest, asked, kept, again, period, witnessed = page.commands()
    four.first.wait_for_height(5, 120)
    (trust,) = re.findall(r"│ trust +│ (\d+:[0-9A-F]{64})", newcomer.type(latest))
    newcomer.words["HEIGHT:HASH"] = trust
    other.wait_for_height(int(trust.split(":")[0]) + 2, 120)
    told = newcomer.type(asked)
    assert f"what is proven follows from the trusted header {trust.split(':')[0]}, by the header" in told
    newcomer.type(kept)
    assert "follows from the one you trust" in newcomer.type(again)
    assert "trusting-period = 48" in newcomer.type(period)
    assert list((newcomer.home / "trust").iterdir())
    assert "; 2 witnesses have the same" in newcomer.type(witnessed)

    (example,) = page.block("python")
    (tmp_path / "example.py").write_text(example)
    ran = newcomer.type(f"{sys.executable} example.py {other.rpc_url} {trust}")
    assert re.search(r"\d+ True [0-9a-f]{64}", ran)


# --- votes -------------------------------------------------------------------


async def test_votes_of_three_are_enough_and_votes_of_two_are_not(four: Network, other: RunningNode) -> None:
    trust = await header_to_trust(four)
    absent: list[int] = []

    def lie(method: str, params: dict[str, Any], result: dict[str, Any]) -> None:
        if method == "commit" and params["height"] != str(trust.height):
            for place in absent:
                result["signed_header"]["commit"]["signatures"][place].update(ABSENT)

    async with lying(other.rpc_url) as liar:
        liar.lie = lie
        async with Client(liar.url, trust=trust) as client:
            assert (await client.query.params()).verified
        absent[:] = [0, 1]
        async with Client(liar.url, trust=trust) as client:
            with pytest.raises(TooLittlePower, match="power has signed it, and more than 2/3"):
                await client.query.params()


async def test_a_signed_header_of_another_height_is_not_taken(four: Network, other: RunningNode) -> None:
    """Everything is genuine, but for the height it is given for."""
    trust = await header_to_trust(four)

    async with Client(other.rpc_url) as client:
        old = await client.rpc.call("commit", height="3")

    def lie(method: str, params: dict[str, Any], result: dict[str, Any]) -> None:
        if method == "commit" and params["height"] != str(trust.height):
            result["signed_header"] = json.loads(json.dumps(old["signed_header"]))
            result["signed_header"]["header"]["height"] = params["height"]

    async with lying(other.rpc_url) as liar:
        liar.lie = lie
        async with Client(liar.url, trust=trust) as client:
            with pytest.raises(HeaderInvalid, match="its commit is for another block"):
                await client.query.params()


async def test_the_chain_is_followed_across_a_node_s_absence(four: Network, other: RunningNode) -> None:
    """Its vote is missing meanwhile; three of four have signed."""
    trust = await header_to_trust(four)
    four.nodes[1].stop()
    try:
        height = four.first.height() + 4
        four.first.wait_for_height(height + 1, 120)
        other.wait_for_height(height + 1, 120)
        async with Client(other.rpc_url, trust=trust) as client:
            header = await client.header(height)
            assert header.verified
            commit = await client.rpc.call("commit", height=str(height))
        flags = [place["block_id_flag"] for place in commit["signed_header"]["commit"]["signatures"]]
        assert flags.count(2) == 3
    finally:
        four.nodes[1].start()
        four.nodes[1].wait_for_height(1, 120)
