"""Runs the command in a home of its own, with a passphrase in the environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assay.client.cli import main
from assay.crypto import keystore


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep argon2id from taking most of the time; its real cost is tested with the keystore."""
    monkeypatch.setattr(keystore.Cost.__init__, "__defaults__", (1, 8192))


@pytest.fixture
def run(home: Path) -> Callable[..., Result]:
    def command(
        *arguments: str, passphrase: str | None = "secret", stdin: str | None = None, columns: str = "300"
    ) -> Result:
        environment = {"ASSAY_HOME": str(home), "ASSAY_PASSPHRASE": passphrase, "COLUMNS": columns}
        result = CliRunner().invoke(main, [*arguments], input=stdin, env=environment)
        unexpected = result.exception is not None and not isinstance(result.exception, SystemExit)
        assert not unexpected, result.exception
        return result

    return command


@pytest.fixture
def call(run: Callable[..., Result], url: str) -> Callable[..., Any]:
    """Runs a command that must succeed against the node, and returns its JSON."""

    def command(*arguments: str, **options: Any) -> Any:
        result = run("--node", url, "--output", "json", "--yes", *arguments, **options)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return command
