"""The bench that holds the payout formula against retraining; its quick mode, and its own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

Bench = tuple[ModuleType, ModuleType]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """The modules `fidelity` and `retraining`; benches are scripts and import one another by name."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(Path(__file__).parents[2] / "bench"))
    yield import_module("fidelity"), import_module("retraining")
    patch.undo()


def test_shapley_values_of_the_glove_game(bench: Bench) -> None:
    """A left glove (player 0) and two right ones: a pair is worth 1."""
    values = np.array([float(mask & 1 and mask > 1) for mask in range(8)])
    assert bench[1].shapley(values) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_shapley_values_add_up_to_what_all_are_worth_together(bench: Bench) -> None:
    values = np.random.default_rng(3).normal(size=64)
    values[0] = 0.0
    assert bench[1].shapley(values).sum() == pytest.approx(values[63])


def test_a_seed_decides_everything(bench: Bench) -> None:
    mixed = bench[1].SETTINGS[0]
    first, again, other = (bench[1].make_round("wine", mixed, seed) for seed in (4, 4, 5))
    for one, two in zip(first.parts, again.parts, strict=True):
        assert np.array_equal(one.x, two.x)
        assert np.array_equal(one.y, two.y)
    assert first.roles == again.roles
    assert not np.array_equal(first.held.x, other.held.x)
    assert sorted(first.roles) == sorted(mixed.roles)


@pytest.mark.parametrize("name", ["diabetes", "wine"])
def test_wrong_labels_earn_less_than_anything_else(bench: Bench, name: str) -> None:
    fidelity, retraining = bench
    for seed in range(2):
        made = retraining.make_round(name, retraining.SETTINGS[0], seed)
        found = fidelity.compare(made)
        place = made.roles.index("flipped")
        assert found.flipped == [place]
        assert found.paid[place] == 0
        assert found.uncut[place] < np.delete(found.uncut, place).min()
        assert found.worth[place] < 0
        assert found.paid.sum() == pytest.approx(1)


def test_the_quick_run_has_finite_numbers_and_correlates(bench: Bench) -> None:
    rows = bench[0].run(quick=True)
    numbers = [value for found in rows for value in found.values() if isinstance(value, float)]
    assert numbers
    assert all(map(math.isfinite, numbers))
    correlations = [found for found in rows if found["unit"] == "Pearson"]
    assert len(correlations) == 3
    assert all(found["value"] > 0.5 for found in correlations)


def test_the_quick_run_opens_what_the_updates_say_within_the_tolerance(bench: Bench) -> None:
    scalars, amounts = bench[0].encrypted("wine", bench[0].SMALL)
    assert 0 < scalars["ratio"] < 1
    assert 0 < amounts["value"] < 0.01
