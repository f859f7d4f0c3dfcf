"""One node with a real committee of one for all tests of a file, and a model on it for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.client.devnode import DevNode, running
from tests.client.rounds.stage import Stage, make_stage

from assay.client import Client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, DevNode]]:
    with running(tmp_path_factory.mktemp("node") / "store", committee=True) as (url, node):
        yield url, node


@pytest.fixture
async def client(served: tuple[str, DevNode]) -> AsyncIterator[Client]:
    async with Client(served[0]) as found:
        yield found


@pytest.fixture
async def stage(client: Client, tmp_path: Path) -> Stage:
    return await make_stage(client, tmp_path)
