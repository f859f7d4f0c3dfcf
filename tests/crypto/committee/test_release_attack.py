"""63 paid accomplices against one released sum: what its mask leaves them of the key, counted exactly.

All accomplices send ``u = 0`` and one error ``e1 = b X^5``, b as large as a proof is accepted with in 2^60
attempts, so that the sum opens ``63 b`` times a coefficient of the key at each place. t members give them
every piece of key and mask but one. What they cannot know is one uniform number for each coefficient: a value
of the key's coefficient is as likely as before unless it would need a mask out of bounds. So what they
learn is no estimate: a value is either excluded or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb, log2
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.crypto import leakage, scoring
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import normalise, pack, quantise
from assay.crypto.committee import release, score
from assay.crypto.committee.decoding import Decoded
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.committee.subsets import subsets
from assay.crypto.presets import STANDARD, Preset, noise_bound, seed_count
from assay.crypto.proof import encryption
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

ACCOMPLICES = 63
PLACE = 5
#: Four fifths of a bucket: 26 coefficients must not leave theirs, (1/5)^26 = 2^-60.
ERROR = 4 * (1 << encryption.layout(STANDARD, 1).buckets[1]) // 5
FACTOR = ACCOMPLICES * ERROR
#: Differences of two ternary coefficients, and how likely they are.
VALUES = {-2: 1 / 9, -1: 2 / 9, 0: 3 / 9, 1: 2 / 9, 2: 1 / 9}

#: 2^36 over all seeds together, as a mask of the whole sum: it satisfies every bound of honest noise.
NARROW = {
    n: replace(STANDARD, name=f"narrow{n}", release_mask=(1 << 36) // seed_count(n)) for n in (4, 7, 10)
}
Integers = NDArray[Any]


@dataclass
class Release:
    """One released sum and what the accomplices know of it."""

    made: Any
    opened: Integers
    known: Integers
    c1: U64
    truth: Integers

    @property
    def left(self) -> Integers:
        """What is opened less all that is known: multiples of the hidden piece of the key, and its mask."""
        return np.asarray(self.opened - self.known)


def updates(preset: Preset) -> Integers:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(ACCOMPLICES + 1, preset.capacity)) + 0.3
    return np.stack([pack(quantise(normalise(v), preset), preset)[0] for v in vectors])


def accomplice(preset: Preset, message: Integers) -> U64:
    """A payload without randomness: ``(m, b X^5)``."""
    ring = cipher_ring(preset)
    error = np.zeros(preset.degree, dtype=np.int64)
    error[PLACE] = ERROR
    return np.stack((ring.encode(message), ring.encode(error)))[None]


def folded(polynomial: Integers) -> Integers:
    """Entry j - 1 is coefficient j less coefficient N - j, as a release opens them."""
    half = len(polynomial) // 2
    return polynomial[1:half].astype(object) - polynomial[:half:-1].astype(object)


def times_error(polynomial: Integers) -> Integers:
    """The polynomial times X^5."""
    return np.concatenate((-polynomial[-PLACE:], polynomial[:-PLACE]))


def hold(made: Any, hidden: set[int]) -> Release:
    """Release the accomplices' sum and one honest update; seeds not `hidden` are known to them.

    So are the honest contributor's update and randomness, since it is the key they are after.
    """
    key, preset = made.key, made.key.preset
    messages = updates(preset)
    honest, _ = encrypt(messages[-1:], made.p0, common_polynomial(key), preset, bytes(32))
    payloads = [accomplice(preset, message) for message in messages[:-1]]
    c0, c1 = scoring.add_payloads([*payloads, honest], preset)[0]
    shares = {sharer.member: release.gen_share(sharer, c0, c1) for sharer in made.sharers}
    result = release.aggregate_shares(key, shares)
    assert isinstance(result, Decoded)
    # Of what the sum encrypts: all but the hidden pieces.
    ring = cipher_ring(preset)
    whole = ring.decode(ring.add(honest[0, 0], ring.mul(honest[0, 1], made.secret_key[:2])))
    known = folded(whole) + folded(messages[:-1].astype(object).sum(axis=0))
    truth = np.zeros(preset.capacity, dtype=object)
    for number, seed in made.seeds.items():
        piece = Stream(key.domain("secret-key"), seed).ternary(preset.degree)
        mask = Stream(key.domain("release-mask"), seed, score.digest(c1)).bounded(
            preset.release_mask, preset.capacity
        )
        part = folded(times_error(piece))
        if number in hidden:
            truth = truth + part
        else:
            known = known + FACTOR * part + mask
    return Release(made, np.asarray(result.value), known, c1, truth)


def possible(left: Integers, bound: int) -> Counter[tuple[int, ...]]:
    """How many coefficients leave which values of the key's difference possible."""
    return Counter(tuple(v for v in VALUES if abs(int(x) - FACTOR * v) <= bound) for x in left)


