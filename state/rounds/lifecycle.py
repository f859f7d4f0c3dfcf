"""What people do to a round: open, commit, reveal, cancel; and how its first phases end.

`check_...` functions only read, from cheap to dear; the others rely on the
check, and the proof it leaves, having passed.
"""

from __future__ import annotations

from typing import Final

from assay.crypto.presets import by_wire_id
from assay.crypto.proof import Context as ProofContext
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Contribution, Key, Round
from assay.proto.tx_pb2 import MsgCommit, MsgOpenRound, MsgReveal
from assay.state import counters, ledger, proofs
from assay.state.ceremony import phases
from assay.state.context import Context
from assay.state.proofs import ProofCheck
from assay.state.rounds import ending, escrow, payloads, records, scoring, terms
from assay.state.rules import keys, outcomes
from assay.state.rules.commitment import commitment, payload_digest
from assay.state.rules.errors import (
    AlreadyCommitted,
    AlreadyRevealed,
    CancelTooLate,
    CommitmentMismatch,
    CommitsClosed,
    InsufficientFunds,
    NoCommitment,
    NotRoundOwner,
    OwnRound,
    PayloadCopied,
    RevealEarly,
    RevealLate,
    RoundFull,
    RoundHasCommitments,
)

_BEFORE_REVEAL: Final = (pb.ROUND_STATUS_PENDING, pb.ROUND_STATUS_OPEN)


# --- opening -----------------------------------------------------------------


def check_open(ctx: Context, sender: bytes, message: MsgOpenRound) -> tuple[Key, int, ProofCheck]:
    """Refuse a round the state does not admit.

    Return its key, the ciphertexts in each payload, and the proof that is left to verify.
    """
    key, ciphertexts = terms.check_state(ctx, sender, message)
    digest = payload_digest(message.reference)
    payloads.check(digest, message.reference, by_wire_id(key.preset), ciphertexts)
    bound = ProofContext.reference(ctx.chain_id, sender, key.id, key.public_key)
    return key, ciphertexts, proofs.check_of(key, ciphertexts, bound, digest, message.reference)


def open_round(ctx: Context, sender: bytes, message: MsgOpenRound, key: Key, ciphertexts: int) -> None:
    """Open a round: its bounty goes into escrow, its reference to the committee."""
    record = Round(
        id=counters.take_round(ctx.view),
        owner=sender,
        model_id=message.model_id,
        key_id=key.id,
        bounty=message.bounty,
        scoring_fee=message.scoring_fee,
        committee_share=ctx.params.committee_share,
        deposit=message.deposit,
        min_contributors=message.min_contributors,
        max_contributors=message.max_contributors,
        commit_window=message.commit_window,
        reveal_window=message.reveal_window,
        scoring_window=message.scoring_window,
        owner_public_key=message.owner_public_key,
        ciphertexts=ciphertexts,
        created=ctx.height,
    )
    record.reference = ctx.view.put_bulk(keys.round_scope(record.id), message.reference)
    records.emit(ctx, record, "opened", sender, model=message.model_id.hex(), bounty=message.bounty)
    escrow.take_in(ctx, record, sender, message.bounty + message.scoring_fee)
    phases.take(ctx, key, record.id)
    scoring.begin_reference(ctx, record)
    records.save(ctx.view, record)


def check_cancel(ctx: Context, sender: bytes, round_id: int) -> Round:
    """Refuse to cancel somebody else's round, one that has a commitment, or one that is over."""
    record = records.load(ctx.view, round_id)
    if record.owner != sender:
        raise NotRoundOwner("only the account that opened a round can cancel it")
    if record.committed:
        raise RoundHasCommitments(f"{record.committed} have committed; the round now runs to its end")
    if record.status not in _BEFORE_REVEAL:
        raise CancelTooLate("the round is over; there is nothing left to cancel")
    return record


def cancel(ctx: Context, record: Round) -> None:
    """Cancel a round before anybody has committed to it."""
    ending.cancel(ctx, record)
    records.save(ctx.view, record)


# --- commitments -------------------------------------------------------------


def check_commit(ctx: Context, sender: bytes, message: MsgCommit) -> Round:
    """Refuse a commitment that the round does not take."""
    record = records.load(ctx.view, message.round_id)
    if record.owner == sender:
        raise OwnRound("the owner of a round may not contribute to it")
    if records.contribution(ctx.view, record.id, sender) is not None:
        raise AlreadyCommitted("this account has committed to the round before")
    if record.committed >= record.max_contributors:
        raise RoundFull(f"the round has its {record.max_contributors} contributors")
    if record.status != pb.ROUND_STATUS_OPEN:
        raise CommitsClosed("the round does not take commitments now; its status says why")
    held = ledger.account(ctx.view, sender).balance
    if held < record.deposit:
        raise InsufficientFunds(f"the deposit is {record.deposit} uasy, the account holds {held}")
    return record


