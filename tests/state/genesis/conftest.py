"""An app_state of a development chain with two validators, and how to write one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests import founding
from tests.state.conftest import CHAIN_ID, MemoryState

from assay.proto.state_pb2 import Validator
from assay.state.genesis import write_genesis
from assay.state.overlay import Overlay
from assay.state.rules.params import default_params

Write = Callable[..., tuple[Overlay, list[Validator]]]


@pytest.fixture
def app_state(people: list[Any]) -> dict[str, Any]:
    founders = [founding.founder(0), founding.founder(1, 2 * founding.STAKE)]
    return founding.app_state(CHAIN_ID, founders, people, default_params(development=True), 1000)


@pytest.fixture
def write(memory: MemoryState) -> Write:
    """Write a genesis over an empty store; bytes are taken as they are."""

    def run(state: Any, height: int = 1) -> tuple[Overlay, list[Validator]]:
        view = Overlay(memory)
        data = state if isinstance(state, bytes) else json.dumps(state).encode()
        return view, write_genesis(view, CHAIN_ID, data, height)

    return run
