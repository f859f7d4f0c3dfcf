"""Proofs of plaintext knowledge, as the state meets them.

A verdict follows from the bytes of a payload, from the key in the state and from what the proof must be bound
to. It is dear, so a node has it worked out elsewhere and hands it in; who hands in nothing has it computed
here, at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from assay.crypto.proof.encryption import Context as ProofContext
from assay.crypto.proof.errors import (
    ChallengeMismatch,
    ProofError,
    ProofLength,
    ResponseOutOfRange,
    StatementOutOfRange,
)
from assay.crypto.proof_job import ProofJob, ProofWorker, Verdict
from assay.proto.state_pb2 import Key
from assay.state.overlay import Overlay
from assay.state.rules import errors, keys

CODES: Final[dict[type[ProofError], type[errors.ProofRefused]]] = {
    ProofLength: errors.ProofWrongLength,
    ResponseOutOfRange: errors.ProofResponse,
    ChallengeMismatch: errors.ProofChallenge,
    StatementOutOfRange: errors.ProofStatement,
}


class KeyNotKept(RuntimeError):
    """The key of a proof is gone, its round over."""


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """A proof that is left to verify when everything cheaper holds.

    Attributes
    ----------
    job
        Everything the verdict follows from: whoever remembers verdicts remembers them by it.
    payload
        The bytes whose digest the job has.
    """

    job: ProofJob
    payload: bytes


class Proofs(Protocol):
    """Where verdicts come from."""

    def __call__(self, view: Overlay, check: ProofCheck, /) -> Verdict:
        """Return why a proof is refused, or None; the same for the same job, always and everywhere."""
        ...


def check_of(key: Key, ciphertexts: int, context: ProofContext, digest: bytes, payload: bytes) -> ProofCheck:
    """Return the check of a payload, `digest` its SHA-256, of so many ciphertexts under a key."""
    return ProofCheck(ProofJob(key.preset, len(key.members), ciphertexts, context, digest), payload)


def operands(view: Overlay, check: ProofCheck) -> dict[bytes, bytes]:
    """Return the bytes that a job names, by digest: the payload, and the key's first polynomial.

    Raises
    ------
    KeyNotKept
        The key has been retired since the check was made: only for who looks at another state than the check.
    """
    context = check.job.context
    public_key = view.get_bulk(keys.key_scope(context.key_id), context.key_digest)
    if public_key is None:
        raise KeyNotKept(f"the public part of key {context.key_id} is not kept any more")
    return {check.job.payload: check.payload, context.key_digest: public_key}


def verify_here(view: Overlay, check: ProofCheck) -> Verdict:
    """Work a verdict out at once, in this thread."""
    return _HERE.run(check.job, operands(view, check).__getitem__)


def taken_for_good(_view: Overlay, _check: ProofCheck) -> Verdict:
    """Verify nothing: for simulations, from which nothing follows."""
    return None


def require(verdict: Verdict) -> None:
    """Refuse what a verdict refuses.

    Raises
    ------
    ProofRefused
        The subclass has the code of the reason.
    """
    if verdict is not None:
        raise CODES[type(verdict)](str(verdict))


_HERE: Final = ProofWorker()
