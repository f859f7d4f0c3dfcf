"""Tables for people: nothing is cut off, long cells go on in the next line."""

from __future__ import annotations

from collections.abc import Collection

from rich.table import Table


def new_table(*columns: str, title: str = "", right: Collection[str] = ()) -> Table:
    """Return an empty table with these columns, those of `right` with their cells to the right."""
    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in right else "left")
    return table
