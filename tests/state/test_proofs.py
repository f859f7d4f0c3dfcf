"""Verdicts about proofs become codes, and follow from the state's key and the payload's bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.state.conftest import MemoryState
from tests.state.proven import Proven

from assay.crypto.proof import ProofError
from assay.state import proofs
from assay.state.overlay import Overlay
from assay.state.proofs import CODES, KeyNotKept, ProofCheck
from assay.state.rules.commitment import payload_digest


@pytest.fixture(scope="module")
def chain() -> Proven:
    return Proven()


@pytest.fixture(scope="module")
def check(chain: Proven) -> ProofCheck:
    """Of a good payload."""
    round_id = chain.opened()
    sub = chain.submission(round_id, 0)
    bound = chain.bound(round_id, sub.sender)
    return proofs.check_of(chain.key_of(round_id), 1, bound, payload_digest(sub.payload), sub.payload)


@pytest.mark.parametrize("reason", ProofError.__subclasses__())
def test_every_reason_to_refuse_a_proof_has_a_code_and_keeps_its_sentence(reason: type[ProofError]) -> None:
    with pytest.raises(CODES[reason], match="why it is refused"):
        proofs.require(reason("why it is refused"))
    assert len({kind.code for kind in CODES.values()}) == len(CODES)


def test_no_reason_is_no_refusal() -> None:
    proofs.require(None)


def test_a_verdict_follows_from_the_key_in_the_state(chain: Proven, check: ProofCheck) -> None:
    assert proofs.verify_here(chain.view, check) is None
    other = replace(check.job.context, sender=b"x" * 20)
    refused = proofs.verify_here(chain.view, replace(check, job=replace(check.job, context=other)))
    with pytest.raises(CODES[type(refused)]):  # type: ignore[index]
        proofs.require(refused)


def test_the_bytes_a_job_names_are_the_payload_and_the_key(chain: Proven, check: ProofCheck) -> None:
    found = proofs.operands(chain.view, check)
    assert set(found) == {check.job.payload, check.job.context.key_digest}
    assert all(payload_digest(data) == digest for digest, data in found.items())


def test_a_key_that_is_gone_is_no_verdict(check: ProofCheck) -> None:
    with pytest.raises(KeyNotKept):
        proofs.operands(Overlay(MemoryState()), check)
