from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BondStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOND_STATUS_UNSPECIFIED: _ClassVar[BondStatus]
    BOND_STATUS_UNBONDED: _ClassVar[BondStatus]
    BOND_STATUS_UNBONDING: _ClassVar[BondStatus]
    BOND_STATUS_BONDED: _ClassVar[BondStatus]

class SlashReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SLASH_REASON_UNSPECIFIED: _ClassVar[SlashReason]
    SLASH_REASON_DOUBLE_SIGN: _ClassVar[SlashReason]
    SLASH_REASON_DOWNTIME: _ClassVar[SlashReason]
    SLASH_REASON_COMMITTEE_FAULT: _ClassVar[SlashReason]
    SLASH_REASON_COMMITTEE_SILENCE: _ClassVar[SlashReason]
BOND_STATUS_UNSPECIFIED: BondStatus
BOND_STATUS_UNBONDED: BondStatus
BOND_STATUS_UNBONDING: BondStatus
BOND_STATUS_BONDED: BondStatus
SLASH_REASON_UNSPECIFIED: SlashReason
SLASH_REASON_DOUBLE_SIGN: SlashReason
SLASH_REASON_DOWNTIME: SlashReason
SLASH_REASON_COMMITTEE_FAULT: SlashReason
SLASH_REASON_COMMITTEE_SILENCE: SlashReason

class Description(_message.Message):
    __slots__ = ("moniker", "identity", "website", "security_contact", "details")
    MONIKER_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    WEBSITE_FIELD_NUMBER: _ClassVar[int]
    SECURITY_CONTACT_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    moniker: str
    identity: str
    website: str
    security_contact: str
    details: str
    def __init__(self, moniker: _Optional[str] = ..., identity: _Optional[str] = ..., website: _Optional[str] = ..., security_contact: _Optional[str] = ..., details: _Optional[str] = ...) -> None: ...

class Commission(_message.Message):
    __slots__ = ("rate", "max_rate", "max_change", "changed")
    RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_CHANGE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    rate: int
    max_rate: int
    max_change: int
    changed: int
    def __init__(self, rate: _Optional[int] = ..., max_rate: _Optional[int] = ..., max_change: _Optional[int] = ..., changed: _Optional[int] = ...) -> None: ...

class ValidatorRecord(_message.Message):
    __slots__ = ("operator", "public_key", "committee_key", "description", "commission", "min_self_delegation", "tokens", "shares", "status", "jailed", "created", "unbonding_height", "unbonding_end", "bonded_height")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_KEY_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    COMMISSION_FIELD_NUMBER: _ClassVar[int]
    MIN_SELF_DELEGATION_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    JAILED_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UNBONDING_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    UNBONDING_END_FIELD_NUMBER: _ClassVar[int]
    BONDED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    operator: bytes
    public_key: bytes
    committee_key: bytes
    description: Description
    commission: Commission
    min_self_delegation: int
    tokens: int
    shares: bytes
    status: BondStatus
    jailed: bool
    created: int
    unbonding_height: int
    unbonding_end: int
    bonded_height: int
    def __init__(self, operator: _Optional[bytes] = ..., public_key: _Optional[bytes] = ..., committee_key: _Optional[bytes] = ..., description: _Optional[_Union[Description, _Mapping]] = ..., commission: _Optional[_Union[Commission, _Mapping]] = ..., min_self_delegation: _Optional[int] = ..., tokens: _Optional[int] = ..., shares: _Optional[bytes] = ..., status: _Optional[_Union[BondStatus, str]] = ..., jailed: bool = ..., created: _Optional[int] = ..., unbonding_height: _Optional[int] = ..., unbonding_end: _Optional[int] = ..., bonded_height: _Optional[int] = ...) -> None: ...

class Delegation(_message.Message):
    __slots__ = ("delegator", "validator", "shares", "reward_start")
    DELEGATOR_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    REWARD_START_FIELD_NUMBER: _ClassVar[int]
    delegator: bytes
    validator: bytes
    shares: bytes
    reward_start: bytes
    def __init__(self, delegator: _Optional[bytes] = ..., validator: _Optional[bytes] = ..., shares: _Optional[bytes] = ..., reward_start: _Optional[bytes] = ...) -> None: ...

