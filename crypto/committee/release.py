"""Releasing the sum of the paid updates to the owner of a round, and to nobody else.

Parameter j of an update lies at ``X^j - X^(N-j)``, so the owner needs ``d_j - d_(N-j)`` of the decryption
``d = c0 + c1 s``, j = 1 .. N/2 - 1; the other half of d is not opened at all. Member i's share is that
difference of ``c0 + c1 s(i)`` plus a shared mask for every j, derived from the key's seeds and the digest
of ``c1``. It signs the root of a hash tree over the share with its fresh signing key, and seals share and
signature to the owner. The owner decodes as everybody decodes a scalar; what a member signed proves to
others what it sent, number by number (`assay.crypto.committee.evidence`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nacl.bindings
import numpy as np
from numpy.typing import NDArray

from assay.crypto import accounts
from assay.crypto.committee import merkle, score
from assay.crypto.committee.decoding import Decoded, Undecided, decode_polynomial
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import SHARE_BYTES, SIGNATURE_BYTES, share_bytes
from assay.crypto.committee.sealed_box import seal, unseal
from assay.crypto.committee.sharing import Sharer
from assay.crypto.presets import Preset
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64


@dataclass(frozen=True)
class SignedShare:
    """A share as its member signed it."""

    share: bytes
    signature: bytes


def gen_share(sharer: Sharer, c0: U64, c1: U64) -> bytes:
    """Return the member's share of one ciphertext of the sum.

    Parameters
    ----------
    sharer : Sharer
    c0, c1 : uint64 array
        The ciphertext: NTT form modulo Q, shape (2, N) each.

    Returns
    -------
    bytes
        16 bytes little endian for each j = 1 .. N/2 - 1: an integer in ``[0, Q)``.
    """
    preset, ring = sharer.key.preset, cipher_ring(sharer.key.preset)
    secret = sharer.secret_key[: len(ring.primes)]
    opened = ring.inverse(ring.add(c0, ring.mul(c1, secret)))
    mask = sharer.polynomial("release-mask", ring, lambda stream: _mask(preset, stream), score.digest(c1))
    mirrored = np.roll(opened[:, ::-1], 1, axis=1)  # entry j is the coefficient of X^(N-j)
    folded = ring.add(ring.sub(opened, mirrored), mask)
    return b"".join(share_bytes(value) for value in ring.combine(folded[:, 1 : preset.degree // 2]))


def seal_share(
    key: CommitteeKey, member: int, slot: int, share: bytes, signing_seed: bytes, owner: bytes
) -> bytes:
    """Sign a share and seal it to the owner; the same arguments give the same bytes.

    Parameters
    ----------
    key : CommitteeKey
    member, slot : int
        Who sends it, and which ciphertext of the sum it belongs to.
    share : bytes
        From `gen_share`.
    signing_seed : bytes
        Seed of the member's Ed25519 key for this committee key.
    owner : bytes
        X25519 public key of the round's owner.
    """
    root = merkle.root(leaves(share))
    signature = accounts.from_seed(signing_seed).sign(sign_bytes(key, member, slot, owner, root))
    # The ephemeral secret is a function of what is sealed: no second text is ever sealed under it.
    ephemeral = key.hash("release-ephemeral", signing_seed, owner, signature, share)
    return seal(share + signature, owner, ephemeral)


def open_share(
    key: CommitteeKey, member: int, slot: int, box: bytes, owner_secret: bytes, signing_key: bytes
) -> SignedShare | None:
    """Return the share in a sealed box, or None unless the member signed it for this key, slot and owner.

    Parameters
    ----------
    key, member, slot
        As in `seal_share`.
    box : bytes
        Data of the RELEASE message.
    owner_secret : bytes
        X25519 secret of the round's owner.
    signing_key : bytes
        The member's Ed25519 public key for this committee key, from its JOIN.
    """
    text = unseal(box, owner_secret)
    size = SHARE_BYTES * key.preset.capacity
    if text is None or len(text) != size + SIGNATURE_BYTES:
        return None
    share, signature = text[:size], text[size:]
    owner = bytes(nacl.bindings.crypto_scalarmult_base(owner_secret))
    root = merkle.root(leaves(share))
    if not accounts.verify(signing_key, sign_bytes(key, member, slot, owner, root), signature):
        return None
    return SignedShare(share, signature)


def aggregate_shares(
    key: CommitteeKey, shares: Mapping[int, bytes]
) -> Decoded[NDArray[np.object_]] | Undecided:
    """Combine opened shares of one ciphertext of the sum.

    Parameters
    ----------
    key : CommitteeKey
    shares : mapping of int to bytes
        Shares by member, of the length of `gen_share`.

    Returns
    -------
    Decoded or Undecided
        N/2 - 1 signed Python integers: ``2 * scale * (sum of parameter j)`` plus noise and mask. A share
        that is not reduced modulo Q is wrong.
    """
    ring = cipher_ring(key.preset)
    parsed = {member: _parse(key.preset, share) for member, share in shares.items()}
    canonical = {member: residues for member, residues in parsed.items() if residues is not None}
    result = decode_polynomial(key.size, ring, canonical)
    if isinstance(result, Undecided):
        return Undecided(len(shares), result.needed)
    wrong = tuple(sorted(set(result.wrong) | (set(shares) - set(canonical))))
    return Decoded(ring.combine_signed(result.value[:, 1 : key.preset.degree // 2]), wrong)


def collect(
    key: CommitteeKey,
    slot: int,
    boxes: Mapping[int, bytes],
    owner_secret: bytes,
    signing_keys: Mapping[int, bytes],
) -> Decoded[NDArray[np.object_]] | Undecided:
    """Open, check and combine the sealed shares of one ciphertext of the sum: the owner's side.

    Parameters
    ----------
    key, slot, owner_secret
        As in `open_share`.
    boxes, signing_keys : mapping of int to bytes
        RELEASE data and signing keys by member.

    Returns
    -------
    Decoded or Undecided
        As `aggregate_shares`; members whose box does not open or is not signed by them count as wrong.
    """
    signed = open_shares(key, slot, boxes, owner_secret, signing_keys)
    shares = {member: found.share for member, found in signed.items()}
    result = aggregate_shares(key, shares)
    if isinstance(result, Undecided):
        return Undecided(len(boxes), result.needed)
    return Decoded(result.value, tuple(sorted(set(result.wrong) | (set(boxes) - set(shares)))))


def open_shares(
    key: CommitteeKey,
    slot: int,
    boxes: Mapping[int, bytes],
    owner_secret: bytes,
    signing_keys: Mapping[int, bytes],
) -> dict[int, SignedShare]:
    """Return the shares, by member, of the boxes that open and are signed by their members."""
    opened = {m: open_share(key, m, slot, box, owner_secret, signing_keys[m]) for m, box in boxes.items()}
    return {member: signed for member, signed in opened.items() if signed is not None}


def sign_bytes(key: CommitteeKey, member: int, slot: int, owner: bytes, root: bytes) -> bytes:
    """Return what a member signs: key, member, slot, owner and the root over its share."""
    return key.domain("release") + member.to_bytes(4, "little") + slot.to_bytes(4, "little") + owner + root


def leaves(share: bytes) -> list[bytes]:
    """Return the numbers of a share as its hash tree has them: 16 bytes each."""
    return [share[start : start + SHARE_BYTES] for start in range(0, len(share), SHARE_BYTES)]


def numbers(share: bytes) -> list[int]:
    """Return the numbers of a share."""
    return [int.from_bytes(leaf, "little") for leaf in leaves(share)]


def _mask(preset: Preset, stream: Stream) -> NDArray[Any]:
    """One seed's mask: entries 1 .. N/2 - 1 uniform within the preset's release mask, the rest zero."""
    mask = np.zeros(preset.degree, dtype=np.int64)
    mask[1 : preset.degree // 2] = stream.bounded(preset.release_mask, preset.capacity)
    return mask


def _parse(preset: Preset, share: bytes) -> U64 | None:
    """Return a share as residues, shape (2, N), or None if it is not canonical."""
    if len(share) != SHARE_BYTES * preset.capacity:
        return None
    words = np.frombuffer(share, dtype="<u8").reshape(-1, 2).astype(object)
    values = words[:, 0] + (words[:, 1] << 64)
    if bool((values >= preset.modulus).any()):
        return None
    ring = cipher_ring(preset)
    residues = ring.zero()
    residues[:, 1 : preset.degree // 2] = ring.reduce(values)
    return residues
