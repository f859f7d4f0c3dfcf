"""The proof of plaintext knowledge: what it accepts, and what it is bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.crypto.ckks import payload
from assay.crypto.presets import SMALL, STANDARD, Preset
from assay.crypto.proof import (
    Context,
    NotProvable,
    ProofError,
    encryption,
    kernels,
    proof_bytes,
    protocol,
    reference,
    verifier,
)
from assay.crypto.proof.challenge import expand
from assay.crypto.proof.errors import (
    ChallengeMismatch,
    ProofLength,
    ResponseOutOfRange,
    StatementOutOfRange,
)
from assay.crypto.ring import cipher_ring
from assay.crypto.ring import kernels as ring_kernels
from assay.crypto.ring import reference as ring_reference

Make = Callable[[Preset, int], Any]


@pytest.mark.parametrize("count", [1, 3])
def test_honest_proofs_are_accepted(preset: Preset, submission: Make, count: int) -> None:
    made = submission(preset, count)
    for i in range(8):
        proof = made.prove(bytes([i]) * 32)
        assert len(proof) == proof_bytes(preset, count)
        made.verify(proof=proof)


def test_ciphertexts_are_verified_as_they_are_parsed(submission: Make) -> None:
    made = submission(SMALL, 3)
    parsed = payload.parse(payload.encode(made.ciphertexts, made.proof, SMALL), SMALL, 3)
    assert not parsed.ciphertexts.flags.writeable
    made.verify(ciphertexts=parsed.ciphertexts, proof=parsed.proof)


def test_proofs_depend_on_their_seed_alone(submission: Make) -> None:
    made = submission(SMALL, 1)
    assert made.prove(bytes(32)) == made.proof
    assert made.prove(b"\1" * 32) != made.proof


CHANGES: dict[str, dict[str, Any]] = {
    "chain": {"chain_id": "assay-tesu"},
    "purpose": {"purpose": 2},
    "round": {"round_id": 4},
    "sender": {"sender": bytes(range(1, 21))},
    "key": {"key_id": 6},
    "key-digest": {"key_digest": bytes(32)},
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_proof_holds_in_its_own_context_only(submission: Make, context: Context, field: str) -> None:
    with pytest.raises(ChallengeMismatch, match="another chain, round, sender, key"):
        submission(SMALL, 1).verify(context=replace(context, **CHANGES[field]))


def test_a_copy_of_anothers_ciphertext_is_refused_under_another_sender(
    submission: Make, context: Context
) -> None:
    thief = replace(context, sender=b"t" * 20)
    with pytest.raises(ChallengeMismatch):
        submission(STANDARD, 1).verify(context=thief)


def test_a_reference_is_not_a_submission(submission: Make, context: Context) -> None:
    made = submission(SMALL, 1)
    reference_context = Context.reference(
        context.chain_id, context.sender, context.key_id, context.key_digest
    )
    proof = made.prove(context=reference_context)
    made.verify(proof=proof, context=reference_context)
    with pytest.raises(ChallengeMismatch):
        made.verify(proof=proof, context=replace(reference_context, purpose=1))


def test_parts_of_a_context_cannot_run_into_each_other(submission: Make, context: Context) -> None:
    made = submission(SMALL, 1)
    shifted = replace(context, chain_id=context.chain_id + "\0", sender=context.sender[1:])
    assert shifted.statement(made.ciphertexts, SMALL) != context.statement(made.ciphertexts, SMALL)


def test_the_preset_is_bound(submission: Make, context: Context) -> None:
    ciphertexts = submission(SMALL, 1).ciphertexts
    renamed = replace(SMALL, wire_id=3)
    assert context.statement(ciphertexts, SMALL) != context.statement(ciphertexts, renamed)


def test_every_ciphertext_is_bound(submission: Make) -> None:
    made = submission(SMALL, 3)
    for index in np.ndindex(3, 2, 2):
        changed = made.ciphertexts.copy()
        changed[index][7] ^= np.uint64(1)
        with pytest.raises(ChallengeMismatch):
            made.verify(ciphertexts=changed)
    with pytest.raises(ChallengeMismatch):
        made.verify(ciphertexts=made.ciphertexts[::-1].copy())


def test_another_key_is_refused(submission: Make) -> None:
    made = submission(SMALL, 1)
    p0, p1 = made.key
    with pytest.raises(ChallengeMismatch):
        made.verify(key=(p1, p0))


@pytest.mark.parametrize("count", [1, 2])
def test_changed_bytes_are_refused(preset: Preset, submission: Make, count: int) -> None:
    made = submission(preset, count)
    blocks = np.cumsum([0, 32, encryption.layout(preset, count).block_bytes(0)])
    ends = [*blocks, *(blocks[1:] - 1), blocks[2] + 8, len(made.proof) - 1]  # z_m: lowest bits first
    places = [*ends, *np.random.default_rng(5).integers(0, len(made.proof), size=20)]
    for i, place in enumerate(places):
        changed = bytearray(made.proof)
        changed[place] ^= 1 << (i % 8)
        with pytest.raises((ChallengeMismatch, ResponseOutOfRange)):
            made.verify(proof=bytes(changed))


def test_responses_cannot_be_moved_between_message_and_error(submission: Make) -> None:
    """If e0 had a response of its own, X^j + X^-j could be added to it and taken from that to m."""
    made = submission(STANDARD, 1)
    start = 32 + encryption.layout(STANDARD, 1).block_bytes(0)
    fields = int.from_bytes(made.proof[start:], "little")
    for coefficient in (0, 1, 4095):
        for step in (1, -1):
            moved = (fields + (step << (67 * coefficient))).to_bytes(len(made.proof) - start, "little")
            with pytest.raises(ChallengeMismatch):
                made.verify(proof=made.proof[:start] + moved)


@pytest.mark.parametrize("length", [0, 31, 32, -1, 1])
def test_other_lengths_are_refused(submission: Make, length: int) -> None:
    made = submission(SMALL, 1)
    proof = made.proof[:length] if length != 1 else made.proof + b"\0"
    with pytest.raises(ProofLength, match=f"must have 20512 bytes, it has {len(proof)}"):
        made.verify(proof=proof)


def test_a_proof_for_another_number_of_ciphertexts_is_refused(submission: Make) -> None:
    made = submission(SMALL, 3)
    with pytest.raises(ProofLength):
        made.verify(ciphertexts=made.ciphertexts[:2])


def test_responses_beyond_their_bound_are_refused(
    preset: Preset, submission: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prover that never aborts leaves responses that show something of its secrets."""
    made = submission(preset, 1)
    with monkeypatch.context() as patched:
        patched.setattr(
            "assay.crypto.proof.prover.protocol.wide", lambda _limit: np.full(2, 2**64 - 1, np.uint64)
        )
        proofs = [made.prove(i.to_bytes(32, "big")) for i in range(24)]
    refused = 0
    for proof in proofs:
        try:
            made.verify(proof=proof)
        except ResponseOutOfRange:
            refused += 1
    assert 4 < refused < 24


