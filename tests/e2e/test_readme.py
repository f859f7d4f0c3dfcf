"""README.md, followed word by word on a chain of one validator: from its making to what a round has paid."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import Page, check_shown

from assay.node.founders import OPERATOR_FILE
from assay.node.ports import LOOPBACK, free_ports

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(600)]

FILES = {"heldout.csv": slice(0, 120), "mine.csv": slice(120, 230), "other.csv": slice(230, 340)}


@pytest.fixture
def page(repository: Path) -> Page:
    return Page(repository / "README.md")


@pytest.fixture
def newcomer(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Newcomer]:
    rpc, p2p = (f"{LOOPBACK}:{port}" for port in free_ports(2))
    options = {
        "^assayd init": f"--rpc {rpc} --p2p {p2p} --block-time 200 --param preset=small",
        "^assayd testnet": "--base-port 0",
    }
    with Newcomer(tmp_path, options=options, binary=pinned_cometbft) as found:
        found.environment["ASSAY_NODE"] = f"http://{rpc}"
        yield found


@pytest.fixture
def _tables(tmp_path: Path) -> None:
    """Rows of breast cancer for the model's owner and for two others."""
    data = load_breast_cancer()
    names = [*(str(name).replace(" ", "_") for name in data.feature_names), "diagnosis"]
    rows = [[*row, ["malignant", "benign"][label]] for row, label in zip(data.data, data.target, strict=True)]
    for name, part in FILES.items():
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file).writerows([names, *rows[part]])


@pytest.mark.usefixtures("_tables")
def test_the_commands_do_what_the_page_says(newcomer: Newcomer, page: Page) -> None:
    init, start, status = page.commands("Run a validator")
    newcomer.type(init)
    node = newcomer.start(start)
    node.wait_for_key()
    newcomer.type(status)
    newcomer.type(page.commands("Four validators on this machine")[0])
    send(newcomer, page)
    stake(newcomer, page)
    a_round(newcomer, page)
    check_shown(start.shown, newcomer.interrupt())


def send(newcomer: Newcomer, page: Page) -> None:
    alice, bob, faucet, transfer = page.commands("Submit a transaction")
    newcomer.type(alice)
    address = re.findall(r"assay1\w{38}", newcomer.type(bob))[0]
    newcomer.words[re.findall(r"assay1\w{38}", transfer.text)[0]] = address
    for command in (faucet, transfer, *page.commands("Query state")):
        newcomer.type(command)


def stake(newcomer: Newcomer, page: Page) -> None:
    """With the chain's validator in place of the one that the page has from another."""
    operator = newcomer.home_of("assayd start") / OPERATOR_FILE
    newcomer.type(f"assay keys import me --mnemonic-file {operator}")
    newcomer.type("assay keys add saver")
    newcomer.type("assay faucet saver")
    for command in page.commands("Stake"):
        newcomer.type(command, {"fifth": "node"})


def a_round(newcomer: Newcomer, page: Page) -> None:
    post, begin, collect = page.commands("Post a bounty")
    account, faucet, contribute, explain = page.commands("Contribute data")
    model = re.findall(r"model ([0-9a-f]{64})", newcomer.type(post))[0]
    newcomer.type(begin, {re.findall(r"[0-9a-f]{64}", begin.text)[0]: model})
    other = {"carol": "dave", "mine.csv": "other.csv"}
    for who in ({}, other):
        newcomer.type(account, who)
        newcomer.type(faucet, who)
    with ThreadPoolExecutor() as both:
        list(both.map(lambda who: newcomer.type(contribute, who), ({}, other)))
    newcomer.type(explain)
    newcomer.type(collect)