class UnbondingEntry(_message.Message):
    __slots__ = ("id", "delegator", "validator", "created", "completes", "initial", "balance")
    ID_FIELD_NUMBER: _ClassVar[int]
    DELEGATOR_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    COMPLETES_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    id: int
    delegator: bytes
    validator: bytes
    created: int
    completes: int
    initial: int
    balance: int
    def __init__(self, id: _Optional[int] = ..., delegator: _Optional[bytes] = ..., validator: _Optional[bytes] = ..., created: _Optional[int] = ..., completes: _Optional[int] = ..., initial: _Optional[int] = ..., balance: _Optional[int] = ...) -> None: ...

class RedelegationEntry(_message.Message):
    __slots__ = ("id", "delegator", "source", "target", "created", "completes", "initial", "shares")
    ID_FIELD_NUMBER: _ClassVar[int]
    DELEGATOR_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    COMPLETES_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    id: int
    delegator: bytes
    source: bytes
    target: bytes
    created: int
    completes: int
    initial: int
    shares: bytes
    def __init__(self, id: _Optional[int] = ..., delegator: _Optional[bytes] = ..., source: _Optional[bytes] = ..., target: _Optional[bytes] = ..., created: _Optional[int] = ..., completes: _Optional[int] = ..., initial: _Optional[int] = ..., shares: _Optional[bytes] = ...) -> None: ...

class ValidatorRewards(_message.Message):
    __slots__ = ("per_share", "outstanding", "commission")
    PER_SHARE_FIELD_NUMBER: _ClassVar[int]
    OUTSTANDING_FIELD_NUMBER: _ClassVar[int]
    COMMISSION_FIELD_NUMBER: _ClassVar[int]
    per_share: bytes
    outstanding: int
    commission: int
    def __init__(self, per_share: _Optional[bytes] = ..., outstanding: _Optional[int] = ..., commission: _Optional[int] = ...) -> None: ...

class CommunityPool(_message.Message):
    __slots__ = ("amount",)
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    amount: int
    def __init__(self, amount: _Optional[int] = ...) -> None: ...

class WithdrawAddress(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    def __init__(self, address: _Optional[bytes] = ...) -> None: ...

class SigningInfo(_message.Message):
    __slots__ = ("address", "start_height", "missed", "bitmap", "jailed_until", "tombstoned")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    START_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    BITMAP_FIELD_NUMBER: _ClassVar[int]
    JAILED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    TOMBSTONED_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    start_height: int
    missed: int
    bitmap: bytes
    jailed_until: int
    tombstoned: bool
    def __init__(self, address: _Optional[bytes] = ..., start_height: _Optional[int] = ..., missed: _Optional[int] = ..., bitmap: _Optional[bytes] = ..., jailed_until: _Optional[int] = ..., tombstoned: bool = ...) -> None: ...

class SlashRecord(_message.Message):
    __slots__ = ("id", "validator", "height", "infraction_height", "reason", "fraction", "burned", "from_unbonding", "from_redelegation", "key_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    INFRACTION_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    BURNED_FIELD_NUMBER: _ClassVar[int]
    FROM_UNBONDING_FIELD_NUMBER: _ClassVar[int]
    FROM_REDELEGATION_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    validator: bytes
    height: int
    infraction_height: int
    reason: SlashReason
    fraction: int
    burned: int
    from_unbonding: int
    from_redelegation: int
    key_id: int
    def __init__(self, id: _Optional[int] = ..., validator: _Optional[bytes] = ..., height: _Optional[int] = ..., infraction_height: _Optional[int] = ..., reason: _Optional[_Union[SlashReason, str]] = ..., fraction: _Optional[int] = ..., burned: _Optional[int] = ..., from_unbonding: _Optional[int] = ..., from_redelegation: _Optional[int] = ..., key_id: _Optional[int] = ...) -> None: ...

class SlashUnderWay(_message.Message):
    __slots__ = ("slash", "left", "next_unbonding", "next_redelegation")
    SLASH_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    NEXT_UNBONDING_FIELD_NUMBER: _ClassVar[int]
    NEXT_REDELEGATION_FIELD_NUMBER: _ClassVar[int]
    slash: SlashRecord
    left: int
    next_unbonding: int
    next_redelegation: int
    def __init__(self, slash: _Optional[_Union[SlashRecord, _Mapping]] = ..., left: _Optional[int] = ..., next_unbonding: _Optional[int] = ..., next_redelegation: _Optional[int] = ...) -> None: ...

class SlashQueue(_message.Message):
    __slots__ = ("slashes", "asked")
    SLASHES_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    slashes: _containers.RepeatedCompositeFieldContainer[SlashUnderWay]
    asked: int
    def __init__(self, slashes: _Optional[_Iterable[_Union[SlashUnderWay, _Mapping]]] = ..., asked: _Optional[int] = ...) -> None: ...
