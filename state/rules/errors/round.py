"""Steps of a bounty round."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


class RoundError(AssayError):
    """A step of a bounty round is refused."""

    codespace = "round"


class RoundNotFound(RoundError):
    """No round has this id."""

    code = 1


class KeyNotReady(RoundError):
    """The committee key named is not ready, or serves another round."""

    code = 2


class BadRoundTerms(RoundError):
    """A term of the round is outside the chain's parameters."""

    code = 3


class WindowTooShort(RoundError):
    """A window could not hold what has to happen in it."""

    code = 4


class NotModelOwner(RoundError):
    """Only the model's owner may do this."""

    code = 5


class CommitsClosed(RoundError):
    """The round does not take commitments now."""

    code = 6


class AlreadyCommitted(RoundError):
    """This account has committed to the round before."""

    code = 7


class RoundFull(RoundError):
    """The round has as many contributors as it admits."""

    code = 8


class BadCommitment(RoundError):
    """A commitment is not 32 bytes."""

    code = 9


class OwnRound(RoundError):
    """The round's owner may not contribute to it."""

    code = 10


class RevealEarly(RoundError):
    """The reveal window has not begun."""

    code = 11


class RevealLate(RoundError):
    """The reveal window is over."""

    code = 12


class NoCommitment(RoundError):
    """This account has no commitment in the round."""

    code = 13


class AlreadyRevealed(RoundError):
    """This account has revealed before."""

    code = 14


class CommitmentMismatch(RoundError):
    """Salt, reserve and payload are not what was committed to."""

    code = 15


class RoundHasCommitments(RoundError):
    """A round with a commitment can no longer be cancelled."""

    code = 16


class NothingToAcknowledge(RoundError):
    """The round has no released sum, or it is acknowledged already."""

    code = 17


class BadSalt(RoundError):
    """A salt is not 32 bytes."""

    code = 18


class CancelTooLate(RoundError):
    """Only a round that still takes commitments can be cancelled."""

    code = 19


class NotRoundOwner(RoundError):
    """Only the round's owner may do this."""

    code = 20


class RevealWaiting(RoundError):
    """A reveal of this commitment waits in the mempool already."""

    code = 21


class NoCommittee(RoundError):
    """Too few seats can serve on a committee, so there is no key for a round."""

    code = 22


class BadReport(RoundError):
    """The report does not prove that a member's share of the released sum is wrong."""

    code = 23
