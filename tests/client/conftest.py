"""A node for each test that asks for one, and one for all that only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.devnode import DevNode, running


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, DevNode]]:
    with running(tmp_path / "store") as (url, node):
        yield url, node


@pytest.fixture
def url(served: tuple[str, DevNode]) -> str:
    return served[0]


@pytest.fixture
def node(served: tuple[str, DevNode]) -> DevNode:
    return served[1]
