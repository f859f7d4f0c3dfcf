"""What a node's stores take on disk while the chain goes on: with everything kept, and with little kept.

    python bench/history.py [--minutes 10] [--rate 100] [--only little]

One validator, five blocks a second, transfers between a thousand accounts, so that the state itself does not
grow. It runs twice: once as `assayd init` makes it, and once with `retain_blocks`, a short unbonding period,
and evidence that is soon too old. Prints megabytes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import chains
import loader
import throughput
from chains import Chain

from assay.client.rpc import Rpc
from assay.node.home import Home
from assay.node.metrics.sizes import directory_bytes
from assay.node.tomlfile import set_values

ACCOUNTS = 1000
SAMPLES = 10
STORES = ("assay", "snapshots", "blockstore.db", "state.db", "tx_index.db", "cs.wal")
SNAPSHOTS = 300
"""Blocks between two snapshots."""


def quick_blocks(home: Home) -> None:
    """Make five blocks a second."""
    text = home.config_file.read_text(encoding="utf-8")
    text = set_values(text, {"consensus": {"timeout_commit": "200ms"}})
    home.config_file.write_text(text, encoding="utf-8")
    home.change_settings({"snapshots": {"interval": SNAPSHOTS}})


def forgetful(home: Home) -> None:
    """Keep as little as the chain allows, which does not allow much."""
    quick_blocks(home)
    genesis = home.genesis()
    evidence = {"max_age_num_blocks": "100", "max_age_duration": "20000000000"}
    genesis["consensus_params"]["evidence"] |= evidence
    home.genesis_file.write_text(json.dumps(genesis), encoding="utf-8")
    home.change_settings({"store": {"retain_blocks": 1}})


WAYS = {"everything": quick_blocks, "little": forgetful}


async def watch(chain: Chain, data: Path, seconds: float, rate: int) -> None:
    """Send transfers at a rate, and print a line every so often."""
    total = int(seconds * rate)
    lanes = throughput.transfers(total, ACCOUNTS)
    load = asyncio.create_task(send(chain, lanes, rate))
    print(f"{'height':>8} " + " ".join(f"{name:>13}" for name in STORES))
    rpc = Rpc(chain.url)
    for _ in range(SAMPLES):
        await asyncio.sleep(seconds / SAMPLES)
        height = int((await rpc.call("abci_info"))["response"]["last_block_height"])
        sizes = [directory_bytes(data / name) / 1e6 for name in STORES]
        print(f"{height:>8} " + " ".join(f"{size:>13.1f}" for size in sizes), flush=True)
    await rpc.close()
    await load


async def send(chain: Chain, lanes: list[list[str]], rate: int) -> None:
    """Send each lane's transactions, `loader.BATCH` at a time, all lanes together at a rate."""
    begun, sent = time.monotonic(), 0
    async with aiohttp.ClientSession() as session:
        node = loader.Node(session, chain.url)
        for bodies in zip(*(loader.requests(lane) for lane in lanes), strict=True):
            for count, body in bodies:
                await node.send(body)
                sent += count
            await asyncio.sleep(max(0.0, begun + sent / rate - time.monotonic()))


def measure(title: str, change: Callable[[Home], None], seconds: float, rate: int) -> None:
    """Run a chain and print what it takes."""
    homes: list[Home] = []

    def noted(home: Home) -> None:
        change(home)
        homes.append(home)

    balances = {throughput.account(n).address_text: throughput.BALANCE for n in range(ACCOUNTS)}
    print(f"\n{title} kept")
    params = ("preset=small", "max_window=10")
    with chains.assay(balances, params, change=noted) as chain:
        asyncio.run(watch(chain, homes[0].path / "data", seconds, rate))


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--only", choices=WAYS, action="append")
    given = parser.parse_args()
    for way in given.only or WAYS:
        measure(way, WAYS[way], 60 * given.minutes, given.rate)


if __name__ == "__main__":
    main()
