"""The round's own account: the only way in and the three ways out.

Each function moves tokens and counts them in the round's record, so that at
any time `paid + refunded + burned + balance of the escrow = escrowed`. The
caller writes the record.
"""

from __future__ import annotations

from assay.proto.state_pb2 import Contribution, Key, Round
from assay.state import decided, distribution, faults, ledger
from assay.state.context import Context
from assay.state.rounds import records
from assay.state.rules import keys, payout


def take_in(ctx: Context, record: Round, source: bytes, amount: int) -> None:
    """Move tokens into the escrow.

    Raises
    ------
    InsufficientFunds
        If the source holds less.
    """
    ledger.move(ctx, source, keys.escrow(record.id), amount)
    record.escrowed += amount


def pay(ctx: Context, record: Round, recipient: bytes, amount: int, what: str) -> None:
    """Pay for work: a contributor ("paid") or a member of the committee ("fee")."""
    ledger.move(ctx, keys.escrow(record.id), recipient, amount)
    record.paid += amount
    if amount:
        records.emit(ctx, record, what, recipient, amount=amount)


def refund(ctx: Context, record: Round, recipient: bytes, amount: int, what: str) -> None:
    """Give something back: "bounty_returned", "fee_returned" or "deposit_returned"."""
    ledger.move(ctx, keys.escrow(record.id), recipient, amount)
    record.refunded += amount
    if amount:
        records.emit(ctx, record, what, recipient, amount=amount)


def burn_deposit(ctx: Context, record: Round, item: Contribution) -> None:
    """Destroy a contributor's deposit."""
    _burn(ctx, record, item.sender, record.deposit, "deposit_burned")


def return_deposit(ctx: Context, record: Round, item: Contribution) -> None:
    """Give a contributor's deposit back; the caller writes the contribution."""
    refund(ctx, record, item.sender, record.deposit, "deposit_returned")
    item.deposit_returned = record.deposit


def pay_committee(ctx: Context, record: Round) -> None:
    """Divide the scoring fee equally between the operators of the key's members, odd units to the first.

    The part of a member that was named for a fault on this key is burned: were it divided among the others,
    or given back, somebody would gain by keeping a member from its duty.
    """
    key = ctx.view.require(Key, keys.committee_key(record.key_id))
    parts = payout.largest_remainder(record.scoring_fee, [1] * len(key.members))
    for number, (member, part) in enumerate(zip(key.members, parts, strict=True)):
        if faults.is_clean(ctx.view, key, number):
            pay(ctx, record, member.seat.operator, part, "fee")
        else:
            _burn(ctx, record, member.seat.operator, part, "fee_burned")


def pay_committees_share(ctx: Context, record: Round) -> None:
    """Divide the committee's share of a paid bounty by the shares of scalars that its members delivered.

    A member's part goes to its validator as a reward, because its delegators' stake answers for the seat too.
    What was not delivered is burned, and so is the part of a member that was named for a fault on this key:
    nobody gains by keeping a member from its duty.
    """
    key = ctx.view.require(Key, keys.committee_key(record.key_id))
    left = payout.committees_part(record.bounty, record.committee_share)
    opened, delivered = decided.deliveries(ctx.view, key.id)
    whole, of = left, len(key.members) * max(opened, 1)
    for number, member in enumerate(key.members):
        if faults.is_clean(ctx.view, key, number):
            part = whole * delivered[number] // of
            _reward(ctx, record, member.seat.operator, part)
            left -= part
    _burn(ctx, record, b"", left, "share_burned")


def _reward(ctx: Context, record: Round, operator: bytes, amount: int) -> None:
    ledger.move(ctx, keys.escrow(record.id), keys.DISTRIBUTION, amount)
    distribution.reward(ctx, operator, amount)
    record.paid += amount
    if amount:
        records.emit(ctx, record, "share", operator, amount=amount)


def _burn(ctx: Context, record: Round, account: bytes, amount: int, what: str) -> None:
    ledger.burn(ctx, keys.escrow(record.id), amount)
    record.burned += amount
    if amount:
        records.emit(ctx, record, what, account, amount=amount)
