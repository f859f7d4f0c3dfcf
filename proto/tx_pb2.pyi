from assay.proto import model_pb2 as _model_pb2
from assay.proto import staking_pb2 as _staking_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CommitteePhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMITTEE_PHASE_UNSPECIFIED: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_JOIN: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_SEEDS: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_PUBLIC_KEY: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_RELIN_KEY: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_SHARES: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_RELEASE: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_CHECK: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_ANSWER: _ClassVar[CommitteePhase]
    COMMITTEE_PHASE_OPEN: _ClassVar[CommitteePhase]
COMMITTEE_PHASE_UNSPECIFIED: CommitteePhase
COMMITTEE_PHASE_JOIN: CommitteePhase
COMMITTEE_PHASE_SEEDS: CommitteePhase
COMMITTEE_PHASE_PUBLIC_KEY: CommitteePhase
COMMITTEE_PHASE_RELIN_KEY: CommitteePhase
COMMITTEE_PHASE_SHARES: CommitteePhase
COMMITTEE_PHASE_RELEASE: CommitteePhase
COMMITTEE_PHASE_CHECK: CommitteePhase
COMMITTEE_PHASE_ANSWER: CommitteePhase
COMMITTEE_PHASE_OPEN: CommitteePhase

class Tx(_message.Message):
    __slots__ = ("body", "public_key", "signature")
    BODY_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    public_key: bytes
    signature: bytes
    def __init__(self, body: _Optional[bytes] = ..., public_key: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class TxBody(_message.Message):
    __slots__ = ("messages", "sequence", "gas_limit", "fee", "timeout_height", "memo")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    GAS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MEMO_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    sequence: int
    gas_limit: int
    fee: int
    timeout_height: int
    memo: str
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., sequence: _Optional[int] = ..., gas_limit: _Optional[int] = ..., fee: _Optional[int] = ..., timeout_height: _Optional[int] = ..., memo: _Optional[str] = ...) -> None: ...

class Message(_message.Message):
    __slots__ = ("transfer", "post_model", "open_round", "commit", "reveal", "cancel_round", "acknowledge_release", "report_release", "create_validator", "edit_validator", "delegate", "undelegate", "redelegate", "cancel_unbonding", "withdraw_reward", "withdraw_commission", "set_withdraw_address", "fund_community_pool", "unjail", "signal_upgrade")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    POST_MODEL_FIELD_NUMBER: _ClassVar[int]
    OPEN_ROUND_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    REVEAL_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ROUND_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_RELEASE_FIELD_NUMBER: _ClassVar[int]
    REPORT_RELEASE_FIELD_NUMBER: _ClassVar[int]
    CREATE_VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    EDIT_VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    DELEGATE_FIELD_NUMBER: _ClassVar[int]
    UNDELEGATE_FIELD_NUMBER: _ClassVar[int]
    REDELEGATE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_UNBONDING_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_REWARD_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_COMMISSION_FIELD_NUMBER: _ClassVar[int]
    SET_WITHDRAW_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    FUND_COMMUNITY_POOL_FIELD_NUMBER: _ClassVar[int]
    UNJAIL_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_UPGRADE_FIELD_NUMBER: _ClassVar[int]
    transfer: MsgTransfer
    post_model: MsgPostModel
    open_round: MsgOpenRound
    commit: MsgCommit
    reveal: MsgReveal
    cancel_round: MsgCancelRound
    acknowledge_release: MsgAcknowledgeRelease
    report_release: MsgReportRelease
    create_validator: MsgCreateValidator
    edit_validator: MsgEditValidator
    delegate: MsgDelegate
    undelegate: MsgUndelegate
    redelegate: MsgRedelegate
    cancel_unbonding: MsgCancelUnbonding
    withdraw_reward: MsgWithdrawReward
    withdraw_commission: MsgWithdrawCommission
    set_withdraw_address: MsgSetWithdrawAddress
    fund_community_pool: MsgFundCommunityPool
    unjail: MsgUnjail
    signal_upgrade: MsgSignalUpgrade
    def __init__(self, transfer: _Optional[_Union[MsgTransfer, _Mapping]] = ..., post_model: _Optional[_Union[MsgPostModel, _Mapping]] = ..., open_round: _Optional[_Union[MsgOpenRound, _Mapping]] = ..., commit: _Optional[_Union[MsgCommit, _Mapping]] = ..., reveal: _Optional[_Union[MsgReveal, _Mapping]] = ..., cancel_round: _Optional[_Union[MsgCancelRound, _Mapping]] = ..., acknowledge_release: _Optional[_Union[MsgAcknowledgeRelease, _Mapping]] = ..., report_release: _Optional[_Union[MsgReportRelease, _Mapping]] = ..., create_validator: _Optional[_Union[MsgCreateValidator, _Mapping]] = ..., edit_validator: _Optional[_Union[MsgEditValidator, _Mapping]] = ..., delegate: _Optional[_Union[MsgDelegate, _Mapping]] = ..., undelegate: _Optional[_Union[MsgUndelegate, _Mapping]] = ..., redelegate: _Optional[_Union[MsgRedelegate, _Mapping]] = ..., cancel_unbonding: _Optional[_Union[MsgCancelUnbonding, _Mapping]] = ..., withdraw_reward: _Optional[_Union[MsgWithdrawReward, _Mapping]] = ..., withdraw_commission: _Optional[_Union[MsgWithdrawCommission, _Mapping]] = ..., set_withdraw_address: _Optional[_Union[MsgSetWithdrawAddress, _Mapping]] = ..., fund_community_pool: _Optional[_Union[MsgFundCommunityPool, _Mapping]] = ..., unjail: _Optional[_Union[MsgUnjail, _Mapping]] = ..., signal_upgrade: _Optional[_Union[MsgSignalUpgrade, _Mapping]] = ...) -> None: ...

