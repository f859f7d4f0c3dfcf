"""Our ABCI and light client messages against the pinned CometBFT modules' .proto files, each field."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from google.protobuf import descriptor_pb2

from assay.proto import abci_pb2, light_pb2

MODULES = {"v0.40.0": "tools/cometbft", "v0.38.25": "tools/cometbft-v038"}
SOURCES = (
    "tendermint/abci/types.proto",
    "tendermint/types/params.proto",
    "tendermint/types/validator.proto",
    "tendermint/crypto/keys.proto",
    "tendermint/crypto/proof.proto",
)
LIGHT_SOURCES = (
    "tendermint/types/canonical.proto",
    "tendermint/types/types.proto",
    "tendermint/types/validator.proto",
    "tendermint/version/types.proto",
)
FIELD = descriptor_pb2.FieldDescriptorProto

Fields = dict[tuple[str, str], tuple[int, str, str, str, bool]]


def go_command(root: Path) -> str:
    """The Go that built CometBFT (tools/build.sh looks in the same places)."""
    for candidate in (shutil.which("go"), root / ".venv/bin/go", root / ".venv/go/bin/go"):
        if candidate and Path(candidate).exists():
            return str(candidate)
    pytest.fail("no Go found: run `make setup`, which installs one where there is none")


def module_dir(root: Path, where: str, module: str) -> Path:
    """Where the Go module cache keeps a pinned module."""
    answer = subprocess.run(
        [go_command(root), "mod", "download", "-json", module],
        cwd=root / where,
        env={**os.environ, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(json.loads(answer.stdout)["Dir"])


def fields_of(files_: list[descriptor_pb2.FileDescriptorProto]) -> Fields:
    """(message, field) -> (number, type, short name of the type referred to, cardinality, in a oneof)."""
    found: Fields = {}

    def visit(prefix: str, message: descriptor_pb2.DescriptorProto) -> None:
        name = f"{prefix}{message.name}"
        for field in message.field:
            found[name, field.name] = (
                field.number,
                FIELD.Type.Name(field.type),
                field.type_name.rsplit(".", 1)[-1],
                FIELD.Label.Name(field.label),
                field.HasField("oneof_index"),
            )
        for nested in message.nested_type:
            visit(f"{name}.", nested)

    for file in files_:
        for message in file.message_type:
            visit("", message)
    return found


def enums_of(files_: list[descriptor_pb2.FileDescriptorProto]) -> dict[str, dict[str, int]]:
    """Enum -> its names and numbers."""
    found = {}
    for file in files_:
        scopes = [("", file.enum_type)] + [(f"{m.name}.", m.enum_type) for m in file.message_type]
        for prefix, enums in scopes:
            for enum in enums:
                found[prefix + enum.name] = {value.name: value.number for value in enum.value}
    return found


def cometbft_files(
    root: Path, where: str, out: Path, sources: Sequence[str]
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Some of the pinned module's .proto files, parsed by protoc."""
    gogo = module_dir(root, where, "github.com/cosmos/gogoproto")
    comet = module_dir(root, where, "github.com/cometbft/cometbft")
    # In a process of its own: TenSEAL cannot be loaded into one that has loaded this library.
    compiler = [sys.executable, "-m", "grpc_tools.protoc"]
    subprocess.run(
        [*compiler, f"-I{comet / 'proto'}", f"-I{gogo}", f"--descriptor_set_out={out}", *sources], check=True
    )
    return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def abci_files(root: Path, where: str, out: Path) -> list[descriptor_pb2.FileDescriptorProto]:
    """What ABCI is made of."""
    descriptors = cometbft_files(root, where, out, SOURCES)
    # tendermint.types has a Validator of its own; the one ABCI speaks of is tendermint.abci's.
    for file in descriptors:
        if file.name == "tendermint/types/validator.proto":
            del file.message_type[:]
    return descriptors


@pytest.fixture(scope="module", params=MODULES)
def theirs(
    request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[descriptor_pb2.FileDescriptorProto]:
    out = tmp_path_factory.mktemp("descriptors") / "set.bin"
    return abci_files(repository, MODULES[request.param], out)


def our_file(module: ModuleType = abci_pb2) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    return file


@pytest.mark.parametrize("where", MODULES.values(), ids=MODULES)
def test_the_light_client_s_messages_are_theirs(repository: Path, tmp_path: Path, where: str) -> None:
    files = cometbft_files(repository, where, tmp_path / "set.bin", LIGHT_SOURCES)
    reference, ours = fields_of(files), fields_of([our_file(light_pb2)])
    assert len(ours) == 18
    assert {key: value for key, value in ours.items() if reference.get(key) != value} == {}
    messages = {message for message, _ in ours}
    assert {key for key in reference if key[0] in messages and key not in ours} == set()
    (name,) = enums_of([our_file(light_pb2)]).items()
    assert enums_of(files)[name[0]] == name[1]


def test_every_field_of_ours_is_theirs(theirs: list[descriptor_pb2.FileDescriptorProto]) -> None:
    reference = fields_of(theirs)
    ours = fields_of([our_file()])
    assert len(ours) > 150
    assert {key: value for key, value in ours.items() if reference.get(key) != value} == {}


def test_every_enum_of_ours_is_theirs(theirs: list[descriptor_pb2.FileDescriptorProto]) -> None:
    reference = enums_of(theirs)
    ours = enums_of([our_file()])
    assert len(ours) == 7
    assert {name: values for name, values in ours.items() if reference.get(name) != values} == {}


def test_what_we_leave_out_is_only_what_v040_added(
    theirs: list[descriptor_pb2.FileDescriptorProto],
) -> None:
    ours = fields_of([our_file()])
    our_messages = {message for message, _ in ours}
    missing = {key for key in fields_of(theirs) if key[0] in our_messages and key not in ours}
    added_in_v040 = {
        ("Request", "insert_tx"),
        ("Request", "reap_txs"),
        ("Response", "insert_tx"),
        ("Response", "reap_txs"),
        ("ConsensusParams", "authority"),
        ("PublicKey", "bls12381"),
        ("PublicKey", "mldsa65"),
        ("PublicKey", "secp256k1eth"),
    }
    assert missing <= added_in_v040


def test_well_known_types_are_the_same_messages() -> None:
    by_name = abci_pb2.RequestFinalizeBlock.DESCRIPTOR.fields_by_name
    assert by_name["time"].message_type.full_name == "google.protobuf.Timestamp"
