"""The checker of the demo's summary accepts what adds up and names what does not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ALICE = "assay1" + "q" * 38
BOB = "assay1" + "p" * 38


def summary(**changes: Any) -> dict[str, Any]:
    good: dict[str, Any] = {
        "bounty": 1000,
        "payouts": {ALICE: 700, BOB: 0},
        "committee": 10,
        "refunded": 290,
        "scoring_fee": 20,
        "deposits": 50,
        "deposits_returned": 45,
        "burned": 5,
        "escrowed": 1070,
        "accuracy_before": 0.5,
        "accuracy_after": 0.9,
        "held_out_rows": 30,
        "heights": {"opened": 3, "settled": 20},
        "app_hash": "ab" * 32,
    }
    return good | changes


def check(repository: Path, tmp_path: Path, content: str) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "summary.json"
    path.write_text(content)
    command = [sys.executable, "-I", str(repository / "tools" / "check_summary.py"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_accepts_a_summary_that_adds_up(repository: Path, tmp_path: Path) -> None:
    done = check(repository, tmp_path, json.dumps(summary()))
    assert done.returncode == 0, done.stderr
    assert "700 paid + 10 for the committee + 290 refunded = 1000 uasy" in done.stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"refunded": 289}, "paid 700 and committee 10 and refunded 289 are not the bounty 1000"),
        ({"committee": 0}, "are not the bounty"),
        ({"payouts": {ALICE: 701}}, "are not the bounty"),
        ({"payouts": {ALICE: 700.0}}, "not whole numbers"),
        ({"payouts": {ALICE: 1700, BOB: -1000}}, "not whole numbers"),
        ({"payouts": {"alice": 700}}, "is not an address"),
        ({"payouts": {}, "refunded": 990}, "nobody was paid"),
        ({"burned": True}, "not whole numbers"),
        ({"burned": 6}, "are not the deposits"),
        ({"deposits_returned": 44}, "are not the deposits"),
        ({"escrowed": 1000}, "are not the escrowed"),
        ({"scoring_fee": 0}, "are not the escrowed"),
        ({"accuracy_after": 0.91}, "not whole numbers of rows"),
        ({"held_out_rows": 0.5}, "not whole numbers of rows"),
        ({"payouts": [700]}, "not both JSON objects"),
        ({"accuracy_after": 0.4}, "did harm"),
        ({"accuracy_after": 1.4}, "between 0.0 and 1.0"),
        ({"heights": {"opened": 20, "settled": 3}}, "do not ascend"),
        ({"heights": {}}, "do not ascend"),
        ({"app_hash": "ab" * 31}, "32 bytes"),
    ],
)
def test_names_what_does_not_add_up(
    repository: Path, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    done = check(repository, tmp_path, json.dumps(summary(**changes)))
    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.parametrize("name", sorted(summary()))
def test_misses_what_is_not_there(repository: Path, tmp_path: Path, name: str) -> None:
    content = summary()
    del content[name]
    done = check(repository, tmp_path, json.dumps(content))
    assert done.returncode == 1
    assert f"lacks {name}" in done.stderr


def test_refuses_what_is_not_json(repository: Path, tmp_path: Path) -> None:
    assert check(repository, tmp_path, "bounty: 1000").returncode == 2


@pytest.mark.parametrize(("content", "code"), [("[]", 1), ('{"bounty": 1, "bounty": 2}', 2), ("bounty", 2)])
def test_refuses_what_is_no_object(repository: Path, tmp_path: Path, content: str, code: int) -> None:
    done = check(repository, tmp_path, content)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
