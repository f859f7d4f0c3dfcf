"""Rounds on data sets that scikit-learn brings with it, and what retraining says each part was worth.

The model's owner keeps a third of the rows, held out; six data owners have the rest in parts of unequal size,
some with noise in the inputs or with wrong labels. Everybody trains as the client does. The game is
``v(S) = loss(posted weights) - loss(weights retrained on the rows of all in S)`` on the owner's rows; all 64
unions are retrained, and the Shapley values are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb
from typing import Any, Final

import numpy as np
from sklearn import datasets

from assay.client.train.evaluate import loss, score
from assay.client.train.manifest import (
    KINDS,
    Floats,
    make_model,
    standardise,
    weights,
    with_weights,
)
from assay.client.train.sgd import train, update
from assay.client.train.table import DataSet
from assay.proto.model_pb2 import MODEL_KIND_LINEAR_REGRESSION, Model

#: Data sets and the kind of model that is trained on each.
SETS: Final = {"breast_cancer": "logistic", "diabetes": "linear", "wine": "svm", "digits": "logistic"}
#: Parts of the rows that the owners get, the first the least.
SIZES: Final = (1, 2, 3, 4, 5, 6)
_HELD_OUT: Final = 1 / 3
#: In deviations of a column, added to the inputs of a noisy owner.
_NOISE: Final = 2.0
_FLIPPED: Final = {"half flipped": 0.5, "flipped": 1.0}

Start = Callable[[Model, DataSet], Model]


def from_zero(model: Model, _held: DataSet) -> Model:
    """The posted weights are zero, as `assay model post` makes them."""
    return model


def from_base_rates(model: Model, held: DataSet) -> Model:
    """The owner has trained the intercepts, on rows whose inputs say nothing."""
    return with_weights(model, train(model, DataSet(np.zeros_like(held.x), held.y, ())))


def from_trained(model: Model, held: DataSet) -> Model:
    """The owner has trained on a fifth of its rows, 12 at least."""
    rows = max(12, len(held.y) // 5)
    return with_weights(model, train(model, DataSet(held.x[:rows], held.y[:rows], ())))


@dataclass(frozen=True)
class Setting:
    """Who takes part, and where the posted model stands.

    Attributes
    ----------
    name
        For people.
    roles
        Of the data owners.
    start
        Makes the model to post of one with zero weights.
    sets
        Data sets.
    offset
        A regression's targets have mean 0 and deviation 1 in the owner's rows; this is added to them.
    """

    name: str
    roles: tuple[str, ...]
    start: Start
    sets: tuple[str, ...] = tuple(SETS)
    offset: float = 0.0


_MIXED: Final = ("clean", "clean", "clean", "noisy", "half flipped", "flipped")
SETTINGS: Final = (
    Setting("mixed", _MIXED, from_zero),
    Setting("mixed, base rates", _MIXED, from_base_rates),
    Setting("mixed, trained", _MIXED, from_trained),
    # In the file itself the targets of this set have mean 152 and deviation 77.
    Setting("mixed, raw targets", _MIXED, from_zero, ("diabetes",), 2.0),
    Setting("mixed, raw targets, base rates", _MIXED, from_base_rates, ("diabetes",), 2.0),
    Setting("clean", ("clean",) * 6, from_zero),
    Setting("copies", ("clean", "clean", "clean", "noisy", "copied", "copied"), from_zero),
)


@dataclass(frozen=True)
class Round:
    """A posted model, the owner's rows, and the parts with the roles of those who hold them."""

    model: Model
    held: DataSet
    parts: tuple[DataSet, ...]
    roles: tuple[str, ...]

    @property
    def rows(self) -> Floats:
        """Rows of each part."""
        return np.array([len(part.y) for part in self.parts], dtype=np.float64)

    def updates(self) -> list[Floats]:
        """What each data owner submits, before it is made length 1."""
        return [update(self.model, part) for part in self.parts]

    def reference(self) -> Floats:
        """The owner's own update, on its rows."""
        return update(self.model, self.held)

    def values(self) -> tuple[Floats, Floats]:
        """By how much the loss falls and the accuracy (or R2) rises, for every union; bit i is owner i."""
        base = weights(self.model)
        trained = [base] + [train(self.model, union) for union in self._unions()]
        losses = np.array([loss(self.model, point, self.held) for point in trained])
        scores = np.array([score(self.model, point, self.held) for point in trained])
        return losses[0] - losses, scores - scores[0]

    def _unions(self) -> Iterator[DataSet]:
        for mask in range(1, 1 << len(self.parts)):
            own = [part for i, part in enumerate(self.parts) if mask >> i & 1]
            yield DataSet(np.concatenate([p.x for p in own]), np.concatenate([p.y for p in own]), ())


