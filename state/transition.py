"""The state transition: read this page from top to bottom.

`execute` takes the state after block h-1 and the entries of block h and writes
the state after block h into an overlay. It is a pure function of the two: no
clock, no randomness, no network, no float. Signature verdicts, verdicts about
proofs and homomorphic products are handed in because they are dear, but each
is itself a function of bytes that are in the block or in the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.crypto.accounts import encode_address
from assay.proto.state_pb2 import Params, Validator
from assay.proto.tx_pb2 import VoteExtension
from assay.state import ante, ceremony, distribution, ledger, openings, rounds, slashing, staking, upgrades
from assay.state.context import Context, Event, Misbehavior, Vote
from assay.state.envelope import AccountTx, CommitteeMessage, Entry
from assay.state.handlers import HANDLERS, PROVEN
from assay.state.handlers import committee as committee_handler
from assay.state.overlay import Overlay
from assay.state.proofs import ProofCheck, Proofs, verify_here
from assay.state.rules import keys
from assay.state.rules.errors import AssayError, CommitteeBytes


@dataclass(frozen=True, slots=True)
class Block:
    """A decided block, decoded.

    Attributes
    ----------
    entries
        Every entry in order: decoded, or the reason why it cannot be.
    extensions
        Verified vote extensions of the last commit, by validator address.
    products
        For each scoring job due: opening id to (constant coefficient modulo Q, digest of c1).
    proofs
        Gives verdicts about proofs when they are asked for: which will be is known only as the block goes on.
    proposer
        Consensus address of whoever made the block.
    votes
        The last commit, as the block contains it.
    misbehavior
        Evidence in the block.
    """

    height: int
    entries: Sequence[Entry | AssayError]
    extensions: Sequence[tuple[bytes, VoteExtension]]
    products: Mapping[int, tuple[int, bytes]]
    proofs: Proofs = verify_here
    proposer: bytes = b""
    votes: Sequence[Vote] = ()
    misbehavior: Sequence[Misbehavior] = ()


@dataclass(slots=True)
class TxResult:
    """What became of one entry. Only code, gas_wanted and gas_used are hashed by consensus."""

    code: int = 0
    codespace: str = ""
    log: str = ""
    gas_wanted: int = 0
    gas_used: int = 0
    events: list[Event] = field(default_factory=list)

    def refuse(self, error: AssayError) -> TxResult:
        """Record why the entry was refused."""
        self.code, self.codespace, self.log = error.code, error.codespace, str(error)
        return self


@dataclass(slots=True)
class BlockResult:
    """What a block did, apart from the records it changed."""

    tx_results: list[TxResult]
    events: list[Event]
    validator_updates: list[Validator] = field(default_factory=list)
    """Changes of the validator set from two heights later on; power 0 leaves it."""


def read_params(view: Overlay) -> Params:
    """Return the chain's parameters."""
    params = view.load(Params, keys.PARAMS)
    if params is None:
        raise RuntimeError("the state has no parameters; was genesis run?")
    return params


def execute(view: Overlay, chain_id: str, block: Block) -> BlockResult:
    """Execute a block on `view`, an overlay over the state after the block before.

    Raises
    ------
    Exception
        Only for a fault of this program or its disk; whatever a stranger put
        into the block ends as a code in its result.
    """
    # 0. Another version of the state, if its height has come.
    upgrades.run_due(view, block.height)
    ctx = Context(chain_id, block.height, read_params(view), view, proofs=block.proofs)

    # 1. What the last commit and evidence say of the validators: it was true before anything of this block.
    slashing.begin_block(ctx, block.votes, block.misbehavior)

    # 2. Products of the homomorphic engine that were due: their openings now await shares.
    for opening_id, (constant, digest) in block.products.items():
        openings.complete_job(ctx, opening_id, constant, digest)

    # 3. The committee's shares from the last commit's vote extensions.
    for validator, extension in block.extensions:
        openings.record_extension(ctx, validator, extension)

    # 4. The block's entries, in order.
    results = _Entries(ctx).run(block.entries)

    # 5. Whatever is due at this height: ceremony phases, round phases, deadlines.
    ceremony.end_block(ctx)
    rounds.end_block(ctx)

    # 6. Slashes that ask more entries than fit into one block go on, before any of these completes.
    slashing.end_block(ctx)

    # 7. What the block earned, to whom held a share in it.
    distribution.end_block(ctx, block.proposer, block.votes)

    # 8. Who validates from two heights later on, and the stake that has waited long enough.
    updates = staking.end_block(ctx)
    return BlockResult(results, ctx.events, updates)


