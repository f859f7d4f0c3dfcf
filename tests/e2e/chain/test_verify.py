"""`assayd verify` on stores that were tampered with, each in another way: it says so and ends with 1."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import plyvel
import pytest
from click.testing import CliRunner
from tests.e2e.chain import network
from tests.e2e.conftest import RunningNode

from assay.client import faucet
from assay.crypto.accounts import decode_address
from assay.node.cli.commands import assayd
from assay.node.store_copy import readable_store
from assay.proto.state_pb2 import Account
from assay.state.rules import keys
from assay.state.store import Store, layout

pytestmark = pytest.mark.e2e

FAUCET = keys.account(decode_address(faucet.ADDRESS))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, pinned_cometbft: Path) -> Iterator[RunningNode]:
    """A node that has made a key and was stopped."""
    path = tmp_path_factory.mktemp("verify") / "node"
    node = network.first_node(path, pinned_cometbft, "preset=small", "key_pool=1").start()
    try:
        node.wait_for_key()
        code, output = node.stop()
        assert code == 0, output
        yield node
    finally:
        node.close()


@pytest.fixture
def home(stopped: RunningNode, tmp_path: Path) -> Path:
    """A copy of its home, to do harm to."""
    return Path(
        shutil.copytree(stopped.home.path, tmp_path / "home", ignore=shutil.ignore_patterns("*.sock"))
    )


def last_key(database: Any, prefix: bytes) -> bytes:
    """The last key with a prefix; of pages it is one of the newest version."""
    with database.iterator(prefix=prefix, include_value=False, reverse=True) as found:
        return bytes(next(found))


def change_a_balance(database: Any) -> None:
    record = Account.FromString(database.get(layout.RECORD + FAUCET))
    record.balance += 1
    database.put(layout.RECORD + FAUCET, record.SerializeToString())


def lose_a_record(database: Any) -> None:
    database.delete(layout.RECORD + FAUCET)


def slip_in_a_record(database: Any) -> None:
    database.put(layout.RECORD + keys.account(bytes(range(20))), Account(balance=1).SerializeToString())


def spoil_a_page(database: Any) -> None:
    key = last_key(database, layout.PAGE)
    page = database.get(key)
    database.put(key, page[:-1] + bytes([page[-1] ^ 1]))


def spoil_bytes_beside_the_tree(database: Any) -> None:
    key = layout.BULK + last_key(database, layout.LIVE)[1:]
    database.put(key, database.get(key)[:-1] + b"\xff")


SAYS: dict[Callable[[Any], None], str] = {
    change_a_balance: "a record's value is not the one in its leaf",
    lose_a_record: "a leaf has no record",
    slip_in_a_record: "a record has no leaf",
    spoil_a_page: "is damaged",
    spoil_bytes_beside_the_tree: "have another digest",
}


@pytest.mark.parametrize("harm", SAYS, ids=lambda harm: harm.__name__)
def test_a_store_that_was_tampered_with_is_reported(home: Path, harm: Callable[[Any], None]) -> None:
    database = plyvel.DB(str(home / "data" / "assay"), compression=None)
    harm(database)
    database.close()
    check_reported(home, SAYS[harm])


def test_money_from_nowhere_is_reported_though_the_tree_agrees_with_it(home: Path) -> None:
    with Store.open(home / "data" / "assay") as store:
        record = Account.FromString(store.get(FAUCET) or b"")
        record.balance += 1
        store.commit(store.prepare(store.version + 1, {FAUCET: record.SerializeToString()}))
    check_reported(home, "supply")


def test_a_damaged_file_is_reported(home: Path) -> None:
    path = home / "data" / "assay"
    Store.open(path).close()  # moves what was written last from the log to a table
    table = max(path.glob("*.ldb"), key=lambda file: file.stat().st_size)
    content = bytearray(table.read_bytes())
    for place in range(0, len(content) // 2, 100):
        content[place] ^= 0xFF
    table.write_bytes(content)
    check_reported(home, "is damaged")


def test_a_store_that_fell_back_to_an_older_state_is_reported(stopped: RunningNode, home: Path) -> None:
    """Damage to LevelDB's write-ahead log leaves a whole store of an earlier height."""
    path = home / "data" / "assay"
    with Store.open(path) as store:
        last = store.version
    (log,) = (stopped.home.store).glob("*.log")
    shutil.rmtree(path)
    shutil.copytree(stopped.home.store, path)
    content = log.read_bytes()
    (path / log.name).write_bytes(content[: len(content) // 2])
    with readable_store(path) as store:
        assert 0 < store.version < last - 1
    check_reported(home, "This validator has signed at height ")
    check_reported(home, "`assayd start` executes the missing blocks again")


def check_reported(home: Path, sentence: str) -> None:
    """In this process, which has started already."""
    found = CliRunner().invoke(assayd, ["--home", str(home), "verify"])
    assert (found.exit_code, type(found.exception)) == (1, SystemExit), found.exception
    assert sentence in found.stderr


def test_a_whole_store_is_in_order(home: Path) -> None:
    found = network.assayd(home, "verify")
    assert found.returncode == 0, found.stderr
    assert "every invariant holds" in found.stdout
