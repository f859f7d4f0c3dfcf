"""Scalars of real ciphertexts, opened by the committee."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.crypto import bounds, scoring
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.engine import Engine
from assay.crypto.ckks.packing import normalise, pack, quantise
from assay.crypto.committee import score
from assay.crypto.committee.decoding import Decoded, Undecided
from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.messages import parse_share
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.committee.score import MaskKind
from assay.crypto.committee.sharing import Sharer
from assay.crypto.committee.subsets import held, quorum, subsets
from assay.crypto.presets import COMMITTEE_SIZES, PRESETS, SMALL, STANDARD, Preset, noise_bound, threshold
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64

CASES = [(1, SMALL), (4, SMALL), (7, SMALL), (1, STANDARD), (4, STANDARD)]


def update(name: int, preset: Preset) -> Any:
    return np.random.default_rng(name).normal(size=preset.capacity)


def encrypted(made: Any, vector: Any, name: int) -> U64:
    preset = made.key.preset
    seed = name.to_bytes(32, "little")
    p1 = common_polynomial(made.key)
    ciphertexts, _ = encrypt(pack(quantise(vector, preset), preset), made.p0, p1, preset, seed)
    return ciphertexts


def opened(made: Any, scalar: Any, kind: MaskKind) -> dict[int, int]:
    return {m.number: parse_share(made.key.preset, m.score_share(scalar.c1, kind)) for m in made.members}


@pytest.mark.parametrize(("n", "preset"), CASES)
def test_products_computed_by_seal_open_to_the_inner_product(
    n: int, preset: Preset, committee: Callable[..., Any]
) -> None:
    made, engine = committee(n, preset), Engine(preset)
    key = engine.load_relin_key(made.relin)
    g, h = update(1, preset), update(2, preset)
    h = normalise(g) + normalise(h)
    first, second = (engine.load(encrypted(made, v, i)[0]) for i, v in enumerate((g, h)))
    noise = 2 * 4 * preset.scale * noise_bound(preset, n)
    for a, b, expected in [
        (first, first, 1.0),
        (second, second, 1.0),
        (first, second, float(normalise(g) @ normalise(h))),
    ]:
        scalar = scoring.score_product(engine, key, [a], [b])
        result = score.aggregate_shares(made.key, scalar.constant, opened(made, scalar, MaskKind.SCORE))
        assert isinstance(result, Decoded)
        assert result.wrong == ()
        # Mask and noise, and 2^-20 for the rounding of the update to fixed point.
        error = abs(result.value - round(expected * 2**60) * preset.unit // 2**60)
        assert error <= preset.score_mask + noise + (preset.unit >> 20)
        assert expected != 1.0 or bounds.norm_ok(preset, result.value)


@pytest.mark.parametrize(("n", "preset"), CASES)
def test_length_checks_open_to_the_product_with_the_public_vector(
    n: int, preset: Preset, committee: Callable[..., Any]
) -> None:
    made, coin, g = committee(n, preset), bytes(range(32)), update(3, preset)
    ciphertexts = encrypted(made, g, 3)
    for check in range(2):
        scalar = scoring.length_product(ciphertexts, coin, b"sender", check, preset)
        shares = opened(made, scalar, MaskKind.LENGTH)
        result = score.aggregate_shares(made.key, scalar.constant, shares)
        assert isinstance(result, Decoded)
        vector = scoring.rho(coin, b"sender", check, 0, preset)[1:]
        exact = 4 * sum(int(x) * int(y) for x, y in zip(vector, quantise(g, preset), strict=True))
        assert abs(result.value - exact) <= preset.length_mask + preset.length_unit // 1000
        assert bounds.length_ok(preset, result.value)


@pytest.mark.parametrize("n", [4, 7])
@given(data=st.data())
@settings(max_examples=30)
def test_any_order_and_up_to_t_wrong_or_missing_give_the_same_integer(
    n: int, committee: Callable[..., Any], data: st.DataObject
) -> None:
    made = committee(n)
    scalar = scoring.length_product(encrypted(made, update(4, SMALL), 4), bytes(32), b"", 0, SMALL)
    shares = opened(made, scalar, MaskKind.LENGTH)
    truth = score.aggregate_shares(made.key, scalar.constant, shares)
    assert isinstance(truth, Decoded)
    order = data.draw(st.permutations(range(n)))
    affected = data.draw(st.integers(0, threshold(n)))
    missing = data.draw(st.integers(0, affected))
    received = {m: shares[m] for m in order[missing:]}
    wrong = order[missing:affected]
    for member in wrong:
        received[member] = (received[member] + data.draw(st.integers(1, SMALL.modulus - 1))) % SMALL.modulus
    found = score.aggregate_shares(made.key, scalar.constant, received)
    assert found == Decoded(truth.value, tuple(sorted(wrong)))
    fewer = {m: shares[m] for m in order[: quorum(n) - 1]}
    assert score.aggregate_shares(made.key, scalar.constant, fewer) == Undecided(quorum(n) - 1, quorum(n))


def random_c1(preset: Preset, name: bytes) -> U64:
    stream = [Stream(b"test", name, i).uniform(q, preset.degree) for i, q in enumerate(preset.cipher_primes)]
    return np.stack(stream)


@pytest.mark.parametrize("n", [1, 4, 7])
def test_repeats_are_bit_identical_after_a_restart(n: int, committee: Callable[..., Any]) -> None:
    made, c1 = committee(n), random_c1(SMALL, b"c1")
    for member in made.members:
        again = type(member).load(member._files, made.key.key_id)
        for kind in MaskKind:
            assert again.score_share(c1, kind) == member.score_share(c1, kind)


def masks(made: Any, c1: U64, kind: MaskKind) -> int:
    """The mask that all seeds together give: what is opened, less the exact constant coefficient."""
    ring = cipher_ring(made.key.preset)
    result = score.aggregate_shares(
        made.key, 0, {s.member: score.gen_share(s, c1, kind) for s in made.sharers}
    )
    assert isinstance(result, Decoded)
    return ring.signed(result.value - ring.constant(ring.mul(c1, made.secret_key[:2])))


@pytest.mark.parametrize("n", [1, 4, 7])
def test_the_mask_depends_on_c1_and_fills_its_width(n: int, committee: Callable[..., Any]) -> None:
    made, seeds = committee(n), len(subsets(n))
    for kind, total in [(MaskKind.SCORE, SMALL.score_mask), (MaskKind.LENGTH, SMALL.length_mask)]:
        found = [masks(made, random_c1(SMALL, bytes([i])), kind) for i in range(64)]
        assert len(set(found)) == 64
        bound = score.mask_bound(made.key, kind)
        assert max(map(abs, found)) <= seeds * bound <= total
        # Uniform on [-bound, bound] for each seed: variance seeds * bound^2 / 3, here from 64 samples.
        variance = float(np.mean([(x / bound) ** 2 for x in found]))
        assert 0.5 < variance / (seeds / 3) < 1.7


def test_one_changed_residue_gives_another_mask(committee: Callable[..., Any]) -> None:
    made, c1 = committee(4), random_c1(SMALL, b"c1")
    changed = c1.copy()
    changed[1, -1] = (int(changed[1, -1]) + 1) % SMALL.primes[1]
    assert masks(made, c1, MaskKind.SCORE) != masks(made, changed, MaskKind.SCORE)


@pytest.mark.parametrize("n", COMMITTEE_SIZES)
@pytest.mark.parametrize("preset", PRESETS)
def test_masks_of_all_seeds_stay_within_the_presets_figure(n: int, preset: Preset) -> None:
    key = CommitteeKey("assay-test", 1, preset, n)
    for kind, total in [(MaskKind.SCORE, preset.score_mask), (MaskKind.LENGTH, preset.length_mask)]:
        bound = score.mask_bound(key, kind)
        assert total - len(subsets(n)) < bound * len(subsets(n)) <= total


@pytest.mark.parametrize("n", [4, 7])
def test_t_members_cannot_predict_the_scalar(n: int, committee: Callable[..., Any]) -> None:
    """What t members lack is one seed, and with it a piece of the key and a mask of full width."""
    made, c1 = committee(n), random_c1(SMALL, b"c1")
    coalition = subsets(n)[-1]
    known = {seed for member in coalition for seed in held(n, member)}
    hidden = set(range(len(subsets(n)))) - known
    assert len(hidden) == 1
    truth = {s.member: score.gen_share(s, c1, MaskKind.SCORE) for s in made.sharers}
    guess = {**made.seeds, hidden.pop(): Random(n).randbytes(32)}
    for member in range(n):
        guessed = score.gen_share(Sharer(made.key, member, guess), c1, MaskKind.SCORE)
        assert (guessed == truth[member]) == (member in coalition)


@pytest.mark.parametrize("n", [4, 7, 10])
def test_more_than_t_members_could_falsify_a_score_and_no_fewer(
    n: int, committee: Callable[..., Any]
) -> None:
    """What docs/threat-model.md says is not stopped: t + 1 bend the polynomial through t honest shares."""
    made, t = committee(n), threshold(n)
    modulus, wanted = made.key.preset.modulus, 12345
    c1 = common_polynomial(made.key)
    shares = {m.number: parse_share(made.key.preset, m.score_share(c1, MaskKind.SCORE)) for m in made.members}
    kept = list(range(n - t, n))  # honest members whose shares stay right

    def bent(member: int) -> int:
        points = [(0, wanted), *((i + 1, shares[i]) for i in kept)]
        total = 0
        for x, value in points:
            for other, _ in points:
                if other != x:
                    factor = pow(x - other, -1, modulus)
                    value = value * (member + 1 - other) * factor % modulus
            total += value
        return total % modulus

    for liars in (t, t + 1):
        result = score.aggregate_shares(made.key, 0, shares | {i: bent(i) for i in range(liars)})
        assert isinstance(result, Decoded)
        assert (result.value == wanted) == (liars > t)
        assert result.wrong == (tuple(range(t)) if liars == t else tuple(range(t + 1, n - t)))
