"""Losses, scores and the line search, against scikit-learn and scipy where they have the same."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import hinge_loss, log_loss, r2_score

from assay.client.train import evaluate, manifest, sgd
from assay.client.train.table import DataSet
from assay.proto.model_pb2 import Model


def cancer(kind: str) -> tuple[Model, DataSet, DataSet]:
    x, y = load_breast_cancer(return_X_y=True)
    classes = [] if kind == "linear" else ["0", "1"]
    model = manifest.make_model("m", manifest.KINDS[kind], [f"x{i}" for i in range(30)], x, "t", classes)
    x, y = manifest.standardise(model, x), y.astype(float)
    return model, DataSet(x[:400], y[:400], ()), DataSet(x[400:], y[400:], ())


def test_the_losses_are_the_textbook_s() -> None:
    parameters = np.random.default_rng(5).normal(size=31) / 10
    model, data, _ = cancer("logistic")
    margins = evaluate.decision(model, parameters, data.x)[:, 0]
    expected = log_loss(data.y, 1 / (1 + np.exp(-margins)))
    assert evaluate.loss(model, parameters, data) == pytest.approx(expected)
    assert evaluate.score(model, parameters, data) == np.mean((margins > 0) == data.y)
    svm, data, _ = cancer("svm")
    assert evaluate.loss(svm, parameters, data) == pytest.approx(hinge_loss(data.y, margins))
    linear, data, _ = cancer("linear")
    assert evaluate.score(linear, parameters, data) == pytest.approx(r2_score(data.y, margins))


def test_r2_of_a_constant_target_is_zero() -> None:
    model, data, _ = cancer("linear")
    assert evaluate.score(model, np.zeros(31), DataSet(data.x, np.ones(400), ())) == 0.0


@pytest.mark.parametrize("kind", ["linear", "logistic", "svm"])
def test_the_step_is_the_best_along_the_line(kind: str) -> None:
    model, train, held_out = cancer(kind)
    direction, start = sgd.update(model, train), manifest.weights(model)

    def at(step: float) -> float:
        return evaluate.loss(model, start + step * direction, held_out)

    step = evaluate.line_search(model, start, direction, held_out)
    best = minimize_scalar(at, bounds=(0, 1000), method="bounded", options={"xatol": 1e-9})
    assert at(step) <= best.fun + 1e-9
    assert evaluate.score(model, start + step * direction, held_out) > 0.5


def test_the_length_of_the_direction_does_not_matter() -> None:
    model, train, held_out = cancer("logistic")
    direction, start = sgd.update(model, train), manifest.weights(model)
    short = evaluate.line_search(model, start, direction, held_out)
    long = evaluate.line_search(model, start, 1000 * direction, held_out)
    assert long == pytest.approx(short / 1000, rel=1e-3)


def test_a_direction_that_only_hurts_is_not_gone() -> None:
    model, train, held_out = cancer("logistic")
    start = manifest.weights(model)
    assert evaluate.line_search(model, start, -sgd.update(model, train), held_out) == 0.0
    assert evaluate.line_search(model, start, np.zeros(31), held_out) == 0.0
