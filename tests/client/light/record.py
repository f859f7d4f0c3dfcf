"""Records tests/vectors/light.json: headers of a real chain whose validators all change, twice.

    python -m tests.client.light.record

Three CometBFT nodes run their own key-value application, which changes validators by transaction. The first
validator is joined by the second and leaves; the third does the same with the second.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.node.ports import free_ports
from assay.node.tomlfile import set_values

ROOT = Path(__file__).resolve().parents[3]
BINARY = ROOT / "out" / "bin" / "cometbft"
VECTORS = ROOT / "tests" / "vectors" / "light.json"
NODES = 3
BLOCKS_BETWEEN = 5


class Node:
    """One CometBFT with its key-value application."""

    def __init__(self, home: Path, rpc: int, p2p: int) -> None:
        self.home, self.rpc_port, self.p2p_port = home, rpc, p2p
        subprocess.run([BINARY, "init", "--home", home], check=True, stdout=subprocess.DEVNULL)
        key = json.loads((home / "config" / "priv_validator_key.json").read_text())
        self.public_key = key["pub_key"]["value"]
        shown = subprocess.run([BINARY, "show-node-id", "--home", home], check=True, capture_output=True)
        self.peer = f"{shown.stdout.decode().strip()}@127.0.0.1:{p2p}"

    def configure(self, genesis: Path, peers: list[str]) -> None:
        if genesis != self.home / "config" / "genesis.json":
            shutil.copy(genesis, self.home / "config" / "genesis.json")
        file = self.home / "config" / "config.toml"
        values: dict[str, dict[str, Any]] = {
            "rpc": {"laddr": f"tcp://127.0.0.1:{self.rpc_port}"},
            "p2p": {
                "laddr": f"tcp://127.0.0.1:{self.p2p_port}",
                "persistent_peers": ",".join(peers),
                "addr_book_strict": False,
                "allow_duplicate_ip": True,
            },
            "consensus": {"timeout_commit": "300ms"},
        }
        file.write_text(set_values(file.read_text(), values))

    def start(self) -> subprocess.Popen[bytes]:
        command = [BINARY, "start", "--home", self.home, "--proxy_app", "kvstore", "--log_level", "error"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def call(self, method: str, **params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rpc_port}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        return answer["result"]

    def height(self) -> int:
        try:
            return int(self.call("status")["sync_info"]["latest_block_height"])
        except (OSError, KeyError, urllib.error.URLError):
            return 0

    def wait(self, height: int) -> None:
        end = time.monotonic() + 60
        while self.height() < height:
            assert time.monotonic() < end, f"height {height} does not come"
            time.sleep(0.1)

    def set_power(self, public_key: str, power: int) -> None:
        tx = f"val=ed25519!{public_key}!{power}".encode()
        answer = self.call("broadcast_tx_commit", tx=base64.b64encode(tx).decode())
        assert not answer["check_tx"]["code"], answer
        assert not answer["tx_result"]["code"], answer
        self.wait(int(answer["height"]) + BLOCKS_BETWEEN)


@contextmanager
def network(folder: Path) -> Iterator[list[Node]]:
    ports = free_ports(2 * NODES)
    nodes = [Node(folder / f"node{n}", *ports[2 * n : 2 * n + 2]) for n in range(NODES)]
    for node in nodes:
        peers = [other.peer for other in nodes if other is not node]
        node.configure(nodes[0].home / "config" / "genesis.json", peers)
    processes = [node.start() for node in nodes]
    try:
        for node in nodes:
            node.wait(2)
        yield nodes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def block(node: Node, height: int) -> dict[str, Any]:
    commit = node.call("commit", height=str(height))["signed_header"]
    validators = node.call("validators", height=str(height), page="1", per_page="100")["validators"]
    return {"signed_header": commit, "validators": validators}


def main() -> None:
    """Make the file."""
    folder = Path(tempfile.mkdtemp())
    try:
        with network(folder) as nodes:
            first, second, third = nodes
            for public_key, power in (
                (second.public_key, 12),
                (first.public_key, 0),
                (third.public_key, 9),
                (third.public_key, 40),
                (second.public_key, 0),
            ):
                third.set_power(public_key, power)
            top = third.height() - 1
            blocks = [block(third, height) for height in range(1, top + 1)]
    finally:
        shutil.rmtree(folder)
    about = (
        f"{top} blocks of CometBFT v0.40.0's key-value application; tests/client/light/record.py made them."
    )
    VECTORS.write_text(json.dumps({"about": about, "blocks": blocks}, separators=(",", ":")) + "\n")
    print(f"{top} blocks, {VECTORS.stat().st_size} bytes")


if __name__ == "__main__":
    main()
