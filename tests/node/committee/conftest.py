"""Fixtures for the committee's part of a node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.node.committee.nodes import Nodes, Run

from assay.node.workers.pool import WorkerPool


@pytest.fixture(scope="package")
def run() -> Iterator[Run[Any]]:
    """Run a coroutine on a loop that lives as long as the pool does."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="package")
def pool(run: Run[Any]) -> Iterator[WorkerPool]:
    """One real worker process for all tests here."""
    made = WorkerPool()
    run(made.start())
    yield made
    run(made.close())


@pytest.fixture
def nodes(run: Run[Any], pool: WorkerPool, tmp_path: Path) -> Iterator[Callable[..., Nodes]]:
    """Make the nodes of a committee."""
    made: list[Nodes] = []

    def make(seats: int = 1, **params: Any) -> Nodes:
        made.append(Nodes(run, pool, tmp_path / str(len(made)), seats, **params))
        return made[-1]

    yield make
    for group in made:
        for node in group.nodes:
            run(node.runtime.close())
