"""Reading a CSV file against a model's manifest, with a sentence for whatever does not fit."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from assay.client.train.errors import BadData
from assay.client.train.manifest import Floats, is_classifier, standardise
from assay.proto.model_pb2 import Model

_EMPTY: Final = frozenset(("", "na", "n/a", "nan", "null", "none", "?"))
_NAMED: Final = 8


@dataclass(frozen=True)
class Table:
    """A CSV file: names of its columns and the text of its cells.

    Attributes
    ----------
    path
        Where it came from, for messages.
    columns
        Names from the first line.
    rows
        Cells; every row has as many as there are columns.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DataSet:
    """Rows ready for a model.

    Attributes
    ----------
    x
        Standardised inputs, shape (rows, features).
    y
        Class numbers or target values, shape (rows,).
    notes
        Sentences about what was passed over or put in order.
    """

    x: Floats
    y: Floats
    notes: tuple[str, ...]


def read_table(path: Path) -> Table:
    """Read a CSV file whose first line names the columns.

    Raises
    ------
    BadData
        If there is no such file, no line of names, no row, or a row of another length.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file, strict=True) if line]
    except OSError as error:
        raise BadData(f"cannot read {path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadData(f"{path} is not a CSV file in UTF-8 ({error}); export it as CSV, UTF-8") from None
    if not lines:
        raise BadData(f"{path} is empty; its first line must name the columns")
    columns = tuple(name.strip() for name in lines[0])
    _check_header(path, columns)
    rows = tuple(tuple(cell.strip() for cell in line) for line in lines[1:])
    if not rows:
        raise BadData(f"{path} names its columns but has no rows")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(columns):
            raise BadData(
                f"{path}: row {number} has {len(row)} cells, the first line names {len(columns)} columns"
            )
    return Table(path, columns, rows)


def load(path: Path, model: Model, target: str | None = None) -> DataSet:
    """Read a CSV file as a model's inputs and target.

    Columns are matched by name, so their order does not matter and further
    columns are passed over, both with a note.

    Parameters
    ----------
    path
        The file.
    model
        Whose manifest says what is needed.
    target
        The file's name of the target column, if it differs from the model's.

    Raises
    ------
    BadData
        If columns are missing, cells are empty or not numbers, or targets do not suit the model.
    """
    table = read_table(path)
    goal = target or model.target
    names = [feature.name for feature in model.features]
    _check_columns(table, names, goal)
    rows = numbers(table, names)
    y = _labels(table, goal, model) if is_classifier(model) else numbers(table, [goal])[:, 0]
    return DataSet(standardise(model, rows), y, tuple(_notes(table, names, goal)))


def column(table: Table, name: str) -> list[str]:
    """Return one column's cells."""
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def numbers(table: Table, names: Sequence[str]) -> Floats:
    """Return columns as numbers, shape (rows, names).

    Raises
    ------
    BadData
        If a cell is empty or not a finite number.
    """
    return np.column_stack([_parse_column(table, name) for name in names])


def _parse_column(table: Table, name: str) -> Floats:
    cells = column(table, name)
    empty = [number for number, cell in enumerate(cells, start=1) if cell.lower() in _EMPTY]
    if empty:
        raise BadData(
            f"{table.path}: column {name!r} is empty in {len(empty)} of {len(cells)} rows, first in row "
            f"{empty[0]}; fill the cells in, for example with the column's mean, or remove these rows"
        )
    try:
        values = np.array([float(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        raise BadData(_not_numbers(table, name, cells)) from None
    if not np.isfinite(values).all():
        raise BadData(f"{table.path}: column {name!r} has an infinite value; remove the row")
    return values


def _not_numbers(table: Table, name: str, cells: Sequence[str]) -> str:
    wrong = [(number, cell) for number, cell in enumerate(cells, start=1) if not _is_number(cell)]
    kinds = sorted({cell for _, cell in wrong})
    return (
        f"{table.path}: column {name!r} holds text, such as {wrong[0][1]!r} in row {wrong[0][0]} "
        f"({len(kinds)} different); a linear model needs numbers: encode the categories as the model's owner "
        "did, one column of 0 and 1 for each"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check_header(path: Path, columns: tuple[str, ...]) -> None:
    if all(_is_number(name) for name in columns):
        raise BadData(f"the first line of {path} holds numbers only; it must name the columns")
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise BadData(f"{path} has more than one column named {_named(twice)}; rename them")


def _check_columns(table: Table, names: Sequence[str], goal: str) -> None:
    if goal not in table.columns:
        raise BadData(
            f"{table.path} has no target column {goal!r}; name the right one with --target "
            f"(the file has {_named(table.columns)})"
        )
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise BadData(
            f"{table.path} lacks {len(missing)} of the model's {len(names)} columns: {_named(missing)}; "
            f"add or rename them (the file has {_named(table.columns)})"
        )
    if goal in names:
        raise BadData(
            f"{goal!r} is one of the model's inputs and cannot be the target; use --target {names[-1]!r}?"
        )


def _notes(table: Table, names: Sequence[str], goal: str) -> list[str]:
    used = [name for name in table.columns if name in names]
    extra = [name for name in table.columns if name not in names and name != goal]
    notes = []
    if used != list(names):
        notes.append("the columns stand in another order than the model's; they were matched by name")
    if extra:
        notes.append(f"{len(extra)} columns the model does not use were passed over: {_named(extra)}")
    return notes


def _labels(table: Table, goal: str, model: Model) -> Floats:
    place = {label: number for number, label in enumerate(model.classes)}
    values = np.empty(len(table.rows))
    for number, cell in enumerate(column(table, goal)):
        found = place.get(cell)
        if found is None:
            found = _numeric_label(cell, model.classes)
        if found is None:
            raise BadData(_unknown_label(table, goal, number + 1, cell, model.classes))
        values[number] = found
    return values


def _numeric_label(cell: str, classes: Sequence[str]) -> int | None:
    """Match "1.0" with "1", as spreadsheets write it."""
    if not _is_number(cell):
        return None
    same = [i for i, label in enumerate(classes) if _is_number(label) and float(label) == float(cell)]
    return same[0] if same else None


def _unknown_label(table: Table, goal: str, row: int, cell: str, classes: Sequence[str]) -> str:
    if cell.lower() in _EMPTY:
        return f"{table.path}: the target {goal!r} is empty in row {row}; fill it in or remove the row"
    return (
        f"{table.path}: row {row} has the target {cell!r}, the model knows {_named(classes)}; "
        "rename the label or remove the row"
    )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