class MsgTransfer(_message.Message):
    __slots__ = ("recipient", "amount")
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    recipient: bytes
    amount: int
    def __init__(self, recipient: _Optional[bytes] = ..., amount: _Optional[int] = ...) -> None: ...

class MsgPostModel(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: _model_pb2.Model
    def __init__(self, model: _Optional[_Union[_model_pb2.Model, _Mapping]] = ...) -> None: ...

class MsgOpenRound(_message.Message):
    __slots__ = ("model_id", "key_id", "bounty", "scoring_fee", "deposit", "min_contributors", "max_contributors", "commit_window", "reveal_window", "scoring_window", "owner_public_key", "reference")
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
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
    model_id: bytes
    key_id: int
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
    def __init__(self, model_id: _Optional[bytes] = ..., key_id: _Optional[int] = ..., bounty: _Optional[int] = ..., scoring_fee: _Optional[int] = ..., deposit: _Optional[int] = ..., min_contributors: _Optional[int] = ..., max_contributors: _Optional[int] = ..., commit_window: _Optional[int] = ..., reveal_window: _Optional[int] = ..., scoring_window: _Optional[int] = ..., owner_public_key: _Optional[bytes] = ..., reference: _Optional[bytes] = ...) -> None: ...

class MsgCommit(_message.Message):
    __slots__ = ("round_id", "commitment")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    round_id: int
    commitment: bytes
    def __init__(self, round_id: _Optional[int] = ..., commitment: _Optional[bytes] = ...) -> None: ...

class MsgReveal(_message.Message):
    __slots__ = ("round_id", "salt", "reserve", "payload")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    round_id: int
    salt: bytes
    reserve: int
    payload: bytes
    def __init__(self, round_id: _Optional[int] = ..., salt: _Optional[bytes] = ..., reserve: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class MsgCancelRound(_message.Message):
    __slots__ = ("round_id",)
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    round_id: int
    def __init__(self, round_id: _Optional[int] = ...) -> None: ...

class MsgAcknowledgeRelease(_message.Message):
    __slots__ = ("round_id",)
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    round_id: int
    def __init__(self, round_id: _Optional[int] = ...) -> None: ...

class MsgReportRelease(_message.Message):
    __slots__ = ("round_id", "slot", "index", "parts")
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    round_id: int
    slot: int
    index: int
    parts: _containers.RepeatedCompositeFieldContainer[ReleasePart]
    def __init__(self, round_id: _Optional[int] = ..., slot: _Optional[int] = ..., index: _Optional[int] = ..., parts: _Optional[_Iterable[_Union[ReleasePart, _Mapping]]] = ...) -> None: ...

class ReleasePart(_message.Message):
    __slots__ = ("member", "share", "path", "signature")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    member: int
    share: bytes
    path: bytes
    signature: bytes
    def __init__(self, member: _Optional[int] = ..., share: _Optional[bytes] = ..., path: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class MsgCreateValidator(_message.Message):
    __slots__ = ("description", "commission_rate", "max_commission_rate", "max_commission_change", "min_self_delegation", "amount", "public_key", "proof", "committee_key", "committee_proof")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    COMMISSION_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_COMMISSION_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_COMMISSION_CHANGE_FIELD_NUMBER: _ClassVar[int]
    MIN_SELF_DELEGATION_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_KEY_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_PROOF_FIELD_NUMBER: _ClassVar[int]
    description: _staking_pb2.Description
    commission_rate: int
    max_commission_rate: int
    max_commission_change: int
    min_self_delegation: int
    amount: int
    public_key: bytes
    proof: bytes
    committee_key: bytes
    committee_proof: bytes
    def __init__(self, description: _Optional[_Union[_staking_pb2.Description, _Mapping]] = ..., commission_rate: _Optional[int] = ..., max_commission_rate: _Optional[int] = ..., max_commission_change: _Optional[int] = ..., min_self_delegation: _Optional[int] = ..., amount: _Optional[int] = ..., public_key: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., committee_key: _Optional[bytes] = ..., committee_proof: _Optional[bytes] = ...) -> None: ...

class MsgEditValidator(_message.Message):
    __slots__ = ("description", "commission_rate", "min_self_delegation", "committee_key", "committee_proof")
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    COMMISSION_RATE_FIELD_NUMBER: _ClassVar[int]
    MIN_SELF_DELEGATION_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_KEY_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_PROOF_FIELD_NUMBER: _ClassVar[int]
    description: _staking_pb2.Description
    commission_rate: int
    min_self_delegation: int
    committee_key: bytes
    committee_proof: bytes
    def __init__(self, description: _Optional[_Union[_staking_pb2.Description, _Mapping]] = ..., commission_rate: _Optional[int] = ..., min_self_delegation: _Optional[int] = ..., committee_key: _Optional[bytes] = ..., committee_proof: _Optional[bytes] = ...) -> None: ...

class MsgDelegate(_message.Message):
    __slots__ = ("validator", "amount")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    amount: int
    def __init__(self, validator: _Optional[bytes] = ..., amount: _Optional[int] = ...) -> None: ...

class MsgUndelegate(_message.Message):
    __slots__ = ("validator", "amount")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    amount: int
    def __init__(self, validator: _Optional[bytes] = ..., amount: _Optional[int] = ...) -> None: ...

class MsgRedelegate(_message.Message):
    __slots__ = ("source", "target", "amount")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    source: bytes
    target: bytes
    amount: int
    def __init__(self, source: _Optional[bytes] = ..., target: _Optional[bytes] = ..., amount: _Optional[int] = ...) -> None: ...

class MsgCancelUnbonding(_message.Message):
    __slots__ = ("validator", "entry", "amount")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    entry: int
    amount: int
    def __init__(self, validator: _Optional[bytes] = ..., entry: _Optional[int] = ..., amount: _Optional[int] = ...) -> None: ...

class MsgWithdrawReward(_message.Message):
    __slots__ = ("validator",)
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    def __init__(self, validator: _Optional[bytes] = ...) -> None: ...

class MsgWithdrawCommission(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgSetWithdrawAddress(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    def __init__(self, address: _Optional[bytes] = ...) -> None: ...

class MsgFundCommunityPool(_message.Message):
    __slots__ = ("amount",)
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    amount: int
    def __init__(self, amount: _Optional[int] = ...) -> None: ...

class MsgUnjail(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgSignalUpgrade(_message.Message):
    __slots__ = ("version", "height")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    version: int
    height: int
    def __init__(self, version: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class CommitteeTx(_message.Message):
    __slots__ = ("body", "signature")
    BODY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    signature: bytes
    def __init__(self, body: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class CommitteeBody(_message.Message):
    __slots__ = ("version", "key_id", "phase", "member", "slot", "data")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    version: int
    key_id: int
    phase: CommitteePhase
    member: int
    slot: int
    data: bytes
    def __init__(self, version: _Optional[int] = ..., key_id: _Optional[int] = ..., phase: _Optional[_Union[CommitteePhase, str]] = ..., member: _Optional[int] = ..., slot: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class CommitExtensions(_message.Message):
    __slots__ = ("height", "round", "members")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    height: int
    round: int
    members: _containers.RepeatedCompositeFieldContainer[MemberExtension]
    def __init__(self, height: _Optional[int] = ..., round: _Optional[int] = ..., members: _Optional[_Iterable[_Union[MemberExtension, _Mapping]]] = ...) -> None: ...

class MemberExtension(_message.Message):
    __slots__ = ("validator", "extension", "signature")
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    EXTENSION_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    validator: bytes
    extension: bytes
    signature: bytes
    def __init__(self, validator: _Optional[bytes] = ..., extension: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class VoteExtension(_message.Message):
    __slots__ = ("version", "runs")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    version: int
    runs: _containers.RepeatedCompositeFieldContainer[ShareRun]
    def __init__(self, version: _Optional[int] = ..., runs: _Optional[_Iterable[_Union[ShareRun, _Mapping]]] = ...) -> None: ...

class ShareRun(_message.Message):
    __slots__ = ("first", "shares")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    first: int
    shares: bytes
    def __init__(self, first: _Optional[int] = ..., shares: _Optional[bytes] = ...) -> None: ...
