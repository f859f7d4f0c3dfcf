"""Payloads of attackers, each of which would do its work were it not for the proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tests.crypto.proof.dishonest import Forger, Shifts, prove_anyway

from assay.crypto.ckks import payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.presets import SMALL
from assay.crypto.proof import Context
from assay.crypto.proof.challenge import Challenge
from assay.crypto.proof.encryption import layout
from assay.crypto.ring import cipher_ring, fresh_seed
from assay.crypto.ring.tables import U64
from assay.state.rules import errors

MASKS = (12, 30)
RING = cipher_ring(SMALL)
PROOF_AT = payload.HEADER.size + SMALL.ciphertext_bytes


@dataclass(frozen=True)
class Scene:
    """What an attacker knows: key, what its own proof must be bound to, an update, another's payload."""

    key: tuple[U64, U64]
    bound: Context
    message: Any
    victim: bytes

    @property
    def theirs(self) -> payload.Payload:
        """The victim's payload, taken apart."""
        return payload.parse(self.victim, SMALL, 1)

    def sealed(self, message: Any, bound: Context | None = None) -> bytes:
        """Encrypt polynomials; prove of them what can be proven, bound to this or to something else."""
        ciphertexts, drawn = encrypt(message, *self.key, SMALL, fresh_seed())
        proof = prove_anyway(SMALL, self.key, ciphertexts, message, drawn, bound or self.bound)
        return payload.encode(ciphertexts, proof, SMALL)

    def forged(self, ciphertext: U64, shifts: Shifts, attempts: int = 1) -> bytes:
        """A proof whose responses move by what the attacker knows; it is accepted if that is enough."""
        forger = Forger(SMALL, self.key, self.bound)
        return payload.encode(ciphertext, forger.forge(ciphertext, shifts, MASKS, attempts), SMALL)


def _constant(value: int) -> Any:
    out = np.zeros((1, SMALL.degree), dtype=object)
    out[0, 0] = value
    return out


def _nothing(challenge: Challenge) -> Any:
    zero = np.zeros((1, challenge.degree), dtype=np.int64)
    return zero, zero


def _pair(first: Any, second: Any) -> U64:
    return np.stack((RING.encode(first), RING.encode(second)), axis=1)


