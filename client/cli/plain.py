"""Records as plain values: addresses as text, hashes as hex, scalars in decimal, enums as words.

Scalars and shares have more digits than the numbers of most JSON readers, so they are strings.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.message import Message

from assay.crypto.accounts import encode_address
from assay.state.rules import scalars
from assay.state.rules.shares import decode_whole

_ADDRESSES: Final = frozenset(("owner", "sender", "operator", "recipient", "delegator", "source", "target"))
# A validator is named by its operator where stake is meant, by its consensus address elsewhere.
_ACCOUNTS: Final = frozenset(
    f"assay.v1.{name}"
    for name in (
        "Delegation.validator",
        "MsgCancelUnbonding.validator",
        "MsgDelegate.validator",
        "MsgSetWithdrawAddress.address",
        "MsgUndelegate.validator",
        "MsgWithdrawReward.validator",
        "SlashRecord.validator",
        "UnbondingEntry.validator",
        "WithdrawAddress.address",
    )
)
_WHOLE: Final = frozenset(
    f"assay.v1.{name}"
    for name in (
        "Delegation.reward_start",
        "Delegation.shares",
        "RedelegationEntry.shares",
        "ValidatorRecord.shares",
        "ValidatorRewards.per_share",
    )
)
_SCALARS: Final = frozenset(
    ("lengths", "norm", "alignment", "aggregate", "reference_norm", "reference_lengths", "constant")
)


def to_plain(message: Message) -> dict[str, Any]:
    """Return a message's fields, defaults included, in the order of their numbers."""
    return {field.name: _field(field, getattr(message, field.name)) for field in message.DESCRIPTOR.fields}


def _field(field: Any, value: Any) -> Any:
    if field.is_repeated:
        return [_single(field, item) for item in value]
    return _single(field, value)


def _single(field: Any, value: Any) -> Any:
    if isinstance(value, Message):
        return to_plain(value)
    if isinstance(value, bytes):
        return _bytes(field, value)
    if field.enum_type is not None:
        return _word(field, value)
    return value


def _bytes(field: Any, value: bytes) -> Any:
    if value and (field.name in _ADDRESSES or field.full_name in _ACCOUNTS):
        return encode_address(value)
    if field.full_name in _WHOLE:
        return str(decode_whole(value))
    if field.name in _SCALARS:
        return str(scalars.decode(value)) if value else None
    return value.hex()


def _word(field: Any, value: int) -> str | None:
    """Return ``ready`` for KEY_STATUS_READY: the value's name without the enum's; None for UNSPECIFIED."""
    names = field.enum_type.values_by_number
    if value not in names:
        return str(value)
    if not value:
        return None
    prefix = names[0].name.removesuffix("UNSPECIFIED")
    return str(names[value].name.removeprefix(prefix).lower())
