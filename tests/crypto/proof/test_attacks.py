"""Payloads that a check of the proof stops, and those that pass it: for these the scalars are there.

What passes is written down in docs/proof.md; these tests hold the page to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isqrt
from typing import Any

import numpy as np
import pytest
from tests.crypto.proof.dishonest import quotient

from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack
from assay.crypto.presets import Preset
from assay.crypto.proof import Context, encryption, protocol, verifier
from assay.crypto.proof.challenge import Challenge, expand
from assay.crypto.proof.errors import ChallengeMismatch
from assay.crypto.ring import Ring, Stream, cipher_ring

Make = Callable[[Preset, int], Any]
MASKS = (12, 30)  # bits: a forger hides nothing, but its first message should be spread


def polynomial(preset: Preset, entries: dict[int, int]) -> Any:
    out = np.zeros((1, preset.degree), dtype=np.int64)
    for place, value in entries.items():
        out[0, place] = value
    return out


def nothing(challenge: Challenge) -> Any:
    zero = np.zeros((1, challenge.degree), dtype=np.int64)
    return zero, zero


# -- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1])
def test_ciphertexts_that_read_the_key_are_refused(preset: Preset, forger: Any, at: int) -> None:
    """(0, K) opens K times a coefficient of the key; (K, 0) is a message without a key."""
    ring = cipher_ring(preset)
    ciphertext = np.zeros((1, 2, *ring.shape), dtype=np.uint64)
    ciphertext[0, at] = ring.mul_integer(ring.encode(polynomial(preset, {0: 1})[0]), preset.modulus // 7)
    assert not forger.accepted(ciphertext, forger.forge(ciphertext, nothing, MASKS, attempts=5))


def test_an_antisymmetric_part_is_refused(preset: Preset, submission: Make, forger: Any) -> None:
    """Ten times too long, hidden from the norm: <g, g> counts the antisymmetric part as negative."""
    made = submission(preset, 1)
    messages = 10 * made.messages
    messages[0, preset.degree // 2 + 1 :] = 0  # half symmetric, half antisymmetric
    ciphertext, drawn = encrypt(messages, *forger.key, preset, bytes(32))

    def shifts(c: Challenge) -> Any:
        return c.times(drawn.u), c.times(messages + drawn.e0)

    assert not forger.accepted(ciphertext, forger.forge(ciphertext, shifts, MASKS, attempts=5))


def test_anothers_ciphertext_and_an_encryption_of_zero_are_refused(
    preset: Preset, submission: Make, forger: Any
) -> None:
    made = submission(preset, 1)
    zero, drawn = encrypt(polynomial(preset, {}), *made.key, preset, bytes(32))
    ciphertext = cipher_ring(preset).add(made.ciphertexts, zero)
    with pytest.raises(ChallengeMismatch):
        made.verify(ciphertexts=ciphertext)

    def shifts(c: Challenge) -> Any:
        return c.times(drawn.u), c.times(drawn.e0)

    assert not forger.accepted(ciphertext, forger.forge(ciphertext, shifts, MASKS, attempts=5))


def test_a_ciphertext_solved_for_after_its_challenge_is_refused(
    preset: Preset, submission: Make, context: Context
) -> None:
    """Any first message, any responses, and the ciphertext that fits them, were it not in the hash."""
    made = submission(preset, 1)
    relation = encryption.relation(preset, *made.key)
    ring, layout = relation.ring, relation.layout(1)
    first = np.stack([Stream(b"w", b"", i).uniform(q, 2 * preset.degree) for i, q in enumerate(ring.primes)])
    first = np.ascontiguousarray(first.reshape(1, 2, 2, preset.degree).swapaxes(1, 2))
    values = [
        protocol.residues(ring, r, layout.offset(j))
        for j, r in enumerate(verifier._parse(layout, made.proof))
    ]
    claimed = context.statement(made.ciphertexts, preset)
    seed = protocol.challenge_seed(relation, layout, first, claimed)
    wanted = ring.sub(ring.forward(protocol.first_message(relation, values)), ring.forward(first))
    ciphertext = ring.mul(wanted, _inverse(ring, expand(seed, preset.degree).ntt(ring)))
    with pytest.raises(ChallengeMismatch):
        made.verify(ciphertexts=ciphertext, proof=seed + made.proof[32:])


def _inverse(ring: Ring, a: Any) -> Any:
    rows = [[pow(int(v), -1, q) for v in row] for row, q in zip(a, ring.primes, strict=True)]
    return np.array(rows, dtype=np.uint64)


def test_a_proof_is_of_one_challenge_for_all_its_ciphertexts(preset: Preset, submission: Make) -> None:
    one, three = submission(preset, 1), submission(preset, 3)
    mixed = three.ciphertexts.copy()
    mixed[1] = one.ciphertexts[0]
    with pytest.raises(ChallengeMismatch):
        three.verify(ciphertexts=mixed)


def test_replay_elsewhere_is_refused(preset: Preset, submission: Make, context: Context) -> None:
    made = submission(preset, 1)
    for changed in ({"round_id": 9}, {"key_id": 9}, {"sender": b"x" * 20}, {"chain_id": "other"}):
        with pytest.raises(ChallengeMismatch):
            made.verify(context=replace(context, **changed))


# -- accepted: the proof is relaxed, and says nothing of lengths --------------------------------------


def times(preset: Preset, a: Any, b: Any) -> Any:
    ring = cipher_ring(preset)
    return ring.decode(ring.mul(ring.encode(a), ring.encode(b)))


def test_symmetric_challenges_are_divisible(preset: Preset) -> None:
    challenge = expand(b"d" * 32, preset.degree)
    divisor = polynomial(preset, {0: 2, 1: -1, preset.degree - 1: 1})
    assert np.array_equal(
        times(preset, quotient(challenge)[None], divisor)[0], challenge.coefficients().astype(object)
    )


def test_a_valid_ciphertext_divided_by_2_minus_x_minus_1_over_x_passes(preset: Preset, forger: Any) -> None:
    """Why every product is doubled before it is opened: twice this is an encryption of something small."""
    ring, n = cipher_ring(preset), preset.degree
    u, e0, e1 = (polynomial(preset, {place: 1}) for place in (3, 9, 7))
    m = polynomial(preset, {5: 1 << 20, n - 5: -(1 << 20)})
    p0, p1 = forger.key
    c0 = ring.add(ring.mul(p0, ring.encode(u)), ring.encode(e0 + m))
    valid = np.stack((c0, ring.add(ring.mul(p1, ring.encode(u)), ring.encode(e1))), axis=1)
    divisor = ring.encode(polynomial(preset, {0: 2, 1: -1, n - 1: 1})[0])
    ciphertext = ring.mul(valid, _inverse(ring, divisor))

    def shifts(c: Challenge) -> Any:
        return times(preset, quotient(c)[None], u), times(preset, quotient(c)[None], e0 + m)

    assert forger.accepted(ciphertext, forger.forge(ciphertext, shifts, MASKS))


def test_u_of_zero_with_a_chosen_e1_passes(preset: Preset, forger: Any) -> None:
    """c1 is then a small polynomial of one's choice, here 2^18 X^5: it opens 2^18 times a coefficient."""
    ring = cipher_ring(preset)
    ciphertext = np.stack((ring.zero(), ring.encode(polynomial(preset, {5: 1 << 18})[0])))[None]
    assert forger.accepted(ciphertext, forger.forge(ciphertext, nothing, MASKS))


