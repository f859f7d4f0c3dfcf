"""The bytes of committee messages: exact sizes, and parsing that refuses everything else.

Every message has one length, known before it arrives, and one encoding:

- JOIN: X25519 key (32) || Ed25519 signing key (32) || 32 bytes of hash for each seed the member deals,
  ascending.
- SEEDS: for each seed the member deals, ascending, for each of its holders, ascending, a sealed box of 80
  bytes.
- PUBLIC_KEY and RELIN_KEY slots: N residues modulo one prime, 8 bytes little endian each, in SEAL's NTT
  order.
- CHECK: a bit for each seed the member holds, ascending, lowest bit first: 1 complains of it.
- ANSWER: 32 bytes for each seed the member dealt and somebody complained of, ascending.
- OPEN: 32 bytes for each seed the member holds, ascending.
- RELEASE slot: a sealed box of ``16 (N/2 - 1)`` bytes of share and a signature of 64.
- A share: 16 bytes little endian, below Q.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import nacl.bindings
import numpy as np

from assay.crypto.committee.sealed_box import KEY_BYTES, OVERHEAD, is_exchange_key
from assay.crypto.committee.subsets import dealt, held, holders, quorum
from assay.crypto.errors import CryptoError
from assay.crypto.presets import Preset
from assay.crypto.ring.sampling import SEED_BYTES
from assay.crypto.ring.tables import U64
from assay.proto import tx_pb2

HASH_BYTES = 32
SHARE_BYTES = 16
SIGNATURE_BYTES = 64
BOX_BYTES = 32 + OVERHEAD


class MessageError(CryptoError):
    """A committee message has not the one form it may have; the text says what is wrong."""


@dataclass(frozen=True)
class Join:
    """A member's own keys for one committee key, and the hashes of the seeds it deals (ascending)."""

    exchange_key: bytes
    signing_key: bytes
    seed_hashes: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Return the data of the JOIN message."""
        return self.exchange_key + self.signing_key + b"".join(self.seed_hashes)


def join_size(n: int, member: int) -> int:
    """Return the bytes of a member's JOIN data."""
    return 2 * KEY_BYTES + HASH_BYTES * len(dealt(n, member))


def seeds_size(n: int, member: int) -> int:
    """Return the bytes of a member's SEEDS data; 0 for members that deal no seed and send no such message."""
    return BOX_BYTES * quorum(n) * len(dealt(n, member))


