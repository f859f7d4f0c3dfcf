"""``assay keys``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from assay.crypto.mnemonics import account_from_words

Run = Callable[..., Result]
WORDS = "abandon " * 23 + "art"


def added(run: Run, name: str = "alice") -> dict[str, str]:
    found: dict[str, str] = json.loads(run("--output", "json", "keys", "add", name).stdout)
    return found


def test_a_new_key_shows_its_words_once(run: Run) -> None:
    key = added(run)
    assert account_from_words(key["mnemonic"]).address_text == key["address"]
    shown = json.loads(run("--output", "json", "keys", "show", "alice").stdout)
    assert shown == {name: key[name] for name in ("name", "address", "public_key")}


def test_words_come_from_a_file_or_from_standard_input(run: Run, tmp_path: Path) -> None:
    expected = account_from_words(WORDS).address_text
    assert run("keys", "import", "one", "--mnemonic-file", "-", stdin=WORDS).stdout.strip() == expected
    (tmp_path / "words").write_text(WORDS + "\n")
    assert run("keys", "import", "two", "--mnemonic-file", str(tmp_path / "words")).stdout.strip() == expected
    assert run("keys", "import", "three", stdin=WORDS).exit_code == 2


def test_wrong_words_are_exit_code_5(run: Run) -> None:
    result = run("keys", "import", "alice", "--mnemonic-file", "-", stdin="abandon " * 24)
    assert result.exit_code == 5
    assert "checksum" in result.stderr


def test_export_gives_the_words_back(run: Run) -> None:
    key = added(run)
    assert run("keys", "export", "alice").stdout.strip() == key["mnemonic"]
    result = run("keys", "export", "alice", passphrase="wrong")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "does not open" in result.stderr


def test_keys_are_listed(run: Run) -> None:
    assert json.loads(run("--output", "json", "keys", "list").stdout) == []
    names = [added(run, name)["address"] for name in ("bob", "alice")]
    text = run("keys", "list").stdout
    assert all(address in text for address in names)


def test_deleting_asks_first(run: Run) -> None:
    added(run)
    assert run("keys", "delete", "alice").exit_code == 2  # nobody is there to ask
    assert run("--dry-run", "keys", "delete", "alice").exit_code == 0
    assert run("keys", "show", "alice").exit_code == 0
    assert run("--yes", "keys", "delete", "alice").exit_code == 0
    assert run("keys", "show", "alice").exit_code == 5


def test_a_passphrase_comes_from_a_private_file(run: Run, tmp_path: Path) -> None:
    added(run)
    file = tmp_path / "passphrase"
    file.write_text("secret\nsecond line\n")
    file.chmod(0o600)
    options = ("--passphrase-file", str(file), "keys", "export", "alice")
    assert run(*options, passphrase=None).exit_code == 0
    file.chmod(0o644)
    result = run(*options, passphrase=None)
    assert result.exit_code == 5
    assert "chmod 600" in result.stderr
    file.unlink()
    assert run(*options, passphrase=None).exit_code == 5


def test_without_anybody_to_type_it_a_passphrase_must_be_given(run: Run) -> None:
    added(run)
    result = run("keys", "export", "alice", passphrase=None)
    assert result.exit_code == 5
    assert "ASSAY_PASSPHRASE" in result.stderr
