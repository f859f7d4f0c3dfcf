"""The model's manifest: what its owner and its contributors must agree on to train the same model.

Numbers travel as fixed point in units of 2^-32; rounding happens here, on the
client, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assay.client.train.errors import BadData
from assay.proto.model_pb2 import (
    MODEL_KIND_LINEAR_REGRESSION,
    MODEL_KIND_LINEAR_SVM,
    MODEL_KIND_LOGISTIC_REGRESSION,
    Feature,
    Model,
    ModelKind,
    Tensor,
)

Floats = NDArray[np.float64]

KINDS: Final[dict[str, ModelKind]] = {
    "linear": MODEL_KIND_LINEAR_REGRESSION,
    "logistic": MODEL_KIND_LOGISTIC_REGRESSION,
    "svm": MODEL_KIND_LINEAR_SVM,
}
KIND_NAMES: Final = {
    MODEL_KIND_LINEAR_REGRESSION: "linear regression",
    MODEL_KIND_LOGISTIC_REGRESSION: "logistic regression",
    MODEL_KIND_LINEAR_SVM: "linear SVM",
}
_ONE: Final = 1 << 32
_LIMIT: Final = 1 << 30  # as a number; leaves a factor of two below sfixed64


def to_fixed(value: float) -> int:
    """Return a number in units of 2^-32.

    Raises
    ------
    BadData
        If it is not finite or not below 2^30 in absolute value.
    """
    if not isfinite(value) or abs(value) >= _LIMIT:
        raise BadData(
            f"{value!r} cannot be written as fixed point: it must be below 2^30; rescale the column"
        )
    return round(value * _ONE)


def from_fixed(value: int) -> float:
    """Invert `to_fixed`, up to its rounding."""
    return value / _ONE


def is_classifier(model: Model) -> bool:
    """Tell whether the model predicts one of its classes rather than a number."""
    return model.kind != MODEL_KIND_LINEAR_REGRESSION


def output_count(model: Model) -> int:
    """Return the rows of ``coef``: one for regression and two classes, else one for each class."""
    return 1 if len(model.classes) <= 2 else len(model.classes)


def weights(model: Model) -> Floats:
    """Return the posted weights: ``coef`` row by row, then ``intercept``; shape (parameters,)."""
    return np.array([from_fixed(value) for value in model.weights], dtype=np.float64)


def split(model: Model, parameters: Floats) -> tuple[Floats, Floats]:
    """Return coef, shape (outputs, features), and intercept, shape (outputs,), of a parameter vector."""
    outputs, features = output_count(model), len(model.features)
    return parameters[: outputs * features].reshape(outputs, features), parameters[outputs * features :]


def join(coef: Floats, intercept: Floats) -> Floats:
    """Return the parameter vector of coef and intercept."""
    return np.concatenate([np.asarray(coef).ravel(), np.asarray(intercept).ravel()])


def with_weights(model: Model, parameters: Floats) -> Model:
    """Return a copy of the model with other weights."""
    changed = Model()
    changed.CopyFrom(model)
    del changed.weights[:]
    changed.weights.extend(to_fixed(float(value)) for value in parameters)
    return changed


def make_model(
    name: str,
    kind: ModelKind,
    columns: Sequence[str],
    rows: Floats,
    target: str,
    classes: Sequence[str],
) -> Model:
    """Return a model with zero weights whose standardisation comes from the owner's data.

    Parameters
    ----------
    name
        For people.
    kind
        One of `KINDS`.
    columns
        Names of the input columns.
    rows
        The owner's inputs as they are, shape (rows, columns).
    target
        Name of the target column.
    classes
        Labels, class 0 first; none for a regression.

    Raises
    ------
    BadData
        If a column is constant, since nothing can be learnt from it and it has no scale.
    """
    model = Model(name=name, kind=kind, target=target, classes=classes)
    for column, mean, scale in zip(columns, rows.mean(axis=0), rows.std(axis=0), strict=True):
        if to_fixed(float(scale)) <= 0:
            raise BadData(f"column {column!r} has the same value in every row; drop it")
        model.features.append(Feature(name=column, mean=to_fixed(float(mean)), scale=to_fixed(float(scale))))
    outputs = output_count(model)
    model.layout.append(Tensor(name="coef", shape=[outputs, len(columns)]))
    model.layout.append(Tensor(name="intercept", shape=[outputs]))
    model.weights.extend([0] * (outputs * (len(columns) + 1)))
    return model


def standardise(model: Model, rows: Floats) -> Floats:
    """Return ``(x - mean) / scale`` for each input column, by the manifest; shape (rows, features)."""
    mean = np.array([from_fixed(feature.mean) for feature in model.features])
    scale = np.array([from_fixed(feature.scale) for feature in model.features])
    return np.asarray((rows - mean) / scale, dtype=np.float64)
