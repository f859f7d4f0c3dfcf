"""``genesis.json``: what all nodes of a chain begin with."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from assay.node.home import Home, HomeError
from assay.node.settings import template

_CHAIN_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
"""CometBFT allows 50 characters; lower case and no spaces spare people mistakes."""


def genesis_document(
    chain_id: str,
    app_state: Mapping[str, Any],
    time: datetime | None = None,
    initial_height: int = 1,
) -> dict[str, Any]:
    """Return a chain's genesis document.

    It has no list of validators: those of the first block follow from `app_state`.

    Parameters
    ----------
    chain_id
        The chain's name; part of everything that is signed.
    app_state
        The application's own part.
    time
        When the first block may be made; now by default.
    initial_height
        Height of the first block.

    Raises
    ------
    ValueError
        If the chain id cannot be used.
    """
    if not _CHAIN_ID.fullmatch(chain_id):
        raise ValueError(
            f"{chain_id!r} cannot be a chain id: use up to 50 lower-case letters, digits, '.', '_' and '-', "
            "beginning with a letter or digit"
        )
    moment = (time or datetime.now(UTC)).astimezone(UTC)
    return {
        "genesis_time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "chain_id": chain_id,
        "initial_height": str(initial_height),
        "consensus_params": consensus_params(initial_height),
        "app_hash": "",
        "app_state": dict(app_state),
    }


def consensus_params(initial_height: int) -> dict[str, Any]:
    """Return a new chain's consensus parameters, by CometBFT's names."""
    values = tomllib.loads(template("genesis.toml"))
    values["abci"]["vote_extensions_enable_height"] = initial_height
    found: dict[str, Any] = _as_texts(values)
    return found


def write_genesis(home: Home, document: Mapping[str, Any]) -> None:
    """Write a genesis document into a home; every node of a chain must be given the same one."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        home.genesis_file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HomeError(f"cannot write {home.genesis_file}: {error}") from error


def _as_texts(value: Any) -> Any:
    """Write whole numbers as texts, as CometBFT's JSON wants 64-bit numbers."""
    if isinstance(value, dict):
        return {name: _as_texts(each) for name, each in value.items()}
    return str(value) if type(value) is int else value
