"""``assay model``: post, list, show, save, evaluate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from sklearn.datasets import load_iris

Run = Callable[..., Result]
Call = Callable[..., Any]


def write_csv(path: Path, names: list[str], rows: Any, target: Any) -> Path:
    lines = [",".join([*names, "kind"])]
    lines += [",".join([*map(str, row), str(label)]) for row, label in zip(rows, target, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    found = load_iris()
    labels = np.array(found.target_names)[found.target]
    return write_csv(tmp_path / "iris.csv", ["a", "b", "c", "d"], found.data, labels)


@pytest.fixture
def posted(call: Call, iris: Path) -> str:
    call("keys", "add", "owner")
    call("faucet", "owner")
    options = ("--name", "irises", "--kind", "logistic", "--target", "kind", "--licence", "CC0", "--train")
    ident: str = call("model", "post", str(iris), *options)["model"]
    return ident


def test_a_posted_model_is_listed_and_shown(call: Call, run: Run, url: str, posted: str) -> None:
    assert [row["model"] for row in call("model", "list")] == [posted]
    assert posted in run("--node", url, "model", "list").stdout
    shown = call("model", "show", posted)
    item = shown["model"]
    assert shown["verified"]
    assert item["classes"] == ["setosa", "versicolor", "virginica"]
    assert item["features"] == ["a", "b", "c", "d"]
    assert np.shape(item["coef"]) == (3, 4)
    assert "weight setosa" in run("--node", url, "model", "show", posted).stdout


def test_weights_are_saved_and_evaluated(call: Call, posted: str, iris: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    call("model", "save", posted, str(file))
    first = call("model", "evaluate", posted, str(iris))
    assert first["rows"] == 150
    assert first["accuracy"] > 0.8
    assert call("model", "evaluate", posted, str(iris), "--weights", str(file)) == first
    document = json.loads(file.read_text())
    document["coef"] = np.zeros((3, 4)).tolist()
    file.write_text(json.dumps(document))
    assert call("model", "evaluate", posted, str(iris), "--weights", str(file))["accuracy"] < 0.5


@pytest.mark.usefixtures("posted")
def test_a_model_is_posted_once(run: Run, url: str, iris: Path) -> None:
    options = ("--name", "irises", "--kind", "logistic", "--target", "kind", "--licence", "CC0", "--train")
    result = run("--node", url, "--yes", "model", "post", str(iris), *options)
    assert result.exit_code == 1
    assert "already posted" in result.stderr


@pytest.mark.parametrize(
    ("target", "kind", "reason"),
    [("none", "svm", "no column 'none'"), ("a", "linear", "'kind' holds text")],
)
def test_data_that_do_not_fit_are_exit_code_6(
    run: Run, url: str, iris: Path, target: str, kind: str, reason: str
) -> None:
    words = ["model", "post", str(iris), "--name", "x", "--kind", kind, "--target", target]
    result = run("--node", url, "--yes", *words)
    assert result.exit_code == 6
    assert reason in result.stderr


def test_a_target_of_one_class_is_no_classifier(run: Run, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "one.csv", ["a"], [[1], [2]], ["x", "x"])
    result = run("model", "post", str(path), "--name", "x", "--kind", "svm", "--target", "kind")
    assert result.exit_code == 6
    assert "has 1 different values" in result.stderr


def test_names_that_look_like_markup_are_printed_as_they_are(
    call: Call, run: Run, url: str, iris: Path
) -> None:
    call("keys", "add", "owner")
    call("faucet", "owner")
    name = "[bold]x[/bold] [/nonsense] :smile:"
    ident = call("model", "post", str(iris), "--name", name, "--kind", "svm", "--target", "kind")["model"]
    assert name in run("--node", url, "model", "show", ident).stdout
    assert name in run("--node", url, "model", "list").stdout
