"""Dealing the replicated seeds: hash first, then sealed to every holder; cheating can be shown to all.

The dealer of a seed posts its hash in JOIN and, once all hashes are there, the seed sealed to each holder
(itself included) in SEEDS. The ephemeral key of a sealed box is derived from the seed. So a holder who has
opened its own box can check every other box of that seed, and if a holder complains the dealer opens the
seed: whoever recomputes hash and boxes sees whether the dealer or the complaint was false. Opened seeds
belong to an attempt that is given up.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import BOX_BYTES, Join, MessageError, box_offset, split_seeds
from assay.crypto.committee.sealed_box import seal, unseal
from assay.crypto.committee.subsets import dealer, dealt, held, holders, quorum


@dataclass(frozen=True)
class Complaint:
    """A member says that ``dealer`` did not deal seed number ``seed`` as it had to.

    ``opened`` is the seed where the complainer has it: its own box was right and somebody else's is not.
    """

    dealer: int
    seed: int
    opened: bytes | None


def seed_hash(key: CommitteeKey, number: int, seed: bytes) -> bytes:
    """Return what commits the dealer to a seed: the hash of key, seed number and seed."""
    return key.hash("seed-hash", number.to_bytes(4, "little"), seed)


def seal_seed(key: CommitteeKey, number: int, seed: bytes, holder: int, exchange_key: bytes) -> bytes:
    """Return the 80-byte box of a seed for a holder; the same arguments give the same bytes."""
    ephemeral = key.hash(
        "seed-ephemeral", number.to_bytes(4, "little"), holder.to_bytes(4, "little"), exchange_key, seed
    )
    return seal(seed, exchange_key, ephemeral)


def deal(key: CommitteeKey, member: int, seeds: Mapping[int, bytes], exchange_keys: Sequence[bytes]) -> bytes:
    """Return a member's SEEDS data.

    Parameters
    ----------
    key : CommitteeKey
    member : int
        The dealer.
    seeds : mapping of int to bytes
        At least the seeds it deals, by number.
    exchange_keys : sequence of bytes
        Every member's X25519 key, in order.
    """
    return b"".join(_boxes(key, number, seeds[number], exchange_keys) for number in dealt(key.size, member))


def receive(
    key: CommitteeKey, member: int, secret: bytes, joins: Sequence[Join], messages: Mapping[int, bytes]
) -> tuple[dict[int, bytes], tuple[Complaint, ...]]:
    """Open and check the seeds a member holds.

    Parameters
    ----------
    key : CommitteeKey
    member : int
        The holder.
    secret : bytes
        Its X25519 secret for this key.
    joins : sequence of Join
        Every member's JOIN, in order.
    messages : mapping of int to bytes
        SEEDS data by dealer, each of the size `messages.seeds_size` says.

    Returns
    -------
    seeds : dict of int to bytes
        The seeds that match their hash, by number.
    complaints : tuple of Complaint
        Empty if every dealer did its part.
    """
    seeds: dict[int, bytes] = {}
    complaints: list[Complaint] = []
    for number in held(key.size, member):
        source = dealer(key.size, number)
        start = box_offset(key.size, number, member)
        seed = unseal(messages[source][start : start + BOX_BYTES], secret)
        if seed is None or not hmac.compare_digest(
            seed_hash(key, number, seed), _hash_of(key, number, joins)
        ):
            complaints.append(Complaint(source, number, None))
            continue
        seeds[number] = seed
        if not dealt_honestly(key, number, seed, joins, messages[source]):
            complaints.append(Complaint(source, number, seed))
    return seeds, tuple(complaints)


def dealt_honestly(
    key: CommitteeKey, number: int, seed: bytes, joins: Sequence[Join], message: bytes
) -> bool:
    """Judge a complaint: tell whether an opened seed has the posted hash and was sealed as it had to be.

    Parameters
    ----------
    key : CommitteeKey
    number : int
        Number of the seed.
    seed : bytes
        The opened seed.
    joins : sequence of Join
        Every member's JOIN, in order.
    message : bytes
        The dealer's SEEDS data.

    Returns
    -------
    bool
        False proves the dealer false (if the dealer opened the seed, or the seed has the posted hash); True
        refutes the complaint.
    """
    if len(seed) != 32 or seed_hash(key, number, seed) != _hash_of(key, number, joins):
        return False
    start = box_offset(key.size, number, dealer(key.size, number))
    posted = message[start : start + BOX_BYTES * quorum(key.size)]
    return posted == _boxes(key, number, seed, [join.exchange_key for join in joins])


def parse_opened(key: CommitteeKey, member: int, joins: Sequence[Join], data: bytes) -> dict[int, bytes]:
    """Parse a member's OPEN data: every seed it holds, by number.

    Raises
    ------
    MessageError
        If a seed is missing, or is not the one whose hash its dealer posted. Whoever held its tongue when
        the seeds were checked has the right ones.
    """
    numbers, opened = held(key.size, member), split_seeds(data)
    if len(opened) != len(numbers):
        raise MessageError(
            f"OPEN of member {member} of {key.size} has {len(numbers)} seeds, not {len(opened)}"
        )
    seeds = dict(zip(numbers, opened, strict=True))
    wrong = [
        number for number in numbers if seed_hash(key, number, seeds[number]) != _hash_of(key, number, joins)
    ]
    if wrong:
        raise MessageError(f"the opened seeds {wrong} do not have the hashes posted in JOIN")
    return seeds


def _boxes(key: CommitteeKey, number: int, seed: bytes, exchange_keys: Sequence[bytes]) -> bytes:
    members = holders(key.size, number)
    return b"".join(seal_seed(key, number, seed, holder, exchange_keys[holder]) for holder in members)


def _hash_of(key: CommitteeKey, number: int, joins: Sequence[Join]) -> bytes:
    source = dealer(key.size, number)
    return joins[source].seed_hashes[dealt(key.size, source).index(number)]
