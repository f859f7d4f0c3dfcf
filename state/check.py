"""The mempool's view: what may wait for a block.

It lies over the last committed state and remembers what the transactions
already admitted will take, so that one account can have many in flight. It is
forgotten at every commit and rebuilt by the recheck of what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Key, Params
from assay.proto.tx_pb2 import MsgReveal
from assay.state import ante, ledger
from assay.state.context import Context
from assay.state.envelope import AccountTx, CommitteeMessage
from assay.state.handlers import HANDLERS
from assay.state.handlers import committee as committee_handler
from assay.state.overlay import Overlay
from assay.state.proofs import ProofCheck
from assay.state.rules.errors import CannotPayFee, NotAwaited, RevealWaiting, WrongSequence

MAX_AHEAD = 100_000
"""Sequences a transaction may be ahead of its account's committed one."""


@dataclass(slots=True)
class _Pending:
    """Where an account will stand once what was admitted is executed."""

    sequence: int
    available: int


class MempoolView:
    """Admits transactions on top of the last committed state.

    Admission has two steps so that signatures and proofs can be checked
    elsewhere in between: `precheck` does everything that is cheap, then the
    caller checks the signature, then the proof that `precheck` has left, then
    `admit` takes the transaction's place in line.
    """

    def __init__(self, chain_id: str, height: int, params: Params, view: Overlay) -> None:
        self._ctx = Context(chain_id, height + 1, params, view)
        self._accounts: dict[bytes, _Pending] = {}
        self._places: set[committee_handler.Place] = set()
        self._reveals: set[tuple[bytes, int]] = set()

    @property
    def params(self) -> Params:
        """The parameters in force."""
        return self._ctx.params

    def _pending(self, address: bytes) -> _Pending:
        pending = self._accounts.get(address)
        if pending is None:
            record = ledger.account(self._ctx.view, address)
            pending = self._accounts[address] = _Pending(record.sequence, record.balance)
        return pending

    def precheck(self, tx: AccountTx) -> ProofCheck | None:
        """Refuse a transaction for any reason cheaper than its signature; return the proof left to verify.

        Raises
        ------
        AssayError
            The reason.
        """
        ante.check_height(tx, self._ctx.height)
        pending = self._pending(tx.sender)
        # Earlier ones of the same batch may still be on their way to `admit`.
        if not pending.sequence <= tx.body.sequence <= pending.sequence + MAX_AHEAD:
            self._refuse_sequence(tx, pending)
        if pending.available < tx.body.fee:
            self._refuse_fee(tx, pending)
        # The form of a hundred messages may take longer than a signature: nobody asks for that without a fee.
        ante.check_form(tx, self._ctx.params)
        self._check_reveals(tx)
        # Later messages may depend on what earlier ones do; only the block can judge them.
        kind, message = tx.messages[0]
        return HANDLERS[kind].check(self._ctx, tx.sender, message)

    def admit(self, tx: AccountTx) -> None:
        """Check the signature's verdict, the exact sequence and the balance; take the place in line."""
        ante.check_signature(tx)
        self._advance(tx)

    def recheck(self, tx: AccountTx) -> None:
        """Admit again after a commit, without signatures, proofs or payloads."""
        ante.check_height(tx, self._ctx.height)
        self._advance(tx)

    def _advance(self, tx: AccountTx) -> None:
        pending = self._pending(tx.sender)
        if tx.body.sequence != pending.sequence:
            self._refuse_sequence(tx, pending)
        needs = tx.body.fee
        for kind, message in tx.messages:
            needs += HANDLERS[kind].spends(self._ctx, message)
        if pending.available < needs:
            self._refuse_fee(tx, pending, needs)
        self._reveals.update(self._check_reveals(tx))
        pending.sequence += 1
        pending.available -= needs

    def _check_reveals(self, tx: AccountTx) -> set[tuple[bytes, int]]:
        """Refuse a second reveal of one commitment, which only takes up room; return the places of these.

        The place is free again when the first one has left the mempool, whatever became of it.
        """
        places: set[tuple[bytes, int]] = set()
        for kind, message in tx.messages:
            if kind == "reveal":
                place = (tx.sender, cast(MsgReveal, message).round_id)
                if place in places or place in self._reveals:
                    raise RevealWaiting(f"a reveal of this account for round {place[1]} is waiting already")
                places.add(place)
        return places

    def admit_committee(self, message: CommitteeMessage) -> None:
        """Admit a committee message if state awaits it and none for any of its places is waiting."""
        self._admit_committee(message, committee_handler.check)

    def recheck_committee(self, message: CommitteeMessage) -> None:
        """Admit again after a commit, without signatures or data: neither changes."""
        self._admit_committee(message, committee_handler.check_awaited)

    def _admit_committee(
        self, message: CommitteeMessage, check: Callable[[Context, CommitteeMessage], Key]
    ) -> None:
        body = message.body
        if (body.key_id, body.phase, body.member, body.slot) in self._places:
            raise NotAwaited("a message for this slot is waiting already")
        check(self._ctx, message)
        places = committee_handler.places(body)
        if not self._places.isdisjoint(places):
            raise NotAwaited("a message with some of these shares is waiting already")
        self._places |= places

    def _refuse_sequence(self, tx: AccountTx, pending: _Pending) -> None:
        who = encode_address(tx.sender)
        raise WrongSequence(f"the sequence is {tx.body.sequence}, the next of {who} is {pending.sequence}")

    def _refuse_fee(self, tx: AccountTx, pending: _Pending, needs: int | None = None) -> None:
        who, needs = encode_address(tx.sender), needs or tx.body.fee
        raise CannotPayFee(
            f"{who} has {pending.available} uasy beyond what is waiting, this needs {needs} uasy with its fee"
        )
