"""What a posted model must look like."""

from __future__ import annotations

import hashlib
from math import prod
from typing import Final

from assay.proto import model_pb2
from assay.proto.model_pb2 import Model
from assay.state.rules.errors import BadModel
from assay.state.rules.ics23 import MAX_VALUE_BYTES

MAX_MODEL_BYTES: Final = MAX_VALUE_BYTES - 256
"""A record holds the model, its id, its owner and a height, and the store takes no larger value."""
MAX_FEATURES: Final = 4096
MAX_TENSORS: Final = 32
MAX_TEXT_BYTES: Final = {"name": 128, "target": 128, "licence": 128, "terms": 4096}
_TAG: Final = b"assay/model/v1"
_LINEAR_KINDS: Final = frozenset(
    (
        model_pb2.MODEL_KIND_LINEAR_REGRESSION,
        model_pb2.MODEL_KIND_LOGISTIC_REGRESSION,
        model_pb2.MODEL_KIND_LINEAR_SVM,
    )
)


def model_id(owner: bytes, model: Model) -> bytes:
    """Return the 32-byte id: SHA-256 over a tag, the owner's address and the canonical model."""
    return hashlib.sha256(_TAG + owner + model.SerializeToString(deterministic=True)).digest()


def parameter_count(model: Model) -> int:
    """Return how many parameters the layout describes."""
    return sum(prod(tensor.shape) for tensor in model.layout)


def validate_model(model: Model, max_parameters: int) -> None:
    """Refuse a model that contradicts itself or exceeds a bound.

    Raises
    ------
    BadModel
        With a sentence that names the field.
    """
    if model.ByteSize() > MAX_MODEL_BYTES:
        raise BadModel(f"the model has {model.ByteSize()} bytes, at most {MAX_MODEL_BYTES} fit a record")
    _validate_texts(model)
    _validate_features(model)
    _validate_layout(model, max_parameters)
    if model.kind in _LINEAR_KINDS:
        _validate_linear(model)
    elif model.kind != model_pb2.MODEL_KIND_MLP:
        raise BadModel(f"kind {model.kind} is not a kind of model this chain knows")


def _validate_texts(model: Model) -> None:
    for field, most in MAX_TEXT_BYTES.items():
        size = len(getattr(model, field).encode())
        if size > most:
            raise BadModel(f"{field} has {size} bytes, at most {most} are admitted")
    if not model.name or not model.target:
        raise BadModel("name and target must not be empty")
    # Counted before they are gone through: a model of a stranger may hold hundreds of thousands.
    labels = model.classes
    if len(labels) > 1000 or len(set(labels)) != len(labels) or any(len(c.encode()) > 128 for c in labels):
        raise BadModel("classes must be at most 1000 different labels of at most 128 bytes")


def _validate_features(model: Model) -> None:
    if not 0 < len(model.features) <= MAX_FEATURES:
        raise BadModel(f"there are {len(model.features)} features, expected 1 to {MAX_FEATURES}")
    names = [feature.name for feature in model.features]
    if len(set(names)) != len(names) or model.target in names:
        raise BadModel("feature names must differ from one another and from the target")
    for feature in model.features:
        if not 0 < len(feature.name.encode()) <= 128:
            raise BadModel("a feature's name must have 1 to 128 bytes")
        if feature.scale <= 0:
            raise BadModel(f"the scale of feature {feature.name!r} must be above zero")


def _validate_layout(model: Model, max_parameters: int) -> None:
    if not 0 < len(model.layout) <= MAX_TENSORS:
        raise BadModel(f"there are {len(model.layout)} tensors, expected 1 to {MAX_TENSORS}")
    for tensor in model.layout:
        if not 0 < len(tensor.shape) <= 4 or 0 in tensor.shape or not tensor.name or len(tensor.name) > 64:
            raise BadModel("a tensor needs a name of 1 to 64 characters and 1 to 4 dimensions above zero")
    count = parameter_count(model)
    if count > max_parameters:
        raise BadModel(f"the layout has {count} parameters, at most {max_parameters} fit a submission")
    if count != len(model.weights):
        raise BadModel(f"the layout has {count} parameters but there are {len(model.weights)} weights")


def _validate_linear(model: Model) -> None:
    shapes = [(tensor.name, tuple(tensor.shape)) for tensor in model.layout]
    outputs = 1 if len(model.classes) <= 2 else len(model.classes)
    expected = [("coef", (outputs, len(model.features))), ("intercept", (outputs,))]
    if shapes != expected:
        raise BadModel(f"a linear model's layout must be {expected}")
    regression = model.kind == model_pb2.MODEL_KIND_LINEAR_REGRESSION
    if regression == bool(model.classes) or len(model.classes) == 1:
        raise BadModel("a classifier names at least two classes, a regression none")
