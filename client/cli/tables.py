"""Tables for people: nothing is cut off, long cells go on in the next line."""

from __future__ import annotations

from rich.table import Table


def new_table(*columns: str, title: str = "") -> Table:
    """Return an empty table with these columns."""
    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
