"""How many blocks the phases of a round need, and what a round may therefore ask for."""

from __future__ import annotations

from typing import Final

from assay.crypto.committee.messages import slot_sizes
from assay.crypto.presets import COMMITTEE_SIZES, LENGTH_CHECKS, by_wire_id
from assay.proto import tx_pb2
from assay.proto.state_pb2 import Params
from assay.state.rules.scalars import MAX_SHARES

LENGTH_WORK: Final = 1
"""Work units of a product with a public polynomial, for each ciphertext."""
PRODUCT_WORK: Final = 8
"""Work units of a homomorphic multiplication with relinearisation, for each ciphertext."""

_REVEAL_FACTOR: Final = 3
_SCORING_FACTOR: Final = 2
_CEREMONY_FACTOR: Final = 3
_ANSWER_BLOCKS: Final = 2
"""From a computed ciphertext to the block that holds the committee's shares."""


def least_ceremony_window(params: Params) -> int:
    """Return the fewest blocks a ceremony phase must last, so that nobody is silent for want of room.

    Three times what the longest phase, that of the relinearisation key, needs if the whole pool is made at
    once by the largest committees.
    """
    size, preset = max(COMMITTEE_SIZES), by_wire_id(params.preset)
    sent = sum(slot_sizes(tx_pb2.COMMITTEE_PHASE_RELIN_KEY, preset, size, 0))
    return _CEREMONY_FACTOR * _ceil(params.key_pool * size * sent, params.committee_block_bytes)


def least_reveal_window(params: Params, contributors: int, payload_bytes: int) -> int:
    """Return the fewest blocks in which so many payloads can surely be revealed.

    Three times what they need at half a block's bytes, the half that proposers keep for reveals.
    """
    return _REVEAL_FACTOR * _ceil(contributors * payload_bytes, params.max_block_bytes // 2)


def least_scoring_window(params: Params, contributors: int, ciphertexts: int) -> int:
    """Return the fewest blocks in which so many submissions can surely be scored.

    Twice what their stages take when nothing else is in the queue: coin, lengths, norm, alignment, aggregate.
    """

    def stage(openings: int, work: int) -> int:
        computing = _ceil(openings * work * ciphertexts, params.scoring_block_work)
        return computing + _ceil(openings, MAX_SHARES) + _ANSWER_BLOCKS

    coin = stage(1, 0)
    lengths = stage(contributors * LENGTH_CHECKS, LENGTH_WORK)
    return _SCORING_FACTOR * (coin + lengths + 3 * stage(contributors, PRODUCT_WORK))


def _ceil(amount: int, per: int) -> int:
    return -(-amount // per)
