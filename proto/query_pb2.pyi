from assay.proto import state_pb2 as _state_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PageRequest(_message.Message):
    __slots__ = ("start", "limit", "prefix")
    START_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    start: bytes
    limit: int
    prefix: bytes
    def __init__(self, start: _Optional[bytes] = ..., limit: _Optional[int] = ..., prefix: _Optional[bytes] = ...) -> None: ...

class Page(_message.Message):
    __slots__ = ("entries", "next")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    next: bytes
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., next: _Optional[bytes] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("key", "value", "path")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    path: str
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., path: _Optional[str] = ...) -> None: ...

class SimulateResponse(_message.Message):
    __slots__ = ("code", "codespace", "log", "gas_used")
    CODE_FIELD_NUMBER: _ClassVar[int]
    CODESPACE_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    GAS_USED_FIELD_NUMBER: _ClassVar[int]
    code: int
    codespace: str
    log: str
    gas_used: int
    def __init__(self, code: _Optional[int] = ..., codespace: _Optional[str] = ..., log: _Optional[str] = ..., gas_used: _Optional[int] = ...) -> None: ...

class ChainInfo(_message.Message):
    __slots__ = ("chain_id", "height", "provable_height", "params", "ready_keys", "key_note")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROVABLE_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    READY_KEYS_FIELD_NUMBER: _ClassVar[int]
    KEY_NOTE_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    height: int
    provable_height: int
    params: _state_pb2.Params
    ready_keys: int
    key_note: str
    def __init__(self, chain_id: _Optional[str] = ..., height: _Optional[int] = ..., provable_height: _Optional[int] = ..., params: _Optional[_Union[_state_pb2.Params, _Mapping]] = ..., ready_keys: _Optional[int] = ..., key_note: _Optional[str] = ...) -> None: ...
