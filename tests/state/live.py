"""A chain with a real committee, and what owners and contributors do at home."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.crypto.proof.dishonest import prove_anyway
from tests.state.chain import Submission
from tests.state.committee import RealCommittee
from tests.state.conftest import CHAIN_ID

from assay.crypto.accounts import Account
from assay.crypto.ckks import payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack
from assay.crypto.committee import public_key as committee_public_key
from assay.crypto.presets import SMALL
from assay.crypto.proof import Context as ProofContext
from assay.crypto.ring.tables import U64
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.state.ceremony.records import name
from assay.state.proofs import verify_here
from assay.state.rules import keys

Vector = NDArray[np.float64]


def unit(vector: Any) -> Vector:
    vector = np.asarray(vector, dtype=np.float64)
    return vector / np.linalg.norm(vector)


def direction(seed: int, size: int = 11) -> Vector:
    return unit(np.random.default_rng(seed).normal(size=size))


class Live:
    """A chain with a real committee, and what owners and contributors do at home."""

    def __init__(self, committee: RealCommittee) -> None:
        self.committee, self.chain = committee, committee.chain
        self.chain.proofs = self.chain.ctx.proofs = verify_here
        self.key = committee.make_key()
        self.updates: dict[int, Vector] = {}

    def public_key(self) -> tuple[U64, U64]:
        """Both polynomials of the round's key."""
        named, bulk = name(CHAIN_ID, self.key), self.chain.memory.get_bulk
        p0 = bulk(keys.key_scope(self.key.id), self.key.public_key)
        assert p0 is not None
        residues = np.frombuffer(p0, dtype="<u8").astype(np.uint64).reshape(2, -1)
        return residues, committee_public_key.common_polynomial(named)

    def bound_to(self, round_id: int, sender: Account) -> ProofContext:
        """What a proof must be bound to; round 0 stands for the reference of the round to come."""
        if not round_id:
            return ProofContext.reference(CHAIN_ID, sender.address, self.key.id, self.key.public_key)
        args = (round_id, sender.address, self.key.id, self.key.public_key)
        return ProofContext.submission(CHAIN_ID, *args)

    def encrypt(self, update: Vector, seed: int, round_id: int = 0) -> bytes:
        """Encrypt an update of any length under the key: the owner's reference or person `seed`'s."""
        sender = self.chain.people[seed] if round_id else self.chain.owner
        message = pack(np.round(update * SMALL.scale).astype(np.int64), SMALL)
        return self.payload(message, seed, self.bound_to(round_id, sender))

    def payload(self, message: Any, seed: int, bound: ProofContext) -> bytes:
        """Encrypt polynomials and prove what can be proven of them."""
        key = self.public_key()
        ciphertexts, drawn = encrypt(message, *key, SMALL, seed.to_bytes(32, "big"))
        return payload.encode(
            ciphertexts, prove_anyway(SMALL, key, ciphertexts, message, drawn, bound), SMALL
        )

    def open_round(self, reference: Vector, **terms: Any) -> int:
        sealed = self.encrypt(reference, 10_000)
        round_id = self.chain.open_round(key_id=self.key.id, reference=sealed, **terms)
        self.chain.end_block()
        return round_id

    def contribute(self, round_id: int, updates: list[Vector]) -> None:
        """Commit and reveal everybody's update."""
        subs = [
            Submission(self.chain.people[n], round_id, self.encrypt(update, n, round_id))
            for n, update in enumerate(updates)
        ]
        for sub in subs:
            self.chain.run("commit", sub.sender, sub.commit)
        self.chain.end_block()
        for sub in subs:
            self.chain.run("reveal", sub.sender, sub.reveal)
        self.chain.end_block()

    def run_until(self, round_id: int, *statuses: int, limit: int = 40) -> Round:
        for _ in range(limit):
            if self.chain.round(round_id).status in statuses:
                return self.chain.round(round_id)
            self.committee.block()
        raise AssertionError(f"round {round_id} stays in status {self.chain.round(round_id).status}")

    def whole_round(self, reference: Vector, updates: list[Vector], **terms: Any) -> int:
        round_id = self.open_round(reference, max_contributors=len(updates), **terms)
        self.run_until(round_id, pb.ROUND_STATUS_OPEN)
        self.contribute(round_id, updates)
        self.run_until(round_id, pb.ROUND_STATUS_SETTLED, pb.ROUND_STATUS_REFUNDED)
        return round_id
