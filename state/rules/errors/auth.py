"""The envelope, before any message is looked at."""

from __future__ import annotations

from assay.state.rules.errors.base import AssayError


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


class GasLimitTooHigh(AuthError):
    """The gas limit is above what a block may hold, so no block could ever take the transaction."""

    code = 14
