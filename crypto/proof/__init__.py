"""Zero-knowledge proofs of short solutions of linear relations over the ring.

``encryption.prove`` and ``encryption.verify`` are the proof of plaintext knowledge;
`relation`, `prover` and `verifier` hold the protocol for any relation. ``docs/proof.md`` says
what is proven and what is not.
"""

from assay.crypto.proof.encryption import Context, proof_bytes, prove, verify
from assay.crypto.proof.errors import NotProvable, ProofError

__all__ = ["Context", "NotProvable", "ProofError", "proof_bytes", "prove", "verify"]
