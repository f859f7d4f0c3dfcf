"""Where a delegator's rewards go when they are paid."""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.staking_pb2 import WithdrawAddress
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys


def withdraw_address(view: Overlay, delegator: bytes) -> bytes:
    """Return the account that is paid a delegator's rewards: itself, unless it has named another."""
    record = view.load(WithdrawAddress, keys.withdraw_address(delegator))
    return delegator if record is None else record.address


def set_withdraw_address(ctx: Context, delegator: bytes, address: bytes) -> None:
    """Have a delegator's rewards, and an operator's commission, paid to an account from now on."""
    place = keys.withdraw_address(delegator)
    if address == delegator:
        ctx.view.delete(place)
    else:
        ctx.view.save(place, WithdrawAddress(address=address))
    ctx.emit("withdraw_address", {"delegator": encode_address(delegator)}, address=encode_address(address))