def bits(found: Counter[tuple[int, ...]]) -> float:
    """What the accomplices learn: for each coefficient minus log2 of the chance of what is left possible."""
    return sum(-count * log2(sum(VALUES[v] for v in left)) for left, count in found.items())


def attack(made: Any) -> tuple[Release, Counter[tuple[int, ...]]]:
    """Members 0 .. t - 1 lack one seed, that of their own subset: number 0."""
    assert subsets(made.key.size)[0] == tuple(range(made.key.threshold))
    held = hold(made, hidden={0})
    found = possible(held.left, made.key.preset.release_mask)
    for difference, rest in zip(held.truth, held.left, strict=True):
        assert abs(rest - FACTOR * difference) <= made.key.preset.release_mask  # the truth is never excluded
    return held, found


@pytest.mark.parametrize("n", [1, 4, 7, 10])
def test_the_mask_of_one_seed_leaves_accomplices_and_t_members_next_to_nothing(
    n: int, committee: Callable[..., Any]
) -> None:
    _, found = attack(committee(n, STANDARD))
    told = STANDARD.capacity - found[tuple(VALUES)]
    assert found.total() == STANDARD.capacity
    assert told < 60  # of 4095 coefficients; 16 to 24 in these runs
    assert sum(count for left, count in found.items() if len(left) == 1) < 10
    counted = leakage.openings(STANDARD, n, ACCOMPLICES + 1, 1)["release"].bits / (1 << 20)
    assert 1 < bits(found) < counted < 45  # 10 to 15


@pytest.mark.parametrize("n", [7, 10])
def test_a_mask_of_2_to_the_36_in_all_gives_them_the_key(n: int, committee: Callable[..., Any]) -> None:
    """The same attack, so that the test above says something: 5,700 bits at n = 7, all of it at n = 10."""
    held, found = attack(committee(n, NARROW[n]))
    single = [(left[0], int(t)) for left, t in zip(values(held), held.truth, strict=True) if len(left) == 1]
    assert all(read == truth for read, truth in single)
    assert len(single) > {7: 400, 10: 4000}[n]
    assert bits(found) > 2 * leakage.margin(STANDARD)
    assert not NARROW[n].safe_release


def values(held: Release) -> list[tuple[int, ...]]:
    bound = held.made.key.preset.release_mask
    return [tuple(v for v in VALUES if abs(int(x) - FACTOR * v) <= bound) for x in held.left]


def test_without_members_the_masks_of_all_seeds_stand_in_the_way(committee: Callable[..., Any]) -> None:
    """n = 4, no member colludes: four pieces of the key under a sum of four uniform masks."""
    made = committee(4, STANDARD)
    held = hold(made, hidden=set(made.seeds))
    chances = {0: 1.0}
    for _ in range(4):
        added: Counter[int] = Counter()
        for total, chance in chances.items():
            for value, own in VALUES.items():
                added[total + value] += chance * own
        chances = dict(added)
    told = 0.0
    for rest, truth in zip(held.left, held.truth, strict=True):
        like = {v: density(int(rest) - FACTOR * v, STANDARD.release_mask) for v in chances}
        told += log2(like[int(truth)] / sum(chances[v] * like[v] for v in chances))
    # The truth's likelihood against the average, over 4,095 coefficients: a fraction of a bit each way.
    assert abs(told) < 10


