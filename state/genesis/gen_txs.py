"""Signed transactions by which the first validators come in.

Each is an ordinary transaction of its operator, with one `create_validator`
and nothing to pay: there is no block yet whose room it takes.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from assay.proto.state_pb2 import Params
from assay.proto.tx_pb2 import MsgCreateValidator, Tx, TxBody
from assay.state import ledger
from assay.state.ante import MAX_MEMO_BYTES
from assay.state.context import Context
from assay.state.envelope import AccountTx, decode
from assay.state.genesis.fields import BadGenesis, as_message, check_fields
from assay.state.handlers import HANDLERS
from assay.state.rules.errors import AssayError

_FIELDS: Final = frozenset(("body", "public_key", "signature"))
_KIND: Final = "create_validator"


def to_document(raw: bytes) -> dict[str, Any]:
    """Return a signed transaction as it stands in a genesis: its body legible, the rest in base64."""
    tx = Tx.FromString(raw)
    return {
        "body": MessageToDict(TxBody.FromString(tx.body), preserving_proto_field_name=True),
        "public_key": base64.b64encode(tx.public_key).decode(),
        "signature": base64.b64encode(tx.signature).decode(),
    }


def read(value: Any, chain_id: str, where: str = "gen_tx") -> AccountTx:
    """Return a transaction of a genesis, decoded.

    Raises
    ------
    BadGenesis
        If it is not one that creates a validator, for nothing, as its operator's first transaction.
    """
    check_fields(value, _FIELDS, where)
    body = as_message(value["body"], TxBody, f"{where}.body").SerializeToString(deterministic=True)
    signed = Tx(
        body=body,
        public_key=_bytes(value["public_key"], f"{where}.public_key"),
        signature=_bytes(value["signature"], f"{where}.signature"),
    )
    try:
        tx = decode(signed.SerializeToString(deterministic=True), chain_id, 1 << 16)
    except AssayError as error:
        raise BadGenesis(f"{where}: {error}") from None
    if not isinstance(tx, AccountTx) or [kind for kind, _ in tx.messages] != [_KIND]:
        raise BadGenesis(f"{where} must have exactly one message, a {_KIND}")
    _check_body(tx.body, where)
    return tx


def _bytes(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise BadGenesis(f"{where} must be base64") from None


def _check_body(body: TxBody, where: str) -> None:
    if (body.sequence, body.gas_limit, body.fee, body.timeout_height) != (0, 0, 0, 0):
        raise BadGenesis(f"{where}: sequence, gas_limit, fee and timeout_height must be 0")
    if len(body.memo.encode()) > MAX_MEMO_BYTES:
        raise BadGenesis(f"{where}: the memo has more than {MAX_MEMO_BYTES} bytes")


def message_of(tx: AccountTx) -> MsgCreateValidator:
    """Return the one message of a transaction that `read` has accepted."""
    return tx.body.messages[0].create_validator


def check_form(tx: AccountTx, params: Params, where: str = "gen_tx") -> None:
    """Refuse a transaction that no chain with such parameters admits; `BadGenesis` says why."""
    try:
        HANDLERS[_KIND].check_form(message_of(tx), params)
    except AssayError as error:
        raise BadGenesis(f"{where}: {error}") from None


def execute(ctx: Context, tx: AccountTx, where: str = "gen_tx") -> None:
    """Carry a transaction of the genesis out.

    Raises
    ------
    BadGenesis
        If its signature is not its sender's, or the chain would refuse it.
    """
    if not tx.verify():
        raise BadGenesis(f"{where}: the signature does not match; was it made for chain {ctx.chain_id!r}?")
    check_form(tx, ctx.params, where)
    try:
        HANDLERS[_KIND].execute(ctx, tx.sender, message_of(tx))
    except AssayError as error:
        raise BadGenesis(f"{where}: {error}") from None
    record = ledger.account(ctx.view, tx.sender)
    record.sequence += 1
    ledger.save_account(ctx.view, tx.sender, record)
