"""What metrics cost: the transfers of `throughput` on a node that serves metrics and on one that does not.

Both chains are ours and fresh, in turns; the one with metrics is scraped once a
second, fifteen times as often as Prometheus does by default.
"""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import chains
from pairs import Row, figure, row
from processors import APPLICATION
from throughput import BALANCE, Bench, Found, account, load

from assay.node.ports import LOOPBACK, free_ports

PAIRS = 5
TRANSFERS = 80_000
ACCOUNTS = 10_000
SCRAPE_SECONDS = 1.0
TARGET = 1.02
"""Processor time of a transfer with metrics, against that without."""


@contextmanager
def scraping(url: str, scrapes: list[float]) -> Iterator[None]:
    """Scrape once a second meanwhile; note how long each took."""
    stop = threading.Event()

    def scrape() -> None:
        while not stop.wait(SCRAPE_SECONDS):
            began = time.perf_counter()
            with urllib.request.urlopen(url, timeout=30) as response:
                response.read()
            scrapes.append(time.perf_counter() - began)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def measure(bench: Bench, scrapes: list[float] | None) -> Found:
    """Load a fresh chain, with metrics if there is a list for the times of scrapes."""
    funded = {account(number).address_text: BALANCE for number in range(bench.count)}
    address = "" if scrapes is None else f"{LOOPBACK}:{free_ports(1)[0]}"
    with chains.assay(funded, metrics=address) as chain:
        if scrapes is None:
            return load(chain, bench.transfers)
        with scraping(f"http://{address}/metrics", scrapes):
            return load(chain, bench.transfers)


def run(*, quick: bool = False) -> list[Row]:
    """Measure both in turns, and turn about who is first."""
    bench = Bench(2_000, 500) if quick else Bench(TRANSFERS, ACCOUNTS)
    scrapes: list[float] = []
    pairs: list[tuple[Found, Found]] = []
    for turn in range(1 if quick else PAIRS):
        plain = measure(bench, None) if turn % 2 else None
        metered = measure(bench, scrapes)
        pairs.append((metered, plain or measure(bench, None)))
    times = [(ours[APPLICATION], theirs[APPLICATION]) for ours, theirs in pairs]
    rates = [(ours["rate"], theirs["rate"]) for ours, theirs in pairs]
    name = "processor time a transfer, our application with metrics"
    longest = max(scrapes, default=0.0)
    return [
        row(name, "us", "without metrics", times, target=TARGET, lower_is_better=True),
        row("committed transfers with metrics", "1/s", "without metrics", rates),
        figure(f"longest of {len(scrapes)} scrapes", longest * 1e3, "ms"),
    ]