@pytest.mark.parametrize("block", [0, 1])
def test_the_bound_itself_is_the_last_that_is_read(submission: Make, block: int) -> None:
    made, layout = submission(SMALL, 1), encryption.layout(SMALL, 1)
    start = 32 + block * layout.block_bytes(0)
    width, size = layout.widths[block], layout.block_bytes(block)
    for value, error in (
        (layout.limit(block), ChallengeMismatch),
        (layout.limit(block) + 1, ResponseOutOfRange),
    ):
        fields = int.from_bytes(made.proof[start : start + size], "little")
        fields = fields >> width << width | value
        proof = made.proof[:start] + fields.to_bytes(size, "little") + made.proof[start + size :]
        with pytest.raises(error):
            made.verify(proof=proof)


def test_residues_that_are_not_canonical_are_refused(submission: Make) -> None:
    made = submission(SMALL, 1)
    lifted = made.ciphertexts.copy()
    lifted[0, 1, 0, 9] += np.uint64(SMALL.primes[0])
    wrong = (lifted, made.ciphertexts[0], made.ciphertexts[:0], made.ciphertexts[:, :1])
    for ciphertexts in (*wrong, made.ciphertexts.astype(np.int64)):
        with pytest.raises(StatementOutOfRange, match=r"canonical residues of shape \(K, 2, 2, 4096\)"):
            made.verify(ciphertexts=ciphertexts)


@pytest.mark.parametrize("what", ["u", "e0", "e1", "longer", "asymmetric", "other"])
def test_what_cannot_be_proven_is_not_tried(submission: Make, what: str) -> None:
    made = submission(SMALL, 1)
    messages, randomness = made.messages.copy(), made.randomness
    if what in ("u", "e0", "e1"):
        changed = getattr(randomness, what).copy()
        changed[0, 3] = -22
        randomness = replace(randomness, **{what: changed})
    elif what == "longer":
        messages = messages + messages // 50
    elif what == "asymmetric":
        messages[0, 5] += 1
    else:
        messages = -messages
    with pytest.raises(NotProvable):
        replace(made, messages=messages, randomness=randomness).prove()


