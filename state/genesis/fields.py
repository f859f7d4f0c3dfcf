"""Reading `app_state` strictly: what is missing, superfluous or of another type is refused."""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

from google.protobuf.json_format import Error as JsonError
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from assay.crypto.accounts import AddressError, decode_address
from assay.state import ledger

M = TypeVar("M", bound=Message)

MAX_GENESIS_BYTES: Final = 256 << 20
NEW_CHAIN: Final = frozenset(("accounts", "gen_txs", "params"))
"""Fields of a new chain's app_state."""
CONTINUED_CHAIN: Final = frozenset(("params", "records"))
"""Fields of the app_state of a chain that continues another one."""


class BadGenesis(ValueError):
    """The genesis contradicts itself; the sentence says where and what was expected."""


def parse_app_state(data: bytes) -> dict[str, Any]:
    """Parse `app_state` strictly: no floats, no field twice, no field unknown.

    Raises
    ------
    BadGenesis
        With a sentence.
    """
    if len(data) > MAX_GENESIS_BYTES:
        raise BadGenesis(f"app_state has {len(data)} bytes, at most {MAX_GENESIS_BYTES} are read")
    try:
        value = json.loads(data, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float)
    except BadGenesis:
        raise
    except (ValueError, RecursionError):  # a ValueError is also what a number of thousands of digits gives
        raise BadGenesis("app_state is not JSON, or holds a number too long to be read") from None
    continued = isinstance(value, dict) and "records" in value
    check_fields(value, CONTINUED_CHAIN if continued else NEW_CHAIN, "app_state")
    return dict(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadGenesis("an object of the genesis names a field twice")
    return found


def _no_float(text: str) -> Any:
    raise BadGenesis(f"the genesis holds {text}; amounts are whole numbers of uasy")


def check_fields(value: Any, expected: frozenset[str], where: str) -> None:
    """Refuse what is no object with exactly these fields."""
    if not isinstance(value, dict) or set(value) != expected:
        raise BadGenesis(f"{where} must be an object with exactly the fields {', '.join(sorted(expected))}")


def as_list(value: Any, where: str) -> list[Any]:
    """Return a list; refuse anything else."""
    if not isinstance(value, list):
        raise BadGenesis(f"{where} must be a list")
    return value


def as_amount(value: Any, where: str) -> int:
    """Return an amount of uasy, given as a number or its digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is not int or not 0 <= value <= ledger.MAX_SUPPLY:
        raise BadGenesis(f"{where} must be a whole number of uasy from 0 to {ledger.MAX_SUPPLY}")
    return value


def as_address(value: Any, where: str) -> bytes:
    """Return the 20 bytes of an address."""
    try:
        return decode_address(value if isinstance(value, str) else "")
    except AddressError as error:
        raise BadGenesis(f"{where}: {error}") from None


def as_message(value: Any, kind: type[M], where: str) -> M:
    """Return a message given in protobuf's JSON."""
    if not isinstance(value, dict):
        raise BadGenesis(f"{where} must be an object")
    try:
        return ParseDict(value, kind())
    except (JsonError, ValueError, TypeError, AttributeError, RecursionError):
        raise BadGenesis(f"{where} has an unknown field or a value of the wrong type") from None
