"""A round through the command, as people read it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.client.devnode import DevNode, running
from tests.client.rounds.stage import write_rows

from assay.client.cli import main

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, DevNode]]:
    with running(tmp_path_factory.mktemp("node") / "store", committee=True) as (url, node):
        yield url, node


@pytest.fixture
def people(url: str, tmp_path: Path) -> Callable[[str], Run]:
    """Makes somebody with a home of their own, tokens, and the command."""

    def make(name: str) -> Run:
        environment = {"ASSAY_HOME": str(tmp_path / name), "ASSAY_NODE": url, "ASSAY_PASSPHRASE": "secret"}

        def run(*words: str, code: int = 0) -> Result:
            result = CliRunner().invoke(main, ["--yes", *words], env=environment | {"COLUMNS": "200"})
            assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
            return result

        run("keys", "add", name)
        run("faucet", name)
        return run

    return make


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "held-out.csv", 1, 200)


@pytest.fixture
def owner(people: Callable[[str], Run]) -> Run:
    return people("owner")


def posted(owner: Run, held_out: Path, name: str) -> str:
    options = ("--name", name, "--kind", "linear", "--target", "y")
    document: Any = json.loads(owner("--output", "json", "model", "post", str(held_out), *options).stdout)
    ident: str = document["model"]
    return ident


def opened(owner: Run, model: str, held_out: Path, *options: str) -> str:
    words = ("bounty", "open", model, str(held_out), "--bounty", "2asy", "--max-contributors", "1", *options)
    for _ in range(100):  # the committee may still be making the next key
        if json.loads(owner("--output", "json", "query", "chain").stdout)["ready_keys"]:
            break
        time.sleep(0.1)
    result = owner(*words)
    assert "opened in block" in result.stdout
    return result.stdout.split()[1]


def test_a_round_reads_well(people: Callable[[str], Run], owner: Run, held_out: Path, tmp_path: Path) -> None:
    number = opened(owner, posted(owner, held_out, "read"), held_out)
    contributor = people("contributor")
    data = write_rows(tmp_path / "good.csv", 2, 60)
    result = contributor("contribute", number, str(data), "--reserve", "1asy")
    earned = f"round {number} ended (paid); earned 1.98 ASY\n"  # a hundredth goes to the committee
    assert result.stdout.startswith(earned + "paid: it moved the owner's")
    for step in ("training on 60 rows", "encrypting 4 parameters", "committing", "revealing"):
        assert step in result.stderr
    assert f"round {number}: bounty 2 ASY; it" in result.stderr
    assert f"round {number}: it is scored until height" in result.stderr
    assert "at the latest" in result.stderr
    check_shown(owner, number)
    check_explained(owner, number)
    check_collected(owner, number, held_out, tmp_path / "weights.json")


def check_shown(owner: Run, number: str) -> None:
    assert f"│ {number} " in owner("bounty", "list").stdout
    text = owner("bounty", "show", number).stdout
    assert "proven" in text
    assert "settled (paid)" in text
    assert "kept until height" in text
    assert "1 committed, 1 revealed, 1 asked for" in text
    assert "blocks, about" in text  # a deadline is a height with its time
    assert re.search(r"ended +│ height \d+ \(\d+ blocks? ago, at about ", text)
    assert re.search(r"stage +│ none ", owner("query", "round", number).stdout)


def check_explained(owner: Run, number: str) -> None:
    text = owner("explain", number).stdout
    assert "share = 2 a / A - h / H" in text
    assert "Recomputed here from the opened scalars: the amounts agree; every number was proven" in text


def check_collected(owner: Run, number: str, held_out: Path, weights: Path) -> None:
    words = ("bounty", "collect", number, str(held_out))
    assert "R2" in owner("--dry-run", *words).stdout
    text = owner(*words, "--keep", "--save", str(weights)).stdout
    assert str(weights) in text
    assert set(json.loads(weights.read_text())) >= {"coef", "intercept", "sum"}
    owner(*words)  # the sum is still there: --keep did not tell the chain
    assert "no longer kept" in owner(*words, code=1).stderr
    assert re.search(r"released sum +│ no longer kept", owner("bounty", "show", number).stdout)


def test_dry_runs_send_nothing(
    people: Callable[[str], Run], owner: Run, held_out: Path, tmp_path: Path
) -> None:
    model = posted(owner, held_out, "dry")
    before = len(json.loads(owner("--output", "json", "bounty", "list").stdout))
    asked = ("--dry-run", "--output", "json", "bounty", "open", model)
    terms = json.loads(owner(*asked, str(held_out), "--bounty", "2asy").stdout)["terms"]
    assert (terms["model_id"], terms["bounty"]) == (model, 2_000_000)
    owner(*asked, str(tmp_path / "none.csv"), "--bounty", "2asy", code=6)
    assert len(json.loads(owner("--output", "json", "bounty", "list").stdout)) == before
    number = opened(owner, model, held_out, "--commit-window", "5000")
    contributor = people("contributor")
    data = write_rows(tmp_path / "good.csv", 2, 60)
    assert "Nothing was sent" in contributor("--dry-run", "contribute", number, str(data)).stdout
    assert json.loads(owner("--output", "json", "query", "round", number).stdout)["value"]["committed"] == 0
    shown = owner("bounty", "show", number).stdout
    assert re.search(r"now +│ it(s reference is checked| takes commitments) until height", shown)
    assert "nobody has committed" in shown
    assert "The round has not ended: it" in owner("explain", number).stdout
    owner("bounty", "cancel", number)
    assert "cancelled" in owner("explain", number).stdout


def test_a_contribution_is_begun_once_and_resumed_only_if_begun(
    people: Callable[[str], Run], owner: Run, held_out: Path
) -> None:
    number = opened(owner, posted(owner, held_out, "resumed"), held_out, "--commit-window", "5000")
    contributor = people("contributor")
    assert "nothing was begun" in contributor("contribute", number, "--resume", code=1).stderr
    assert "not both" in contributor("contribute", number, code=2).stderr
    assert "not both" in contributor("contribute", number, str(held_out), "--resume", code=2).stderr
    wrong = contributor("contribute", number, str(held_out), "--target", "z", code=6)
    assert "no target column 'z'" in wrong.stderr
    owner("bounty", "cancel", number)


def test_collecting_where_the_round_was_not_opened_says_where(
    people: Callable[[str], Run], owner: Run, held_out: Path, tmp_path: Path
) -> None:
    number = opened(owner, posted(owner, held_out, "elsewhere"), held_out)
    contributor = people("contributor")
    contributor("contribute", number, str(write_rows(tmp_path / "good.csv", 2, 60)))
    result = contributor("bounty", "collect", number, str(held_out), code=1)
    assert "copy that file here" in result.stderr
