"""One of four validators is backed up, given up, and put back by docs/backup.md, while the chain goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.four.network import CHAIN_ID, Network
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import docs

pytestmark = [pytest.mark.e2e, pytest.mark.long]


def test_a_validator_is_put_back(
    make: Callable[..., Network], repository: Path, tmp_path: Path, pinned_cometbft: Path
) -> None:
    page = docs(repository, "backup.md")
    net = make("preset=small", "key_pool=1").start()
    last = net.nodes[3]
    lost: dict[str, Word] = {
        "HOME": last.home.path,
        "/backups/2026-11-21": tmp_path / "backup",
        "our-chain-1": CHAIN_ID,
    }
    new = lost | {"HOME": tmp_path / "new", "OLD_HOME": last.home.path}
    options = {" start$": "--check-invariants --log json"}
    with Newcomer(tmp_path / "reader", options=options, binary=pinned_cometbft) as newcomer:
        backup, verify = page.commands("Back up a running node")
        newcomer.type(backup, lost)
        newcomer.type(verify, lost)
        last.wait_for_height(last.height() + 5)
        last.stop()  # with votes that the backup does not know of
        net.first.wait_for_height(net.first.height() + 3)

        restore, doctor, start = page.commands("Put it back")
        newcomer.type(restore, new)
        newcomer.type(doctor, new)
        made = net.nodes[3] = newcomer.start(start, new)
        made.wait_for_height(net.first.height() + 2, 120)
        net.check_agreed()
        address = made.rpc("status")["validator_info"]["address"]
        net.first.wait_until(lambda: address in json.dumps(net.first.rpc("commit")), "its vote")
