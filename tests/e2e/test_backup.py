"""Backups of a node that runs, put back; a node that goes back by one height; databases made smaller."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import BINARIES, built

from assay.node.backup.freeze import cometbft_process
from assay.node.home import Home, open_home
from assay.node.ports import LOOPBACK, free_ports
from assay.node.tomlfile import set_values
from assay.state.store import Store

pytestmark = pytest.mark.e2e

ASSAYD = [sys.executable, "-c", "from assay.node.cli import main; main()"]
BACKUPS = 3


def assayd(home: Path, *arguments: str) -> tuple[int, str]:
    command = [*ASSAYD, "--home", str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def must(home: Path, *arguments: str) -> str:
    code, output = assayd(home, *arguments)
    assert code == 0, output
    return output


def hashes(node: Any, heights: range) -> list[str]:
    return [node.rpc("header", height=str(height))["header"]["app_hash"] for height in heights]


def height_of(home: Home) -> int:
    with Store.open(home.store) as store:
        return store.version


@pytest.fixture
def node(assayd_node: Callable[..., Any], pinned_cometbft: Path) -> Any:
    return assayd_node(pinned_cometbft, block_milliseconds=50)


@pytest.fixture
def restored(tmp_path: Path, make_node: Callable[..., Any]) -> Callable[[Path], Any]:
    """Make a node of a backup, at ports of its own."""

    def make(backup: Path, *options: str) -> Any:
        path = tmp_path / f"restored-{backup.name}"
        output = must(path, "restore", str(backup), *options)
        assert "signs nothing below height" in output
        home = open_home(path)
        rpc, p2p = (f"tcp://{LOOPBACK}:{port}" for port in free_ports(2))
        text = set_values(home.config_file.read_text(), {"rpc": {"laddr": rpc}, "p2p": {"laddr": p2p}})
        home.config_file.write_text(text)
        return make_node(home, [*ASSAYD, "--home", str(path), "start"])

    return make


@pytest.mark.parametrize("version", ["v0.40", pytest.param("v0.38", marks=pytest.mark.long)])
def test_backups_of_a_running_node_go_on_where_they_were_made(
    version: str,
    assayd_node: Callable[..., Any],
    repository: Path,
    restored: Callable[..., Any],
    tmp_path: Path,
) -> None:
    node = assayd_node(built(repository, BINARIES[version]), block_milliseconds=50)
    node.start("--check-invariants").wait_for_height(2)
    places = [tmp_path / f"backup{number}" for number in range(BACKUPS)]
    for place in places:  # while the committee makes its first key, at whatever moments these are
        output = must(node.home.path, "backup", str(place))
        assert "CometBFT stood still for" in output
        node.wait_for_height(node.height() + 3)
    last = node.height()
    expected = hashes(node, range(2, last + 1))
    node.stop()

    for place in places:
        assert "is in order" in must(place, "verify")
        height = json.loads((place / "backup.json").read_text())["height"]
        assert 1 <= height <= last
        made = restored(place).start("--check-invariants")
        made.wait_for_height(height + 3)
        assert hashes(made, range(2, height + 1)) == expected[: height - 1]
        made.stop()


@pytest.mark.long
def test_a_stopped_node_is_backed_up_too_and_what_is_damaged_is_refused(
    node: Any, restored: Callable[..., Any], tmp_path: Path
) -> None:
    node.start().wait_for_height(5)
    node.stop()
    place = tmp_path / "backup"
    output = must(node.home.path, "backup", str(place))
    assert "stood still" not in output
    code, output = assayd(node.home.path, "backup", str(place))
    assert (code, "is there already" in output) == (1, True)
    secret = place / "committee" / "committee_key.json"
    assert (place.stat().st_mode & 0o777, secret.stat().st_mode & 0o777) == (0o700, 0o600)

    for damage in (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), Path.unlink):
        spoilt = tmp_path / "spoilt"
        shutil.copytree(place, spoilt)
        damage(next((spoilt / "data" / "blockstore.db").iterdir()))
        code, output = assayd(tmp_path / "new", "restore", str(spoilt))
        assert (code, "is damaged" in output) == (1, True)
        assert not (tmp_path / "new").exists()
        shutil.rmtree(spoilt)
    code, output = assayd(node.home.path, "restore", str(place))
    assert (code, "is not empty" in output) == (1, True)

    code, output = assayd(place, "start")
    assert (code, f"restore {place}" in output) == (1, True)

    # Meanwhile the validator has signed more; the record of that goes with it.
    node.start().wait_for_height(version_of(place) + 3)
    node.stop()
    record = node.home.path / "data" / "priv_validator_state.json"
    made = restored(place, "--signed", str(record))
    assert (made.home.path / "data" / "priv_validator_state.json").read_bytes() == record.read_bytes()
    old = tmp_path / "old.json"
    old.write_text('{"height": "1", "round": 0, "step": 3}')
    code, output = assayd(tmp_path / "another", "restore", str(place), "--signed", str(old))
    assert (code, "this is not the latest record" in output) == (1, True)


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
def test_a_node_goes_back_and_on(node: Any, hard: bool) -> None:
    node.start("--check-invariants").wait_for_height(10)
    code, output = assayd(node.home.path, "rollback")
    assert (code, "stop it first" in output) == (1, True)
    node.stop()
    before = height_of(node.home)
    snapshot = node.home.snapshots / str(before)
    snapshot.mkdir(parents=True)
    for step in (1, 2):
        output = must(node.home.path, "rollback", *(("--hard",) if hard else ()))
        at = height_of(node.home)
        assert before - step - 1 <= at <= before - (step if hard else 1)
    assert not snapshot.exists()
    with Store.open(node.home.store) as store:
        assert f"CometBFT agrees on app hash {store.root.hex().upper()}" in output
    node.start("--check-invariants")
    node.wait_for_height(before + 3, 120)
    assert must(node.home.path, "verify")


@pytest.mark.long
def test_compaction_keeps_everything_and_is_for_a_stopped_node(node: Any) -> None:
    node.start().wait_for_height(10)
    code, output = assayd(node.home.path, "compact")
    assert (code, "stop it first" in output) == (1, True)
    height = node.height()
    expected = hashes(node, range(2, height + 1))
    node.stop()
    output = must(node.home.path, "compact")
    assert {"assay", "blockstore", "state"} <= {line.split()[0] for line in output.splitlines()}
    assert "is in order" in must(node.home.path, "verify")
    node.start().wait_for_height(height + 2)
    assert hashes(node, range(2, height + 1)) == expected
