"""``assay query path``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from click.testing import Result
from tests.client.devnode import ALICE, BALANCE


def test_a_record_is_shown(run: Callable[..., Result], call: Callable[..., Any], url: str) -> None:
    path = f"/account/{ALICE.address_text}"
    found = call("query", "path", path, "--height", "1")
    assert found == {
        "height": 1,
        "verified": True,
        "value": {"sequence": 0, "balance": BALANCE},
    }
    shown = run("--node", url, "query", "path", path).stdout
    assert "1,000,000 ASY" in shown
    assert "proven" in shown


def test_a_list_is_shown_page_by_page(run: Callable[..., Result], call: Callable[..., Any], url: str) -> None:
    first = call("query", "path", "/account", "--limit", "2")
    assert (len(first["records"]), first["verified"]) == (2, True)
    rest = call("query", "path", "/account", "--start", first["next"])
    assert rest["next"] == ""
    whole = call("query", "path", "/account")["records"]  # rewards are minted with every block
    assert [each["path"] for each in first["records"] + rest["records"]] == [each["path"] for each in whole]
    shown = run("--node", url, "query", "path", "/account", "--limit", "2")
    assert "proven; that none is missing is not proven" in shown.stdout
    assert f"--start {first['next']}" in shown.stderr


def test_wrong_paths_end_with_a_sentence(run: Callable[..., Result], url: str) -> None:
    refused = run("--node", url, "query", "path", "/rounds/1")
    assert (refused.exit_code, "there is no path '/rounds/1'" in refused.stderr) == (1, True)
    refused = run("--node", url, "query", "path", "/round", "--start", "zz")
    assert (refused.exit_code, "hexadecimal" in refused.stderr) == (2, True)
