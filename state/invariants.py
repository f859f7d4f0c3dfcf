"""What must hold after every block. Tests check it each block, `assayd verify` on a live store."""

from __future__ import annotations

from assay.proto.state_pb2 import Account, Round, Supply
from assay.state.overlay import Overlay, Reader
from assay.state.rules import keys


class InvariantBroken(RuntimeError):
    """The state contradicts itself; the sentence names the records."""


def check_all(state: Reader) -> None:
    """Check every invariant.

    Raises
    ------
    InvariantBroken
        At the first that does not hold.
    """
    view = Overlay(state)
    check_supply(view)
    check_rounds(view)


def check_supply(view: Overlay) -> None:
    """The balances add up to the supply, and none is written down as nothing."""
    total = 0
    for key, data in view.iterate(keys.ACCOUNT):
        record = Account.FromString(data)
        if not record.balance and not record.sequence:
            raise InvariantBroken(f"account {key[1:].hex()} is empty but kept")
        total += record.balance
    supply = view.load(Supply, keys.SUPPLY) or Supply()
    if total != supply.total:
        raise InvariantBroken(f"the accounts hold {total} uasy, the supply is {supply.total} uasy")


def check_rounds(view: Overlay) -> None:
    """For every round paid + refunded + burned + remaining = escrowed."""
    for _, data in view.iterate(keys.ROUND):
        record = Round.FromString(data)
        account = view.load(Account, keys.account(keys.escrow(record.id))) or Account()
        out = record.paid + record.refunded + record.burned
        if out + account.balance != record.escrowed:
            raise InvariantBroken(
                f"round {record.id}: paid {record.paid} + refunded {record.refunded} + burned "
                f"{record.burned} + remaining {account.balance} is not the {record.escrowed} uasy escrowed"
            )
        if record.ended and account.balance:
            raise InvariantBroken(f"round {record.id} has ended but its escrow holds {account.balance} uasy")
