"""The SDK and the command `assay` against a real node: a round with a crash, many in flight, a restart."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from tests.e2e.conftest import RunningNode
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import docs
from tests.javascript import NODE

from assay.client import Client, faucet, messages
from assay.client.transactions import tx_hash
from assay.crypto.accounts import generate, sign_tx
from assay.node.home import Home
from assay.node.ports import free_ports
from assay.proto.tx_pb2 import TxBody

pytestmark = pytest.mark.e2e

CHAIN_ID = "client-e2e"
ASSAYD = (sys.executable, "-c", "from assay.node.cli import main; main()")
ASSAY = (sys.executable, "-c", "from assay.client.cli import main; main(prog_name='assay')")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, pinned_cometbft: Path) -> Iterator[RunningNode]:
    """One validator of a development chain, with fast blocks."""
    home = tmp_path_factory.mktemp("node") / "home"
    rpc, p2p = free_ports(2)
    options = ["--chain-id", CHAIN_ID, "--rpc", f"127.0.0.1:{rpc}", "--p2p", f"127.0.0.1:{p2p}"]
    options += ["--block-time", "100", "--cometbft", str(pinned_cometbft)]
    subprocess.run([*ASSAYD, "--home", str(home), "init", *options], check=True)
    running = RunningNode(Home(home), [*ASSAYD, "--home", str(home), "start"])
    running.start()
    try:
        running.wait_for_height(2)
        yield running
    finally:
        running.close()


@dataclass
class Person:
    """Somebody with a home, a key and the command."""

    home: Path
    url: str

    def environment(self) -> dict[str, str]:
        own = {"ASSAY_HOME": str(self.home), "ASSAY_NODE": self.url, "ASSAY_PASSPHRASE": "secret"}
        return os.environ | own | {"ASSAY_OUTPUT": "json"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [*ASSAY, "--yes", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment(), stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments: str, code: int = 0) -> Any:
        return finished(self.start(*arguments), code)


def finished(process: subprocess.Popen[str], code: int = 0) -> Any:
    """Wait for a command; return its JSON, or its error's if it should fail."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, (out, err)
    return json.loads(err if code else out)


