"""A chain with a real committee, and what owners and contributors do at home."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.state.chain import Submission
from tests.state.committee import RealCommittee
from tests.state.conftest import CHAIN_ID

from assay.crypto.ckks import payload
from assay.crypto.ckks.encrypt import encrypt
from assay.crypto.ckks.packing import pack
from assay.crypto.committee import public_key as committee_public_key
from assay.crypto.presets import SMALL
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Round
from assay.state.ceremony.records import name
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
        self.key = committee.make_key()
        self.updates: dict[int, Vector] = {}

    def encrypt(self, update: Vector, seed: int) -> bytes:
        """Encrypt an update of any length under the round's key."""
        named, bulk = name(CHAIN_ID, self.key), self.chain.memory.get_bulk
        p0 = bulk(keys.key_scope(self.key.id), self.key.public_key)
        assert p0 is not None
        residues = np.frombuffer(p0, dtype="<u8").astype(np.uint64).reshape(2, -1)
        message = np.round(update * SMALL.scale).astype(np.int64)
        p1 = committee_public_key.common_polynomial(named)
        ciphertexts, _ = encrypt(pack(message, SMALL), residues, p1, SMALL, seed.to_bytes(32, "big"))
        return payload.encode(ciphertexts, SMALL)

    def open_round(self, reference: Vector, **terms: Any) -> int:
        sealed = self.encrypt(reference, 10_000)
        round_id = self.chain.open_round(key_id=self.key.id, reference=sealed, **terms)
        self.chain.end_block()
        return round_id

    def contribute(self, round_id: int, updates: list[Vector]) -> None:
        """Commit and reveal everybody's update."""
        subs = [
            Submission(self.chain.people[n], round_id, self.encrypt(update, n))
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
