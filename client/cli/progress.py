"""Progress for people while something long goes on; nothing when the output is JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from assay.client.cli.session import Session
from assay.client.progress import shown


def _nothing(_text: str) -> None:
    """Take a sentence and print nothing."""


@contextmanager
def steps(session: Session) -> Iterator[Callable[[str], None]]:
    """Yield a function that takes a sentence about the step that begins now.

    Each sentence is a line of its own. On a terminal a bar below shows how far
    the step is, by `assay.client.progress`: it runs to and fro while that is
    not known.
    """
    if session.output == "json":
        yield _nothing
        return
    if not session.err.is_terminal:
        yield session.note
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as progress:
        task = progress.add_task("", total=None)

        def step(text: str) -> None:
            session.note(text)
            progress.reset(task, description=text, total=None)

        def meter(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, refresh=True)

        with shown(meter):
            yield step
