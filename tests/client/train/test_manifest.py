"""Fixed point and the layout of linear models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.client.train import manifest
from assay.client.train.errors import BadData
from assay.state.rules.models import validate_model

ROWS = np.array([[1.0, 10.0, -5.0], [3.0, 30.0, 5.0]])


@given(st.floats(-(2**29), 2**29))
def test_fixed_point_keeps_32_bits_behind_the_point(value: float) -> None:
    assert abs(manifest.from_fixed(manifest.to_fixed(value)) - value) <= 2**-33 + abs(value) * 2**-52


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2.0**30, -(2.0**30)])
def test_what_does_not_fit_fixed_point_is_refused(value: float) -> None:
    with pytest.raises(BadData, match="fixed point"):
        manifest.to_fixed(value)


@pytest.mark.parametrize(
    ("kind", "classes", "outputs"),
    [("linear", [], 1), ("logistic", ["a", "b"], 1), ("svm", ["a", "b", "c"], 3)],
)
def test_a_made_model_is_one_the_chain_accepts(kind: str, classes: list[str], outputs: int) -> None:
    model = manifest.make_model("m", manifest.KINDS[kind], ["x", "y", "z"], ROWS, "t", classes)
    validate_model(model, 4095)
    assert manifest.output_count(model) == outputs
    assert len(model.weights) == outputs * 4


def test_weights_split_and_join() -> None:
    model = manifest.make_model("m", manifest.KINDS["svm"], ["x", "y", "z"], ROWS, "t", ["a", "b", "c"])
    parameters = np.arange(12) / 8 - 1
    changed = manifest.with_weights(model, parameters)
    np.testing.assert_array_equal(manifest.weights(changed), parameters)
    coef, intercept = manifest.split(changed, parameters)
    assert coef.shape == (3, 3)
    np.testing.assert_array_equal(intercept, parameters[9:])
    np.testing.assert_array_equal(manifest.join(coef, intercept), parameters)
    assert not manifest.weights(model).any()  # the original is as it was


def test_a_constant_column_cannot_be_standardised() -> None:
    rows = np.array([[0.0, 1.0], [1.0, 1.0]])
    with pytest.raises(BadData, match="'y' has the same value in every row"):
        manifest.make_model("m", manifest.KINDS["linear"], ["x", "y"], rows, "t", [])


def test_the_owner_s_rows_are_standard_by_their_own_manifest() -> None:
    rows = np.random.default_rng(1).normal(50, 7, (200, 3))
    model = manifest.make_model("m", manifest.KINDS["linear"], ["x", "y", "z"], rows, "t", [])
    standard = manifest.standardise(model, rows)
    np.testing.assert_allclose(standard.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(standard.std(axis=0), 1, atol=1e-8)
