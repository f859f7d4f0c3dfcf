"""Why a header is not believed."""

from __future__ import annotations

from assay.client.errors import ClientError, ProofInvalid


class BadTrust(ClientError):
    """What was given as the header to trust is none."""


class HeaderInvalid(ProofInvalid):
    """A header, its validators or its commit do not belong together: the node made it up."""


class TooLittlePower(HeaderInvalid):
    """Too few of a block's own validators have signed it."""


class NotEnoughTrust(ProofInvalid):
    """Too few of the validators that are trusted have signed a header; one in between may help."""


class OutOfDate(ProofInvalid):
    """What a node calls its latest state is an old one: it lags behind, or holds newer blocks back."""


class Conflict(ProofInvalid):
    """A witness has another header of the same height."""


class TrustExpired(ProofInvalid):
    """The newest header that is trusted is too old: its validators may have taken their stake away since."""