def density(x: int, bound: int) -> float:
    """Density at x of a sum of four variables uniform within the bound, up to a factor (Irwin and Hall)."""
    y = x / (2 * bound + 1) + 2
    return sum((-1) ** k * comb(4, k) * (y - k) ** 3 for k in range(4) if y > k)


@pytest.mark.parametrize("n", [4, 7])
def test_an_owner_with_all_other_contributors_learns_nothing_of_the_honest_ones_randomness(
    n: int, committee: Callable[..., Any]
) -> None:
    """It subtracts what it knows and has the honest update, under the mask; not the noise below it."""
    made = committee(n, STANDARD)
    held = hold(made, hidden={0})
    left = held.left - FACTOR * held.truth  # even with the key in hand
    most = 2 * noise_bound(STANDARD, n)
    assert max(abs(int(x)) for x in left) <= STANDARD.release_mask - most
    # Every noise within its bound would have needed an admissible mask: none is excluded, anywhere.


def test_masks_are_as_wide_as_the_preset_says(committee: Callable[..., Any]) -> None:
    """The attack counts on it: the hidden mask is uniform to its bound."""
    held = hold(committee(4, STANDARD), hidden={0})
    masks = (held.left - FACTOR * held.truth).astype(float) / STANDARD.release_mask
    assert abs(masks).max() > 0.995
    assert abs(masks.mean()) < 6 / (3 * len(masks)) ** 0.5
    assert abs((masks**2).mean() - 1 / 3) < 0.03


def waves(preset: Preset, gain: int) -> Integers:
    """One error an accomplice, each of a frequency of its own and 2^gain longer than is usually accepted."""
    places, bucket = np.arange(preset.degree), 1 << encryption.layout(preset, 1).buckets[1]
    crest = 45 * bucket * np.pi / 2 / preset.degree / 26**0.5 * 2**gain
    odd = 2 * np.arange(100, 100 + ACCOMPLICES) + 1
    return np.rint(crest * np.cos(np.pi * odd[:, None] * places / preset.degree)).astype(np.int64)


def test_luck_in_an_embedding_shows_one_number_each_to_fewer_bits_than_it_costs(
    committee: Callable[..., Any],
) -> None:
    """A challenge small in one embedding, once in 2^16 attempts, lets a wave pass that exceeds the mask."""
    made, gain = committee(4, STANDARD), 16
    ring, key = cipher_ring(STANDARD), made.key
    errors = waves(STANDARD, gain)
    total = ring.encode(errors.sum(axis=0))
    shares = {sharer.member: release.gen_share(sharer, ring.zero(), total) for sharer in made.sharers}
    result = release.aggregate_shares(key, shares)
    assert isinstance(result, Decoded)
    digest, left = score.digest(total), np.asarray(result.value)
    for number, seed in made.seeds.items():
        piece = ring.encode(Stream(key.domain("secret-key"), seed).ternary(STANDARD.degree))
        if number == 0:
            hidden = piece
            continue
        mask = Stream(key.domain("release-mask"), seed, digest).bounded(
            STANDARD.release_mask, STANDARD.capacity
        )
        left = left - folded(ring.decode(ring.mul(total, piece))) - mask
    shapes = np.stack([folded(error) for error in errors]).astype(float).T
    parts = [folded(ring.decode(ring.mul(ring.encode(error), hidden))) for error in errors]
    truth = np.linalg.lstsq(shapes, np.stack(parts).astype(float).sum(axis=0), rcond=None)[0]
    found = np.linalg.lstsq(shapes, left.astype(float), rcond=None)[0]
    residue = np.stack(parts).astype(float).sum(axis=0) - shapes @ truth
    assert abs(residue).max() < STANDARD.release_mask / 100  # 63 numbers are all there is
    wrong = float(np.sqrt(((found - truth) ** 2).mean()))
    told = log2(float(truth.std()) / wrong)
    assert 2 < told < gain
    assert ACCOMPLICES * told < ACCOMPLICES * leakage.GRINDING_BITS
