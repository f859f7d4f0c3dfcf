"""Provers that keep to no rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from assay.crypto.ckks.encrypt import Randomness
from assay.crypto.presets import Preset
from assay.crypto.proof import Context, encryption, protocol, prover
from assay.crypto.proof.challenge import Challenge, expand
from assay.crypto.proof.errors import ProofError
from assay.crypto.ring import Stream
from assay.crypto.ring.tables import U64

Signed = NDArray[np.int64]
Shifts = Callable[[Challenge], tuple[Signed, Signed]]


def prove_anyway(
    preset: Preset,
    key: tuple[U64, U64],
    ciphertexts: U64,
    messages: NDArray[Any],
    randomness: Randomness,
    context: Context,
) -> bytes:
    """Follow the protocol without asking whether the secrets keep to their bounds."""
    relation = encryption.relation(preset, *key)
    layout, statement = relation.layout(len(ciphertexts)), context.statement(ciphertexts, preset)
    witness = prover.Witness((randomness.u, messages.astype(np.int64)), (randomness.e0, randomness.e1))
    with patch.object(
        prover, "_lowered", prover._lowered_signed
    ):  # a response may move by more than its growth
        for attempt in range(1000):
            masks = prover._masks(layout, statement, bytes(32), attempt)
            proof = prover._attempt(relation, layout, witness, statement, masks)
            if proof is not None:
                return proof
    raise AssertionError("the secrets are too long for any mask to hide them")


def quotient(challenge: Challenge) -> Signed:
    """``c / (2 - X - X^-1)``, which has integer coefficients: twice divided by ``1 - X``, and a unit."""
    once = np.cumsum(challenge.coefficients())
    twice = np.cumsum(once) - once.sum() // 2
    return -np.concatenate((-twice[-1:], twice[:-1]))


@dataclass(frozen=True)
class Forger:
    """Answers challenges with shifts of its own choice and masks as small as it likes."""

    preset: Preset
    key: tuple[U64, U64]
    context: Context

    def forge(self, ciphertext: U64, shifts: Shifts, bits: tuple[int, int], attempts: int = 300) -> bytes:
        """Try until a proof is accepted, with masks of so many bits for u and m; return the last one.

        `shifts` gives what a challenge adds to the responses; no short polynomials need stand behind it.
        """
        relation = encryption.relation(self.preset, *self.key)
        layout = relation.layout(1)
        statement, proof = self.context.statement(ciphertext, self.preset), b""
        for attempt in range(attempts):
            masks = [self._mask(attempt, j, b, layout.coordinates[j]) for j, b in enumerate(bits)]
            ring = relation.ring
            values = [ring.reduce(m) for m in (masks[0], protocol.mirrored(masks[1]))]
            first = protocol.first_message(relation, values)
            seed = protocol.challenge_seed(relation, layout, first, statement)
            proof = seed
            for j, shift in enumerate(shifts(expand(seed, self.preset.degree))):
                z = masks[j].astype(object) + shift[:, : layout.coordinates[j]] + layout.offset(j)
                words = [divmod(int(v) % (1 << layout.widths[j]), 1 << 64)[::-1] for v in z[0]]
                proof += prover.pack(np.array(words, dtype=np.uint64).T, layout.widths[j])
            if self.accepted(ciphertext, proof):
                break
        return proof

    def accepted(self, ciphertext: U64, proof: bytes) -> bool:
        try:
            encryption.verify(self.preset, self.key, ciphertext, self.context, proof)
        except ProofError:
            return False
        return True

    @staticmethod
    def _mask(attempt: int, secret: int, bits: int, count: int) -> Signed:
        return Stream(b"forger", b"", attempt, secret).bounded((1 << bits) - 1, count)[None].astype(np.int64)
