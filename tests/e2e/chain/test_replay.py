"""The blocks of a real chain, executed again under other circumstances: the same app hashes and results."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.chain import network
from tests.e2e.chain.people import whole_round
from tests.e2e.conftest import RunningNode

from assay.client import Client
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e

MOST_BLOCKS = 300
CIRCUMSTANCES = {
    "one worker, caches cold": ("0", ["--workers", "1", "--cold"]),
    "caches warm, three workers, stopped and killed": ("1", ["--workers", "3", "--warm", "--disturb"]),
    "without numba": ("2", ["--workers", "2", "--without-numba"]),
}


@pytest.fixture
async def blocks(shared: RunningNode, client: Client, tmp_path: Path) -> dict[str, Any]:
    """All blocks of the shared network, or its first ones; whatever happened there, a paid round among it."""
    settled = pb.ROUND_STATUS_SETTLED
    if not any(record.status == settled for record in (await client.query.rounds()).value):
        await whole_round(client, tmp_path)
    last = min(await client.blocks.height() - 1, MOST_BLOCKS)
    return {
        "genesis": shared.home.genesis(),
        "blocks": [recorded(shared, height) for height in range(1, last + 1)],
    }


def recorded(node: RunningNode, height: int) -> dict[str, Any]:
    """One block, and what the chain agreed on as its outcome."""
    block = node.rpc("block", height=str(height))["block"]
    results = node.rpc("block_results", height=str(height))["txs_results"] or []
    return {
        "height": height,
        "txs": block["data"]["txs"],
        "commit_round": int(block["last_commit"]["round"]),
        "proposer": block["header"]["proposer_address"],
        "votes": votes(node, height, block["last_commit"]),
        "app_hash": network.header_app_hashes(node, height, height)[height],
        "results": [[item["code"], int(item["gas_wanted"]), int(item["gas_used"])] for item in results],
    }


def votes(node: RunningNode, height: int, commit: dict[str, Any]) -> list[tuple[str, int, int]]:
    """A block's last commit as the application is given it: address, power and flag of every validator."""
    if height == 1:
        return []
    validators = node.rpc("validators", height=str(height - 1))["validators"]
    return [
        (validator["address"], int(validator["voting_power"]), signature["block_id_flag"])
        for validator, signature in zip(validators, commit["signatures"], strict=True)
    ]


def execute(script: Path, blocks: Path, directory: Path, name: str) -> subprocess.Popen[str]:
    hash_seed, options = CIRCUMSTANCES[name]
    command = [sys.executable, str(script), str(blocks), str(directory), *options]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)


def test_blocks_give_the_same_app_hashes_under_all_circumstances(
    blocks: dict[str, Any], tmp_path: Path
) -> None:
    assert any(base64.b64decode(tx)[:1] == b"\x30" for block in blocks["blocks"] for tx in block["txs"])
    file = tmp_path / "blocks.json"
    file.write_text(json.dumps(blocks))
    script = Path(__file__).with_name("replay.py")
    running = {
        name: execute(script, file, tmp_path / str(number), name) for number, name in enumerate(CIRCUMSTANCES)
    }
    expected = [{key: block[key] for key in ("app_hash", "results")} for block in blocks["blocks"]]
    for name, process in running.items():
        output, errors = process.communicate(timeout=200)
        assert process.returncode == 0, (name, errors[-4000:])
        found = json.loads(output.splitlines()[-1])
        assert (found["restarts"] > 0) == ("--disturb" in CIRCUMSTANCES[name][1])
        pairs = zip(found["blocks"], expected, strict=True)
        different = [height for height, (ours, theirs) in enumerate(pairs, start=1) if ours != theirs]
        assert different == [], f"{name}: other results from height {different[0]} on"
