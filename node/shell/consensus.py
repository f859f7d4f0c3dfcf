"""The consensus connection: proposals, vote extensions, blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from assay.node.abci.turns import alone
from assay.node.committee.runtime import CommitteeRuntime
from assay.node.consensus_params import ConsensusParams
from assay.node.proofs import ProofVerifier
from assay.node.scoring import ScoringScheduler
from assay.node.shell import proposal
from assay.node.shell.chain import Chain
from assay.node.shell.entries import EntryCache
from assay.node.shell.results import block_response
from assay.node.shell.told import tell
from assay.node.signatures import SignatureChecker
from assay.proto import abci_pb2 as abci
from assay.proto.tx_pb2 import CommitExtensions, MemberExtension, VoteExtension
from assay.state import openings
from assay.state.context import Misbehavior, Vote
from assay.state.envelope import AccountTx, Entry, decode_extensions
from assay.state.extensions import parse_extension, verify
from assay.state.genesis import BadGenesis
from assay.state.overlay import Overlay
from assay.state.proofs import ProofCheck
from assay.state.rules.errors import AssayError, BadExtensions
from assay.state.transition import Block, TxResult, proofs_ahead

_log = structlog.get_logger(__name__)

_COMMIT_FLAG: Final = abci.BLOCK_ID_FLAG_COMMIT
_Extensions = list[tuple[bytes, VoteExtension]]


class Consensus:
    """Answers CometBFT's consensus connection."""

    def __init__(
        self,
        chain: Chain,
        entries: EntryCache,
        signatures: SignatureChecker,
        proofs: ProofVerifier,
        scheduler: ScoringScheduler,
        runtime: CommitteeRuntime,
    ) -> None:
        self._chain = chain
        self._entries = entries
        self._signatures = signatures
        self._proofs = proofs
        self._scheduler = scheduler
        self._runtime = runtime

    # --- genesis -------------------------------------------------------------

    async def init_chain(self, request: abci.RequestInitChain) -> abci.ResponseInitChain:
        """Write genesis; an inconsistent one stops the node with a sentence."""
        if request.chain_id != self._chain.chain_id:
            raise BadGenesis(
                f"genesis is of chain {request.chain_id!r}, this node of {self._chain.chain_id!r}"
            )
        chosen = ConsensusParams(
            max_bytes=request.consensus_params.block.max_bytes,
            extensions_height=request.consensus_params.abci.vote_extensions_enable_height,
            evidence_blocks=request.consensus_params.evidence.max_age_num_blocks,
        )
        found, root = self._chain.init(request.app_state_bytes, request.initial_height)
        chosen.check(request.initial_height, self._chain.params())
        if request.validators:
            raise BadGenesis("the genesis lists validators; they follow from app_state: remove the list")
        response = abci.ResponseInitChain(app_hash=root)
        for validator in found:
            response.validators.add(power=validator.power).pub_key.ed25519 = validator.public_key
        return response

    # --- proposals -----------------------------------------------------------

    async def prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        """Choose entries from the mempool, the last commit's extensions first."""
        params = self._chain.params()
        waiting: list[tuple[bytes, Entry]] = []
        for raw in request.txs:
            try:
                waiting.append((raw, self._entries.decode(raw, params.max_tx_bytes)))
            except AssayError:
                continue
        extensions = self._collect(request.height, request.local_last_commit)
        due = partial(proposal.is_due, self._chain.view(), params=params)
        return abci.ResponsePrepareProposal(
            txs=proposal.choose(waiting, extensions, request.max_tx_bytes, params, due)
        )

    def _collect(self, height: int, commit: abci.ExtendedCommitInfo) -> bytes:
        """Encode the members' extensions; late ones arrive unverified, so each is checked by itself."""
        members: list[MemberExtension] = []
        for vote in sorted(commit.votes, key=lambda vote: vote.validator.address):
            if vote.block_id_flag != _COMMIT_FLAG or not vote.vote_extension:
                continue
            if members and vote.validator.address == members[-1].validator:
                continue
            member = MemberExtension(
                validator=vote.validator.address,
                extension=vote.vote_extension,
                signature=vote.extension_signature,
            )
            if self._matters(member) and self._holds(height, commit.round, [member]):
                members.append(member)
        return self._encode(height, commit.round, members) if members else b""

    def _matters(self, member: MemberExtension) -> bool:
        """Tell whether an extension has the form of one, and its author a key to answer for."""
        try:
            extension = parse_extension(member.extension)
        except BadExtensions:
            return False
        return openings.is_members(self._chain.view(), member.validator, extension)

    @staticmethod
    def _encode(height: int, commit_round: int, members: Sequence[MemberExtension]) -> bytes:
        record = CommitExtensions(height=height - 1, round=commit_round, members=members)
        return record.SerializeToString(deterministic=True)

    def _holds(self, height: int, commit_round: int, members: Sequence[MemberExtension]) -> bool:
        record = CommitExtensions(height=height - 1, round=commit_round, members=members)
        try:
            verify(self._chain.view(), self._chain.chain_id, height, commit_round, record)
        except BadExtensions as error:
            _log.warning("extension left out", reason=str(error), validator=members[0].validator.hex())
            return False
        return True

    async def process_proposal(self, request: abci.RequestProcessProposal) -> abci.ResponseProcessProposal:
        """Accept whatever an honest proposer can have made."""
        params = self._chain.params()
        raw_extensions, raws = proposal.split_extensions(request.txs)
        entries = [self._try_decode(raw, params.max_tx_bytes) for raw in raws]
        reason = proposal.fault(request.txs, entries, params)
        if not reason and raw_extensions:
            reason = self._extensions_fault(
                raw_extensions, request.height, request.proposed_last_commit.round
            )
        if reason:
            _log.warning("proposal rejected", height=request.height, reason=reason)
            return abci.ResponseProcessProposal(status=abci.ResponseProcessProposal.REJECT)
        await self._signatures.verify_all([entry for entry in entries if isinstance(entry, AccountTx)])
        self._begin_proofs(self._chain.view(), request.height, entries)  # votes need not wait for them
        return abci.ResponseProcessProposal(status=abci.ResponseProcessProposal.ACCEPT)

    def _begin_proofs(
        self, view: Overlay, height: int, entries: Sequence[Entry | AssayError]
    ) -> list[ProofCheck]:
        """Have the proofs verified that a block will ask for, as far as can be told; return them."""
        checks = proofs_ahead(view, self._chain.chain_id, height, entries)
        for check in checks:
            self._proofs.ask(view, check)
        return checks

    def _try_decode(self, raw: bytes, max_tx_bytes: int) -> Entry | AssayError:
        try:
            return self._entries.decode(raw, max_tx_bytes)
        except AssayError as error:
            return error

    def _extensions_fault(self, raw: bytes, height: int, commit_round: int) -> str:
        try:
            self._extensions(raw, height, commit_round)
        except BadExtensions as error:
            return str(error)
        return ""

    def _extensions(self, raw: bytes, height: int, commit_round: int) -> _Extensions:
        record = decode_extensions(raw, self._chain.params().max_block_bytes)
        return verify(self._chain.view(), self._chain.chain_id, height, commit_round, record)

    # --- vote extensions -----------------------------------------------------

    async def extend_vote(self, request: abci.RequestExtendVote) -> abci.ResponseExtendVote:
        """Answer with this member's shares, from committed state only."""
        extension = await self._runtime.extension(self._chain.view(), request.height)
        return abci.ResponseExtendVote(vote_extension=extension)

    async def verify_vote_extension(
        self, request: abci.RequestVerifyVoteExtension
    ) -> abci.ResponseVerifyVoteExtension:
        """Check form and size only: anything else could make an honest vote look bad."""
        status = abci.ResponseVerifyVoteExtension.ACCEPT
        if request.vote_extension:
            try:
                parse_extension(request.vote_extension)
            except BadExtensions:
                status = abci.ResponseVerifyVoteExtension.REJECT
        return abci.ResponseVerifyVoteExtension(status=status)

    # --- blocks --------------------------------------------------------------

    async def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        """Execute a decided block."""
        if self._chain.height and request.height != self._chain.height + 1:
            raise RuntimeError(f"block {request.height} does not follow height {self._chain.height}")
        view = self._chain.view()
        params = self._chain.params()
        raw_extensions, raws = proposal.split_extensions(request.txs)
        extensions, first = self._injected(raw_extensions, request)
        entries = [self._entries.take(raw, params.max_tx_bytes) for raw in raws]
        await self._signatures.verify_all([entry for entry in entries if isinstance(entry, AccountTx)])
        checks = self._begin_proofs(view, request.height, entries)
        products = await self._scheduler.results(view, openings.due_jobs(view, params))
        await self._proofs.verify_all(view, checks)
        block = Block(
            request.height,
            entries,
            extensions,
            products,
            self._proofs,
            proposer=request.proposer_address,
            votes=_votes(request.decided_last_commit),
            misbehavior=_misbehavior(request),
        )
        with alone():
            return await asyncio.to_thread(self._execute, block, first)

    def _execute(self, block: Block, first: Sequence[TxResult]) -> abci.ResponseFinalizeBlock:
        """Execute a block, in a thread: it can take a second, and the loop must read what arrives."""
        result, root = self._chain.execute(block)
        refused = sum(tx_result.code != 0 for tx_result in result.tx_results)
        txs = len(block.entries)
        _log.info("block", height=block.height, txs=txs, refused=refused, app_hash=root.hex()[:12])
        tell(block.height, result)
        return block_response(first, result, root)

    def _injected(self, raw: bytes, request: abci.RequestFinalizeBlock) -> tuple[_Extensions, list[TxResult]]:
        """Return the verified extensions, and the result of their entry; bad ones count as nothing."""
        if not raw:
            return [], []
        try:
            found = self._extensions(raw, request.height, request.decided_last_commit.round)
        except BadExtensions as error:
            return [], [TxResult().refuse(error)]
        return found, [TxResult()]

    async def commit(self, request: abci.RequestCommit) -> abci.ResponseCommit:
        """Write the block, then let the background work see it."""
        self._chain.commit()
        view: Overlay = self._chain.view()
        self._scheduler.look_ahead(view, self._chain.params())
        self._runtime.committed(view, self._chain.height)
        return abci.ResponseCommit(retain_height=self._chain.lowest_block())


def _votes(commit: abci.CommitInfo) -> list[Vote]:
    """Return who is in a commit; a vote for nothing (nil) is none for the block."""
    return [
        Vote(vote.validator.address, vote.validator.power, vote.block_id_flag == _COMMIT_FLAG)
        for vote in commit.votes
    ]


def _misbehavior(request: abci.RequestFinalizeBlock) -> list[Misbehavior]:
    """Return what CometBFT found out; both of its kinds mean a key that signed against itself."""
    return [
        Misbehavior(item.validator.address, item.height, item.validator.power) for item in request.misbehavior
    ]
