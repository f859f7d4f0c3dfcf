"""A real node's endpoint: what Prometheus finds there, and health that follows what happens to the node."""

import os
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import Page, docs
from tests.monitoring import metrics_in_use

from assay.node.ports import LOOPBACK, free_ports

pytestmark = pytest.mark.e2e


@pytest.fixture
def address() -> str:
    return f"{LOOPBACK}:{free_ports(1)[0]}"


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "metrics.md")


@pytest.fixture
def newcomer(tmp_path: Path, pinned_cometbft: Path, address: str) -> Iterator[Newcomer]:
    rpc, p2p, cometbft = (f"{LOOPBACK}:{port}" for port in free_ports(3))
    here = f"--rpc {rpc} --p2p {p2p} --block-time 100 --param preset=small"
    words = {"127.0.0.1:26661": address, "127.0.0.1:26660": cometbft}
    with Newcomer(tmp_path, words, options={"^assayd init": here}, binary=pinned_cometbft) as found:
        yield found


@pytest.fixture
def node(newcomer: Newcomer, page: Page) -> Any:
    init, *_ = page.commands("Switch it on")
    newcomer.type(init)
    made = newcomer.terminal("assayd start")
    made.home.change_settings({"metrics": {"stale_seconds": 2}})
    return made


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics(address: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(get(address, "/metrics")[1])
        for sample in family.samples
    }


def test_a_running_node_tells_what_it_does(node: Any, address: str, newcomer: Newcomer, page: Page) -> None:
    node.start()
    node.wait_until(lambda: get(address, "/readyz")[0] == 200, "readiness", 120)
    _, healthy, ready, height, _ = page.commands("Switch it on")
    for command in (healthy, ready, height):
        newcomer.type(command)
    node.wait_for_key()
    found = metrics(address)
    assert found["assay_height",] == found["assay_blocks_total",] > 2
    assert found["assay_abci_seconds_count", "commit"] == found["assay_blocks_total",]
    assert found["assay_committee_keys", "ready"] >= 1
    assert found["assay_transactions_total", "0", "ok"] > 0  # the committee's messages
    assert found["assay_committee_shares_sent_total", "vote"] >= 1  # of the self-test
    assert found["assay_committee_shares_missed_total",] == 0
    assert found["assay_worker_task_seconds_count", "score"] >= 1
    assert found["assay_validator_power",] > 0
    assert found["assay_catching_up",] == found["assay_peers",] == found["assay_validator_faults",] == 0
    for store in ("assay", "blockstore", "cs.wal", "state", "tx_index"):
        assert found["assay_store_bytes", store] > 0
    assert found["assay_disk_free_bytes",] > 0

    (worker, *_) = [pid for pid in node.children() if pid != node.cometbft_pid()]
    os.kill(worker, signal.SIGKILL)
    node.wait_until(lambda: metrics(address)["assay_worker_restarts_total",] == 1, "a restart")
    node.wait_until(lambda: get(address, "/readyz")[0] == 200, "readiness", 60)


def test_a_chain_that_stands_still_is_not_well(node: Any, address: str) -> None:
    node.start().wait_for_height(2)
    cometbft = node.cometbft_pid()
    os.kill(cometbft, signal.SIGSTOP)
    node.wait_until(lambda: get(address, "/healthz")[0] == 503, "an answer that it stands still")
    assert "the height has stood still at" in get(address, "/healthz")[1]
    status, text = get(address, "/readyz")
    assert status == 503
    assert "CometBFT does not answer" in text
    assert "assay_peers" not in {name for name, *_ in metrics(address)}
    os.kill(cometbft, signal.SIGCONT)
    node.wait_until(lambda: get(address, "/readyz")[0] == 200, "readiness")


def test_a_port_that_is_taken_ends_the_node_with_a_sentence(node: Any, address: str) -> None:
    with socket.create_server((LOOPBACK, int(address.rpartition(":")[2]))):
        code, output = node.start().wait()
    assert code == 1
    assert f"cannot serve metrics at {address}" in output


def names(text: str) -> set[str]:
    """Names of all series of an exposition, also of those that have no sample yet."""
    families = set(re.findall(r"^# TYPE (\S+) (?:counter|gauge)", text, re.MULTILINE))
    return families | set(re.findall(r"^([a-zA-Z_:]\w*)[{ ]", text, re.MULTILINE))


def test_every_metric_of_alerts_and_panels_exists_and_every_metric_is_documented(
    node: Any, address: str, newcomer: Newcomer, page: Page, repository: Path
) -> None:
    ours, theirs = page.block("toml", "Switch it on")
    node.home.change_settings({"metrics": {"address": ""}})  # as in a home that was made without
    newcomer.edit(node.home.settings_file, ours)
    newcomer.edit(node.home.config_file, theirs)
    node.start().wait_for_height(3)
    node.wait_until(lambda: get(address, "/readyz")[0] == 200, "readiness", 120)
    newcomer.type(page.commands("Switch it on")[-1])
    cometbft = str(newcomer.words["127.0.0.1:26660"])
    known = names(get(address, "/metrics")[1])
    assert metrics_in_use(repository) - known - names(get(cometbft, "/metrics")[1]) == set()

    documented = set(re.findall(r"^\| `(assay_\w+)", page.text, re.MULTILINE))
    families = set(re.findall(r"^# TYPE (assay_\w+)", get(address, "/metrics")[1], re.MULTILINE))
    assert families == documented