def check_size(n: int, member: int) -> int:
    """Return the bytes of a member's CHECK data."""
    return -(-len(held(n, member)) // 8)


def open_size(n: int, member: int) -> int:
    """Return the bytes of a member's OPEN data."""
    return SEED_BYTES * len(held(n, member))


def chunk_size(preset: Preset) -> int:
    """Return the bytes of one slot of a key share: one polynomial modulo one prime."""
    return 8 * preset.degree


def release_size(preset: Preset) -> int:
    """Return the bytes of one sealed release share."""
    return SHARE_BYTES * preset.capacity + SIGNATURE_BYTES + OVERHEAD


def slot_sizes(
    phase: tx_pb2.CommitteePhase, preset: Preset, n: int, member: int, ciphertexts: int = 1
) -> tuple[int, ...]:
    """Return the size of each message a member sends in a phase, by slot; empty if it sends none.

    Parameters
    ----------
    phase : CommitteePhase
        Any but SHARES, whose messages hold 16 bytes for each opening they answer, and ANSWER, which holds
        the seeds complained of.
    preset : Preset
    n, member : int
        Committee size and number of the member.
    ciphertexts : int
        Ciphertexts of the sum, for RELEASE.
    """
    if phase == tx_pb2.COMMITTEE_PHASE_JOIN:
        return (join_size(n, member),)
    if phase == tx_pb2.COMMITTEE_PHASE_SEEDS:
        return (seeds_size(n, member),) if dealt(n, member) else ()
    if phase == tx_pb2.COMMITTEE_PHASE_CHECK:
        return (check_size(n, member),)
    if phase == tx_pb2.COMMITTEE_PHASE_OPEN:
        return (open_size(n, member),)
    if phase == tx_pb2.COMMITTEE_PHASE_PUBLIC_KEY:
        return (chunk_size(preset),) * len(preset.cipher_primes)
    if phase == tx_pb2.COMMITTEE_PHASE_RELIN_KEY:
        return (chunk_size(preset),) * (len(preset.cipher_primes) * len(preset.primes))
    if phase == tx_pb2.COMMITTEE_PHASE_RELEASE:
        return (release_size(preset),) * ciphertexts
    raise ValueError(f"phase {phase} has no slots of fixed size")


def parse_join(n: int, member: int, data: bytes) -> Join:
    """Parse JOIN data.

    Raises
    ------
    MessageError
        Wrong length, an X25519 key of small order, or a signing key that is not a canonical Ed25519 point
        of the prime-order group.
    """
    if len(data) != join_size(n, member):
        raise MessageError(
            f"JOIN of member {member} of {n} has {join_size(n, member)} bytes, not {len(data)}"
        )
    exchange_key, signing_key = data[:KEY_BYTES], data[KEY_BYTES : 2 * KEY_BYTES]
    if not is_exchange_key(exchange_key):
        raise MessageError(
            "the X25519 key in JOIN has small order; nothing can be sealed to it, draw another"
        )
    if not nacl.bindings.crypto_core_ed25519_is_valid_point(signing_key):
        raise MessageError("the signing key in JOIN is not a valid Ed25519 public key; draw another")
    rest = range(2 * KEY_BYTES, len(data), HASH_BYTES)
    return Join(exchange_key, signing_key, tuple(data[i : i + HASH_BYTES] for i in rest))


def check_bytes(n: int, member: int, bad: Collection[int]) -> bytes:
    """Return CHECK data that complain of the seeds with these numbers, all held by the member."""
    bits = sum(1 << place for place, seed in enumerate(held(n, member)) if seed in bad)
    return bits.to_bytes(check_size(n, member), "little")


def parse_check(n: int, member: int, data: bytes) -> tuple[int, ...]:
    """Parse CHECK data: return the numbers of the seeds it complains of, ascending.

    Raises
    ------
    MessageError
        Wrong length, or a bit that stands for no seed.
    """
    bits, seeds = int.from_bytes(data, "little"), held(n, member)
    if len(data) != check_size(n, member) or bits >> len(seeds):
        raise MessageError(f"CHECK of member {member} of {n} has one bit for each of {len(seeds)} seeds")
    return tuple(seed for place, seed in enumerate(seeds) if bits >> place & 1)


def split_seeds(data: bytes) -> list[bytes]:
    """Split ANSWER or OPEN data of the right length into seeds."""
    return [data[start : start + SEED_BYTES] for start in range(0, len(data), SEED_BYTES)]


def box_offset(n: int, seed: int, holder: int) -> int:
    """Return where in its dealer's SEEDS data the box of seed number ``seed`` for ``holder`` begins."""
    members = holders(n, seed)
    row = dealt(n, members[0]).index(seed)
    return BOX_BYTES * (row * len(members) + members.index(holder))


def parse_residues(preset: Preset, prime: int, data: bytes) -> U64:
    """Parse one slot of a key share.

    Parameters
    ----------
    preset : Preset
    prime : int
        Index into ``preset.primes``.
    data : bytes

    Returns
    -------
    uint64 array
        Shape (1, N), every residue below the prime.

    Raises
    ------
    MessageError
        Wrong length, or a residue that is not reduced.
    """
    if len(data) != chunk_size(preset):
        raise MessageError(f"a key share's slot has {chunk_size(preset)} bytes, not {len(data)}")
    residues = np.frombuffer(data, dtype="<u8").astype(np.uint64)
    if bool((residues >= np.uint64(preset.primes[prime])).any()):
        raise MessageError(f"a residue of the key share is not below prime {prime} of preset {preset.name}")
    return residues[None]


def residue_bytes(residues: U64) -> bytes:
    """Return residues as bytes: 8 each, little endian, last axis fastest."""
    return residues.astype("<u8").tobytes()


def parse_share(preset: Preset, data: bytes) -> int:
    """Parse the share of a score or coin: an integer in ``[0, Q)``.

    Raises
    ------
    MessageError
        Not 16 bytes, or not below Q.
    """
    if len(data) != SHARE_BYTES:
        raise MessageError(f"a share has {SHARE_BYTES} bytes, not {len(data)}")
    value = int.from_bytes(data, "little")
    if value >= preset.modulus:
        raise MessageError(f"a share is below Q of preset {preset.name}; this one is not reduced")
    return value


def share_bytes(share: int) -> bytes:
    """Return the 16 bytes of a share in ``[0, Q)``."""
    return share.to_bytes(SHARE_BYTES, "little")
