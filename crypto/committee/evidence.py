"""Proving to everybody that a member's share of a released sum is wrong, without showing the sum.

A member signs the root of a hash tree over the numbers of its share. So the owner can show one number of
each of 2t + 1 members that agree, and that of a member which does not lie on their polynomial. It cannot
make any of it up: it has no member's signing key, and among 2t + 1 shares that agree at least t + 1 are
honest, which fixes the polynomial. What becomes public is one parameter of the sum, as noisy as the owner
has it, and the owner chooses to show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.crypto import accounts
from assay.crypto.committee import merkle, release
from assay.crypto.committee.decoding import Undecided, decode_integer, share_at
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import SHARE_BYTES, SIGNATURE_BYTES
from assay.crypto.committee.release import SignedShare
from assay.crypto.presets import Preset
from assay.crypto.ring import cipher_ring


@dataclass(frozen=True)
class Part:
    """One number of a release share, with what shows that its member sent it.

    Attributes
    ----------
    share : bytes
        16 bytes, little endian.
    path : bytes
        From the number to the root of the share's hash tree.
    signature : bytes
        The member's, of that root.
    """

    share: bytes
    path: bytes
    signature: bytes


@dataclass(frozen=True)
class Contradiction:
    """Parts of one place of which one lies off the polynomial of the others.

    Attributes
    ----------
    liar
        The member whose part that is.
    slot, index
        Ciphertext of the sum, and place in a share, from 0: parameter ``index + 1`` of that ciphertext.
    parts
        By member.
    """

    liar: int
    slot: int
    index: int
    parts: Mapping[int, Part]


def path_size(preset: Preset) -> int:
    """Return the bytes of a part's path."""
    return merkle.HASH_BYTES * merkle.depth(preset.capacity)


def is_part(preset: Preset, index: int, part: Part) -> bool:
    """Tell whether a part has the form of one: its sizes, and a place that a share has."""
    sizes = (len(part.share), len(part.path), len(part.signature))
    return sizes == (SHARE_BYTES, path_size(preset), SIGNATURE_BYTES) and 0 <= index < preset.capacity


def is_signed(
    key: CommitteeKey, member: int, slot: int, owner: bytes, index: int, part: Part, signing_key: bytes
) -> bool:
    """Tell whether a member sent a part, of the right form, as number ``index`` of its share of a slot."""
    root = merkle.root_of(part.share, index, part.path)
    return accounts.verify(signing_key, release.sign_bytes(key, member, slot, owner, root), part.signature)


def wrong(key: CommitteeKey, parts: Mapping[int, Part]) -> tuple[int, ...] | Undecided:
    """Return the members whose part is wrong, ascending; Undecided if fewer than 2t + 1 agree."""
    ring = cipher_ring(key.preset)
    numbers = {member: int.from_bytes(part.share, "little") for member, part in parts.items()}
    reduced = {member: number for member, number in numbers.items() if number < ring.modulus}
    found = decode_integer(key.size, ring, reduced)
    if isinstance(found, Undecided):
        return found
    return tuple(sorted({*found.wrong, *(set(numbers) - set(reduced))}))


def contradictions(
    key: CommitteeKey, slot: int, signed: Mapping[int, SignedShare], liars: tuple[int, ...]
) -> list[Contradiction]:
    """Return for each liar the first place at which its share contradicts the others'.

    Parameters
    ----------
    key : CommitteeKey
    slot : int
        Ciphertext of the sum.
    signed : mapping of int to SignedShare
        Opened shares by member, from `release.open_shares`.
    liars : tuple of int
        Members that `release.collect` found wrong. Those whose box did not open are passed over: nothing
        they signed is there to be shown.
    """
    honest = [member for member in sorted(signed) if member not in liars]
    found = []
    for liar in sorted(set(liars) & set(signed)):
        index = _first_difference(key, signed, honest[: key.threshold + 1], liar)
        parts = {m: _part(signed[m], index) for m in sorted([*honest[: 2 * key.threshold + 1], liar])}
        found.append(Contradiction(liar, slot, index, parts))
    return found


def _first_difference(
    key: CommitteeKey, signed: Mapping[int, SignedShare], base: list[int], liar: int
) -> int:
    ring, numbers = cipher_ring(key.preset), {m: release.numbers(signed[m].share) for m in [*base, liar]}
    for index, number in enumerate(numbers[liar]):
        if number != share_at(ring, {member: numbers[member][index] for member in base}, liar):
            return index
    raise ValueError(f"the share of member {liar} contradicts nothing")


def _part(signed: SignedShare, index: int) -> Part:
    leaves = release.leaves(signed.share)
    return Part(leaves[index], merkle.path(leaves, index), signed.signature)
