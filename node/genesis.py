"""``genesis.json``: what all nodes of a chain begin with."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from assay.node.home import Home, HomeError
from assay.node.settings import template

_CHAIN_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
"""CometBFT allows 50 characters; lower case and no spaces spare people mistakes."""


@dataclass(frozen=True)
class GenesisValidator:
    """A validator of the first block.

    Attributes
    ----------
    public_key
        Ed25519, 32 bytes.
    power
        Voting power, positive.
    name
        For people.
    """

    public_key: bytes
    power: int = 10
    name: str = ""

    @property
    def address(self) -> bytes:
        """The first 20 bytes of SHA-256 of the public key."""
        return hashlib.sha256(self.public_key).digest()[:20]

    def document(self) -> dict[str, Any]:
        """Return the entry of ``genesis.json``."""
        value = base64.b64encode(self.public_key).decode()
        return {
            "address": self.address.hex().upper(),
            "pub_key": {"type": "tendermint/PubKeyEd25519", "value": value},
            "power": str(self.power),
            "name": self.name,
        }


def genesis_document(
    chain_id: str,
    validators: Sequence[GenesisValidator],
    app_state: Mapping[str, Any],
    time: datetime | None = None,
) -> dict[str, Any]:
    """Return a chain's genesis document.

    Parameters
    ----------
    chain_id
        The chain's name; part of everything that is signed.
    validators
        At least one.
    app_state
        The application's own part.
    time
        When the first block may be made; now by default.

    Raises
    ------
    ValueError
        If the chain id or the validators cannot be used.
    """
    if not _CHAIN_ID.fullmatch(chain_id):
        raise ValueError(
            f"{chain_id!r} cannot be a chain id: use up to 50 lower-case letters, digits, '.', '_' and '-', "
            "beginning with a letter or digit"
        )
    if not validators or any(each.power < 1 or len(each.public_key) != 32 for each in validators):
        raise ValueError("a chain needs at least one validator; each has a 32-byte key and positive power")
    if len({each.address for each in validators}) != len(validators):
        raise ValueError("two validators of the genesis have the same key")
    moment = (time or datetime.now(UTC)).astimezone(UTC)
    return {
        "genesis_time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "chain_id": chain_id,
        "initial_height": "1",
        "consensus_params": _as_texts(tomllib.loads(template("genesis.toml"))),
        "validators": [each.document() for each in validators],
        "app_hash": "",
        "app_state": dict(app_state),
    }


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
