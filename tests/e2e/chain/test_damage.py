"""A node's files damaged one after the other, by the table of docs/recovery.md, and mended as it says."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode
from tests.e2e.pages.newcomer import Newcomer
from tests.e2e.pages.page import cells, docs, sentences

from assay.node.home import Home
from assay.node.tomlfile import set_values
from assay.state.store import Store

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PAGE = docs(Path(__file__).resolve().parents[3], "recovery.md")
BLOCKS = 12


class Row(NamedTuple):
    """A row of the page's table of files: which, what is wrong with it, what the node says."""

    file: str
    wrong: str
    says: str


ROWS = [Row(row[0].strip("`"), row[1], row[2]) for row in cells(PAGE) if len(row) == 4 and row[0][0] == "`"]
QUICK = {
    ("data/assay/*.log", "its end is missing"),
    ("data/assay/*.log", "something in it was changed"),
    ("data/priv_validator_state.json", "it is gone"),
}


# --- harm ----------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    """Cut a file in half; of a database, what was written last."""
    file = max(path.glob("*.log")) if path.is_dir() else path
    os.truncate(file, file.stat().st_size // 2)


def change(path: Path) -> None:
    """Change most of a file."""
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 10, len(content) * 9 // 10):
        content[place] ^= 0x5A
    path.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file or a directory."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()


HARM: dict[str, Callable[[Path], object]] = {
    "its end is missing": cut,
    "it is cut short": cut,
    "something in it was changed": change,
    "it cannot be read": lambda path: path.write_text("["),
    "it is gone": remove,
    "all of it is gone": remove,
}


def make_table(home: Path) -> None:
    """Have what the store wrote last in a table instead of its log."""
    Store.open(home / "data" / "assay").close()


def make_address_book(home: Path) -> None:
    """Nodes of one machine have none."""
    config = home / "config" / "config.toml"
    config.write_text(set_values(config.read_text(), {"p2p": {"pex": True}}))
    (home / "config" / "addrbook.json").write_text('{"key": "0123456789", "addrs": []}')


FIRST: dict[str, Callable[[Path], object]] = {
    "data/assay/*.ldb": make_table,
    "config/addrbook.json": make_address_book,
}


def damage(home: Path, row: Row) -> None:
    """Do to a home what a row tells of."""
    FIRST.get(row.file, lambda _: None)(home)
    HARM[row.wrong](max(home.glob(row.file), key=lambda found: found.stat().st_size))


# --- a node to damage ----------------------------------------------------------------------------


@dataclass
class Struck:
    """The home of a chain's only validator that was killed, and the app hash after every height."""

    home: Home
    app_hashes: dict[int, str]


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory, pinned_cometbft: Path) -> Iterator[Struck]:
    path = tmp_path_factory.mktemp("damage") / "node"
    node = network.first_node(path, pinned_cometbft, "preset=small").start()
    try:
        node.wait_for_height(BLOCKS)
        app_hashes = network.header_app_hashes(node, 1, node.height() - 1)
        node.kill()
        yield Struck(node.home, app_hashes)
    finally:
        node.close()


@pytest.fixture
def node(struck: Struck, tmp_path: Path) -> Iterator[RunningNode]:
    """A copy of it, to do harm to."""
    path = tmp_path / "home"
    shutil.copytree(struck.home.path, path, ignore=shutil.ignore_patterns("*.sock"))
    command = ("start", "--check-invariants", "--log", "json")
    running = RunningNode.__new__(RunningNode)  # a home that is damaged cannot be opened
    running.home, running.rpc_url, running.process = Home(path), struck.home.rpc_url(), None
    running.command = [*network.ASSAYD, "--home", str(path), *command]
    yield running
    running.close()


