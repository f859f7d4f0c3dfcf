"""Scores of payloads through the real engine, opened with a whole key and without masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.crypto import bounds, scoring
from assay.crypto.ckks import payload
from assay.crypto.ckks.engine import Engine
from assay.crypto.presets import LENGTH_CHECKS, PRESETS, Preset
from assay.crypto.ring.tables import U64

ENGINES = {preset.name: Engine(preset) for preset in PRESETS}
COIN, SENDER = bytes(range(32)), bytes(range(20))


@dataclass
class Bench:
    """Scores of payloads, in units, without masks."""

    keys: Any

    def __post_init__(self) -> None:
        self.preset: Preset = self.keys.preset
        self.engine = ENGINES[self.preset.name]
        self.relin_key = self.engine.load_relin_key(self.keys.relin_key)

    def parse(self, data: bytes) -> U64:
        count = int.from_bytes(data[6:8], "little")
        return payload.ciphertexts_of(data, self.preset, count)

    def score(self, a: U64, b: U64) -> int:
        first, second = ([self.engine.load(c) for c in residues] for residues in (a, b))
        scalar = scoring.score_product(self.engine, self.relin_key, first, second)
        return int(self.keys.open(scalar.constant, scalar.c1))

    def lengths(self, a: U64, sender: bytes = SENDER) -> list[int]:
        scalars = (scoring.length_product(a, COIN, sender, k, self.preset) for k in range(LENGTH_CHECKS))
        return [int(self.keys.open(scalar.constant, scalar.c1)) for scalar in scalars]

    def passes_lengths(self, a: U64) -> bool:
        return all(bounds.length_ok(self.preset, scalar) for scalar in self.lengths(a))


def integers(update: NDArray[np.float64], factor: float, preset: Preset) -> NDArray[np.object_]:
    """Integers of ``factor`` times a unit vector: what a client without conscience packs."""
    return np.array([round(float(v) * factor * preset.scale) for v in update], dtype=object)


def inner(a: NDArray[Any], b: NDArray[Any]) -> int:
    return sum(int(x) * int(y) for x, y in zip(a, b, strict=True))


def next_length(preset: Preset) -> float:
    """Shortest length above 1 whose square is 1 modulo Q: 512."""
    return float((1 + preset.modulus / preset.unit) ** 0.5)