class _Entries:
    """Executes the entries of one block."""

    def __init__(self, ctx: Context) -> None:
        self._block = ctx
        self._scratch = Overlay(ctx.view)
        self._fees = 0
        self._committee_bytes = 0

    def run(self, entries: Sequence[Entry | AssayError]) -> list[TxResult]:
        results = [self._one(entry) for entry in entries]
        # One write for the whole block instead of one for each transaction.
        if self._fees:
            ledger.credit_unchecked(self._block.view, keys.FEE_COLLECTOR, self._fees)
        return results

    def _one(self, entry: Entry | AssayError) -> TxResult:
        if isinstance(entry, AccountTx):
            return self._account(entry)
        if isinstance(entry, CommitteeMessage):
            return self._committee(entry)
        return TxResult().refuse(entry)

    def _account(self, tx: AccountTx) -> TxResult:
        result = TxResult()
        try:
            # Only a limit that was checked is reported: another one may not fit CometBFT's int64.
            result.gas_used, result.gas_wanted = ante.check_form(tx, self._block.params), tx.body.gas_limit
            ante.check_height(tx, self._block.height)
            record = ledger.account(self._block.view, tx.sender)
            ante.check_account(tx, record)
            ante.check_signature(tx)
        except AssayError as error:
            return result.refuse(error)
        record.sequence += 1
        record.balance -= tx.body.fee
        ledger.save_account(self._block.view, tx.sender, record)
        self._fees += tx.body.fee
        return self._messages(tx, result)

    def _inner(self) -> Context:
        """Return the context of one entry, which leaves nothing behind if the entry fails."""
        block = self._block
        return Context(block.chain_id, block.height, block.params, self._scratch, [], block.proofs)

    def _messages(self, tx: AccountTx, result: TxResult) -> TxResult:
        ctx = self._inner()
        try:
            for kind, message in tx.messages:
                HANDLERS[kind].execute(ctx, tx.sender, message)
        except AssayError as error:
            self._scratch.clear()
            ctx.events.clear()
            result.refuse(error)
        else:
            self._scratch.flush_into(self._block.view)
        ctx.emit("tx", {"sender": encode_address(tx.sender)}, fee=tx.body.fee, sequence=tx.body.sequence)
        result.events = ctx.events
        return result

    def _committee(self, message: CommitteeMessage) -> TxResult:
        ctx = self._inner()
        result = TxResult()
        try:
            if self._committee_bytes + message.size > ctx.params.committee_block_bytes:
                raise CommitteeBytes("the block has no room left for committee messages; send it again")
            committee_handler.execute(ctx, message)
        except AssayError as error:
            self._scratch.clear()
            return result.refuse(error)
        # Refused bytes must not crowd others out; that a proposer adds few of them is the proposal's check.
        self._committee_bytes += message.size
        self._scratch.flush_into(self._block.view)
        result.events = ctx.events
        return result


def proofs_ahead(
    view: Overlay, chain_id: str, height: int, entries: Sequence[Entry | AssayError]
) -> list[ProofCheck]:
    """Return the proofs that a block will ask for, as far as the state before it tells.

    So they can be verified elsewhere and all at once. Only what passes everything cheaper is here; what an
    earlier entry of the same block makes possible is not, and is verified when the block asks.
    """
    ctx = Context(chain_id, height, read_params(view), view)
    signed = [entry for entry in entries if isinstance(entry, AccountTx) and entry.verified]
    return [check for tx in signed for check in _proofs_of(ctx, tx)]


def _proofs_of(ctx: Context, tx: AccountTx) -> list[ProofCheck]:
    found: list[ProofCheck] = []
    if not any(kind in PROVEN for kind, _ in tx.messages):
        return found
    try:
        ante.check_form(tx, ctx.params)
        ante.check_height(tx, ctx.height)
        for kind, message in tx.messages:
            check = HANDLERS[kind].check(ctx, tx.sender, message) if kind in PROVEN else None
            found += [check] if check is not None else []
    except AssayError:
        return found  # whatever is wrong with it, the block will say
    return found
