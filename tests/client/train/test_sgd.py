"""Training from posted weights, and what the owner does with the sum."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from assay.client.train import evaluate, manifest, sgd
from assay.client.train.errors import BadData, CannotTrain
from assay.client.train.table import DataSet
from assay.proto.model_pb2 import MODEL_KIND_MLP, Model

Floats = NDArray[np.float64]


def problem(kind: str) -> tuple[Model, DataSet]:
    """A real data set and a fresh model for it."""
    loaders = {"linear": load_diabetes, "logistic": load_breast_cancer, "svm": load_iris}
    x, y = loaders[kind](return_X_y=True)
    if kind == "linear":
        y = (y - y.mean()) / y.std()
    names = [f"x{i}" for i in range(x.shape[1])]
    classes = [] if kind == "linear" else [str(label) for label in np.unique(y)]
    model = manifest.make_model("m", manifest.KINDS[kind], names, x, "t", classes)
    return model, DataSet(manifest.standardise(model, x), y.astype(float), ())


@pytest.mark.parametrize(("kind", "least"), [("linear", 0.45), ("logistic", 0.95), ("svm", 0.85)])
def test_training_fits_real_data(kind: str, least: float) -> None:
    model, data = problem(kind)
    assert evaluate.score(model, sgd.train(model, data), data) > least


@pytest.mark.parametrize("kind", ["linear", "logistic", "svm"])
def test_the_same_data_give_the_same_update(kind: str) -> None:
    model, data = problem(kind)
    np.testing.assert_array_equal(sgd.update(model, data, 2), sgd.update(model, data, 2))


@pytest.mark.parametrize("kind", ["linear", "logistic", "svm"])
def test_training_starts_from_the_posted_weights(kind: str) -> None:
    model, data = problem(kind)
    trained = manifest.with_weights(model, sgd.train(model, data))
    first, second = sgd.update(model, data, 3), sgd.update(trained, data, 3)
    assert np.linalg.norm(second) < np.linalg.norm(first) / 2


def test_flipped_labels_point_the_other_way() -> None:
    model, data = problem("logistic")
    flipped = DataSet(data.x, 1 - data.y, ())
    assert sgd.update(model, data) @ sgd.update(model, flipped) < 0


def test_one_class_is_not_enough_for_a_classifier() -> None:
    model, data = problem("logistic")
    rows = data.y == 1
    with pytest.raises(BadData, match=r"all 357 rows have the target '1'.*add rows with '0'"):
        sgd.update(model, DataSet(data.x[rows], data.y[rows], ()))


def test_a_class_that_is_not_in_the_data_keeps_its_weights() -> None:
    model, data = problem("svm")
    start = manifest.with_weights(model, np.linspace(-1, 1, 15))
    rows = data.y != 2
    coef, intercept = manifest.split(start, sgd.update(start, DataSet(data.x[rows], data.y[rows], ())))
    assert not coef[2].any()
    assert intercept[2] == 0
    assert coef[:2].all()


def test_wide_data_do_not_diverge() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(50, 1000))
    model = manifest.make_model("m", manifest.KINDS["linear"], [f"x{i}" for i in range(1000)], x, "t", [])
    data = DataSet(manifest.standardise(model, x), x[:, 0], ())
    assert np.isfinite(sgd.update(model, data)).all()
    before, after = manifest.weights(model), sgd.train(model, data)
    assert evaluate.loss(model, after, data) < evaluate.loss(model, before, data)


def test_other_kinds_are_not_trained_here() -> None:
    model, data = problem("linear")
    model.kind = MODEL_KIND_MLP
    with pytest.raises(CannotTrain, match="not this kind"):
        sgd.train(model, data)


def test_without_scikit_learn_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    model, data = problem("linear")
    with pytest.raises(CannotTrain, match=r"pip install '\.\[train\]'"):
        sgd.train(model, data)
