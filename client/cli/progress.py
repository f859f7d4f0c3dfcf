"""Progress for people while something long goes on; nothing when the output is JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assay.client.cli.session import Session


def _nothing(_text: str) -> None:
    """Take a sentence and print nothing."""


@contextmanager
def steps(session: Session, total: int) -> Iterator[Callable[[str], None]]:
    """Yield a function that takes a sentence and moves the bar on by one step.

    On a terminal the bar moves; elsewhere each sentence is a line of its own.
    """
    if session.output == "json":
        yield _nothing
        return
    if not session.err.is_terminal:
        yield session.note
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=session.err, transient=True) as progress:
        task = progress.add_task("", total=total)

        def move(text: str) -> None:
            session.note(text)
            progress.update(task, description=text, advance=1)

        yield move
