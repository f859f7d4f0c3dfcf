"""Backups of a node that runs, put back; a node that goes back by one height; databases made smaller."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import BINARIES, built
from tests.e2e.pages.newcomer import Newcomer, Word
from tests.e2e.pages.page import Page, docs

from assay.node.backup.freeze import cometbft_process
from assay.node.home import Home, open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values
from assay.state.store import Store

pytestmark = pytest.mark.e2e

BACKUPS = 3


@pytest.fixture
def newcomer(tmp_path: Path, pinned_cometbft: Path) -> Iterator[Newcomer]:
    with Newcomer(tmp_path / "reader", binary=pinned_cometbft) as found:
        yield found


@pytest.fixture
def page(repository: Path) -> Page:
    return docs(repository, "backup.md")


def words(home: Path, backup: Path | None = None) -> dict[str, Word]:
    """What the page's words stand for."""
    here: dict[str, Word] = {"HOME": home, "our-chain-1": "assay-dev"}
    return here | ({"/backups/2026-11-21": backup} if backup else {})


def hashes(node: Any, heights: range) -> list[str]:
    return [node.rpc("header", height=str(height))["header"]["app_hash"] for height in heights]


def height_of(home: Home) -> int:
    with Store.open(home.store) as store:
        return store.version


@pytest.fixture
def node(assayd_node: Callable[..., Any], pinned_cometbft: Path) -> Any:
    return assayd_node(pinned_cometbft, block_milliseconds=50)


def at_ports_of_its_own(path: Path) -> None:
    """What a second machine has by itself."""
    home = open_home(path)
    rpc, p2p = (f"tcp://{LOOPBACK}:{port}" for port in free_ports(2))
    text = set_values(home.config_file.read_text(), {"rpc": {"laddr": rpc}, "p2p": {"laddr": p2p}})
    home.config_file.write_text(text)


@pytest.mark.parametrize("version", ["v0.40", pytest.param("v0.38", marks=pytest.mark.long)])
def test_backups_of_a_running_node_go_on_where_they_were_made(
    version: str,
    assayd_node: Callable[..., Any],
    repository: Path,
    page: Page,
    newcomer: Newcomer,
    tmp_path: Path,
) -> None:
    node = assayd_node(built(repository, BINARIES[version]), block_milliseconds=50)
    backup, verify = page.commands("Back up a running node")
    restore, _, start = page.commands("Put it back")
    unsigned = restore._replace(text=restore.text.partition(" --signed")[0])
    node.start("--check-invariants").wait_for_height(2)
    places = [tmp_path / f"backup{number}" for number in range(BACKUPS)]
    for place in places:  # while the committee makes its first key, at whatever moments these are
        newcomer.type(backup, words(node.home.path, place))
        node.wait_for_height(node.height() + 3)
    last = node.height()
    expected = hashes(node, range(2, last + 1))
    node.stop()

    for place in places:
        newcomer.type(verify, words(node.home.path, place))
        height = version_of(place)
        assert 1 <= height <= last
        home = tmp_path / f"restored-{place.name}"
        newcomer.type(unsigned, words(home, place))
        at_ports_of_its_own(home)
        made = newcomer.start(f"{start.text} --check-invariants", words(home))
        made.wait_for_height(height + 3)
        assert hashes(made, range(2, height + 1)) == expected[: height - 1]
        made.stop()


