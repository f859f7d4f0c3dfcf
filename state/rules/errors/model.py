"""Posted models."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class ModelError(AssayError):
    """A model is refused."""

    codespace = "model"


class BadModel(ModelError):
    """The model's description contradicts itself or exceeds a bound."""

    code = 1


class ModelExists(ModelError):
    """This owner has already posted exactly this model."""

    code = 2


class ModelNotFound(ModelError):
    """No model has this id."""

    code = 3
