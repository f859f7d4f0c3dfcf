"""What validators sign, and how much voting power has signed.

Sources: CometBFT v0.38 spec/core/data_structures.md (CanonicalVote) and types/validation.go
(`VerifyCommitLight`, `VerifyCommitLightTrusting`). One difference: a signature that is wrong counts nothing
here, where CometBFT refuses the whole commit. The right ones must suffice either way.
"""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from typing import NamedTuple

from google.protobuf.proto import serialize_length_prefixed

from assay.client.light.header import Commit, LightBlock, Signature, Validator, ValidatorSet, timestamp
from assay.crypto.accounts import verify
from assay.proto import light_pb2 as pb


class Tally(NamedTuple):
    """Voting power that has signed a block.

    Attributes
    ----------
    signed
        Power of those whose signature is right.
    total
        Power of all.
    wrong
        How many signatures are not their validator's.
    """

    signed: int
    total: int
    wrong: int

    def exceeds(self, part: Fraction) -> bool:
        """Whether more than this part of the power has signed."""
        return self.signed * part.denominator > self.total * part.numerator


def sign_bytes(chain_id: str, commit: Commit, signature: Signature) -> bytes:
    """Return what a validator signs to commit a block: a CanonicalVote behind its length."""
    block, parts = (
        commit.block_id,
        pb.CanonicalPartSetHeader(total=commit.block_id.parts, hash=commit.block_id.parts_hash),
    )
    vote = pb.CanonicalVote(
        type=pb.SIGNED_MSG_TYPE_PRECOMMIT,
        height=commit.height,
        round=commit.round,
        block_id=pb.CanonicalBlockID(hash=block.hash, part_set_header=parts),
        timestamp=timestamp(signature.time),
        chain_id=chain_id,
    )
    out = BytesIO()
    serialize_length_prefixed(vote, out)
    return out.getvalue()


def tally_own(block: LightBlock, enough: Fraction) -> Tally:
    """Count the block's own validators; their signatures stand in their order.

    Stops as soon as more than `enough` of the power has signed.
    """
    pairs = zip(block.validators.validators, block.commit.signatures, strict=True)
    named = [(who, vote) for who, vote in pairs if vote.for_block and vote.address == who.address]
    return _tally(block.header.chain_id, block.commit, block.validators, named, enough)


def tally_others(block: LightBlock, trusted: ValidatorSet, enough: Fraction) -> Tally:
    """Count those of another validator set that have signed a block, each once.

    Stops as soon as more than `enough` of their power has signed.
    """
    votes = {vote.address: vote for vote in block.commit.signatures if vote.for_block}
    named = [(who, votes[who.address]) for who in trusted.validators if who.address in votes]
    return _tally(block.header.chain_id, block.commit, trusted, named, enough)


def _tally(
    chain_id: str,
    commit: Commit,
    whole: ValidatorSet,
    named: list[tuple[Validator, Signature]],
    enough: Fraction,
) -> Tally:
    tally = Tally(0, whole.power, 0)
    for who, vote in named:
        if verify(who.public_key, sign_bytes(chain_id, commit, vote), vote.signature):
            tally = tally._replace(signed=tally.signed + who.power)
        else:
            tally = tally._replace(wrong=tally.wrong + 1)
        if tally.exceeds(enough):
            break
    return tally
