"""The proof of plaintext knowledge in a payload."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class ProofRefused(AssayError):
    """The proof of an encrypted update does not hold."""

    codespace = "proof"


class ProofWrongLength(ProofRefused):
    """The proof is shorter or longer than the number of ciphertexts demands."""

    code = 1


class ProofResponse(ProofRefused):
    """A response of the proof is beyond its public bound."""

    code = 2


class ProofChallenge(ProofRefused):
    """The proof was made for another chain, round, sender, key or ciphertext, or for none, or was changed."""

    code = 3


class ProofStatement(ProofRefused):
    """What the proof speaks of is not made of canonical residues."""

    code = 4
