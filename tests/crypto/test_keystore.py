"""Key files: what opens them, what does not, and who may read them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.crypto import accounts
from assay.crypto.keystore import (
    BadKeyFile,
    BadName,
    Cost,
    KeyExists,
    KeyNotFound,
    Keystore,
    KeystoreError,
    WrongPassphrase,
)
from assay.crypto.mnemonics import MnemonicError, account_from_words

CHEAP = Cost(ops=1, memory=8192)
WORDS = "abandon " * 23 + "art"


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "home" / "keys", CHEAP)


def key_file(store: Keystore, name: str) -> Path:
    return store.directory / f"{name}.key.json"


def test_a_created_key_opens_with_its_passphrase_and_its_words(store: Keystore) -> None:
    info, words = store.create("alice", "secret")
    account = store.unlock("alice", "secret")
    assert account.address_text == info.address
    assert account.public_key == info.public_key
    assert account_from_words(words) == account
    assert store.export_mnemonic("alice", "secret") == words


def test_the_default_cost_is_rfc_9106_s_second_choice(tmp_path: Path) -> None:
    store = Keystore(tmp_path)
    store.import_seed("alice", bytes(32), "secret")
    kdf = json.loads(key_file(store, "alice").read_text())["kdf"]
    assert (kdf["name"], kdf["ops"], kdf["memory"]) == ("argon2id", 3, 64 << 20)
    assert store.unlock("alice", "secret").seed == bytes(32)


def test_an_imported_mnemonic_gives_its_account(store: Keystore) -> None:
    info = store.import_mnemonic("alice", WORDS, "secret")
    assert info.address == account_from_words(WORDS).address_text
    assert store.export_mnemonic("alice", "secret") == WORDS


def test_a_bad_mnemonic_stores_nothing(store: Keystore) -> None:
    with pytest.raises(MnemonicError):
        store.import_mnemonic("alice", WORDS + " art", "secret")
    assert store.list() == []


def test_an_imported_seed_has_no_mnemonic(store: Keystore) -> None:
    store.import_seed("alice", bytes(32), "secret")
    with pytest.raises(KeystoreError, match="no mnemonic"):
        store.export_mnemonic("alice", "secret")


def test_another_passphrase_does_not_open(store: Keystore) -> None:
    store.create("alice", "secret")
    for wrong in ("Secret", "secret ", ""):
        with pytest.raises(WrongPassphrase, match="alice"):
            store.unlock("alice", wrong)
        with pytest.raises(WrongPassphrase):
            store.export_mnemonic("alice", wrong)


def test_an_empty_passphrase_protects_nothing_and_is_refused(store: Keystore) -> None:
    with pytest.raises(KeystoreError, match="empty passphrase"):
        store.create("alice", "")
    assert store.list() == []


def test_keys_are_listed_by_name_without_a_passphrase(store: Keystore) -> None:
    assert store.list() == []
    infos = [store.create(name, "secret")[0] for name in ("carol", "alice", "bob")]
    assert store.list() == sorted(infos, key=lambda info: info.name)
    assert store.info("bob") == infos[2]


def test_a_name_is_taken_once(store: Keystore) -> None:
    first, _ = store.create("alice", "secret")
    with pytest.raises(KeyExists, match="alice"):
        store.create("alice", "other")
    assert store.unlock("alice", "secret").address_text == first.address


@pytest.mark.parametrize("name", ["", "Alice", "../alice", "a/b", "-a", "a" * 33, "ä", "a.b", "a\n"])
def test_names_that_could_lead_elsewhere_are_refused(store: Keystore, name: str) -> None:
    with pytest.raises(BadName):
        store.create(name, "secret")
    with pytest.raises(BadName):
        store.unlock(name, "secret")


def test_a_missing_key_is_named(store: Keystore) -> None:
    for use in (lambda: store.unlock("bob", "x"), lambda: store.info("bob"), lambda: store.remove("bob")):
        with pytest.raises(KeyNotFound, match="bob"):
            use()


def test_a_removed_key_is_gone(store: Keystore) -> None:
    store.create("alice", "secret")
    store.remove("alice")
    with pytest.raises(KeyNotFound):
        store.info("alice")


def test_only_the_owner_may_read_the_files(store: Keystore) -> None:
    store.create("alice", "secret")
    assert stat.S_IMODE(key_file(store, "alice").stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert [path.name for path in store.directory.iterdir()] == ["alice.key.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o660])
def test_a_file_others_may_touch_is_refused(store: Keystore, mode: int) -> None:
    store.create("alice", "secret")
    key_file(store, "alice").chmod(mode)
    with pytest.raises(BadKeyFile, match="chmod 600"):
        store.unlock("alice", "secret")


def test_nothing_secret_stands_in_clear(store: Keystore) -> None:
    _, words = store.create("alice", "a long passphrase")
    text = key_file(store, "alice").read_text()
    account = account_from_words(words)
    assert account.seed.hex() not in text
    assert "a long passphrase" not in text
    assert words.split(" ")[0] not in text.split('"')


def test_two_files_of_one_key_share_no_secret_bytes(store: Keystore) -> None:
    documents = []
    for name in ("one", "two"):
        store.import_seed(name, bytes(32), "secret")
        documents.append(json.loads(key_file(store, name).read_text()))
    assert documents[0]["box"] != documents[1]["box"]
    assert documents[0]["kdf"]["salt"] != documents[1]["kdf"]["salt"]


Change = Callable[[dict[str, Any]], object]
ALTERED: dict[str, Change] = {
    "another version": lambda d: d.update(version=2),
    "an unknown derivation": lambda d: d["kdf"].update(name="scrypt"),
    "work beyond the bound": lambda d: d["kdf"].update(ops=10**9),
    "memory beyond the bound": lambda d: d["kdf"].update(memory=1 << 40),
    "no work": lambda d: d["kdf"].update(ops=0),
    "work that is no number": lambda d: d["kdf"].update(ops="1"),
    "a short salt": lambda d: d["kdf"].update(salt="00"),
    "a salt that is no hex": lambda d: d["kdf"].update(salt="zz"),
    "a short box": lambda d: d.update(box=d["box"][:-2]),
    "no box": lambda d: d.pop("box"),
    "another name": lambda d: d.update(name="bob"),
    "another address": lambda d: d.update(address=accounts.generate().address_text),
    "no address": lambda d: d.update(address=5),
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED.keys())
def test_an_altered_file_is_refused_before_its_passphrase_is_tried(store: Keystore, change: Change) -> None:
    store.create("alice", "secret")
    path = key_file(store, "alice")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(BadKeyFile, match="not a key file"):
        store.unlock("alice", "secret")


def test_an_altered_box_does_not_open(store: Keystore) -> None:
    store.create("alice", "secret")
    path = key_file(store, "alice")
    document = json.loads(path.read_text())
    document["box"] = document["box"][:-2] + ("00" if document["box"][-2:] != "00" else "01")
    path.write_text(json.dumps(document))
    with pytest.raises(WrongPassphrase):
        store.unlock("alice", "secret")


def test_a_file_that_names_another_address_than_its_secret_s_is_refused(store: Keystore) -> None:
    store.create("alice", "secret")
    path = key_file(store, "alice")
    document = json.loads(path.read_text())
    other = accounts.generate()
    document.update(address=other.address_text, public_key=other.public_key.hex())
    path.write_text(json.dumps(document))
    with pytest.raises(BadKeyFile, match="not that of the address"):
        store.unlock("alice", "secret")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"{}" + b" " * 5000])
def test_other_bytes_are_no_key_file(store: Keystore, content: bytes) -> None:
    store.create("alice", "secret")
    key_file(store, "alice").write_bytes(content)
    with pytest.raises(BadKeyFile):
        store.info("alice")
