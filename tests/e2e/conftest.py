"""Real nodes on this machine: made, run, watched through their RPC, killed and stopped."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.node import cometbft, genesis, home
from assay.node.ports import LOOPBACK, free_ports
from assay.proto.query_pb2 import ChainInfo

BINARIES = {"v0.40": "cometbft", "v0.38": "cometbft-v0.38"}


class RpcError(Exception):
    """The node answered with an error."""


class RunningNode:
    """A node's home and, while it runs, its process.

    `command` starts the node; the process it starts may have children (CometBFT, workers).
    """

    def __init__(self, place: home.Home, command: Sequence[str]) -> None:
        self.home = place
        self.command = list(command)
        self.rpc_url = place.rpc_url()
        self.process: subprocess.Popen[bytes] | None = None

    # ---- its life ----

    def start(self, *extra: str) -> "RunningNode":
        assert self.process is None
        # Into a file: a pipe that nobody reads is full after some hundred blocks, and the node then waits.
        with self.output_file.open("w") as output:
            command = [*self.command, *extra]
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        return self

    @property
    def output_file(self) -> Path:
        """What the node printed since it was started last."""
        return self.home.path.with_suffix(".output")

    def children(self) -> list[int]:
        """Process ids of the node's direct children."""
        assert self.process is not None
        return children(self.process.pid)

    def cometbft_pid(self) -> int:
        for pid in self.children():
            if "cometbft" in os.path.basename(os.readlink(f"/proc/{pid}/exe")):
                return pid
        raise AssertionError("CometBFT does not run")

    def kill(self) -> None:
        """SIGKILL the application's process: what CometBFT does then is the kernel's and its own affair."""
        assert self.process is not None
        self.process.kill()
        self._finish()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Ask the node to stop; return its exit code and what it printed."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = 60) -> tuple[int, str]:
        """Wait until the node has ended; return its exit code and what it printed."""
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the node did not end\n{self._finish()[1]}\n{self.log_tail()}") from None
        return self._finish()

    def _finish(self) -> tuple[int, str]:
        assert self.process is not None
        code, self.process = self.process.wait(), None
        return code, self.output_file.read_text(errors="replace")

    def log_tail(self) -> str:
        log = self.home.cometbft_log
        return log.read_text(errors="replace")[-4000:] if log.exists() else ""

    # ---- its RPC ----

    def rpc(self, method: str, **parameters: Any) -> Any:
        """Call a method; values are passed as JSON-RPC takes them (bytes as base64, numbers as texts)."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self.rpc_url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            answer = json.load(error)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def height(self) -> int:
        return int(self.rpc("status")["sync_info"]["latest_block_height"])

    def chain_info(self) -> ChainInfo:
        """What the chain says of itself (for nodes of the chain's application)."""
        answer = self.rpc("abci_query", path="/chain")["response"]
        return ChainInfo.FromString(base64.b64decode(answer.get("value") or ""))

    def wait_for_key(self) -> None:
        """Wait until the committee has a key for a round."""
        self.wait_until(lambda: self.chain_info().ready_keys, "a ready key", 120)

    def wait_for_height(self, height: int, seconds: float = 60) -> int:
        """Wait until the node has committed a height; return the height it has then."""

        def reached() -> int:
            found = self.height()
            return found if found >= height else 0

        found: int = self.wait_until(reached, f"height {height}", seconds)
        return found

    def wait_until(self, condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
        """Wait until a condition holds (an RPC that does not answer yet counts as not); return its value."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                output = "" if self.process is None else self._finish()[1]
                raise AssertionError(f"the node ended before {what}\n{output}\n{self.log_tail()}")
            try:
                if value := condition():
                    return value
            except (OSError, RpcError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"no {what} within {seconds} s\n{self.log_tail()}")

    def close(self) -> None:
        """Leave nothing running."""
        if self.process is not None:
            self.process.terminate()
            self.wait()


def stop_all(nodes: Sequence[RunningNode]) -> None:
    """Stop those that run, all at once."""
    running = [(node, node.process) for node in nodes if node.process is not None]
    for _, process in running:
        process.terminate()
    for node, _ in running:
        node.wait()


def children(parent: int) -> list[int]:
    """Process ids of the direct children of a process."""
    command = ["ps", "-o", "pid=", "--ppid", str(parent)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


MakeHome = Callable[..., home.Home]
MakeNode = Callable[..., RunningNode]


@pytest.fixture(scope="session", params=BINARIES)
def any_cometbft(request: pytest.FixtureRequest, repository: Path) -> Path:
    """Each of the CometBFT programs the application must work with."""
    return built(repository, BINARIES[request.param])


@pytest.fixture(scope="session")
def pinned_cometbft(repository: Path) -> Path:
    """The CometBFT program the node is made for."""
    return built(repository, BINARIES["v0.40"])


def built(repository: Path, name: str) -> Path:
    path = repository / "out" / "bin" / name
    if not path.exists():
        pytest.fail(f"{path} is missing: run `make setup`")
    return path


@pytest.fixture
def make_home(tmp_path: Path) -> MakeHome:
    """Make the home of a chain's only validator, on free ports."""

    def make(binary: Path, app_state: Any, block_milliseconds: int = 50) -> home.Home:
        rpc, p2p = free_ports(2)
        network = home.Network(
            moniker="test",
            rpc=f"{LOOPBACK}:{rpc}",
            p2p=f"{LOOPBACK}:{p2p}",
            loopback=True,
            block_milliseconds=block_milliseconds,
        )
        place = home.create(tmp_path / f"home-{rpc}", binary, network)
        document = genesis.genesis_document("test-chain", app_state)
        key = base64.b64encode(cometbft.validator_key(binary, place.path)).decode()
        public_key = {"type": "tendermint/PubKeyEd25519", "value": key}
        document["validators"] = [{"pub_key": public_key, "power": "10", "name": ""}]
        genesis.write_genesis(place, document)
        return place

    return make


@pytest.fixture
def make_node() -> Iterator[MakeNode]:
    """Make a node that is stopped when the test ends."""
    nodes: list[RunningNode] = []

    def make(place: home.Home, command: Sequence[str]) -> RunningNode:
        nodes.append(RunningNode(place, command))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()


@pytest.fixture
def kv_node(make_home: MakeHome, make_node: MakeNode) -> Callable[..., RunningNode]:
    """Make a node of the key-value application."""

    def make(binary: Path, **settings: Any) -> RunningNode:
        place = make_home(binary, {"genesis": "pair"}, **settings)
        script = Path(__file__).with_name("kvnode.py")
        return make_node(place, [sys.executable, str(script), str(place.path), str(binary)])

    return make


@pytest.fixture
def assayd_node(tmp_path: Path, make_node: MakeNode) -> Callable[..., RunningNode]:
    """Make a node of a development chain, as `assayd init` does; further arguments are given to it."""

    def make(binary: Path, *arguments: str, block_milliseconds: int = 100) -> RunningNode:
        rpc, p2p = free_ports(2)
        assayd = [sys.executable, "-c", "from assay.node.cli import main; main()"]
        assayd += ["--home", str(tmp_path / f"home-{rpc}")]
        options = {
            "--cometbft": binary,
            "--rpc": f"{LOOPBACK}:{rpc}",
            "--p2p": f"{LOOPBACK}:{p2p}",
            "--block-time": block_milliseconds,
            "--param": "preset=small",
        }
        given = [str(part) for pair in options.items() for part in pair]
        subprocess.run([*assayd, "init", *given, *arguments], check=True, stdout=subprocess.DEVNULL)
        return make_node(home.open_home(tmp_path / f"home-{rpc}"), [*assayd, "start"])

    return make
