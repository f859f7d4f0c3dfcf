from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModelKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODEL_KIND_UNSPECIFIED: _ClassVar[ModelKind]
    MODEL_KIND_LINEAR_REGRESSION: _ClassVar[ModelKind]
    MODEL_KIND_LOGISTIC_REGRESSION: _ClassVar[ModelKind]
    MODEL_KIND_LINEAR_SVM: _ClassVar[ModelKind]
    MODEL_KIND_MLP: _ClassVar[ModelKind]
MODEL_KIND_UNSPECIFIED: ModelKind
MODEL_KIND_LINEAR_REGRESSION: ModelKind
MODEL_KIND_LOGISTIC_REGRESSION: ModelKind
MODEL_KIND_LINEAR_SVM: ModelKind
MODEL_KIND_MLP: ModelKind

class Model(_message.Message):
    __slots__ = ("name", "kind", "layout", "weights", "features", "target", "classes", "licence", "terms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: ModelKind
    layout: _containers.RepeatedCompositeFieldContainer[Tensor]
    weights: _containers.RepeatedScalarFieldContainer[int]
    features: _containers.RepeatedCompositeFieldContainer[Feature]
    target: str
    classes: _containers.RepeatedScalarFieldContainer[str]
    licence: str
    terms: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[ModelKind, str]] = ..., layout: _Optional[_Iterable[_Union[Tensor, _Mapping]]] = ..., weights: _Optional[_Iterable[int]] = ..., features: _Optional[_Iterable[_Union[Feature, _Mapping]]] = ..., target: _Optional[str] = ..., classes: _Optional[_Iterable[str]] = ..., licence: _Optional[str] = ..., terms: _Optional[str] = ...) -> None: ...

class Tensor(_message.Message):
    __slots__ = ("name", "shape")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ...) -> None: ...

class Feature(_message.Message):
    __slots__ = ("name", "mean", "scale")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    name: str
    mean: int
    scale: int
    def __init__(self, name: _Optional[str] = ..., mean: _Optional[int] = ..., scale: _Optional[int] = ...) -> None: ...
