"""Headers and validator sets of CometBFT, and their hashes.

Sources: CometBFT v0.38 spec/core/data_structures.md and spec/core/encoding.md; types/block.go
(`Header.Hash`), types/validator_set.go (`ValidatorSet.Hash`), crypto/merkle (RFC 6962).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue

from assay.crypto.accounts import address_of
from assay.proto import light_pb2 as pb
from assay.proto.abci_pb2 import PublicKey

NANOSECONDS: Final = 10**9


def merkle_root(items: Sequence[bytes]) -> bytes:
    """Return the root of the Merkle tree over some byte strings (RFC 6962)."""
    if not items:
        return sha256().digest()
    if len(items) == 1:
        return sha256(b"\x00" + items[0]).digest()
    split = 1 << (len(items) - 1).bit_length() - 1
    return sha256(b"\x01" + merkle_root(items[:split]) + merkle_root(items[split:])).digest()


def timestamp(nanoseconds: int) -> Timestamp:
    """Return a time given in nanoseconds since 1970."""
    seconds, rest = divmod(nanoseconds, NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=rest)


@dataclass(frozen=True)
class BlockId:
    """Hash of a header and of the parts in which its block travels; all empty before the first block."""

    hash: bytes
    parts: int
    parts_hash: bytes

    def encoded(self) -> bytes:
        """Return the `BlockID` message; its second field is written even when it is empty."""
        message = pb.BlockID(hash=self.hash)
        message.part_set_header.SetInParent()
        message.part_set_header.total = self.parts
        message.part_set_header.hash = self.parts_hash
        return message.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class Header:
    """A block's header; `time` in nanoseconds since 1970. Names as in CometBFT."""

    block_version: int
    app_version: int
    chain_id: str
    height: int
    time: int
    last_block_id: BlockId
    last_commit_hash: bytes
    data_hash: bytes
    validators_hash: bytes
    next_validators_hash: bytes
    consensus_hash: bytes
    app_hash: bytes
    last_results_hash: bytes
    evidence_hash: bytes
    proposer_address: bytes

    @cached_property
    def hash(self) -> bytes:
        """The Merkle root of the fields, each as CometBFT encodes it: empty ones as nothing."""
        version = pb.Consensus(block=self.block_version, app=self.app_version)
        hashes = (
            self.last_commit_hash,
            self.data_hash,
            self.validators_hash,
            self.next_validators_hash,
            self.consensus_hash,
            self.app_hash,
            self.last_results_hash,
            self.evidence_hash,
            self.proposer_address,
        )
        return merkle_root(
            [
                version.SerializeToString(deterministic=True),
                StringValue(value=self.chain_id).SerializeToString(),
                Int64Value(value=self.height).SerializeToString(),
                timestamp(self.time).SerializeToString(),
                self.last_block_id.encoded(),
                *(BytesValue(value=each).SerializeToString() for each in hashes),
            ]
        )


@dataclass(frozen=True)
class Validator:
    """A validator's Ed25519 key and voting power."""

    public_key: bytes
    power: int

    @cached_property
    def address(self) -> bytes:
        """The first 20 bytes of the key's SHA-256. What a node says it is does not count."""
        return address_of(self.public_key)

    def encoded(self) -> bytes:
        """Return the `SimpleValidator` message."""
        message = pb.SimpleValidator(pub_key=PublicKey(ed25519=self.public_key), voting_power=self.power)
        return message.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class ValidatorSet:
    """The validators of a height, in CometBFT's order."""

    validators: tuple[Validator, ...]

    @cached_property
    def hash(self) -> bytes:
        """The Merkle root of the validators."""
        return merkle_root([each.encoded() for each in self.validators])

    @cached_property
    def power(self) -> int:
        """The sum of their voting power."""
        return sum(each.power for each in self.validators)

    @cached_property
    def by_address(self) -> dict[bytes, Validator]:
        """The validators by address."""
        return {each.address: each for each in self.validators}


@dataclass(frozen=True)
class Signature:
    """A validator's precommit in a commit.

    Attributes
    ----------
    for_block
        Whether it is for the block; else it is absent, or for none.
    address
        The validator's, 20 bytes; empty if absent.
    time
        Nanoseconds since 1970.
    signature
        64 bytes; empty if absent.
    """

    for_block: bool
    address: bytes
    time: int
    signature: bytes


@dataclass(frozen=True)
class Commit:
    """Precommits for a block, in the order of its validators."""

    height: int
    round: int
    block_id: BlockId
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class LightBlock:
    """All that it takes to believe a header: itself, its commit, its validators."""

    header: Header
    commit: Commit
    validators: ValidatorSet

    @property
    def height(self) -> int:
        """The header's height."""
        return self.header.height
