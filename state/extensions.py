"""Vote extensions as they come back in the next block.

CometBFT vouches for the extensions of a commit only to the proposer that
received them, so everybody checks what the proposer injected against the
validator sets kept in state.
"""

from __future__ import annotations

from typing import Final

from assay.crypto import accounts
from assay.proto.canonical import NotCanonical, parse
from assay.proto.state_pb2 import Validator, ValidatorSets
from assay.proto.tx_pb2 import CommitExtensions, MemberExtension, VoteExtension
from assay.state.overlay import Overlay
from assay.state.rules import keys, scalars
from assay.state.rules.errors import BadExtensions

EXTENSION_VERSION: Final = 1
MAX_EXTENSION_BYTES: Final = 4096
MAX_SHARES: Final = scalars.MAX_SHARES


def parse_extension(data: bytes) -> VoteExtension:
    """Decode one extension, checking form and size only.

    Raises
    ------
    BadExtensions
        If it is not canonical, too large, or its runs overlap or are empty.
    """
    try:
        extension = parse(VoteExtension, data, MAX_EXTENSION_BYTES)
    except NotCanonical as error:
        raise BadExtensions(str(error)) from None
    if extension.version != EXTENSION_VERSION or not extension.runs:
        raise BadExtensions("a vote extension has version 1 and at least one run of shares")
    _check_runs(extension)
    return extension


def _check_runs(extension: VoteExtension) -> None:
    following = total = 0
    for run in extension.runs:
        count, rest = divmod(len(run.shares), scalars.SHARE_BYTES)
        if rest or not count or run.first < following or run.first + count >= 1 << 63:
            raise BadExtensions("runs of shares must ascend, not overlap, and hold 16 bytes a share")
        following = run.first + count
        total += count
    if total > MAX_SHARES:
        raise BadExtensions(f"there are {total} shares, at most {MAX_SHARES} fit one extension")


def sign_bytes(chain_id: str, height: int, commit_round: int, extension: bytes) -> bytes:
    """Return what CometBFT signs for an extension: its length-prefixed CanonicalVoteExtension.

    Source: CometBFT v0.38 spec/core/data_structures.md and proto/tendermint/types/canonical.proto;
    fields that are zero are left out.
    """
    body = b"\x0a" + _varint(len(extension)) + extension if extension else b""
    body += b"\x11" + height.to_bytes(8, "little")
    if commit_round:
        body += b"\x19" + commit_round.to_bytes(8, "little")
    name = chain_id.encode()
    body += b"\x22" + _varint(len(name)) + name
    return _varint(len(body)) + body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def validators_at(view: Overlay, height: int) -> dict[bytes, Validator]:
    """Return who signs at a height, by address; empty if that is no longer kept."""
    sets = view.load(ValidatorSets, keys.VALIDATOR_SETS) or ValidatorSets()
    for entry in reversed(sets.sets):
        if entry.first_height <= height:
            return {validator.address: validator for validator in entry.validators}
    return {}


def verify(
    view: Overlay, chain_id: str, height: int, commit_round: int, extensions: CommitExtensions
) -> list[tuple[bytes, VoteExtension]]:
    """Check injected extensions and return them by validator address.

    Parameters
    ----------
    view
        State before the block.
    height
        The block they stand in; they were signed one height before.
    commit_round
        Consensus round of the last commit.

    Raises
    ------
    BadExtensions
        If any of it is not what an honest proposer would have injected.
    """
    if extensions.height != height - 1 or extensions.round != commit_round:
        raise BadExtensions("the extensions are not of the last commit's height and round")
    if not extensions.members:
        raise BadExtensions("extensions are injected only when there are any")
    signers = validators_at(view, height - 1)
    found: list[tuple[bytes, VoteExtension]] = []
    for member in extensions.members:
        if found and member.validator <= found[-1][0]:
            raise BadExtensions("validators must ascend")
        _check_signature(signers, chain_id, extensions, member)
        found.append((member.validator, parse_extension(member.extension)))
    return found


def _check_signature(
    signers: dict[bytes, Validator], chain_id: str, extensions: CommitExtensions, member: MemberExtension
) -> None:
    signer = signers.get(member.validator)
    if signer is None:
        raise BadExtensions("an extension is by somebody who was no validator at its height")
    message = sign_bytes(chain_id, extensions.height, extensions.round, member.extension)
    if not accounts.verify(signer.public_key, message, member.signature):
        raise BadExtensions("an extension's signature is not its validator's")
