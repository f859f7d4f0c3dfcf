"""Every reason to refuse, with its stable code.

One class a reason. A ``(codespace, code)`` pair never changes its meaning and
is never reused; the sentence that goes with it may. Only the pair reaches
consensus; the sentence goes into a response's ``log``, which is not hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class AssayError(Exception):
    """A transaction or query was refused.

    Attributes
    ----------
    codespace
        The part of the rules that refused.
    code
        Positive number, stable within the codespace.
    """

    codespace: ClassVar[str] = ""
    code: ClassVar[int] = 0


def all_errors() -> Iterator[type[AssayError]]:
    """Yield every class that carries a code, ordered by codespace and code."""
    found: list[type[AssayError]] = []
    stack: list[type[AssayError]] = [AssayError]
    while stack:
        cls = stack.pop()
        stack.extend(cls.__subclasses__())
        if cls.code:
            found.append(cls)
    yield from sorted(found, key=lambda cls: (cls.codespace, cls.code))


# --- auth: the envelope, before any message is looked at ---------------------


class AuthError(AssayError):
    """The transaction's envelope is refused."""

    codespace = "auth"


class TxTooLarge(AuthError):
    """The transaction has more bytes than the chain admits."""

    code = 1


class TxMalformed(AuthError):
    """The bytes are not one canonical transaction."""

    code = 2


class BadSignature(AuthError):
    """The signature does not match public key, chain id and body."""

    code = 3


class WrongSequence(AuthError):
    """The sequence is not the sender's next one."""

    code = 4


class FeeTooLow(AuthError):
    """The fee is below gas limit times gas price."""

    code = 5


class CannotPayFee(AuthError):
    """The sender's balance does not cover the fee."""

    code = 6


class OutOfGas(AuthError):
    """The transaction needs more gas than its limit."""

    code = 7


class TimedOut(AuthError):
    """The block is past the transaction's timeout height."""

    code = 8


class TooManyMessages(AuthError):
    """No message at all, or more than the chain admits in one transaction."""

    code = 9


class MemoTooLong(AuthError):
    """The memo has more than 256 bytes."""

    code = 10


class UnknownMessage(AuthError):
    """A message is of no kind this chain knows."""

    code = 11


class NotInMempool(AuthError):
    """The entry is one only a block's proposer may put into a block."""

    code = 12


class WorkerUnavailable(AuthError):
    """The node could not check the transaction now; sending it again may work."""

    code = 13


# --- bank --------------------------------------------------------------------


class BankError(AssayError):
    """A movement of tokens is refused."""

    codespace = "bank"


class InsufficientFunds(BankError):
    """The account holds less than is to be moved."""

    code = 1


class BadAddress(BankError):
    """An address is not 20 bytes, or is one nobody can hold a key for."""

    code = 2


class BadAmount(BankError):
    """An amount is zero or beyond the supply."""

    code = 3


# --- model -------------------------------------------------------------------


class ModelError(AssayError):
    """A model is refused."""

    codespace = "model"


class BadModel(ModelError):
    """The model's description contradicts itself or exceeds a bound."""

    code = 1


class ModelExists(ModelError):
    """This owner has already posted exactly this model."""

    code = 2


class ModelNotFound(ModelError):
    """No model has this id."""

    code = 3


# --- round -------------------------------------------------------------------


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


# --- payload -----------------------------------------------------------------


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


# --- committee ---------------------------------------------------------------


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


# --- query -------------------------------------------------------------------


class QueryError(AssayError):
    """A query is refused."""

    codespace = "query"


class UnknownPath(QueryError):
    """No query has this path."""

    code = 1


class BadQuery(QueryError):
    """The query's data are malformed."""

    code = 2


class HeightNotKept(QueryError):
    """The height is not committed yet, or no longer kept."""

    code = 3


class NotFound(QueryError):
    """Nothing is stored there."""

    code = 4


class QueryFailed(QueryError):
    """The node failed to answer; its log says why."""

    code = 5
