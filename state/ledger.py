"""Accounts and the only ways in which tokens move.

Every movement goes through `move`, `mint` or `burn`; nothing else writes a
balance, so the sum of all balances is the supply.
"""

from __future__ import annotations

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Account, Supply
from assay.state.context import Context
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import BadAmount, InsufficientFunds

MAX_SUPPLY = 2**63 - 1


def account(view: Overlay, address: bytes) -> Account:
    """Return an account's record; one never used has sequence and balance zero."""
    return view.load(Account, keys.account(address)) or Account()


def save_account(view: Overlay, address: bytes, record: Account) -> None:
    """Write an account's record; an account that holds nothing and never sent leaves none."""
    if record.balance or record.sequence:
        view.save(keys.account(address), record)
    else:
        view.delete(keys.account(address))


def supply(view: Overlay) -> Supply:
    """Return what exists and what was burned."""
    return view.load(Supply, keys.SUPPLY) or Supply()


def _withdraw(view: Overlay, source: bytes, amount: int) -> None:
    record = account(view, source)
    if record.balance < amount:
        raise InsufficientFunds(
            f"{encode_address(source)} holds {record.balance} uasy, {amount} uasy are needed"
        )
    record.balance -= amount
    save_account(view, source, record)


def credit_unchecked(view: Overlay, target: bytes, amount: int) -> None:
    """Add tokens that were withdrawn elsewhere in the same step."""
    record = account(view, target)
    record.balance += amount
    save_account(view, target, record)


def move(ctx: Context, source: bytes, target: bytes, amount: int) -> None:
    """Move `amount` uasy between two accounts.

    Raises
    ------
    InsufficientFunds
        If the source holds less.
    """
    if amount == 0:
        return
    _withdraw(ctx.view, source, amount)
    credit_unchecked(ctx.view, target, amount)
    # What an account sends is found by the sender of its transactions; each index entry costs CometBFT 3 us.
    ctx.emit("transfer", {"recipient": encode_address(target)}, sender=encode_address(source), amount=amount)


def burn(ctx: Context, source: bytes, amount: int) -> None:
    """Destroy `amount` uasy of an account.

    Raises
    ------
    InsufficientFunds
        If the account holds less.
    """
    if amount == 0:
        return
    _withdraw(ctx.view, source, amount)
    record = supply(ctx.view)
    record.total -= amount
    record.burned += amount
    ctx.view.save(keys.SUPPLY, record)
    ctx.emit("burn", {"account": encode_address(source)}, amount=amount)


def mint(ctx: Context, target: bytes, amount: int) -> None:
    """Create `amount` uasy: a genesis balance, or a block's part of the inflation.

    Raises
    ------
    BadAmount
        If the supply would exceed 2^63 - 1.
    """
    record = supply(ctx.view)
    if record.total + amount > MAX_SUPPLY:
        raise BadAmount(f"the supply would exceed {MAX_SUPPLY} uasy")
    record.total += amount
    ctx.view.save(keys.SUPPLY, record)
    credit_unchecked(ctx.view, target, amount)
