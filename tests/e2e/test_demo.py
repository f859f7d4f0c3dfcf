"""The demo plays to its end, adds up, and leaves nothing running, interrupted or not."""

import csv
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

ROWS = {"first": 16, "held-out": 153, "hospital": 240, "clinic": 100, "careless": 52, "newcomer": 8}


@dataclass(frozen=True)
class Played:
    """A demo that has been played."""

    folder: Path
    output: str
    summary: dict[str, Any]


def command(repository: Path, folder: Path, *options: str) -> list[str]:
    return [sys.executable, str(repository / "tools" / "demo.py"), "--folder", str(folder), *options]


def play(repository: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(repository, folder, *options), capture_output=True, text=True, timeout=280, check=False
    )


def still_running(folder: Path) -> list[str]:
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


@pytest.fixture(scope="module")
def played(repository: Path, tmp_path_factory: pytest.TempPathFactory, pinned_cometbft: Path) -> Played:
    """The one demo that these tests look at."""
    assert pinned_cometbft.exists()
    folder = tmp_path_factory.mktemp("demo") / "played"
    done = play(repository, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return Played(folder, done.stdout, json.loads((folder / "summary.json").read_text()))


def test_the_summary_adds_up(repository: Path, played: Played) -> None:
    checker = repository / "tools" / "check_summary.py"
    arguments = [sys.executable, "-I", str(checker), str(played.folder / "summary.json")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_flipped_labels_earn_nothing_and_few_rows_little(played: Played) -> None:
    hospital, clinic, careless, newcomer = played.summary["payouts"].values()
    assert careless == 0
    assert 0 < newcomer < min(hospital, clinic) / 2
    assert played.summary["refunded"] == played.summary["burned"] == 0


def test_the_model_is_better_for_what_was_paid(played: Played) -> None:
    assert played.summary["accuracy_after"] > played.summary["accuracy_before"] + 0.02


def test_the_validator_that_was_killed_has_the_chain_s_state(played: Played) -> None:
    assert "$ kill -9 " in played.output
    assert "$ assayd --home " + str(played.folder / "testnet" / "node3") + " verify" in played.output
    found = re.search(r"height (\d+) is in order: .* app hash [0-9A-F]{64}", played.output)
    assert found
    assert int(found[1]) >= played.summary["heights"]["explained"]
    assert "the chain's header agrees" in played.output


def test_what_is_shown_explains_the_payouts(played: Played) -> None:
    assert "the amounts agree; every number was proven" in played.output
    for address in played.summary["payouts"]:
        assert re.search(rf"{address}\n +(not )?paid: it moved the owner's loss", played.output)
    for name in ROWS.keys() - {"first", "held-out"}:
        assert f"$ assay --home {played.folder / name} --yes contribute 1 " in played.output


def test_the_parts_share_no_row(played: Played) -> None:
    rows = {name: list(read(played.folder / "data" / f"{name}.csv")) for name in ROWS}
    assert {name: len(found) for name, found in rows.items()} == ROWS
    everything = Counter(row[:-1] for found in rows.values() for row in found)
    assert sum(everything.values()) == len(everything) == 569


def test_one_part_has_every_label_flipped(played: Played) -> None:
    # A large tumour is rarely benign: the mean area of either class tells which it is.
    for name in ROWS:
        areas: dict[str, list[float]] = {"benign": [], "malignant": []}
        for row in read(played.folder / "data" / f"{name}.csv"):
            areas[row[-1]].append(float(row[3]))
        means = {label: sum(found) / len(found) for label, found in areas.items()}
        assert (means["benign"] > means["malignant"]) == (name == "careless"), name


def read(path: Path) -> Iterator[tuple[str, ...]]:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        assert next(rows)[-1] == "diagnosis"
        yield from map(tuple, rows)


def test_nothing_is_left_running(played: Played) -> None:
    assert still_running(played.folder) == []


def test_interrupted_it_stops_what_it_started(repository: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    pipe = subprocess.PIPE
    with subprocess.Popen(command(repository, folder), stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "takes tokens" in line:
                break
        assert any("cometbft" in line for line in still_running(folder))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in errors
    assert still_running(folder) == []


@pytest.mark.long
def test_one_validator_is_enough(repository: Path, tmp_path: Path) -> None:
    done = play(repository, tmp_path / "demo", "--validators", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a committee of 1." in done.stdout
    assert "kill" not in done.stdout
    assert "the chain's header agrees" in done.stdout
    assert still_running(tmp_path / "demo") == []


def test_a_folder_of_something_else_is_left_alone(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = play(repository, tmp_path)
    assert done.returncode == 1
    assert "no demo left there" in done.stderr
    assert (tmp_path / "thesis.txt").exists()
