"""How good weights are on data, and how far to go in a direction. numpy only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from assay.client.train.manifest import Floats, is_classifier, split
from assay.client.train.table import DataSet
from assay.proto.model_pb2 import MODEL_KIND_LINEAR_SVM, Model

_GOLDEN: Final = (5**0.5 - 1) / 2
_DOUBLINGS: Final = 40
_SECTIONS: Final = 60


def decision(model: Model, parameters: Floats, x: Floats) -> Floats:
    """Return the linear outputs, shape (rows, outputs)."""
    coef, intercept = split(model, parameters)
    return np.asarray(x @ coef.T + intercept, dtype=np.float64)


def loss(model: Model, parameters: Floats, data: DataSet) -> float:
    """Return the mean loss the model is trained for: squared, logistic or hinge, a class against the rest."""
    outputs = decision(model, parameters, data.x)
    if not is_classifier(model):
        return float(np.mean((outputs[:, 0] - data.y) ** 2))
    margins = outputs * _signs(data.y, outputs.shape[1])
    if model.kind == MODEL_KIND_LINEAR_SVM:
        return float(np.maximum(0.0, 1.0 - margins).sum(axis=1).mean())
    return float(np.logaddexp(0.0, -margins).sum(axis=1).mean())


def score(model: Model, parameters: Floats, data: DataSet) -> float:
    """Return the accuracy of a classifier, or R^2 of a regression, on data."""
    outputs = decision(model, parameters, data.x)
    if is_classifier(model):
        guessed = outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
        return float((guessed == data.y).mean())
    spread = float(((data.y - data.y.mean()) ** 2).sum())
    return 1.0 - float(((outputs[:, 0] - data.y) ** 2).sum()) / spread if spread else 0.0


def score_name(model: Model) -> str:
    """Return what `score` is called for this model."""
    return "accuracy" if is_classifier(model) else "R2"


def line_search(model: Model, parameters: Floats, direction: Floats, data: DataSet) -> float:
    """Return the step along a direction with the least loss on data, 0 if none is better than staying.

    The loss of a linear model is convex along a line: double the step until it
    rises, then narrow down by golden section (Kiefer 1953).
    """

    def at(step: float) -> float:
        return loss(model, parameters + step * direction, data)

    norm = float(np.linalg.norm(direction))
    if norm == 0.0:
        return 0.0
    high = 1e-6 / norm
    for _ in range(_DOUBLINGS):
        if not at(2 * high) < at(high):
            break
        high *= 2
    step = _golden_section(at, 0.0, 2 * high)
    return step if at(step) < at(0.0) else 0.0


def _golden_section(function: Callable[[float], float], low: float, high: float) -> float:
    inner = (high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
    values = (function(inner[0]), function(inner[1]))
    for _ in range(_SECTIONS):
        if values[0] < values[1]:
            high = inner[1]
            inner = (high - _GOLDEN * (high - low), inner[0])
            values = (function(inner[0]), values[0])
        else:
            low = inner[0]
            inner = (inner[1], low + _GOLDEN * (high - low))
            values = (values[1], function(inner[1]))
    return (low + high) / 2


def _signs(y: Floats, outputs: int) -> Floats:
    """Return +1 for a row's own class and -1 for the others, shape (rows, outputs)."""
    if outputs == 1:
        return np.where(y == 1, 1.0, -1.0)[:, None]
    return np.where(np.arange(outputs) == y[:, None], 1.0, -1.0)