@pytest.mark.long
def test_a_stopped_node_is_backed_up_too_and_what_is_damaged_is_refused(
    node: Any, newcomer: Newcomer, page: Page, tmp_path: Path
) -> None:
    node.start().wait_for_height(5)
    node.stop()
    place, new = tmp_path / "backup", tmp_path / "new"
    backup, _ = page.commands("Back up a running node")
    here = words(node.home.path, place)
    assert "stood still" not in newcomer.type(backup.text, here)
    assert "is there already" in newcomer.refused(backup, here)
    secret = place / "committee" / "committee_key.json"
    assert (place.stat().st_mode & 0o777, secret.stat().st_mode & 0o777) == (0o700, 0o600)

    restore = "assayd --home HOME restore /backups/2026-11-21"
    for damage in (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), Path.unlink):
        spoilt = tmp_path / "spoilt"
        shutil.copytree(place, spoilt)
        damage(next((spoilt / "data" / "blockstore.db").iterdir()))
        assert "is damaged" in newcomer.refused(restore, words(new, spoilt))
        assert not new.exists()
        shutil.rmtree(spoilt)
    assert "is not empty" in newcomer.refused(restore, here)
    assert f"restore {place}" in newcomer.refused("assayd --home HOME start", words(place))

    # An older record of what was signed than the backup's own is none to go by.
    old = tmp_path / "old.json"
    old.write_text('{"height": "1", "round": 0, "step": 3}')
    told = newcomer.refused(f"{restore} --signed {old}", words(new, place))
    assert "this is not the latest record" in told


def version_of(backup: Path) -> int:
    found: int = json.loads((backup / "backup.json").read_text())["height"]
    return found


def test_cometbft_goes_on_even_if_the_backup_is_killed(node: Any) -> None:
    node.start().wait_for_height(2)
    process = cometbft_process(node.home)
    assert process == node.cometbft_pid()
    program = (
        "import sys, time; from assay.node.backup.freeze import frozen\n"
        "with frozen(int(sys.argv[1])):\n    print('stopped', flush=True); time.sleep(600)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(process)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"stopped\n"
    assert Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    height = version_in(node)
    time.sleep(1)
    assert version_in(node) <= height + 1
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    node.wait_for_height(height + 3)


def version_in(node: Any) -> int:
    """The height of the last block in the node's log."""
    lines = [line for line in node.output_file.read_text().splitlines() if " block " in line]
    return int(lines[-1].split("height=")[1].split()[0])


@pytest.mark.parametrize("hard", [False, True])
def test_a_node_goes_back_and_on(node: Any, newcomer: Newcomer, page: Page, hard: bool) -> None:
    softly, start, thoroughly = page.commands("Go back by one height")
    back = thoroughly if hard else softly
    here = words(node.home.path)
    node.start("--check-invariants").wait_for_height(10)
    assert "stop it first" in newcomer.refused(back, here)
    node.stop()
    before = height_of(node.home)
    snapshot = node.home.snapshots / str(before)
    snapshot.mkdir(parents=True)
    told = newcomer.type(back, here)
    assert before - 2 <= height_of(node.home) <= before - 1
    if hard:
        told = newcomer.type(back, here)
        assert before - 3 <= height_of(node.home) <= before - 2
    else:
        assert "to go back further, run it with --hard" in newcomer.refused(back, here)
        assert before - 2 <= height_of(node.home) <= before - 1
    assert not snapshot.exists()
    with Store.open(node.home.store) as store:
        assert f"CometBFT agrees on app hash {store.root.hex().upper()}" in told
    newcomer.start(f"{start.text} --check-invariants", here).wait_for_height(before + 3, 120)
    newcomer.type("assayd --home HOME verify", here)


@pytest.mark.long
def test_compaction_keeps_everything_and_is_for_a_stopped_node(
    node: Any, newcomer: Newcomer, page: Page
) -> None:
    sizes, compact = page.commands("Disk space")
    here = words(node.home.path)
    node.start().wait_for_height(10)
    assert "stop it first" in newcomer.refused(compact, here)
    height = node.height()
    expected = hashes(node, range(2, height + 1))
    node.stop()
    told = newcomer.type(sizes, here)
    assert {"assay", "blockstore.db", "cs.wal"} <= {Path(line.split()[-1]).name for line in told.splitlines()}
    newcomer.type(compact, here)
    newcomer.type("assayd --home HOME verify", here)
    node.start().wait_for_height(height + 2)
    assert hashes(node, range(2, height + 1)) == expected
