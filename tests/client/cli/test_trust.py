"""Settings of the light client, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from assay.client import Client, Trust
from assay.client.cli.session import Session
from assay.client.home import Home
from assay.client.light.header import NANOSECONDS
from assay.client.sync import Client as BlockingClient

HASH = "AB" * 32


def session_of(home: Path, trust: str | None = None) -> Session:
    return Session(Home(home), trust=trust)


async def test_the_option_goes_before_the_setting(run: Callable[..., Result], home: Path) -> None:
    assert run("config", "set", "trust", f"7:{HASH.lower()}").stdout == f"trust = 7:{HASH}\n"
    assert run("config", "set", "trusting-period", "24").exit_code == 0
    for named, height in ((None, 7), (f"8:{HASH}", 8)):
        light = session_of(home, named).client().light
        assert light is not None
        assert light.trust == Trust(height, bytes.fromhex(HASH))
        assert light._rules.period == 24 * 3600 * NANOSECONDS
    run("config", "unset", "trust")
    assert session_of(home).client().light is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("trust", "7", "expected HEIGHT:HASH"),
        ("trusting-period", "0", "expected whole hours, from 1 to 87600"),
        ("trusting-period", "7d", "expected whole hours"),
        ("trusting-period", "87601", "expected whole hours"),
    ],
)
def test_wrong_settings_are_refused_before_they_are_kept(
    run: Callable[..., Result], name: str, value: str, sentence: str
) -> None:
    refused = run("--output", "json", "config", "set", name, value)
    assert refused.exit_code == 2
    assert sentence in json.loads(refused.stderr)["error"]["message"]
    assert run("config", "get", name).stdout == "\n"


def test_trust_needs_proofs() -> None:
    with pytest.raises(ValueError, match="of no use without verifying"):
        Client("http://127.0.0.1:1", trust=f"7:{HASH}", verify=False)


def test_the_blocking_client_takes_a_trusted_header_too() -> None:
    with BlockingClient("http://127.0.0.1:1", trust=f"7:{HASH}") as client:
        assert client.light.trust.height == 7
