"""Validators on the command line: how they are named, and what is said of them in a word or two."""

from __future__ import annotations

from typing import Final

import click

from assay.client.cli.parameters import key_names
from assay.client.cli.session import Session
from assay.client.client import Client
from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import BOND_STATUS_BONDED, BOND_STATUS_UNBONDING, ValidatorRecord

_CONSENSUS_DIGITS: Final = 40

validator_argument = click.argument("validator", shell_complete=key_names)
"""An operator's address, the name of its key, or a consensus address in hexadecimal."""


async def operator(session: Session, client: Client, text: str) -> bytes:
    """Return the operator of the validator that a text names, whether or not there is one."""
    if len(text) == _CONSENSUS_DIGITS:
        try:
            return await client.staking.operator_of(bytes.fromhex(text))
        except ValueError:
            pass
    return session.address(text)


def label(record: ValidatorRecord) -> str:
    """Return a validator's moniker and its operator's address."""
    return f"{record.description.moniker} ({encode_address(record.operator)})"


def is_bonded(record: ValidatorRecord) -> bool:
    """Tell whether a validator is in the set."""
    return record.status == BOND_STATUS_BONDED


def status_word(record: ValidatorRecord) -> str:
    """Say whether a validator is in the set, and whether it is jailed."""
    words = {BOND_STATUS_BONDED: "bonded", BOND_STATUS_UNBONDING: f"unbonding until {record.unbonding_end}"}
    return words.get(record.status, "unbonded") + (", jailed" if record.jailed else "")