def test_numpy_proves_and_verifies_the_same(submission: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = submission(SMALL, 2)
    for module, plain in ((kernels, reference), (ring_kernels, ring_reference)):
        for name in module.__all__:
            monkeypatch.setattr(module, name, getattr(plain, name))
    assert made.prove() == made.proof
    made.verify()
    with pytest.raises(ProofError):
        made.verify(proof=made.proof[:-1] + bytes([made.proof[-1] ^ 1]))


def test_what_is_rounded_away_shows_no_error(submission: Make) -> None:
    """Any error within its bound would have given the same proof, so that it says nothing of this one."""
    made = submission(SMALL, 1)
    relation, layout = encryption.relation(SMALL, *made.key), encryption.layout(SMALL, 1)
    for i in range(20):
        proof = made.prove(i.to_bytes(32, "big"))
        values = [
            protocol.residues(relation.ring, r, layout.offset(j))
            for j, r in enumerate(verifier._parse(layout, proof))
        ]
        challenge = expand(proof[:32], SMALL.degree).ntt(relation.ring)
        first = protocol.first_message(relation, values, relation.ring.mul(made.ciphertexts, challenge))
        seen = relation.ring.combine(first)[0]
        for row, start, bucket, growth in zip(
            seen, (SMALL.degree // 2, 0), layout.buckets, layout.error_growths, strict=True
        ):
            low = row[start:] % (1 << bucket)
            assert low.min() >= growth
            assert low.max() < (1 << bucket) - growth


def naive_seed(made: Any, context: Context, proof: bytes) -> bytes:
    """The challenge that a proof's responses give, from docs/proof.md with Python integers and hashlib."""
    preset, degree, half = made.preset, made.preset.degree, made.preset.degree // 2
    layout, ring, first = encryption.layout(preset, 1), cipher_ring(preset), proof[:32]
    challenge = ring.encode(expand(first, degree).coefficients())
    z, start = [], 32
    for j, (width, n) in enumerate(zip(layout.widths, layout.coordinates, strict=True)):
        fields = int.from_bytes(proof[start : start + n * width // 8], "little")
        start += n * width // 8
        values = [(fields >> (width * i)) & ((1 << width) - 1) for i in range(n)]
        z.append([v - (1 << (width - 1)) + layout.growths[j] for v in values])
    z[1] += [0, *(-v for v in z[1][:0:-1])]
    u, m = (ring.encode(v) for v in z)
    rows = [ring.add(ring.mul(made.key[0], u), m), ring.mul(made.key[1], u)]
    message = b""
    for i, row in enumerate(rows):
        seen = ring.combine(ring.inverse(ring.sub(row, ring.mul(made.ciphertexts[0, i], challenge))))
        exact = half if i == 0 else 0
        rounded = [int(v) >> (0 if j < exact else layout.buckets[i]) for j, v in enumerate(seen)]
        message += b"".join(v.to_bytes(16, "little") for v in rounded)
    parts = [hashlib.sha256(made.ciphertexts.astype("<u8").tobytes()).digest(), preset.wire_id, 1,
             context.chain_id.encode(), context.purpose, context.round_id, context.sender, context.key_id,
             context.key_digest]  # fmt: skip
    statement = naive_shake(b"proof/encryption/v1", *parts)
    return naive_shake(b"proof/commitment", hashlib.sha256(message).digest(), statement)


def naive_shake(*parts: bytes | int) -> bytes:
    encoded = [p.to_bytes(8, "little") if isinstance(p, int) else p for p in parts]
    absorbed = b"assay/expand/v1" + b"".join(len(p).to_bytes(4, "little") + p for p in encoded)
    return hashlib.shake_256(absorbed).digest(32)


def test_the_page_describes_the_verifier(preset: Preset, submission: Make, context: Context) -> None:
    made = submission(preset, 1)
    assert naive_seed(made, context, made.proof) == made.proof[:32]


def test_vectors(submission: Make, context: Context, repository: Path) -> None:
    for case in json.loads((repository / "tests/vectors/proof.json").read_text())["proofs"]:
        preset = {p.name: p for p in (STANDARD, SMALL)}[case["preset"]]
        made = submission(preset, case["count"])
        assert context.statement(made.ciphertexts, preset).hex() == case["statement"]
        assert made.proof[:32].hex() == case["challenge_seed"]
        assert hashlib.sha256(made.proof).hexdigest() == case["sha256"]
        assert len(made.proof) == case["bytes"]
