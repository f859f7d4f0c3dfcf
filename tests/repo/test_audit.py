"""`make audit` never takes a database it could not reach for one that knows of no fault."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def audit(repository: Path) -> dict[str, Any]:
    return runpy.run_path(str(repository / "tools" / "audit.py"))


CLEAN = {"name": "a", "version": "1", "vulns": []}
FAULTY = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
PASSED_OVER = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1)"}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([CLEAN, CLEAN], "ok"),
        ([CLEAN, FAULTY], "wrong"),
        ([FAULTY, PASSED_OVER], "wrong"),
        ([CLEAN, PASSED_OVER], "not looked up"),
        ([CLEAN], "not looked up"),
        ([], "not looked up"),
    ],
)
def test_python_advisories(audit: dict[str, Any], found: list[Any], verdict: str) -> None:
    assert audit["judge_python"](json.dumps({"dependencies": found}), "", 2).verdict == verdict


@pytest.mark.parametrize("answer", ["", "junk", "[]", "{}"])
def test_no_answer_is_not_a_clean_one(audit: dict[str, Any], answer: str) -> None:
    python = audit["judge_python"](answer, "no route to host", 2)
    go = audit["judge_go"]("cometbft", 0, answer, "no route to host")
    assert python.verdict == go.verdict == "not looked up"
    assert "no route to host" in python.text
    assert "no route to host" in go.text


def test_go_advisories(audit: dict[str, Any]) -> None:
    def judge(code: int, *statuses: str) -> str:
        statements = [{"status": status, "vulnerability": {"name": "GO-1"}} for status in statuses]
        verdict: str = audit["judge_go"]("cometbft", code, json.dumps({"statements": statements}), "").verdict
        return verdict

    assert judge(0) == judge(0, "not_affected") == "ok"
    assert judge(0, "not_affected", "affected") == "wrong"
    assert judge(1) == "not looked up"


def test_every_pin_is_read(audit: dict[str, Any], repository: Path) -> None:
    pins = audit["pins"]()
    lines = (repository / "constraints.txt").read_text().splitlines()
    assert len(pins) == sum("==" in line and not line.startswith("#") for line in lines) > 30
    assert all(value[0].isdigit() for value in pins.values())


def test_every_go_module_is_verified(audit: dict[str, Any], repository: Path) -> None:
    modules = {path.parent.name for path in (repository / "tools").glob("*/go.mod")}
    assert modules == set(audit["GO_MODULES"])
