from assay.proto import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Preset(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESET_UNSPECIFIED: _ClassVar[Preset]
    PRESET_STANDARD: _ClassVar[Preset]
    PRESET_SMALL: _ClassVar[Preset]

class FaultKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAULT_KIND_UNSPECIFIED: _ClassVar[FaultKind]
    FAULT_KIND_SILENT_CEREMONY: _ClassVar[FaultKind]
    FAULT_KIND_FALSE_COMPLAINT: _ClassVar[FaultKind]
    FAULT_KIND_BAD_SEEDS: _ClassVar[FaultKind]
    FAULT_KIND_WRONG_KEY_SHARE: _ClassVar[FaultKind]
    FAULT_KIND_WRONG_SCORE_SHARE: _ClassVar[FaultKind]
    FAULT_KIND_WRONG_RELEASE_SHARE: _ClassVar[FaultKind]
    FAULT_KIND_SILENT_RELEASE: _ClassVar[FaultKind]

class KeyStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_STATUS_UNSPECIFIED: _ClassVar[KeyStatus]
    KEY_STATUS_JOINING: _ClassVar[KeyStatus]
    KEY_STATUS_SEEDING: _ClassVar[KeyStatus]
    KEY_STATUS_PUBLIC_KEY: _ClassVar[KeyStatus]
    KEY_STATUS_RELIN_KEY: _ClassVar[KeyStatus]
    KEY_STATUS_SELF_TEST: _ClassVar[KeyStatus]
    KEY_STATUS_READY: _ClassVar[KeyStatus]
    KEY_STATUS_TAKEN: _ClassVar[KeyStatus]
    KEY_STATUS_RETIRED: _ClassVar[KeyStatus]
    KEY_STATUS_FAILED: _ClassVar[KeyStatus]
    KEY_STATUS_CHECKING: _ClassVar[KeyStatus]
    KEY_STATUS_ANSWERING: _ClassVar[KeyStatus]
    KEY_STATUS_OPENING: _ClassVar[KeyStatus]
    KEY_STATUS_JUDGING: _ClassVar[KeyStatus]

class RoundStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROUND_STATUS_UNSPECIFIED: _ClassVar[RoundStatus]
    ROUND_STATUS_PENDING: _ClassVar[RoundStatus]
    ROUND_STATUS_OPEN: _ClassVar[RoundStatus]
    ROUND_STATUS_REVEAL: _ClassVar[RoundStatus]
    ROUND_STATUS_SCORING: _ClassVar[RoundStatus]
    ROUND_STATUS_SETTLED: _ClassVar[RoundStatus]
    ROUND_STATUS_REFUNDED: _ClassVar[RoundStatus]
    ROUND_STATUS_EXPIRED: _ClassVar[RoundStatus]
    ROUND_STATUS_CANCELLED: _ClassVar[RoundStatus]

class ScoringStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCORING_STAGE_UNSPECIFIED: _ClassVar[ScoringStage]
    SCORING_STAGE_COIN: _ClassVar[ScoringStage]
    SCORING_STAGE_LENGTH: _ClassVar[ScoringStage]
    SCORING_STAGE_NORM: _ClassVar[ScoringStage]
    SCORING_STAGE_ALIGNMENT: _ClassVar[ScoringStage]
    SCORING_STAGE_AGGREGATE: _ClassVar[ScoringStage]

class ContributionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTRIBUTION_STATUS_UNSPECIFIED: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_COMMITTED: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_REVEALED: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_REJECTED_LENGTH: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_REJECTED_NORM: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_REJECTED_ALIGNMENT: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_REJECTED_AGGREGATE: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_ACCEPTED: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_PAID: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_BELOW_RESERVE: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_UNPAID: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_NOT_REVEALED: _ClassVar[ContributionStatus]
    CONTRIBUTION_STATUS_RETURNED: _ClassVar[ContributionStatus]

class OpeningKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPENING_KIND_UNSPECIFIED: _ClassVar[OpeningKind]
    OPENING_KIND_SELF_TEST: _ClassVar[OpeningKind]
    OPENING_KIND_COIN: _ClassVar[OpeningKind]
    OPENING_KIND_LENGTH: _ClassVar[OpeningKind]
    OPENING_KIND_NORM: _ClassVar[OpeningKind]
    OPENING_KIND_ALIGNMENT: _ClassVar[OpeningKind]
    OPENING_KIND_AGGREGATE: _ClassVar[OpeningKind]
PRESET_UNSPECIFIED: Preset
PRESET_STANDARD: Preset
PRESET_SMALL: Preset
FAULT_KIND_UNSPECIFIED: FaultKind
FAULT_KIND_SILENT_CEREMONY: FaultKind
FAULT_KIND_FALSE_COMPLAINT: FaultKind
FAULT_KIND_BAD_SEEDS: FaultKind
FAULT_KIND_WRONG_KEY_SHARE: FaultKind
FAULT_KIND_WRONG_SCORE_SHARE: FaultKind
FAULT_KIND_WRONG_RELEASE_SHARE: FaultKind
FAULT_KIND_SILENT_RELEASE: FaultKind
KEY_STATUS_UNSPECIFIED: KeyStatus
KEY_STATUS_JOINING: KeyStatus
KEY_STATUS_SEEDING: KeyStatus
KEY_STATUS_PUBLIC_KEY: KeyStatus
KEY_STATUS_RELIN_KEY: KeyStatus
KEY_STATUS_SELF_TEST: KeyStatus
KEY_STATUS_READY: KeyStatus
KEY_STATUS_TAKEN: KeyStatus
KEY_STATUS_RETIRED: KeyStatus
KEY_STATUS_FAILED: KeyStatus
KEY_STATUS_CHECKING: KeyStatus
KEY_STATUS_ANSWERING: KeyStatus
KEY_STATUS_OPENING: KeyStatus
KEY_STATUS_JUDGING: KeyStatus
ROUND_STATUS_UNSPECIFIED: RoundStatus
ROUND_STATUS_PENDING: RoundStatus
ROUND_STATUS_OPEN: RoundStatus
ROUND_STATUS_REVEAL: RoundStatus
ROUND_STATUS_SCORING: RoundStatus
ROUND_STATUS_SETTLED: RoundStatus
ROUND_STATUS_REFUNDED: RoundStatus
ROUND_STATUS_EXPIRED: RoundStatus
ROUND_STATUS_CANCELLED: RoundStatus
SCORING_STAGE_UNSPECIFIED: ScoringStage
SCORING_STAGE_COIN: ScoringStage
SCORING_STAGE_LENGTH: ScoringStage
SCORING_STAGE_NORM: ScoringStage
SCORING_STAGE_ALIGNMENT: ScoringStage
SCORING_STAGE_AGGREGATE: ScoringStage
CONTRIBUTION_STATUS_UNSPECIFIED: ContributionStatus
CONTRIBUTION_STATUS_COMMITTED: ContributionStatus
CONTRIBUTION_STATUS_REVEALED: ContributionStatus
CONTRIBUTION_STATUS_REJECTED_LENGTH: ContributionStatus
CONTRIBUTION_STATUS_REJECTED_NORM: ContributionStatus
CONTRIBUTION_STATUS_REJECTED_ALIGNMENT: ContributionStatus
CONTRIBUTION_STATUS_REJECTED_AGGREGATE: ContributionStatus
CONTRIBUTION_STATUS_ACCEPTED: ContributionStatus
CONTRIBUTION_STATUS_PAID: ContributionStatus
CONTRIBUTION_STATUS_BELOW_RESERVE: ContributionStatus
CONTRIBUTION_STATUS_UNPAID: ContributionStatus
CONTRIBUTION_STATUS_NOT_REVEALED: ContributionStatus
CONTRIBUTION_STATUS_RETURNED: ContributionStatus
OPENING_KIND_UNSPECIFIED: OpeningKind
OPENING_KIND_SELF_TEST: OpeningKind
OPENING_KIND_COIN: OpeningKind
OPENING_KIND_LENGTH: OpeningKind
OPENING_KIND_NORM: OpeningKind
OPENING_KIND_ALIGNMENT: OpeningKind
OPENING_KIND_AGGREGATE: OpeningKind

class Account(_message.Message):
    __slots__ = ("sequence", "balance")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    balance: int
    def __init__(self, sequence: _Optional[int] = ..., balance: _Optional[int] = ...) -> None: ...

class Supply(_message.Message):
    __slots__ = ("total", "burned")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    BURNED_FIELD_NUMBER: _ClassVar[int]
    total: int
    burned: int
    def __init__(self, total: _Optional[int] = ..., burned: _Optional[int] = ...) -> None: ...

class Params(_message.Message):
    __slots__ = ("development", "preset", "gas_price", "max_block_bytes", "max_block_gas", "max_tx_bytes", "max_messages", "min_committee", "key_pool", "ceremony_window", "committee_block_bytes", "scoring_block_work", "min_contributors", "max_contributors", "max_ciphertexts", "min_bounty", "min_deposit", "min_scoring_fee", "max_window", "release_window", "absence_window", "unbonding_period", "max_validators", "power_reduction", "min_self_delegation", "max_entries", "min_seat_stake", "inflation", "blocks_per_year", "community_tax", "base_proposer_reward", "bonus_proposer_reward", "committee_share", "signed_blocks_window", "min_signed", "downtime_jail", "committee_jail", "slash_double_sign", "slash_downtime", "slash_committee_fault", "slash_committee_silence", "slash_block_entries", "state_version", "upgrade_version", "upgrade_height", "upgrade_notice")
    DEVELOPMENT_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    GAS_PRICE_FIELD_NUMBER: _ClassVar[int]
    MAX_BLOCK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_BLOCK_GAS_FIELD_NUMBER: _ClassVar[int]
    MAX_TX_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    MIN_COMMITTEE_FIELD_NUMBER: _ClassVar[int]
    KEY_POOL_FIELD_NUMBER: _ClassVar[int]
    CEREMONY_WINDOW_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_BLOCK_BYTES_FIELD_NUMBER: _ClassVar[int]
    SCORING_BLOCK_WORK_FIELD_NUMBER: _ClassVar[int]
    MIN_CONTRIBUTORS_FIELD_NUMBER: _ClassVar[int]
    MAX_CONTRIBUTORS_FIELD_NUMBER: _ClassVar[int]
    MAX_CIPHERTEXTS_FIELD_NUMBER: _ClassVar[int]
    MIN_BOUNTY_FIELD_NUMBER: _ClassVar[int]
    MIN_DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    MIN_SCORING_FEE_FIELD_NUMBER: _ClassVar[int]
    MAX_WINDOW_FIELD_NUMBER: _ClassVar[int]
    RELEASE_WINDOW_FIELD_NUMBER: _ClassVar[int]
    ABSENCE_WINDOW_FIELD_NUMBER: _ClassVar[int]
    UNBONDING_PERIOD_FIELD_NUMBER: _ClassVar[int]
    MAX_VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    POWER_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    MIN_SELF_DELEGATION_FIELD_NUMBER: _ClassVar[int]
    MAX_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    MIN_SEAT_STAKE_FIELD_NUMBER: _ClassVar[int]
    INFLATION_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_PER_YEAR_FIELD_NUMBER: _ClassVar[int]
    COMMUNITY_TAX_FIELD_NUMBER: _ClassVar[int]
    BASE_PROPOSER_REWARD_FIELD_NUMBER: _ClassVar[int]
    BONUS_PROPOSER_REWARD_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_SHARE_FIELD_NUMBER: _ClassVar[int]
    SIGNED_BLOCKS_WINDOW_FIELD_NUMBER: _ClassVar[int]
    MIN_SIGNED_FIELD_NUMBER: _ClassVar[int]
    DOWNTIME_JAIL_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_JAIL_FIELD_NUMBER: _ClassVar[int]
    SLASH_DOUBLE_SIGN_FIELD_NUMBER: _ClassVar[int]
    SLASH_DOWNTIME_FIELD_NUMBER: _ClassVar[int]
    SLASH_COMMITTEE_FAULT_FIELD_NUMBER: _ClassVar[int]
    SLASH_COMMITTEE_SILENCE_FIELD_NUMBER: _ClassVar[int]
    SLASH_BLOCK_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    STATE_VERSION_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_VERSION_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_NOTICE_FIELD_NUMBER: _ClassVar[int]
    development: bool
    preset: Preset
    gas_price: int
    max_block_bytes: int
    max_block_gas: int
    max_tx_bytes: int
    max_messages: int
    min_committee: int
    key_pool: int
    ceremony_window: int
    committee_block_bytes: int
    scoring_block_work: int
    min_contributors: int
    max_contributors: int
    max_ciphertexts: int
    min_bounty: int
    min_deposit: int
    min_scoring_fee: int
    max_window: int
    release_window: int
    absence_window: int
    unbonding_period: int
    max_validators: int
    power_reduction: int
    min_self_delegation: int
    max_entries: int
    min_seat_stake: int
    inflation: int
    blocks_per_year: int
    community_tax: int
    base_proposer_reward: int
    bonus_proposer_reward: int
    committee_share: int
    signed_blocks_window: int
    min_signed: int
    downtime_jail: int
    committee_jail: int
    slash_double_sign: int
    slash_downtime: int
    slash_committee_fault: int
    slash_committee_silence: int
    slash_block_entries: int
    state_version: int
    upgrade_version: int
    upgrade_height: int
    upgrade_notice: int
    def __init__(self, development: bool = ..., preset: _Optional[_Union[Preset, str]] = ..., gas_price: _Optional[int] = ..., max_block_bytes: _Optional[int] = ..., max_block_gas: _Optional[int] = ..., max_tx_bytes: _Optional[int] = ..., max_messages: _Optional[int] = ..., min_committee: _Optional[int] = ..., key_pool: _Optional[int] = ..., ceremony_window: _Optional[int] = ..., committee_block_bytes: _Optional[int] = ..., scoring_block_work: _Optional[int] = ..., min_contributors: _Optional[int] = ..., max_contributors: _Optional[int] = ..., max_ciphertexts: _Optional[int] = ..., min_bounty: _Optional[int] = ..., min_deposit: _Optional[int] = ..., min_scoring_fee: _Optional[int] = ..., max_window: _Optional[int] = ..., release_window: _Optional[int] = ..., absence_window: _Optional[int] = ..., unbonding_period: _Optional[int] = ..., max_validators: _Optional[int] = ..., power_reduction: _Optional[int] = ..., min_self_delegation: _Optional[int] = ..., max_entries: _Optional[int] = ..., min_seat_stake: _Optional[int] = ..., inflation: _Optional[int] = ..., blocks_per_year: _Optional[int] = ..., community_tax: _Optional[int] = ..., base_proposer_reward: _Optional[int] = ..., bonus_proposer_reward: _Optional[int] = ..., committee_share: _Optional[int] = ..., signed_blocks_window: _Optional[int] = ..., min_signed: _Optional[int] = ..., downtime_jail: _Optional[int] = ..., committee_jail: _Optional[int] = ..., slash_double_sign: _Optional[int] = ..., slash_downtime: _Optional[int] = ..., slash_committee_fault: _Optional[int] = ..., slash_committee_silence: _Optional[int] = ..., slash_block_entries: _Optional[int] = ..., state_version: _Optional[int] = ..., upgrade_version: _Optional[int] = ..., upgrade_height: _Optional[int] = ..., upgrade_notice: _Optional[int] = ...) -> None: ...

class UpgradeSignal(_message.Message):
    __slots__ = ("operator", "version", "height")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    operator: bytes
    version: int
    height: int
    def __init__(self, operator: _Optional[bytes] = ..., version: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Counters(_message.Message):
    __slots__ = ("next_key", "next_round", "next_opening", "next_job", "next_unbonding", "next_slash")
    NEXT_KEY_FIELD_NUMBER: _ClassVar[int]
    NEXT_ROUND_FIELD_NUMBER: _ClassVar[int]
    NEXT_OPENING_FIELD_NUMBER: _ClassVar[int]
    NEXT_JOB_FIELD_NUMBER: _ClassVar[int]
    NEXT_UNBONDING_FIELD_NUMBER: _ClassVar[int]
    NEXT_SLASH_FIELD_NUMBER: _ClassVar[int]
    next_key: int
    next_round: int
    next_opening: int
    next_job: int
    next_unbonding: int
    next_slash: int
    def __init__(self, next_key: _Optional[int] = ..., next_round: _Optional[int] = ..., next_opening: _Optional[int] = ..., next_job: _Optional[int] = ..., next_unbonding: _Optional[int] = ..., next_slash: _Optional[int] = ...) -> None: ...

class ModelRecord(_message.Message):
    __slots__ = ("id", "owner", "height", "model")
    ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    owner: bytes
    height: int
    model: _model_pb2.Model
    def __init__(self, id: _Optional[bytes] = ..., owner: _Optional[bytes] = ..., height: _Optional[int] = ..., model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ...) -> None: ...

class Validator(_message.Message):
    __slots__ = ("address", "public_key", "power")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    public_key: bytes
    power: int
    def __init__(self, address: _Optional[bytes] = ..., public_key: _Optional[bytes] = ..., power: _Optional[int] = ...) -> None: ...

class ValidatorSets(_message.Message):
    __slots__ = ("sets",)
    SETS_FIELD_NUMBER: _ClassVar[int]
    sets: _containers.RepeatedCompositeFieldContainer[ValidatorSet]
    def __init__(self, sets: _Optional[_Iterable[_Union[ValidatorSet, _Mapping]]] = ...) -> None: ...

class ValidatorSet(_message.Message):
    __slots__ = ("first_height", "validators")
    FIRST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    first_height: int
    validators: _containers.RepeatedCompositeFieldContainer[Validator]
    def __init__(self, first_height: _Optional[int] = ..., validators: _Optional[_Iterable[_Union[Validator, _Mapping]]] = ...) -> None: ...

class CommitteeSeat(_message.Message):
    __slots__ = ("validator", "committee_key", "operator", "stake")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    STAKE_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    committee_key: bytes
    operator: bytes
    stake: int
    def __init__(self, validator: _Optional[bytes] = ..., committee_key: _Optional[bytes] = ..., operator: _Optional[bytes] = ..., stake: _Optional[int] = ...) -> None: ...

class Fault(_message.Message):
    __slots__ = ("validator", "key_id", "kind", "member", "height")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    key_id: int
    kind: FaultKind
    member: int
    height: int
    def __init__(self, validator: _Optional[bytes] = ..., key_id: _Optional[int] = ..., kind: _Optional[_Union[FaultKind, str]] = ..., member: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Suspension(_message.Message):
    __slots__ = ("validator", "since", "until", "kind", "key_id")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    since: int
    until: int
    kind: FaultKind
    key_id: int
    def __init__(self, validator: _Optional[bytes] = ..., since: _Optional[int] = ..., until: _Optional[int] = ..., kind: _Optional[_Union[FaultKind, str]] = ..., key_id: _Optional[int] = ...) -> None: ...

class Key(_message.Message):
    __slots__ = ("id", "status", "preset", "members", "deadline", "round_id", "public_key", "relin_key", "test_opening", "failure", "created", "awaited", "test_payloads", "accused")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    RELIN_KEY_FIELD_NUMBER: _ClassVar[int]
    TEST_OPENING_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    AWAITED_FIELD_NUMBER: _ClassVar[int]
    TEST_PAYLOADS_FIELD_NUMBER: _ClassVar[int]
    ACCUSED_FIELD_NUMBER: _ClassVar[int]
    id: int
    status: KeyStatus
    preset: Preset
    members: _containers.RepeatedCompositeFieldContainer[KeyMember]
    deadline: int
    round_id: int
    public_key: bytes
    relin_key: bytes
    test_opening: int
    failure: str
    created: int
    awaited: int
    test_payloads: _containers.RepeatedScalarFieldContainer[bytes]
    accused: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, id: _Optional[int] = ..., status: _Optional[_Union[KeyStatus, str]] = ..., preset: _Optional[_Union[Preset, str]] = ..., members: _Optional[_Iterable[_Union[KeyMember, _Mapping]]] = ..., deadline: _Optional[int] = ..., round_id: _Optional[int] = ..., public_key: _Optional[bytes] = ..., relin_key: _Optional[bytes] = ..., test_opening: _Optional[int] = ..., failure: _Optional[str] = ..., created: _Optional[int] = ..., awaited: _Optional[int] = ..., test_payloads: _Optional[_Iterable[bytes]] = ..., accused: _Optional[_Iterable[int]] = ...) -> None: ...

class KeyPool(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, keys: _Optional[_Iterable[int]] = ...) -> None: ...

class KeyMember(_message.Message):
    __slots__ = ("seat", "exchange_key", "signing_key", "seed_hashes")
    SEAT_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNING_KEY_FIELD_NUMBER: _ClassVar[int]
    SEED_HASHES_FIELD_NUMBER: _ClassVar[int]
    seat: CommitteeSeat
    exchange_key: bytes
    signing_key: bytes
    seed_hashes: bytes
    def __init__(self, seat: _Optional[_Union[CommitteeSeat, _Mapping]] = ..., exchange_key: _Optional[bytes] = ..., signing_key: _Optional[bytes] = ..., seed_hashes: _Optional[bytes] = ...) -> None: ...

class SlotRecord(_message.Message):
    __slots__ = ("digest", "height")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    height: int
    def __init__(self, digest: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class Round(_message.Message):
    __slots__ = ("id", "owner", "model_id", "key_id", "status", "stage", "bounty", "scoring_fee", "deposit", "min_contributors", "max_contributors", "commit_window", "reveal_window", "scoring_window", "owner_public_key", "reference", "ciphertexts", "created", "deadline", "committed", "revealed", "awaited", "coin", "reference_norm", "escrowed", "paid", "refunded", "burned", "outcome", "ended", "sum", "release_shares", "acknowledged", "reference_coin", "reference_lengths", "total", "first_opening", "asked", "window_left", "committee_share")
    ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    BOUNTY_FIELD_NUMBER: _ClassVar[int]
    SCORING_FEE_FIELD_NUMBER: _ClassVar[int]
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    MIN_CONTRIBUTORS_FIELD_NUMBER: _ClassVar[int]
    MAX_CONTRIBUTORS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_WINDOW_FIELD_NUMBER: _ClassVar[int]
    REVEAL_WINDOW_FIELD_NUMBER: _ClassVar[int]
    SCORING_WINDOW_FIELD_NUMBER: _ClassVar[int]
    OWNER_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    REVEALED_FIELD_NUMBER: _ClassVar[int]
    AWAITED_FIELD_NUMBER: _ClassVar[int]
    COIN_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_NORM_FIELD_NUMBER: _ClassVar[int]
    ESCROWED_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_FIELD_NUMBER: _ClassVar[int]
    BURNED_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    SUM_FIELD_NUMBER: _ClassVar[int]
    RELEASE_SHARES_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_COIN_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_LENGTHS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    FIRST_OPENING_FIELD_NUMBER: _ClassVar[int]
    ASKED_FIELD_NUMBER: _ClassVar[int]
    WINDOW_LEFT_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_SHARE_FIELD_NUMBER: _ClassVar[int]
    id: int
    owner: bytes
    model_id: bytes
    key_id: int
    status: RoundStatus
    stage: ScoringStage
    bounty: int
    scoring_fee: int
    deposit: int
    min_contributors: int
    max_contributors: int
    commit_window: int
    reveal_window: int
    scoring_window: int
    owner_public_key: bytes
    reference: bytes
    ciphertexts: int
    created: int
    deadline: int
    committed: int
    revealed: int
    awaited: int
    coin: bytes
    reference_norm: bytes
    escrowed: int
    paid: int
    refunded: int
    burned: int
    outcome: str
    ended: int
    sum: bytes
    release_shares: int
    acknowledged: bool
    reference_coin: bytes
    reference_lengths: _containers.RepeatedScalarFieldContainer[bytes]
    total: bytes
    first_opening: int
    asked: int
    window_left: int
    committee_share: int
    def __init__(self, id: _Optional[int] = ..., owner: _Optional[bytes] = ..., model_id: _Optional[bytes] = ..., key_id: _Optional[int] = ..., status: _Optional[_Union[RoundStatus, str]] = ..., stage: _Optional[_Union[ScoringStage, str]] = ..., bounty: _Optional[int] = ..., scoring_fee: _Optional[int] = ..., deposit: _Optional[int] = ..., min_contributors: _Optional[int] = ..., max_contributors: _Optional[int] = ..., commit_window: _Optional[int] = ..., reveal_window: _Optional[int] = ..., scoring_window: _Optional[int] = ..., owner_public_key: _Optional[bytes] = ..., reference: _Optional[bytes] = ..., ciphertexts: _Optional[int] = ..., created: _Optional[int] = ..., deadline: _Optional[int] = ..., committed: _Optional[int] = ..., revealed: _Optional[int] = ..., awaited: _Optional[int] = ..., coin: _Optional[bytes] = ..., reference_norm: _Optional[bytes] = ..., escrowed: _Optional[int] = ..., paid: _Optional[int] = ..., refunded: _Optional[int] = ..., burned: _Optional[int] = ..., outcome: _Optional[str] = ..., ended: _Optional[int] = ..., sum: _Optional[bytes] = ..., release_shares: _Optional[int] = ..., acknowledged: bool = ..., reference_coin: _Optional[bytes] = ..., reference_lengths: _Optional[_Iterable[bytes]] = ..., total: _Optional[bytes] = ..., first_opening: _Optional[int] = ..., asked: _Optional[int] = ..., window_left: _Optional[int] = ..., committee_share: _Optional[int] = ...) -> None: ...

class Contribution(_message.Message):
    __slots__ = ("round_id", "index", "sender", "commitment", "status", "reserve", "payload", "lengths", "norm", "alignment", "aggregate", "amount", "deposit_returned", "committed_height", "revealed_height")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    LENGTHS_FIELD_NUMBER: _ClassVar[int]
    NORM_FIELD_NUMBER: _ClassVar[int]
    ALIGNMENT_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DEPOSIT_RETURNED_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    REVEALED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    round_id: int
    index: int
    sender: bytes
    commitment: bytes
    status: ContributionStatus
    reserve: int
    payload: bytes
    lengths: _containers.RepeatedScalarFieldContainer[bytes]
    norm: bytes
    alignment: bytes
    aggregate: bytes
    amount: int
    deposit_returned: int
    committed_height: int
    revealed_height: int
    def __init__(self, round_id: _Optional[int] = ..., index: _Optional[int] = ..., sender: _Optional[bytes] = ..., commitment: _Optional[bytes] = ..., status: _Optional[_Union[ContributionStatus, str]] = ..., reserve: _Optional[int] = ..., payload: _Optional[bytes] = ..., lengths: _Optional[_Iterable[bytes]] = ..., norm: _Optional[bytes] = ..., alignment: _Optional[bytes] = ..., aggregate: _Optional[bytes] = ..., amount: _Optional[int] = ..., deposit_returned: _Optional[int] = ..., committed_height: _Optional[int] = ..., revealed_height: _Optional[int] = ...) -> None: ...

class Opening(_message.Message):
    __slots__ = ("id", "key_id", "round_id", "kind", "sender", "index", "computed", "constant", "c1", "shares")
    ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_FIELD_NUMBER: _ClassVar[int]
    CONSTANT_FIELD_NUMBER: _ClassVar[int]
    C1_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    id: int
    key_id: int
    round_id: int
    kind: OpeningKind
    sender: bytes
    index: int
    computed: bool
    constant: bytes
    c1: bytes
    shares: _containers.RepeatedCompositeFieldContainer[MemberShare]
    def __init__(self, id: _Optional[int] = ..., key_id: _Optional[int] = ..., round_id: _Optional[int] = ..., kind: _Optional[_Union[OpeningKind, str]] = ..., sender: _Optional[bytes] = ..., index: _Optional[int] = ..., computed: bool = ..., constant: _Optional[bytes] = ..., c1: _Optional[bytes] = ..., shares: _Optional[_Iterable[_Union[MemberShare, _Mapping]]] = ...) -> None: ...

class MemberShare(_message.Message):
    __slots__ = ("member", "share")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    member: int
    share: bytes
    def __init__(self, member: _Optional[int] = ..., share: _Optional[bytes] = ...) -> None: ...

class Decided(_message.Message):
    __slots__ = ("key_id", "shares", "delivered")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    key_id: int
    shares: _containers.RepeatedCompositeFieldContainer[MemberShare]
    delivered: int
    def __init__(self, key_id: _Optional[int] = ..., shares: _Optional[_Iterable[_Union[MemberShare, _Mapping]]] = ..., delivered: _Optional[int] = ...) -> None: ...

class MaskUse(_message.Message):
    __slots__ = ("kind", "openings")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPENINGS_FIELD_NUMBER: _ClassVar[int]
    kind: OpeningKind
    openings: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, kind: _Optional[_Union[OpeningKind, str]] = ..., openings: _Optional[_Iterable[int]] = ...) -> None: ...
