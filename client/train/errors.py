"""What can be wrong with data, models and the machine they are trained on."""

from __future__ import annotations


class TrainingError(Exception):
    """Training or evaluation is not possible; the message says why and what to do."""


class BadData(TrainingError):
    """The data do not fit the model."""


class CannotTrain(TrainingError):
    """scikit-learn is missing, or the model is of a kind that is not trained here."""
