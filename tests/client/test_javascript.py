"""The JavaScript example of docs/rpc.md against the real state machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.client.devnode import ALICE

from assay.crypto.accounts import generate

NODE = shutil.which("node")


def flags(node: str) -> list[str]:
    """Node.js 20 has the WebSocket of version 22 behind a flag."""
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return ["--experimental-websocket"] if int(version.lstrip("v").split(".")[0]) < 22 else []


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_the_example_transfers_subscribes_and_queries(url: str, repository: Path) -> None:
    assert NODE is not None
    script = repository / "docs" / "examples" / "transfer.mjs"
    recipient = generate().address.hex()
    host = url.removeprefix("http://")
    for sent in (1, 2):
        command = [NODE, *flags(NODE), str(script), host, ALICE.seed.hex(), recipient, str(500_000 * sent)]
        found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert found.returncode == 0, found.stderr
        answer = json.loads(found.stdout)
        assert answer["code"] == 0
        assert int(answer["balance"]) == sum(500_000 * n for n in range(1, sent + 1))
