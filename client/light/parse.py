"""Headers, commits and validator sets from the JSON of a node's RPC.

What is read here is not believed; `assay.client.light.verify` decides. Whatever is missing or of another type
is a KeyError, TypeError or ValueError, which `assay.client.rpc.understood` turns into a sentence.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Sequence
from typing import Any, Final

from assay.client.light.header import (
    NANOSECONDS,
    BlockId,
    Commit,
    Header,
    LightBlock,
    Signature,
    Validator,
    ValidatorSet,
)
from assay.client.rpc import unb64
from assay.crypto.accounts import ADDRESS_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_ED25519: Final = "tendermint/PubKeyEd25519"
_FOR_BLOCK, _ABSENT, _FOR_NONE = 2, 1, 3
_NO_TIME: Final = "0001-01-01T00:00:00Z"
_DIGITS: Final = re.compile(r"\d{1,19}", re.ASCII)
_MOST: Final = 1 << 63


def light_block(signed_header: Any, validators: Sequence[Any]) -> LightBlock:
    """Return a block from ``commit``'s `signed_header` and the validators of the same height."""
    return LightBlock(
        header(signed_header["header"]), _commit(signed_header["commit"]), validator_set(validators)
    )


def header(raw: Any) -> Header:
    """Return a header."""
    version = raw["version"]
    return Header(
        block_version=_int64(version["block"]),
        app_version=_int64(version.get("app") or "0"),
        chain_id=_text(raw["chain_id"]),
        height=_int64(raw["height"]),
        time=_moment(raw["time"]),
        last_block_id=_block_id(raw["last_block_id"]),
        last_commit_hash=_hash(raw["last_commit_hash"]),
        data_hash=_hash(raw["data_hash"]),
        validators_hash=_hash(raw["validators_hash"]),
        next_validators_hash=_hash(raw["next_validators_hash"]),
        consensus_hash=_hash(raw["consensus_hash"]),
        app_hash=_hash(raw["app_hash"]),
        last_results_hash=_hash(raw["last_results_hash"]),
        evidence_hash=_hash(raw["evidence_hash"]),
        proposer_address=_hash(raw["proposer_address"]),
    )


def validator_set(raw: Sequence[Any]) -> ValidatorSet:
    """Return validators; their addresses are computed, not read."""
    return ValidatorSet(tuple(_validator(each) for each in raw))


def _validator(raw: Any) -> Validator:
    kind, key = raw["pub_key"]["type"], unb64(raw["pub_key"]["value"])
    if kind != _ED25519 or len(key) != PUBLIC_KEY_BYTES:
        raise ValueError(f"a validator has a key of type {kind!r}, this client knows Ed25519")
    return Validator(key, _int64(raw["voting_power"]))


def _commit(raw: Any) -> Commit:
    return Commit(
        _int64(raw["height"]),
        _int32(raw["round"]),
        _block_id(raw["block_id"]),
        tuple(_signature(each) for each in raw["signatures"]),
    )


def _signature(raw: Any) -> Signature:
    flag, address, signature = (
        _int32(raw["block_id_flag"]),
        _hash(raw["validator_address"]),
        unb64(raw["signature"]),
    )
    if flag == _ABSENT:
        if address or signature or raw["timestamp"] != _NO_TIME:
            raise ValueError("a vote that is absent has something in it")
        return Signature(False, b"", 0, b"")
    if flag not in (_FOR_BLOCK, _FOR_NONE):
        raise ValueError(f"{flag} is no block_id_flag")
    if len(address) != ADDRESS_BYTES or len(signature) != SIGNATURE_BYTES:
        raise ValueError("a vote has no address of 20 bytes, or no signature of 64")
    return Signature(flag == _FOR_BLOCK, address, _moment(raw["timestamp"]), signature)


def _block_id(raw: Any) -> BlockId:
    parts = raw.get("parts") or raw.get("part_set_header") or {}
    return BlockId(_hash(raw["hash"]), _int32(parts.get("total") or 0), _hash(parts.get("hash") or ""))


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"{raw!r} is no text")
    raw.encode()  # JSON can have halves of characters, which nothing can be hashed with
    return raw


def _hash(raw: Any) -> bytes:
    return bytes.fromhex(_text(raw))


def _int64(raw: Any) -> int:
    """Return a number that is not negative, written as a text as CometBFT writes those of 64 bits."""
    if _DIGITS.fullmatch(_text(raw)) is None or int(raw) >= _MOST:
        raise ValueError(f"{raw!r} is no number of 63 bits")
    return int(raw)


def _int32(raw: Any) -> int:
    """Return a number that is not negative, written as such."""
    if type(raw) is not int or not 0 <= raw < 1 << 32:
        raise ValueError(f"{raw!r} is no number of 32 bits")
    return raw


def _moment(raw: Any) -> int:
    """Return a time in nanoseconds since 1970; datetime would cut off the last three digits."""
    match = _MOMENT.fullmatch(_text(raw))
    if match is None:
        raise ValueError(f"{raw!r} is no time in UTC")
    seconds = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    return seconds * NANOSECONDS + int((match[2] or "").ljust(9, "0"))
