"""The released sum: what the owner gets, and who is named."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from assay.crypto import scoring
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack, quantise, unpack
from assay.crypto.committee import release
from assay.crypto.committee.decoding import Decoded, Undecided
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.committee.sealed_box import public_key, seal, unseal
from assay.crypto.committee.subsets import quorum, subsets
from assay.crypto.presets import SMALL, STANDARD, Preset, noise_bound, threshold
from assay.crypto.ring.tables import U64

OWNER_SECRET = bytes(range(1, 33))
OWNER = public_key(OWNER_SECRET)
CONTRIBUTORS = 3


def summed(made: Any, count: int = 0) -> tuple[Any, U64]:
    """The exact sum of three quantised updates, and the sum of their encryptions."""
    preset = made.key.preset
    rng = np.random.default_rng(7)
    updates = [quantise(rng.normal(size=count or preset.capacity), preset) for _ in range(CONTRIBUTORS)]
    p1 = common_polynomial(made.key)
    payloads = [
        encrypt(pack(u, preset), made.p0, p1, preset, bytes([i]) * 32)[0] for i, u in enumerate(updates)
    ]
    return np.sum(updates, axis=0), scoring.add_payloads(payloads, preset)


def boxes_of(made: Any, ciphertext: U64, slot: int = 0) -> dict[int, bytes]:
    return {m.number: m.release_share(slot, ciphertext[0], ciphertext[1], OWNER) for m in made.members}


def signing_keys(made: Any) -> dict[int, bytes]:
    return {number: join.signing_key for number, join in enumerate(made.joins)}


def collect(made: Any, boxes: dict[int, bytes], slot: int = 0) -> Any:
    return release.collect(made.key, slot, boxes, OWNER_SECRET, signing_keys(made))


@pytest.mark.parametrize(
    ("n", "preset"), [(1, SMALL), (4, SMALL), (7, SMALL), (1, STANDARD), (4, STANDARD), (7, STANDARD)]
)
def test_the_owner_gets_the_sum_within_mask_and_noise(
    n: int, preset: Preset, committee: Callable[..., Any]
) -> None:
    made = committee(n, preset)
    exact, ciphertexts = summed(made)
    result = collect(made, boxes_of(made, ciphertexts[0]))
    assert isinstance(result, Decoded)
    assert result.wrong == ()
    mask = len(subsets(n)) * preset.release_mask
    error = np.abs(result.value - 2 * exact.astype(object))
    assert error.max() <= mask + 2 * CONTRIBUTORS * noise_bound(preset, n)
    assert error.max() > mask // 4  # the mask is there
    if preset is STANDARD:
        found = unpack(result.value[None], preset.capacity, preset)
        assert np.linalg.norm(found - exact / preset.scale) < 0.05 * len(subsets(n)) ** 0.5


def test_an_update_of_several_ciphertexts_comes_back_in_order(committee: Callable[..., Any]) -> None:
    made = committee(4)
    count = 2 * SMALL.capacity + 5
    exact, ciphertexts = summed(made, count)
    values = [collect(made, boxes_of(made, c, slot), slot).value for slot, c in enumerate(ciphertexts)]
    found = unpack(np.stack(values), count, SMALL)
    assert len(found) == count
    assert np.corrcoef(found, exact.astype(float))[0, 1] > 0.9


@pytest.mark.parametrize("n", [4, 7])
def test_any_quorum_that_agrees_gives_the_same_sum_and_names_the_others(
    n: int, committee: Callable[..., Any]
) -> None:
    made, rng, t = committee(n), Random(n), threshold(n)
    _, ciphertexts = summed(made)
    boxes = boxes_of(made, ciphertexts[0])
    truth = collect(made, boxes).value
    wrong = dict.fromkeys(rng.sample(range(n), t))
    other = boxes_of(made, ciphertexts[0][::-1])  # shares of another ciphertext, rightly signed and sealed
    order = rng.sample(range(n), n)
    result = collect(made, {m: (other if m in wrong else boxes)[m] for m in order})
    assert result.wrong == tuple(sorted(wrong))
    assert np.array_equal(result.value, truth)
    missing = {m: boxes[m] for m in order if m not in wrong}
    assert np.array_equal(collect(made, missing).value, truth)
    few = {m: boxes[m] for m in order[: quorum(n) - 1]}
    assert collect(made, few) == Undecided(quorum(n) - 1, quorum(n))


def share_and_signature(made: Any, member: int, ciphertext: U64) -> bytes:
    box = made.members[member].release_share(0, ciphertext[0], ciphertext[1], OWNER)
    text = unseal(box, OWNER_SECRET)
    assert text is not None
    return text


def test_boxes_that_do_not_open_or_are_not_signed_count_as_wrong(committee: Callable[..., Any]) -> None:
    made = committee(4)
    _, ciphertexts = summed(made)
    boxes = boxes_of(made, ciphertexts[0])
    truth = collect(made, boxes)
    text = share_and_signature(made, 2, ciphertexts[0])
    bad = {
        "cut": boxes[2][:-1],
        "empty": b"",
        "changed": boxes[2][:-1] + bytes([boxes[2][-1] ^ 1]),
        "to another owner": made.members[2].release_share(0, *ciphertexts[0], public_key(bytes(32))),
        "of another member": boxes[3],
        "of another slot": made.members[2].release_share(1, *ciphertexts[0], OWNER),
        "without signature": seal(text[:-64] + bytes(64), OWNER, bytes(32)),
        "changed after signing": seal(bytes([text[0] ^ 1]) + text[1:], OWNER, bytes(32)),
        "too long": seal(text[:-64] + b"\x00" + text[-64:], OWNER, bytes(32)),
    }
    for box in bad.values():
        result = collect(made, boxes | {2: box})
        assert result.wrong == (2,)
        assert np.array_equal(result.value, truth.value)
        assert collect(made, {0: boxes[0], 1: boxes[1], 2: box}) == Undecided(3, 3)


def test_shares_that_are_not_reduced_count_as_wrong(committee: Callable[..., Any]) -> None:
    made = committee(4)
    _, ciphertexts = summed(made)
    shares = {s.member: release.gen_share(s, *ciphertexts[0]) for s in made.sharers}
    first = int.from_bytes(shares[1][:16], "little")
    result = release.aggregate_shares(
        made.key, shares | {1: (first + SMALL.modulus).to_bytes(16, "little") + shares[1][16:]}
    )
    assert isinstance(result, Decoded)
    assert result.wrong == (1,)
    short = release.aggregate_shares(made.key, shares | {1: shares[1][:-16]})
    assert isinstance(short, Decoded)
    assert short.wrong == (1,)
    assert np.array_equal(short.value, result.value)


def test_the_same_share_gives_the_same_bytes_after_a_restart(committee: Callable[..., Any]) -> None:
    made = committee(4)
    _, ciphertexts = summed(made)
    for member in made.members:
        again = type(member).load(member._files, made.key.key_id)
        assert again.release_share(0, *ciphertexts[0], OWNER) == member.release_share(
            0, *ciphertexts[0], OWNER
        )


def test_nobody_but_the_owner_opens_a_share(committee: Callable[..., Any]) -> None:
    made = committee(4)
    _, ciphertexts = summed(made)
    boxes = boxes_of(made, ciphertexts[0])
    for secret in (m._secrets.exchange_secret for m in made.members):
        assert all(unseal(box, secret) is None for box in boxes.values())


def test_the_antisymmetric_half_is_not_opened(committee: Callable[..., Any]) -> None:
    """Adding to X^j and X^(N-j) alike moves no share: only their difference carries parameters."""
    made, preset = committee(1), SMALL
    _, ciphertexts = summed(made)
    ring = release.cipher_ring(preset)
    bump = np.zeros(preset.degree, dtype=np.int64)
    bump[5] = bump[preset.degree - 5] = 1 << 30
    bump[0] = bump[preset.degree // 2] = 1 << 30
    c0, c1 = ciphertexts[0]
    shares = [
        release.gen_share(made.sharers[0], first, c1) for first in (c0, ring.add(c0, ring.encode(bump)))
    ]
    assert shares[0] == shares[1]
