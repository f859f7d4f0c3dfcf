"""Why a proof is refused, or cannot be made."""

from __future__ import annotations

from assay.crypto.errors import CryptoError


class ProofError(CryptoError, ValueError):
    """A proof that is not accepted; each reason has a subclass."""


class ProofLength(ProofError):
    """Not exactly as long as the relation and the number of statements say."""


class ResponseOutOfRange(ProofError):
    """A response beyond its public bound."""


class ChallengeMismatch(ProofError):
    """The responses do not answer the challenge that this transcript gives."""


class StatementOutOfRange(ProofError):
    """What is to be proven is not made of canonical residues of the right shape."""


class NotProvable(CryptoError, ValueError):
    """Secrets that do not satisfy the relation or its bounds; for the prover's eyes."""


class RelationError(CryptoError, ValueError):
    """A relation that this protocol cannot prove soundly or without malleability."""
