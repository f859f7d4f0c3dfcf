"""A chain whose keys are real ones, each in one hand, so that proofs can be made and are verified."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.crypto.proof.dishonest import prove_anyway
from tests.state.chain import Chain, Submission
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import Account
from assay.crypto.ckks import payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack
from assay.crypto.committee.public_key import common_polynomial
from assay.crypto.presets import SMALL
from assay.crypto.proof import Context as ProofContext
from assay.crypto.ring import Stream, cipher_ring
from assay.crypto.ring.tables import U64
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import MsgOpenRound
from assay.state.ceremony import records
from assay.state.overlay import Overlay
from assay.state.proofs import ProofCheck, verify_here
from assay.state.rules import keys


class Proven(Chain):
    """Verifies proofs, and notes which it was asked about."""

    def __init__(self, **params: Any) -> None:
        self.verified: list[ProofCheck] = []
        super().__init__(**params)
        self.end_block()

    def proofs(self, view: Overlay, check: ProofCheck) -> Any:  # type: ignore[override]
        self.verified.append(check)
        return verify_here(view, check)

    def ready_key(self) -> Key:
        key = super().ready_key()
        scope = keys.key_scope(key.id)
        del self.view.bulk_puts[scope, key.public_key]
        key.public_key = self.view.put_bulk(scope, self._p0(key).astype("<u8").tobytes())
        records.save(self.view, key)
        return key

    def _p0(self, key: Key) -> U64:
        ring, stream = cipher_ring(SMALL), Stream(b"test", b"one hand", key.id)
        masked = ring.mul(
            common_polynomial(records.name(CHAIN_ID, key)), ring.encode(stream.ternary(SMALL.degree))
        )
        return ring.neg(ring.add(masked, ring.encode(stream.error(SMALL.degree))))

    def public_key(self, key: Key) -> tuple[U64, U64]:
        """Both polynomials."""
        return self._p0(key), common_polynomial(records.name(CHAIN_ID, key))

    def bound(self, round_id: int, sender: Account) -> ProofContext:
        """What the proof of somebody's submission must be bound to."""
        key = self.key_of(round_id)
        return ProofContext.submission(CHAIN_ID, round_id, sender.address, key.id, key.public_key)

    def message(self, number: int, length: float = 1.0) -> Any:
        """An update of that length, packed."""
        update = np.random.default_rng(number).normal(size=11)
        update *= length / np.linalg.norm(update)
        return pack(np.rint(update * SMALL.scale).astype(np.int64), SMALL)

    def seal(self, key: Key, message: Any, seed: int, bound: ProofContext) -> bytes:
        """Encrypt polynomials and prove what can be proven of them."""
        public = self.public_key(key)
        ciphertexts, drawn = encrypt(message, *public, SMALL, seed.to_bytes(32, "big"))
        proof = prove_anyway(SMALL, public, ciphertexts, message, drawn, bound)
        return payload.encode(ciphertexts, proof, SMALL)

    def terms(self, **changes: Any) -> MsgOpenRound:
        message = super().terms(**changes)
        if "reference" not in changes:
            key = self.view.require(Key, keys.committee_key(message.key_id))
            bound = ProofContext.reference(CHAIN_ID, self.owner.address, key.id, key.public_key)
            message.reference = self.seal(key, self.message(1000), 1000, bound)
        return message

    def submission(self, round_id: int, number: int, **changes: Any) -> Submission:
        sender = self.people[number]
        sealed = self.seal(self.key_of(round_id), self.message(number), number, self.bound(round_id, sender))
        return Submission(sender, round_id, sealed, **changes)
