"""What every account transaction must satisfy before its messages are looked at.

Named after the Cosmos SDK's ante handler. The order is cheap to dear: form,
sequence and fee first, the signature last.
"""

from __future__ import annotations

from typing import Final

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Account, Params
from assay.state.envelope import AccountTx
from assay.state.handlers import HANDLERS
from assay.state.rules import gas
from assay.state.rules.errors import (
    BadSignature,
    CannotPayFee,
    FeeTooLow,
    GasLimitTooHigh,
    MemoTooLong,
    OutOfGas,
    TimedOut,
    TooManyMessages,
    UnknownMessage,
    WrongSequence,
)

MAX_MEMO_BYTES: Final = 256


def gas_needed(tx: AccountTx, params: Params) -> int:
    """Return the gas of a transaction, which follows from its bytes alone.

    Raises
    ------
    UnknownMessage
        If a message is of no known kind.
    """
    total = gas.envelope_cost(tx.size)
    for kind, message in tx.messages:
        handler = HANDLERS.get(kind)
        if handler is None:
            raise UnknownMessage(
                "a message is of no kind this chain knows; is the client newer than the chain?"
            )
        total += handler.cost(message, params)
    return total


def check_count(tx: AccountTx, params: Params) -> None:
    """Refuse a transaction without messages, and one with too many."""
    if not 0 < len(tx.messages) <= params.max_messages:
        raise TooManyMessages(f"there are {len(tx.messages)} messages, expected 1 to {params.max_messages}")


def check_form(tx: AccountTx, params: Params) -> int:
    """Refuse what is wrong whatever the state; return the gas needed."""
    body = tx.body
    check_count(tx, params)
    if len(body.memo.encode()) > MAX_MEMO_BYTES:
        raise MemoTooLong(
            f"the memo has {len(body.memo.encode())} bytes, at most {MAX_MEMO_BYTES} are admitted"
        )
    needed = gas_needed(tx, params)
    if needed > body.gas_limit:
        raise OutOfGas(f"the transaction needs {needed} gas, its limit is {body.gas_limit}; raise gas_limit")
    if body.gas_limit > params.max_block_gas:
        raise GasLimitTooHigh(
            f"gas_limit is {body.gas_limit}, a block holds {params.max_block_gas}; lower gas_limit"
        )
    least = gas.least_fee(body.gas_limit, params.gas_price)
    if body.fee < least:
        raise FeeTooLow(
            f"the fee is {body.fee} uasy, at least {least} uasy for a gas limit of {body.gas_limit}"
        )
    for kind, message in tx.messages:
        HANDLERS[kind].check_form(message, params)
    return needed


def check_height(tx: AccountTx, height: int) -> None:
    """Refuse a transaction whose timeout height has passed."""
    if 0 < tx.body.timeout_height < height:
        raise TimedOut(f"the transaction was good until height {tx.body.timeout_height}, this is {height}")


def check_account(tx: AccountTx, record: Account) -> None:
    """Refuse a wrong sequence or a fee the sender cannot pay."""
    if tx.body.sequence != record.sequence:
        who = encode_address(tx.sender)
        raise WrongSequence(f"the sequence is {tx.body.sequence}, the next of {who} is {record.sequence}")
    if record.balance < tx.body.fee:
        raise CannotPayFee(
            f"{encode_address(tx.sender)} holds {record.balance} uasy, the fee is {tx.body.fee}"
        )


def check_signature(tx: AccountTx) -> None:
    """Refuse a signature that is not the sender's."""
    if not tx.verify():
        raise BadSignature(
            "the signature does not match; was the transaction signed for this chain id, and by this key?"
        )
