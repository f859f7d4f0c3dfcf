"""A long life of four validators: transfers, rounds, kills, pauses and cut wires, drawn from a seed.

    python -m tests.e2e.four.soak --seconds 1800 --seed 7

runs one and prints its figures. Only one validator is disturbed at a time, and never the first: it lives
through the whole run, so its memory and open files must be flat; of the others, which begin anew with every
kill, the most memory they ever had is told.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.e2e import strikes
from tests.e2e.chain import network
from tests.e2e.chain.people import ASY, Person, people
from tests.e2e.conftest import RunningNode, children
from tests.e2e.four.market import open_market
from tests.e2e.four.network import CHAIN_ID, Network, make_network
from tests.e2e.four.wires import Wires

from assay.client import Client, messages
from assay.client.transactions import tx_hash

PARAMS = ("preset=small", "key_pool=2", "ceremony_window=2000", "signed_blocks_window=10000")
CUT_SECONDS, PAUSE_SECONDS = 4.0, 2.5
CALM_SECONDS = (1.0, 5.0)
TRANSFERS = 20
RECIPIENTS = 500
"""Accounts that are paid: always the same, so that memory does not grow with the state."""


@dataclass
class Figures:
    """What happened.

    Attributes
    ----------
    committed
        Hash and height of every transfer that was acknowledged.
    memory, files
        Resident bytes and open files of the first node's processes, as they went.
    most_memory
        The most resident bytes that another node's processes had.
    compared
        How many executed blocks, of all nodes, had the app hash of the header.
    """

    seed: int
    strikes: Counter[str] = field(default_factory=Counter)
    committed: dict[bytes, int] = field(default_factory=dict)
    rounds: int = 0
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    most_memory: int = 0
    compared: int = 0
    seconds: float = 0.0
    blocks: int = 0

    def __str__(self) -> str:
        growth, more = drift(self.memory), drift(self.files)
        return (
            f"seed {self.seed}: {self.seconds:.0f} s, {self.blocks} blocks, {len(self.committed)} transfers, "
            f"{self.rounds} rounds, strikes {dict(sorted(self.strikes.items()))}; {self.compared} app hashes "
            f"compared; first node, from middle to last third: memory "
            f"{statistics.median(self.memory) / 1e6:.0f} MB, x{growth:.2f}, open files "
            f"{statistics.median(self.files):.0f}, x{more:.2f}; most memory of another node "
            f"{self.most_memory / 1e6:.0f} MB"
        )


def drift(values: list[int]) -> float:
    """How much more the last third is than the middle one, by their medians; the first is for warming up."""
    third = max(1, len(values) // 3)
    return statistics.median(values[-third:]) / max(1, statistics.median(values[third : 2 * third] or values))


class Soak:
    """One run."""

    def __init__(self, net: Network, wires: Wires, folder: Path, seed: int) -> None:
        self.net, self.wires, self.folder = net, wires, folder
        self.rng, self.figures = Random(seed), Figures(seed)
        self.recipients = [self.rng.randbytes(20) for _ in range(RECIPIENTS)]
        self.executed: list[dict[int, str]] = [{} for _ in net.nodes]

    async def run(self, seconds: float) -> Figures:
        """Let everything happen at once, for so long; then check that nothing is lost."""
        begun, end = time.monotonic(), time.monotonic() + seconds
        first = self.net.first.height()
        async with Client(self.net.first.rpc_url, CHAIN_ID) as client:
            await asyncio.gather(
                self._disturb(end), self._transfer(client, end), self._rounds(client, end), self._watch(end)
            )
            self.figures.seconds = time.monotonic() - begun
            await asyncio.to_thread(self._check_executed)
            await asyncio.to_thread(self._check_there)
        self.figures.blocks = self.net.first.height() - first
        for node in self.net.nodes:
            network.check_verified(node)
        return self.figures

    # -- what people do -------------------------------------------------------------------

    async def _transfer(self, client: Client, end: float) -> None:
        senders = await people(client, self.folder / "senders", ["one", "two"], 1000 * ASY)
        while time.monotonic() < end:
            await asyncio.gather(*(self._batch(client, sender) for sender in senders))

    async def _batch(self, client: Client, sender: Person) -> None:
        parts = [messages.transfer(self.rng.choice(self.recipients), 1) for _ in range(TRANSFERS)]
        sent = [await client.send(sender.account, [part]) for part in parts]
        for each in sent:
            result = await each.wait()
            self.figures.committed[result.hash] = result.height

    async def _rounds(self, client: Client, end: float) -> None:
        while time.monotonic() < end:
            await asyncio.to_thread(self.net.wait_for_keys, 1, 300)
            market = await open_market(client, self.folder / f"round{self.figures.rounds}")
            await market.contribute()
            await market.check_paid()
            await market.check_sum()
            await market.acknowledge()
            self.figures.rounds += 1

    # -- what befalls the nodes -----------------------------------------------------------

    async def _disturb(self, end: float) -> None:
        kinds = (self._kill, self._kill_cometbft, self._pause, self._pause_cometbft, self._cut)
        while time.monotonic() < end:
            await asyncio.sleep(self.rng.uniform(*CALM_SECONDS))
            kind, number = self.rng.choice(kinds), self.rng.randrange(1, len(self.net.nodes))
            self.figures.strikes[kind.__name__.strip("_")] += 1
            print(f"{kind.__name__.strip('_')} node{number} at height {self.net.first.height()}", flush=True)
            await asyncio.to_thread(kind, number)
            node = self.net.nodes[number]
            await asyncio.to_thread(node.wait_for_height, self.net.first.height(), 180)

    def _kill(self, number: int) -> None:
        strikes.kill(self.net.nodes[number])
        self._start(number)

    def _kill_cometbft(self, number: int) -> None:
        strikes.kill_cometbft(self.net.nodes[number])
        self._start(number)

    def _start(self, number: int) -> None:
        """Start a node again, which forgets what it has printed."""
        self.executed[number] |= network.executed_app_hashes(self.net.nodes[number])
        self.net.nodes[number].start()

    def _pause(self, number: int) -> None:
        process = self.net.nodes[number].process
        assert process is not None
        strikes.pause(process.pid, PAUSE_SECONDS)

    def _pause_cometbft(self, number: int) -> None:
        strikes.pause(self.net.nodes[number].cometbft_pid(), PAUSE_SECONDS)

    def _cut(self, number: int) -> None:
        self.wires.cut(number)
        time.sleep(CUT_SECONDS)
        self.wires.mend(number)

    # -- what is watched --------------------------------------------------------------------

    async def _watch(self, end: float) -> None:
        while time.monotonic() < end:
            await asyncio.to_thread(self._sample)
            await asyncio.sleep(1)

    def _sample(self) -> None:
        first, *others = (_family(node) for node in self.net.nodes)
        self.figures.memory.append(_resident(first))
        self.figures.files.append(sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in first))
        self.figures.most_memory = max(self.figures.most_memory, *map(_resident, others))

    def _check_executed(self) -> None:
        """All nodes agree; whatever one has executed in any of its lives has the app hash of the header."""
        self.net.check_agreed()
        for executed, node in zip(self.executed, self.net.nodes, strict=True):
            executed |= network.executed_app_hashes(node)
        last = min(max(executed) for executed in self.executed) - 1
        decided = network.header_app_hashes(self.net.first, 1, last)
        for number, executed in enumerate(self.executed):
            heights = [height for height in executed if height <= last]
            wrong = [height for height in heights if not decided[height].startswith(executed[height])]
            assert wrong == [], f"node{number} executed {wrong} to other app hashes"
            self.figures.compared += len(heights)

    def _check_there(self) -> None:
        """Every transfer that was acknowledged is in its block, on every node.

        The block is asked, not the index of transactions: CometBFT writes that beside its blocks, and what it
        had not written when it was killed stays away.
        """
        for node in self.net.nodes:
            blocks = {height: _hashes(node, height) for height in set(self.figures.committed.values())}
            for name, height in self.figures.committed.items():
                assert name in blocks[height], f"transaction {name.hex()} is not in block {height}"


def _hashes(node: RunningNode, height: int) -> set[bytes]:
    txs = node.rpc("block", height=str(height))["block"]["data"]["txs"]
    return {tx_hash(base64.b64decode(raw)) for raw in txs}


def _family(node: RunningNode) -> list[int]:
    """Process ids of a node; none while it is away."""
    process = node.process
    return [] if process is None else [process.pid, *children(process.pid)]


def _resident(pids: list[int]) -> int:
    return sum(_pages(pid) for pid in pids) * os.sysconf("SC_PAGE_SIZE")


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it was killed meanwhile


def soak(folder: Path, binary: Path, seconds: float, seed: int) -> Figures:
    """Make a network, and let it live."""
    print(f"soak with seed {seed}")
    net = make_network(folder / "net", binary, *PARAMS)
    wires = Wires(net.nodes)
    try:
        net.start()
        return asyncio.run(Soak(net, wires, folder, seed).run(seconds))
    finally:
        net.close()
        wires.close()


def main() -> None:
    """Run one and print its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cometbft", type=Path, default=Path("out/bin/cometbft").resolve())
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(soak(Path(folder), chosen.cometbft, chosen.seconds, chosen.seed))


if __name__ == "__main__":
    main()