def shapley(values: Floats) -> Floats:
    """Exact Shapley values of a game given by the values of its 2^n coalitions, bit i for player i."""
    players = len(values).bit_length() - 1
    masks = np.arange(len(values))
    sizes = np.array([int(mask).bit_count() for mask in masks])
    worth = np.empty(players)
    for i in range(players):
        without = masks[masks >> i & 1 == 0]
        chance = np.array([1 / (players * comb(players - 1, size)) for size in sizes[without]])
        worth[i] = chance @ (values[without | 1 << i] - values[without])
    return worth


def make_round(name: str, setting: Setting, seed: int) -> Round:
    """Return a round; the seed decides who has which rows and what role."""
    rng = np.random.default_rng(seed)
    x, y = _shuffled(name, rng)
    own = int(len(y) * _HELD_OUT)
    x = x[:, x[:own].std(axis=0) > 0]  # a column that is constant in the owner's rows has no scale
    model, y = _zero_model(name, x[:own], y, own)
    x = standardise(model, x)
    held = DataSet(x[:own], y[:own] + setting.offset, ())
    roles = tuple(setting.roles[i] for i in rng.permutation(len(setting.roles)))
    ends = own + np.cumsum(SIZES) * (len(y) - own) // sum(SIZES)
    parts = [
        _spoilt(role, x[begin:end], y[begin:end], len(model.classes), setting.offset, rng)
        for role, begin, end in zip(roles, (own, *ends), ends, strict=False)
    ]
    copied = [i for i, role in enumerate(roles) if role == "copied"]
    for i in copied:  # they all hold the rows of the last of them
        parts[i] = parts[copied[-1]]
    return Round(setting.start(model, held), held, tuple(parts), roles)


def _shuffled(name: str, rng: np.random.Generator) -> tuple[Floats, Floats]:
    bunch: Any = getattr(datasets, f"load_{name}")()
    order = rng.permutation(len(bunch.target))
    return bunch.data[order].astype(np.float64), bunch.target[order].astype(np.float64)


def _zero_model(name: str, x: Floats, y: Floats, own: int) -> tuple[Model, Floats]:
    """The model to post, and the targets as the owner asks for them: a regression's standardised."""
    kind = KINDS[SETS[name]]
    columns = [f"column {i}" for i in range(x.shape[1])]
    if kind == MODEL_KIND_LINEAR_REGRESSION:
        return make_model(name, kind, columns, x, "target", ()), (y - y[:own].mean()) / y[:own].std()
    labels = [str(int(label)) for label in np.unique(y)]
    return make_model(name, kind, columns, x, "target", labels), y


def _spoilt(
    role: str, x: Floats, y: Floats, classes: int, offset: float, rng: np.random.Generator
) -> DataSet:
    """A part as its holder has it; a flipped label is any other class, a flipped number its mirror image."""
    if role == "noisy":
        x = x + _NOISE * rng.normal(size=x.shape)
    other = (y + rng.integers(1, classes, len(y))) % classes if classes else -y
    y = np.where(rng.random(len(y)) < _FLIPPED.get(role, 0.0), other, y)
    return DataSet(x, y + offset, ())