def test_a_length_of_ten_passes(preset: Preset, submission: Make, forger: Any) -> None:
    """The norm is what rejects it."""
    made = submission(preset, 1)
    messages = 10 * made.messages
    ciphertext, drawn = encrypt(messages, *forger.key, preset, bytes(32))

    def shifts(c: Challenge) -> Any:
        return c.times(drawn.u), c.times(messages + drawn.e0)

    assert forger.accepted(ciphertext, forger.forge(ciphertext, shifts, MASKS))


def test_a_constant_term_that_gives_length_five_norm_one_passes(
    preset: Preset, submission: Make, forger: Any
) -> None:
    """The subring has constants, so this passes; it is the length checks that see coefficient 0."""
    made = submission(preset, 1)
    messages = 5 * made.messages
    half = preset.degree // 2
    rest = 4 * sum(int(v) ** 2 for v in messages[0, 1:half])
    constant = isqrt((preset.modulus + preset.unit - rest) // 2)
    messages[0, 0] = constant
    norm = 2 * constant**2 + rest - preset.modulus
    assert rest > 4 * preset.unit
    assert abs(norm - preset.unit) < preset.unit >> 8
    ciphertext, drawn = encrypt(messages, *forger.key, preset, bytes(32))

    def shifts(c: Challenge) -> Any:
        return c.times(drawn.u), c.times(messages + drawn.e0)

    assert forger.accepted(ciphertext, forger.forge(ciphertext, shifts, MASKS))


@pytest.mark.parametrize("coordinates", [2, 2000])
def test_a_length_whose_norm_is_1_modulo_q_passes(preset: Preset, forger: Any, coordinates: int) -> None:
    """512, spread over many coordinates or 362 in each of two: the length checks are what rejects it."""
    each = isqrt((preset.modulus + preset.unit) // (4 * coordinates))
    messages = pack(np.full(coordinates, each, dtype=np.int64), preset)
    norm = 4 * sum(int(v) ** 2 for v in messages[0, : preset.degree // 2]) - preset.modulus
    assert abs(norm - preset.unit) < preset.unit >> 8
    ciphertext, drawn = encrypt(messages, *forger.key, preset, bytes(32))

    def shifts(c: Challenge) -> Any:
        return c.times(drawn.u), c.times(messages + drawn.e0)

    assert forger.accepted(ciphertext, forger.forge(ciphertext, shifts, MASKS))


def test_halves_pass_for_every_other_challenge(preset: Preset, forger: Any) -> None:
    """Half of ``sum X^4i`` as e1: whole times ``(2 - X - X^-1)^2``, which divides every other challenge.

    tests/crypto/test_forged_payloads.py has what the scalars of such payloads show.
    """
    ring, n = cipher_ring(preset), preset.degree
    error = ring.encode(polynomial(preset, dict.fromkeys(range(0, n, 4), 1))[0])
    half = ring.mul_integer(error, (ring.modulus + 1) // 2)
    ciphertext = np.stack((ring.zero(), half))[None]
    proof = forger.forge(ciphertext, nothing, MASKS)
    assert forger.accepted(ciphertext, proof)
    pairs = expand(proof[:32], n).pairs
    assert sum(j % 2 for j, _ in pairs) % 2 == 0


@pytest.mark.parametrize(("share", "passes"), [(8, True), (1, False)])
def test_an_error_as_large_as_what_is_rounded_away_is_refused(
    preset: Preset, forger: Any, share: int, passes: bool
) -> None:
    """An eighth of a bucket stays in place at 26 coefficients one time in 30, a whole one never."""
    ring = cipher_ring(preset)
    bucket = 1 << encryption.layout(preset, 1).buckets[1]
    error = ring.encode(polynomial(preset, {5: bucket // share})[0])
    ciphertext = np.stack((ring.zero(), error))[None]
    proof = forger.forge(ciphertext, nothing, MASKS, attempts=300 if passes else 20)
    assert forger.accepted(ciphertext, proof) == passes


@pytest.mark.parametrize(("times_bound", "passes"), [(1 / 28, True), (1, True), (256, False)])
def test_a_wave_of_randomness_passes_when_the_challenge_is_small_in_its_embedding(
    preset: Preset, forger: Any, times_bound: float, passes: bool
) -> None:
    """u of one frequency: g times as long as a typical challenge admits passes once in g attempts or so."""
    ring, n = cipher_ring(preset), preset.degree
    size = times_bound * (1 << (encryption.layout(preset, 1).widths[0] - 1))
    wave = np.rint(size * np.cos(np.pi * 1555 * np.arange(n) / n)).astype(np.int64)[None]
    ciphertext = np.stack([ring.mul(p, ring.encode(wave)) for p in forger.key], axis=1)

    def shifts(c: Challenge) -> Any:
        return c.times(wave), c.times(np.zeros_like(wave))

    proof = forger.forge(ciphertext, shifts, (6, 30), attempts=100 if passes else 10)
    assert forger.accepted(ciphertext, proof) == passes