@pytest.fixture
def person(tmp_path: Path, node: RunningNode) -> Any:
    def make(name: str, amount: str = "100asy") -> Person:
        somebody = Person(tmp_path / name, node.rpc_url)
        somebody.run("keys", "add", name)
        somebody.run("faucet", name, amount)
        return somebody

    return make


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Breast cancer: held-out rows, then unequal parts of the others, the last with flipped labels."""
    data, folder = load_breast_cancer(), tmp_path_factory.mktemp("data")
    x, held_x, y, held_y = train_test_split(
        data.data, data.target, test_size=0.3, random_state=1, stratify=data.target
    )
    names = [*(str(name).replace(" ", "_") for name in data.feature_names), "diagnosis"]
    cuts = np.split(np.arange(len(y)), [150, 280])
    chosen = [(held_x, held_y), *((x[cut], y[cut]) for cut in cuts[:2]), (x[cuts[2]], 1 - y[cuts[2]])]
    paths = [folder / f"part{number}.csv" for number in range(len(chosen))]
    for path, (rows, labels) in zip(paths, chosen, strict=True):
        with path.open("w", newline="") as file:
            table = [[*row, ["malignant", "benign"][label]] for row, label in zip(rows, labels, strict=True)]
            csv.writer(file).writerows([names, *table])
    return paths


# --- a round through the command ---------------------------------------------


def test_a_round_with_a_crash_in_the_middle(person: Any, parts: Sequence[Path]) -> None:
    owner = person("owner")
    held_out = str(parts[0])
    options = ("--name", "cancer", "--kind", "logistic", "--target", "diagnosis", "--licence", "CC0")
    model = owner.run("model", "post", held_out, *options)["model"]
    terms = ("--bounty", "10asy", "--min-contributors", "2", "--max-contributors", "3")
    # Phases end when everybody has acted; the windows have room for a slow machine.
    terms += ("--commit-window", "3000", "--reveal-window", "3000")
    number = str(owner.run("bounty", "open", model, held_out, *terms)["round"])

    people = [person(f"contributor{n}", "2asy") for n in range(3)]
    crashing = people[0].start("contribute", number, str(parts[1]))
    wait_for_commitment(owner, number, 1)
    crashing.send_signal(signal.SIGKILL)
    crashing.communicate()
    again = people[0].run("contribute", number, str(parts[1]), code=1)
    assert "--resume" in again["error"]["message"]

    interrupted = people[1].start("contribute", number, str(parts[2]))
    wait_for_commitment(owner, number, 2)
    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate()
    assert interrupted.returncode == 130

    last = people[2].start("contribute", number, str(parts[3]))
    resumed = [people[n].start("contribute", number, "--resume") for n in (0, 1)]
    honest, also, flipped = (finished(process) for process in (*resumed, last))
    assert honest["outcome"] == also["outcome"] == "paid"
    assert flipped["amount"] == 0
    assert "not above zero" in flipped["reason"]
    assert honest["amount"] + also["amount"] == 9_900_000  # 1% is the committee's

    check_explanation(owner, number, {honest["amount"], also["amount"], 0})
    check_collection(owner, number, held_out)


def wait_for_commitment(owner: Person, number: str, count: int) -> None:
    async def wait() -> None:
        async with Client(owner.url) as client, aclosing(client.blocks.follow()) as heights:
            async for _ in heights:
                if (await client.query.round(int(number))).value.committed >= count:
                    return

    asyncio.run(asyncio.wait_for(wait(), 60))


def check_explanation(owner: Person, number: str, amounts: set[int]) -> None:
    found = owner.run("explain", number)
    assert found["agrees"]
    assert found["verified"]
    assert found["disagreements"] == []
    assert {line["amount"] for line in found["lines"]} == amounts
    shown = owner.run("bounty", "show", number)
    record = shown["round"]
    owed = record["scoring_fee"] + found["committee"]  # until the release ends
    assert record["paid"] + record["refunded"] + record["burned"] + owed == record["escrowed"]
    assert [item["status"] for item in shown["contributions"]].count("paid") == 2


def check_collection(owner: Person, number: str, held_out: str) -> None:
    weights = owner.home / "weights.json"
    found = owner.run("bounty", "collect", number, held_out, "--save", str(weights))
    assert found["accuracy_before"] < 0.7
    assert found["accuracy_after"] > 0.9
    assert found["loss_after"] < found["loss_before"]
    record = owner.run("bounty", "show", number)["round"]
    assert record["paid"] + record["refunded"] + record["burned"] == record["escrowed"]
    model = record["model_id"]
    again = owner.run("model", "evaluate", model, held_out, "--weights", str(weights))
    assert again["accuracy"] == pytest.approx(found["accuracy_after"])
    gone = owner.run("bounty", "collect", number, held_out, code=1)
    assert "no longer kept" in gone["error"]["message"]


def test_a_round_nobody_commits_to_can_be_cancelled(person: Any, parts: Sequence[Path]) -> None:
    owner, held_out = person("owner"), str(parts[0])
    options = ("--name", "unwanted", "--kind", "svm", "--target", "diagnosis")
    model = owner.run("model", "post", held_out, *options)["model"]
    number = str(owner.run("bounty", "open", model, held_out, "--bounty", "5asy")["round"])
    own = owner.run("contribute", number, held_out, code=1)
    assert "may not contribute" in own["error"]["message"]
    owner.run("bounty", "cancel", number)
    found = owner.run("explain", number)
    assert found["status"] == "cancelled"
    assert found["refunded"] >= 5_000_000
    late = person("late").run("contribute", number, str(parts[1]), code=1)
    assert "cancelled" in late["error"]["message"]


# --- the SDK -----------------------------------------------------------------


@pytest.fixture
async def client(node: RunningNode) -> AsyncIterator[Client]:
    async with Client(node.rpc_url, CHAIN_ID) as found:
        yield found


async def test_three_hundred_in_flight_arrive_in_order(client: Client) -> None:
    sender, recipient = generate(), generate().address
    await faucet.pour(client, sender.address_text, 10_000_000)
    transfer = messages.transfer(recipient, 1)
    raws = [
        sign_tx(
            sender,
            CHAIN_ID,
            TxBody(messages=[transfer], sequence=n, gas_limit=1000, fee=10).SerializeToString(),
        )
        for n in range(300)
    ]
    assert set(await client.broadcast(raws)) == {None}
    results = await asyncio.gather(*(client.waiter.wait(tx_hash(raw), 60) for raw in raws))
    places = [(result.height, result.index) for result in results]
    assert places == sorted(places)
    await client.blocks.until(places[-1][0] + 1)
    found = await client.query.account(recipient)
    assert (found.value.balance, found.verified) == (300, True)


async def test_a_round_s_events_come_as_they_happen(
    client: Client, person: Any, parts: Sequence[Path]
) -> None:
    owner = person("owner")
    options = ("--name", "watched", "--kind", "linear", "--target", "mean_radius")
    numeric = without_last_column(parts[0], owner.home / "numbers.csv")
    model = owner.run("model", "post", str(numeric), *options)["model"]
    number = len((await client.query.rounds()).value) + 1
    seen: list[tuple[str, str]] = []

    async def watch() -> None:
        async with aclosing(client.round_events(number)) as events:
            async for _, event in events:
                seen.append((event.attributes["what"], event.attributes.get("status", "")))
                if seen[-1] == ("phase", "cancelled"):
                    return

    watching = asyncio.create_task(watch())
    await asyncio.to_thread(owner.run, "bounty", "open", model, str(numeric), "--bounty", "5asy")
    while ("phase", "open") not in seen:
        await asyncio.wait([watching], timeout=0.1)
    await asyncio.to_thread(owner.run, "bounty", "cancel", str(number))
    await asyncio.wait_for(watching, 30)
    assert seen[0][0] == "opened"
    assert seen.index(("phase", "pending")) < seen.index(("phase", "open"))


def without_last_column(source: Path, target: Path) -> Path:
    lines = source.read_text().splitlines()
    target.write_text("\n".join(line.rsplit(",", 1)[0] for line in lines) + "\n")
    return target


async def test_waiting_survives_a_restart_of_the_node(client: Client, node: RunningNode) -> None:
    seen: list[int] = []

    async def follow() -> None:
        async with aclosing(client.blocks.follow()) as heights:
            async for height in heights:
                seen.append(height)
                if height > goal:
                    return

    goal = node.height() + 10**6
    following = asyncio.create_task(follow())
    while not seen:
        await asyncio.wait([following], timeout=0.05)
    code, output = await asyncio.to_thread(node.stop)
    assert code == 0, output
    node.start()
    goal = seen[-1] + 3
    await asyncio.wait_for(following, 60)
    assert seen == sorted(set(seen))


def test_the_page_s_examples_run(node: RunningNode, repository: Path, tmp_path: Path) -> None:
    page = docs(repository, "rpc.md")
    (transfer,) = page.commands("An example in JavaScript")
    (program,) = page.block("python", "An example in Python")
    words: dict[str, Word] = {
        "node docs/examples/transfer.mjs": f"{NODE} {repository / 'docs' / 'examples' / 'transfer.mjs'}",
        "127.0.0.1:26657": node.rpc_url.removeprefix("http://"),
        "SEED_HEX": faucet.account().seed.hex(),
        "RECIPIENT_HEX": generate().address.hex(),
        "assay1…": generate().address_text,
    }
    newcomer = Newcomer(tmp_path / "reader", words)
    answer = json.loads(newcomer.type(transfer))
    assert (answer["code"], answer["balance"]) == (0, "500000")
    (newcomer.folder / "example.py").write_text(newcomer.meant(program))
    assert newcomer.type(f"{sys.executable} example.py").strip() == "500000 True"