def reads_the_key(scene: Scene) -> bytes:
    """(1, K): every score is K times a coefficient of the key. With 0 in place of 1 its form is refused."""
    return scene.forged(_pair(_constant(1), _constant(SMALL.modulus // 7)), _nothing)


def needs_no_key(scene: Scene) -> bytes:
    """(K, 1): the attacker knows what its scores will be, whatever the key is."""
    return scene.forged(_pair(_constant(SMALL.modulus // 7), _constant(1)), _nothing)


def hides_its_length(scene: Scene) -> bytes:
    """Ten times too long: the norm counts an antisymmetric part as negative."""
    message = 10 * scene.message
    message[0, SMALL.degree // 2 + 1 :] = 0
    return scene.sealed(message)


def copies(scene: Scene) -> bytes:
    """Another's payload as it is."""
    return scene.victim


def bends(scene: Scene) -> bytes:
    """Another's ciphertext and an encryption of zero, with a proof of what the attacker has added."""
    zero, drawn = encrypt(np.zeros((1, SMALL.degree), dtype=np.int64), *scene.key, SMALL, bytes(32))

    def shifts(challenge: Challenge) -> Any:
        return challenge.times(drawn.u), challenge.times(drawn.e0)

    return scene.forged(RING.add(scene.theirs.ciphertexts, zero), shifts)


def bends_and_keeps_the_proof(scene: Scene) -> bytes:
    """Another's ciphertext and an encryption of zero, with the other's proof."""
    zero, _ = encrypt(np.zeros((1, SMALL.degree), dtype=np.int64), *scene.key, SMALL, bytes(32))
    return payload.encode(RING.add(scene.theirs.ciphertexts, zero), scene.theirs.proof, SMALL)


def _elsewhere(**changed: Any) -> Callable[[Scene], bytes]:
    return lambda scene: scene.sealed(scene.message, replace(scene.bound, **changed))


def _changed(place: int, value: int) -> Callable[[Scene], bytes]:
    """The attacker's own good payload with a byte of the proof changed."""

    def change(scene: Scene) -> bytes:
        data = bytearray(scene.sealed(scene.message))
        data[PROOF_AT + place] ^= value
        return bytes(data)

    return change


def moves_a_response_out_of_range(scene: Scene) -> bytes:
    """A response that equals a good one modulo a power of 2, if only somebody reduced it."""
    shape, data = layout(SMALL, 1), bytearray(scene.sealed(scene.message))
    end = PROOF_AT + 32 + shape.block_bytes(0)
    data[end - 3 : end] = b"\xff\xff\xff"  # the last response to u: all its bits set
    return bytes(data)


def renames_a_residue(scene: Scene) -> bytes:
    """The prime is added to a residue: the same ciphertext under another digest."""
    data, prime = bytearray(scene.sealed(scene.message)), SMALL.cipher_primes[0]
    start = payload.HEADER.size
    value = int.from_bytes(data[start : start + 8], "little") + prime
    data[start : start + 8] = value.to_bytes(8, "little")
    return bytes(data)


def knows_nothing(scene: Scene) -> bytes:
    """Residues drawn at random, and a proof of zeros."""
    rows = [np.random.default_rng(9).integers(1, q, (1, 2, SMALL.degree)) for q in SMALL.cipher_primes]
    residues = np.stack(rows, axis=2).astype(np.uint64)
    return payload.encode(residues, bytes(len(scene.victim) - PROOF_AT), SMALL)


Attack = Callable[[Scene], bytes]

REFUSED: dict[str, tuple[Attack, type[errors.AssayError]]] = {
    "reads-the-key": (reads_the_key, errors.ProofChallenge),
    "needs-no-key": (needs_no_key, errors.ProofChallenge),
    "antisymmetric-part": (hides_its_length, errors.ProofChallenge),
    "copy": (copies, errors.ProofChallenge),
    "copy-plus-zero": (bends, errors.ProofChallenge),
    "copy-plus-zero-old-proof": (bends_and_keeps_the_proof, errors.ProofChallenge),
    "other-sender": (_elsewhere(sender=b"s" * 20), errors.ProofChallenge),
    "other-round": (_elsewhere(round_id=10**6), errors.ProofChallenge),
    "other-key": (_elsewhere(key_id=10**6), errors.ProofChallenge),
    "other-key-bytes": (_elsewhere(key_digest=bytes(32)), errors.ProofChallenge),
    "other-chain": (_elsewhere(chain_id="assay-other"), errors.ProofChallenge),
    "as-reference": (_elsewhere(purpose=2, round_id=0), errors.ProofChallenge),
    "proof-first-bit": (_changed(0, 1), errors.ProofChallenge),
    "first-response": (_changed(32, 1), errors.ProofChallenge),
    "last-response": (_changed(layout(SMALL, 1).proof_bytes - 8, 1), errors.ProofChallenge),
    "response-out-of-range": (moves_a_response_out_of_range, errors.ProofResponse),
    "residue-renamed": (renames_a_residue, errors.PayloadResidue),
    "no-knowledge": (knows_nothing, errors.ProofChallenge),
}
"""Name to payload and the reason for which it is refused."""


def chooses_its_noise(scene: Scene) -> bytes:
    """u = 0, e1 = 2^18 X^5: c0 is the update in clear, and each scalar opens 2^18 times some coefficients."""
    chosen = np.zeros((1, SMALL.degree), dtype=np.int64)
    chosen[0, 5] = 1 << 18

    def shifts(challenge: Challenge) -> Any:
        zero = np.zeros((1, SMALL.degree), dtype=np.int64)
        return zero, challenge.times(scene.message)

    return scene.forged(_pair(scene.message, chosen), shifts, attempts=300)
