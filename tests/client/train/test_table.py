"""CSV files against a model: what fits, and the sentence for whatever does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assay.client.train import manifest, table
from assay.client.train.errors import BadData
from assay.proto.model_pb2 import Model

ROWS = np.array([[1.0, 10.0], [3.0, 30.0]])


@pytest.fixture
def model() -> Model:
    return manifest.make_model("m", manifest.KINDS["logistic"], ["age", "dose"], ROWS, "ill", ["no", "yes"])


@pytest.fixture
def regression() -> Model:
    return manifest.make_model("m", manifest.KINDS["linear"], ["age", "dose"], ROWS, "ill", [])


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(text.encode())
    return path


def test_columns_become_standardised_inputs(tmp_path: Path, model: Model) -> None:
    data = table.load(write(tmp_path, "age,dose,ill\n1,10,no\n3,30,yes\n"), model)
    np.testing.assert_allclose(data.x, [[-1, -1], [1, 1]])
    np.testing.assert_array_equal(data.y, [0, 1])
    assert data.notes == ()


def test_reordered_and_extra_columns_are_matched_by_name_and_noted(tmp_path: Path, model: Model) -> None:
    data = table.load(write(tmp_path, "ward,dose,ill,age\nA,10,no,1\nB,30,yes,3\n"), model)
    np.testing.assert_allclose(data.x, [[-1, -1], [1, 1]])
    assert "another order" in data.notes[0]
    assert "1 columns" in data.notes[1]
    assert "'ward'" in data.notes[1]


def test_a_target_of_another_name_can_be_given(tmp_path: Path, model: Model) -> None:
    data = table.load(write(tmp_path, "age,dose,sick\n1,10,yes\n"), model, "sick")
    np.testing.assert_array_equal(data.y, [1])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty; its first line must name the columns"),
        ("1,2,3\n4,5,6\n", "numbers only"),
        ("age,dose,ill\n", "has no rows"),
        ("age,dose,ill\n1,2\n", "row 1 has 2 cells"),
        ("age,age,ill\n1,2,no\n", "more than one column named 'age'"),
        ("age,ill\n1,no\n", "lacks 1 of the model's 2 columns: 'dose'"),
        ("age,dose\n1,2\n", "no target column 'ill'"),
        ("age,dose,ill\n1,2,no\n,2,yes\n", "'age' is empty in 1 of 2 rows, first in row 2"),
        ("age,dose,ill\n1,NA,no\n", "'dose' is empty in 1 of 1 rows"),
        (
            "age,dose,ill\n1,high,no\n1,low,no\n",
            r"'dose' holds text, such as 'high' in row 1 \(2 different\)",
        ),
        ("age,dose,ill\n1,inf,no\n", "infinite"),
        ("age,dose,ill\n1,2,maybe\n", "row 1 has the target 'maybe', the model knows 'no', 'yes'"),
        ("age,dose,ill\n1,2,\n", "the target 'ill' is empty in row 1"),
        ('age,dose,ill\n1,2,"no\n', "UTF-8|cells"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(tmp_path: Path, model: Model, text: str, reason: str) -> None:
    with pytest.raises(BadData, match=reason):
        table.load(write(tmp_path, text), model)


def test_an_input_cannot_be_the_target(tmp_path: Path, model: Model) -> None:
    with pytest.raises(BadData, match="one of the model's inputs"):
        table.load(write(tmp_path, "age,dose,ill\n1,2,no\n"), model, "age")


def test_a_file_that_is_not_there_is_named(tmp_path: Path, model: Model) -> None:
    with pytest.raises(BadData, match=r"nothing\.csv: No such file"):
        table.load(tmp_path / "nothing.csv", model)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"age,dose,ill\n\xff\xfe,1,no\n")
    with pytest.raises(BadData, match="UTF-8"):
        table.load(path, model)


def test_spreadsheet_habits_are_understood(tmp_path: Path) -> None:
    model = manifest.make_model("m", manifest.KINDS["svm"], ["age", "dose"], ROWS, "ill", ["0", "1"])
    text = "\ufeffage, dose ,ill\r\n1, 10 ,0.0\r\n3,3e1,1.0\r\n\r\n"
    data = table.load(write(tmp_path, text), model)
    np.testing.assert_allclose(data.x, [[-1, -1], [1, 1]])
    np.testing.assert_array_equal(data.y, [0, 1])


def test_a_regression_takes_numbers_as_targets(tmp_path: Path, regression: Model) -> None:
    data = table.load(write(tmp_path, "age,dose,ill\n1,10,-2.5\n3,30,7\n"), regression)
    np.testing.assert_array_equal(data.y, [-2.5, 7])
    with pytest.raises(BadData, match="'ill' holds text"):
        table.load(write(tmp_path, "age,dose,ill\n1,10,no\n"), regression)
