"""Training by stochastic gradient descent from the posted weights (scikit-learn)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from assay.client.progress import advance
from assay.client.train.errors import BadData, CannotTrain
from assay.client.train.manifest import Floats, is_classifier, join, output_count, split, weights
from assay.client.train.table import DataSet
from assay.proto.model_pb2 import (
    MODEL_KIND_LINEAR_REGRESSION,
    MODEL_KIND_LINEAR_SVM,
    MODEL_KIND_LOGISTIC_REGRESSION,
    Model,
)

EPOCHS: Final = 20
"""Passes over the data. Everybody's update should be of the same kind: a direction, not a finished model."""
_LEARNING_RATE: Final = 0.01
_STABLE: Final = 0.5
_SEED: Final = 0
_LOSSES: Final = {
    MODEL_KIND_LINEAR_REGRESSION: "squared_error",
    MODEL_KIND_LOGISTIC_REGRESSION: "log_loss",
    MODEL_KIND_LINEAR_SVM: "hinge",
}


def train(model: Model, data: DataSet, epochs: int = EPOCHS) -> Floats:
    """Return the parameters after training on data, starting from the posted weights.

    Averaged SGD with a constant rate; the same data give the same parameters.

    Parameters
    ----------
    model
        The posted model.
    data
        Standardised rows.
    epochs
        Passes over the data.

    Raises
    ------
    CannotTrain
        If scikit-learn is missing or the kind of model is not trained here.
    BadData
        If a classifier's data hold one class only.
    """
    if model.kind not in _LOSSES:
        raise CannotTrain("this client trains linear and logistic regressions and linear SVMs, not this kind")
    _check_classes(model, data)
    if is_classifier(model):
        return _train_classifier(model, data, epochs)
    return _fitted("SGDRegressor", model, data.x, data.y, weights(model), epochs)


def update(model: Model, data: DataSet, epochs: int = EPOCHS) -> Floats:
    """Return what training changes: parameters after minus the posted ones; not normalised."""
    return train(model, data, epochs) - weights(model)


def _train_classifier(model: Model, data: DataSet, epochs: int) -> Floats:
    """Train one binary classifier, or one for each class against the rest."""
    if output_count(model) == 1:
        return _fitted("SGDClassifier", model, data.x, data.y, weights(model), epochs)
    coef, intercept = split(model, weights(model))
    rows = []
    for number in range(len(model.classes)):
        advance(number, len(model.classes))
        own, start = data.y == number, join(coef[number], intercept[number])
        rows.append(_fitted("SGDClassifier", model, data.x, own, start, epochs))
    advance(len(rows), len(rows))
    return join(np.stack([row[:-1] for row in rows]), np.array([row[-1] for row in rows]))


def _fitted(estimator: str, model: Model, x: Floats, y: Any, start: Floats, epochs: int) -> Floats:
    fitter = _estimators()[estimator](
        loss=_LOSSES[model.kind],
        learning_rate="constant",
        eta0=min(_LEARNING_RATE, _STABLE / (x.shape[1] + 1)),
        max_iter=epochs,  # in one call: with averaging, partial_fit loses the intercept between its calls
        tol=None,
        average=True,
        random_state=_SEED,
    )
    coef, intercept = start[:-1].copy(), start[-1:].copy()
    if estimator == "SGDClassifier":
        if len(np.unique(y)) < 2:  # one against the rest, and this class is not in the data
            return start
        coef = coef[None]
    fitter.fit(x, y, coef_init=coef, intercept_init=intercept)
    return join(fitter.coef_, fitter.intercept_)


def _estimators() -> dict[str, Any]:
    try:
        from sklearn.linear_model import SGDClassifier, SGDRegressor
    except ImportError:
        raise CannotTrain(
            "training needs scikit-learn; install it in the checkout of assay with: pip install '.[train]'"
        ) from None
    return {"SGDClassifier": SGDClassifier, "SGDRegressor": SGDRegressor}


def _check_classes(model: Model, data: DataSet) -> None:
    if not is_classifier(model):
        return
    present = np.unique(data.y).astype(int)
    if len(present) < 2:
        label = model.classes[present[0]]
        others = ", ".join(repr(name) for name in model.classes if name != label)
        raise BadData(
            f"all {len(data.y)} rows have the target {label!r}; a classifier learns from two or more: "
            f"add rows with {others}"
        )
