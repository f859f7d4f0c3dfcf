"""The form of an encrypted update."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class PayloadRefused(AssayError):
    """An encrypted update is not in the canonical format of its round."""

    codespace = "payload"


class PayloadLength(PayloadRefused):
    """The payload is shorter or longer than its form demands."""

    code = 1


class PayloadMagic(PayloadRefused):
    """The payload does not begin with its magic bytes."""

    code = 2


class PayloadVersion(PayloadRefused):
    """The payload is of a version this chain does not know."""

    code = 3


class PayloadPreset(PayloadRefused):
    """The payload is of another preset than the chain's."""

    code = 4


class PayloadCount(PayloadRefused):
    """The payload has another number of ciphertexts than the round."""

    code = 5


class PayloadResidue(PayloadRefused):
    """A residue is not below its prime."""

    code = 6


class PayloadZero(PayloadRefused):
    """A polynomial of a ciphertext is zero."""

    code = 7


class PayloadCopied(PayloadRefused):
    """The payload is the reference's, or another contributor has revealed it."""

    code = 8