def check_goes_on(node: RunningNode, app_hashes: dict[int, str]) -> None:
    """A started node makes blocks; old ones and what it executes again have the app hashes they had."""
    last = max(app_hashes)
    node.wait_for_height(last + 3)
    assert network.header_app_hashes(node, 1, last) == app_hashes
    executed = network.executed_app_hashes(node)
    assert all(app_hashes[height].startswith(executed[height]) for height in executed if height <= last)
    code, output = node.stop()
    assert code == 0, output


# --- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, marks=[] if row[:2] in QUICK else [pytest.mark.long], id=" ".join(row[:2]))
        for row in ROWS
    ],
)
def test_a_damaged_file_does_not_matter_or_is_named(
    row: Row, node: RunningNode, struck: Struck, tmp_path: Path
) -> None:
    damage(node.home.path, row)
    if row.file == "data/cs.wal/wal":
        sign_anew(node.home.path, tmp_path)
    node.start()
    if row.says.startswith("nothing"):
        check_goes_on(node, struck.app_hashes)
        said = node.home.cometbft_log.read_text(errors="replace")
    else:
        code, said = node.wait()
        assert code == 1, said
        assert not (row.says.startswith("`Error:") and "Traceback" in said)
    for sentence in sentences(row.says):
        assert re.search(f"^.*{sentence}", said, re.MULTILINE), said


def test_the_table_is_there() -> None:
    assert len(ROWS) >= 20
    assert {row[:2] for row in ROWS} >= QUICK


# --- what to do ----------------------------------------------------------------------------------


def sign_anew(home: Path, folder: Path) -> None:
    """Write the record of what the chain's only validator has signed, as the page says."""
    with Newcomer(folder / "operator", {"HOME": str(home)}) as operator:
        _, verify = PAGE.commands("When something breaks")
        found = re.search(r"height (\d+) is in order", operator.type(verify))
        assert found
        write, _ = PAGE.commands("What was signed")
        operator.type(write, {"HEIGHT": found[1]})


@pytest.mark.long
def test_a_record_of_what_was_signed_is_made_anew(node: RunningNode, struck: Struck, tmp_path: Path) -> None:
    damage(node.home.path, Row("data/priv_validator_state.json", "it is gone", ""))
    with Newcomer(tmp_path / "doctor", {"HOME": str(node.home.path)}) as operator:
        doctor, _ = PAGE.commands("When something breaks")
        assert "is not a record of what a validator has signed" in operator.refused(doctor)
    sign_anew(node.home.path, tmp_path)
    check_goes_on(node.start(), struck.app_hashes)


@pytest.mark.long
def test_a_new_store_is_made_of_the_blocks(node: RunningNode, struck: Struck, tmp_path: Path) -> None:
    damage(node.home.path, Row("data/assay/*.log", "something in it was changed", ""))
    with Newcomer(tmp_path / "operator", {"HOME": str(node.home.path)}) as operator:
        move, start = PAGE.commands("A new store")
        operator.type(move)
        again = operator.start(start)
        again.wait_for_height(max(struck.app_hashes) + 1)
        operator.interrupt()
    check_goes_on(node.start(), struck.app_hashes)


@pytest.mark.long
def test_blocks_come_from_elsewhere(
    node: RunningNode, struck: Struck, tmp_path: Path, pinned_cometbft: Path
) -> None:
    check_goes_on(node.start(), struck.app_hashes)
    second = network.follower(tmp_path / "second", pinned_cometbft, node.start())
    try:
        second.start().wait_for_height(max(struck.app_hashes) + 3)
        second.stop()
        damage(second.home.path, Row("data/blockstore.db", "its end is missing", ""))
        code, _ = second.start().wait()
        assert code == 1
        with Newcomer(tmp_path / "operator", {"HOME": str(second.home.path)}) as operator:
            reset, _ = PAGE.commands("Blocks from elsewhere")
            operator.type(reset)
        second.start().wait_for_height(max(struck.app_hashes) + 3)
        network.check_replayed(second, struck.app_hashes)
    finally:
        second.close()
