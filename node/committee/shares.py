"""This member's shares of opened scalars, for vote extensions and for the slow path."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, MutableSequence, Sequence
from concurrent.futures import Executor
from itertools import islice
from typing import Final

import structlog

from assay.crypto.committee.key import CommitteeKey
from assay.crypto.committee.member import Member
from assay.crypto.committee.messages import SHARE_BYTES, residue_bytes
from assay.crypto.committee.score import MaskKind
from assay.crypto.errors import CryptoError
from assay.crypto.ring.tables import U64
from assay.node.committee.members import Members
from assay.node.scoring import BytesMissing, ScoringScheduler
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key
from assay.proto.tx_pb2 import ShareRun, VoteExtension
from assay.state.ceremony import records
from assay.state.extensions import EXTENSION_VERSION, MAX_EXTENSION_BYTES, MAX_SHARES
from assay.state.openings import AwaitedShare
from assay.state.overlay import Overlay
from assay.state.rules import keys

_log = structlog.get_logger(__name__)

_BATCH: Final = 32
"""Shares computed at a time, so that a vote need not wait long for what is prepared in the background."""


_Work = tuple[AwaitedShare, CommitteeKey, U64 | None]


class WrongCiphertext(CryptoError):
    """A ciphertext computed here is not the one the chain recorded: no share of it may leave this node."""


class ShareSource:
    """Computes shares, and remembers those that are still awaited.

    Parameters
    ----------
    chain_id
        Of the chain.
    members
        The secrets.
    scheduler
        Gives ciphertexts.
    executor
        Where shares are computed.
    """

    def __init__(
        self, chain_id: str, members: Members, scheduler: ScoringScheduler, executor: Executor
    ) -> None:
        self._chain_id = chain_id
        self._members = members
        self._scheduler = scheduler
        self._executor = executor
        self._known: dict[AwaitedShare, bytes | None] = {}  # None: cannot be given
        self._lock = asyncio.Lock()

    async def get(self, view: Overlay, items: Iterable[AwaitedShare], most: int) -> dict[int, bytes]:
        """Return the shares of the first openings, by opening id, 16 bytes each.

        Passed over is what this node cannot answer, for want of secrets or of bytes; the log says why.

        Parameters
        ----------
        view
            An overlay over the state that awaits them.
        items
            What is awaited.
        most
            How many are wanted.

        Raises
        ------
        WorkerFailed
            If a ciphertext had to be computed again and could not be.
        """
        found: dict[int, bytes] = {}
        source = iter(items)
        while len(found) < most and (batch := list(islice(source, min(_BATCH, most - len(found))))):
            async with self._lock:
                await self._fill(view, batch)
            known = ((item.opening, self._known.get(item)) for item in batch)
            found.update((opening, share) for opening, share in known if share is not None)
        return found

    def keep_only(self, items: Iterable[AwaitedShare]) -> None:
        """Forget the shares of all other openings."""
        self._known = {item: self._known[item] for item in items if item in self._known}

    async def _fill(self, view: Overlay, items: Sequence[AwaitedShare]) -> None:
        """Compute those that are not known yet."""
        missing = [item for item in items if item not in self._known]
        names = [
            records.name(self._chain_id, view.require(Key, keys.committee_key(i.key_id))) for i in missing
        ]
        ciphertexts = await asyncio.gather(*(self._c1(view, item) for item in missing))
        if missing:
            work = list(zip(missing, names, ciphertexts, strict=True))
            loop = asyncio.get_running_loop()
            self._known |= await loop.run_in_executor(self._executor, self._compute, work)

    async def _c1(self, view: Overlay, item: AwaitedShare) -> U64 | None:
        if item.job is None:
            return None
        try:
            return await self._scheduler.c1(view, item.job)
        except BytesMissing as error:
            _log.error("share cannot be given", opening=item.opening, reason=str(error))
            return None

    def _compute(self, work: Iterable[_Work]) -> dict[AwaitedShare, bytes | None]:
        """Compute shares, in a thread."""
        found: dict[AwaitedShare, bytes | None] = {}
        for item, name, c1 in work:
            try:
                found[item] = self._share(item, self._members.get(name, item.member), c1)
            except CryptoError as error:
                found[item] = None
                _log.error("share cannot be given", opening=item.opening, reason=str(error))
        return found

    def _share(self, item: AwaitedShare, member: Member, c1: U64 | None) -> bytes:
        if item.job is None:
            return member.coin_share(item.opening)
        if c1 is None or hashlib.sha256(residue_bytes(c1)).digest() != item.c1:
            # The mask hides the key only as long as one ciphertext is answered under it.
            raise WrongCiphertext(
                "this node has not the ciphertext that the chain recorded; its memory may be faulty"
            )
        kind = MaskKind.LENGTH if item.kind == pb.OPENING_KIND_LENGTH else MaskKind.SCORE
        self._members.use_mask(item.key_id, item.c1, kind)
        return member.score_share(c1, kind, self_test=item.kind == pb.OPENING_KIND_SELF_TEST)


def encode_extension(shares: Mapping[int, bytes]) -> tuple[bytes, list[int]]:
    """Encode shares as a vote extension, as many as may travel in one.

    Parameters
    ----------
    shares
        By opening id, ascending.

    Returns
    -------
    tuple
        The extension, empty if there are no shares, and the openings it answers.
    """
    sent: list[int] = []
    extension = VoteExtension(version=EXTENSION_VERSION)
    for opening, share in shares.items():
        if len(sent) == MAX_SHARES:
            break
        if sent and opening == sent[-1] + 1:
            extension.runs[-1].shares += share
        else:
            extension.runs.append(ShareRun(first=opening, shares=share))
        if extension.ByteSize() > MAX_EXTENSION_BYTES:
            _take_back(extension.runs)
            break
        sent.append(opening)
    return (extension.SerializeToString(deterministic=True) if sent else b""), sent


def _take_back(runs: MutableSequence[ShareRun]) -> None:
    """Remove the last share."""
    runs[-1].shares = runs[-1].shares[:-SHARE_BYTES]
    if not runs[-1].shares:
        del runs[-1]


def runs_of(items: Iterable[AwaitedShare], most: int) -> Iterator[list[AwaitedShare]]:
    """Split openings into runs of one key with consecutive ids, as one committee message may answer them."""
    run: list[AwaitedShare] = []
    for item in items:
        follows = run and item.opening == run[-1].opening + 1 and item.key_id == run[-1].key_id
        if run and (not follows or len(run) == most):
            yield run
            run = []
        run.append(item)
    if run:
        yield run
