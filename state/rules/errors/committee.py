"""Committee messages and vote extensions."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class CommitteeError(AssayError):
    """A committee message is refused."""

    codespace = "committee"


class NotAwaited(CommitteeError):
    """State does not await this message, of this size, from this member."""

    code = 1


class BadCommitteeSignature(CommitteeError):
    """The signature is not the member's."""

    code = 2


class CommitteeMalformed(CommitteeError):
    """The bytes are not one canonical committee message."""

    code = 3


class BadCommitteeData(CommitteeError):
    """The message's data are not what its phase demands."""

    code = 4


class BadExtensions(CommitteeError):
    """The injected vote extensions are not those of the last commit."""

    code = 5


class CommitteeBytes(CommitteeError):
    """The block has no room left for committee messages."""

    code = 6