def commit(ctx: Context, sender: bytes, record: Round, commitment_hash: bytes) -> None:
    """Enter a commitment; the phase ends when the round is full."""
    escrow.take_in(ctx, record, sender, record.deposit)
    item = Contribution(
        round_id=record.id,
        index=record.committed,
        sender=sender,
        commitment=commitment_hash,
        status=pb.CONTRIBUTION_STATUS_COMMITTED,
        committed_height=ctx.height,
    )
    records.save_contributions(ctx.view, [item])
    record.committed += 1
    records.emit(ctx, record, "committed", sender, index=item.index, deposit=record.deposit)
    if record.committed == record.max_contributors:
        end_commits(ctx, record)
    records.save(ctx.view, record)


def end_commits(ctx: Context, record: Round) -> None:
    """Go on to the reveals, or end for want of commitments; the caller writes the record."""
    if record.committed < record.min_contributors:
        ending.refund(ctx, record, outcomes.TOO_FEW_COMMITTED)
        return
    records.set_deadline(ctx, record, ctx.height + record.reveal_window)
    records.set_status(ctx, record, pb.ROUND_STATUS_REVEAL)


# --- reveals -----------------------------------------------------------------


def check_reveal(ctx: Context, sender: bytes, message: MsgReveal) -> tuple[Round, Contribution, ProofCheck]:
    """Refuse a reveal: window, commitment, digest, and only then the payload's own form.

    Return its round, its contribution, and the proof that is left to verify.
    """
    record = records.load(ctx.view, message.round_id)
    if record.status in _BEFORE_REVEAL:
        raise RevealEarly("the reveal window has not begun; wait until the commitments are closed")
    if record.status != pb.ROUND_STATUS_REVEAL:
        raise RevealLate("the reveal window is over")
    item = records.contribution(ctx.view, record.id, sender)
    if item is None:
        raise NoCommitment("this account has not committed to the round")
    if item.status != pb.CONTRIBUTION_STATUS_COMMITTED:
        raise AlreadyRevealed("this account has revealed already")
    digest = payload_digest(message.payload)
    if item.commitment != commitment(record.id, sender, message.salt, digest, message.reserve):
        raise CommitmentMismatch("salt, reserve and payload are not what this account committed to")
    _check_original(ctx, record, digest)
    key = ctx.view.require(Key, keys.committee_key(record.key_id))
    payloads.check(digest, message.payload, by_wire_id(key.preset), record.ciphertexts)
    bound = ProofContext.submission(ctx.chain_id, record.id, sender, key.id, key.public_key)
    return record, item, proofs.check_of(key, record.ciphertexts, bound, digest, message.payload)


def _check_original(ctx: Context, record: Round, digest: bytes) -> None:
    revealed = records.contributions(ctx.view, record.id, pb.CONTRIBUTION_STATUS_REVEALED)
    if digest == record.reference or any(digest == other.payload for other in revealed):
        raise PayloadCopied("this payload is the round's reference, or another contributor has revealed it")


def reveal(ctx: Context, record: Round, item: Contribution, message: MsgReveal) -> None:
    """Keep a payload; the phase ends when every commitment is revealed."""
    item.payload = ctx.view.put_bulk(keys.round_scope(record.id), message.payload)
    item.reserve, item.revealed_height = message.reserve, ctx.height
    item.status = pb.CONTRIBUTION_STATUS_REVEALED
    records.save_contributions(ctx.view, [item])
    record.revealed += 1
    records.emit(ctx, record, "revealed", item.sender, index=item.index, payload=item.payload.hex())
    if record.revealed == record.committed:
        end_reveals(ctx, record)
    records.save(ctx.view, record)


def end_reveals(ctx: Context, record: Round) -> None:
    """Burn the deposits of who has not revealed; go on to scoring or end. The caller writes the record."""
    missing = records.contributions(ctx.view, record.id, pb.CONTRIBUTION_STATUS_COMMITTED)
    for item in missing:
        item.status = pb.CONTRIBUTION_STATUS_NOT_REVEALED
        escrow.burn_deposit(ctx, record, item)
    records.save_contributions(ctx.view, missing)
    if record.revealed < record.min_contributors:
        ending.refund(ctx, record, outcomes.TOO_FEW_REVEALED)
        return
    scoring.begin(ctx, record)
