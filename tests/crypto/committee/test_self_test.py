"""A new key's self-test: passed by a sound key, failed by parts that do not fit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from assay.crypto import scoring
from assay.crypto.ckks.engine import Engine
from assay.crypto.committee import score, self_test
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.messages import parse_share
from assay.crypto.committee.score import MaskKind
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.ring.tables import U64


def outcome(made: Any, p0: U64, relin: U64) -> int:
    preset = made.key.preset
    engine = Engine(preset)
    first, second = (engine.load(c) for c in self_test.ciphertexts(made.key, p0))
    scalar = scoring.score_product(engine, engine.load_relin_key(relin), [first], [second])
    shares = {m.number: parse_share(preset, m.score_share(scalar.c1, MaskKind.SCORE)) for m in made.members}
    result = score.aggregate_shares(made.key, scalar.constant, shares)
    assert isinstance(result, Decoded)
    return result.value


@pytest.mark.parametrize(
    ("n", "preset"), [(1, SMALL), (4, SMALL), (7, SMALL), (10, SMALL), (1, STANDARD), (4, STANDARD)]
)
def test_a_sound_key_passes(n: int, preset: Preset, committee: Callable[..., Any]) -> None:
    made = committee(n, preset)
    value = outcome(made, made.p0, made.relin)
    assert self_test.passes(made.key, value)
    assert value != preset.unit  # mask and noise are there
    first, second = self_test.ciphertexts(made.key, made.p0)
    assert not np.array_equal(first[1], second[1])


def test_parts_that_do_not_fit_fail(committee: Callable[..., Any]) -> None:
    made, other = committee(4), committee(1)
    assert not self_test.passes(made.key, outcome(made, other.p0, made.relin))
    assert not self_test.passes(made.key, outcome(made, made.p0, other.relin))
    damaged = made.p0.copy()
    damaged[0, 0] = (int(damaged[0, 0]) + 1) % SMALL.primes[0]
    assert not self_test.passes(made.key, outcome(made, damaged, made.relin))


@pytest.mark.parametrize("preset", [SMALL, STANDARD])
def test_values_beyond_mask_and_noise_fail(preset: Preset, committee: Callable[..., Any]) -> None:
    key = committee(4, preset).key
    assert self_test.passes(key, preset.unit + preset.score_mask)
    assert self_test.passes(key, preset.unit - preset.score_mask)
    for value in (0, -preset.unit, preset.unit + 2 * preset.score_mask, preset.unit - 2 * preset.score_mask):
        assert not self_test.passes(key, value)
