"""The part of a node that does its validator's committee work.

It is told of every commit and asked for every vote. What it sends follows from
committed state and from secrets that are on disk; while the node is catching
up it sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import structlog

from assay.crypto.committee.secrets import CommitteeFiles
from assay.crypto.errors import CryptoError
from assay.node.committee import identity
from assay.node.committee.answers import answer
from assay.node.committee.delivery import Delivery
from assay.node.committee.duties import Duty, duties, is_over
from assay.node.committee.members import Members
from assay.node.committee.outbox import Broadcast, Outbox, Place
from assay.node.committee.shares import ShareSource, encode_extension, runs_of
from assay.node.committee.tally import ShareTally
from assay.node.scoring import ScoringScheduler
from assay.proto import tx_pb2
from assay.state import openings
from assay.state.ceremony import records
from assay.state.extensions import MAX_SHARES, validators_at
from assay.state.openings import AwaitedShare
from assay.state.overlay import Overlay

_log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

_SHARES_PER_MESSAGE: Final = 64
"""Few enough that one opening decided meanwhile spoils little: a message is taken as a whole."""
_RETRY_SECONDS: Final = 1.0

CaughtUp = Callable[[], Awaitable[bool]]


class CommitteeRuntime:
    """Answers what committed state awaits from one validator.

    Parameters
    ----------
    home
        Home of the node; secrets are kept in its directory ``committee``.
    chain_id
        Of the chain.
    validator_address
        Consensus address of the validator, 20 bytes.
    scheduler
        Gives ciphertexts.
    broadcast
        Hands the bytes of one committee message to the network.
    caught_up
        Tells whether the node is at the head of the chain.

    Attributes
    ----------
    tally
        What became of this member's shares.

    Raises
    ------
    IdentityError, CommitteeFileError
        If the committee key or the directory is not what it should be.
    """

    def __init__(
        self,
        home: Path,
        chain_id: str,
        validator_address: bytes,
        scheduler: ScoringScheduler,
        broadcast: Broadcast,
        caught_up: CaughtUp,
    ) -> None:
        self.tally = ShareTally()
        self._chain_id = chain_id
        self._validator = validator_address
        self._caught_up = caught_up
        self._outbox = Outbox(chain_id, identity.load_committee_key(home), broadcast)
        self._members = Members(CommitteeFiles(home / identity.DIRECTORY))
        # Two threads: a ceremony's long computations must not hold up the shares of a vote.
        self._ceremonies = ThreadPoolExecutor(1, thread_name_prefix="ceremony")
        self._answers = ThreadPoolExecutor(1, thread_name_prefix="shares")
        self._shares = ShareSource(chain_id, self._members, scheduler, self._answers)
        self._extended: dict[int, int] = {}  # opening to the height at which a vote last carried its share
        self._delivery = Delivery()
        self._latest: tuple[Overlay, int] | None = None
        self._task: asyncio.Task[None] | None = None

    # ---- votes ----

    async def extension(self, view: Overlay, height: int) -> bytes:
        """Return the vote extension for a height: this member's shares that state awaits, by opening id.

        Asking again for the same height gives the same answer. Shares that the vote of the height before
        carried are on their way and are left out this once.

        Parameters
        ----------
        view
            An overlay over the committed state, that of ``height - 1``.
        height
            Of the block voted on.

        Returns
        -------
        bytes
            Canonical VoteExtension, or nothing.

        Raises
        ------
        WorkerFailed
            If a ciphertext had to be computed again and could not be.
        """
        awaited = openings.awaited(view, self._validator)
        fresh = (item for item in awaited if self._extended.get(item.opening) != height - 1)
        encoded, sent = encode_extension(await self._shares.get(view, fresh, MAX_SHARES))
        self.tally.voted([opening for opening in sent if self._extended.get(opening) != height])
        self._extended = {opening: at for opening, at in self._extended.items() if at >= height - 1}
        self._extended.update(dict.fromkeys(sent, height))
        self._delivery.voted(sent, height)
        return encoded

    # ---- after a commit ----

    def committed(self, view: Overlay, height: int) -> None:
        """Look at a new committed state in the background; of commits that come meanwhile the last counts."""
        self._latest = (view, height)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def close(self) -> None:
        """Stop, once what a thread computes just now is done."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._ceremonies.shutdown(cancel_futures=True)
        self._answers.shutdown(cancel_futures=True)

    async def _follow(self) -> None:
        while (latest := self._take()) is not None:
            try:
                done = await self.after_commit(*latest)
            except Exception:  # noqa: BLE001 - consensus must not stop because this member's part fails
                _log.exception("committee work failed", height=latest[1])
                continue
            if not done:
                await asyncio.sleep(_RETRY_SECONDS)
                self._latest = self._take() or latest

    def _take(self) -> tuple[Overlay, int] | None:
        latest, self._latest = self._latest, None
        return latest

    async def after_commit(self, view: Overlay, height: int) -> bool:
        """Erase what is over, and send what state awaits; return whether the node was at the head to do so.

        Parameters
        ----------
        view
            An overlay over the state just committed.
        height
            Its height.
        """
        await self._erase(view)
        if not await self._caught_up():
            return False
        self._outbox.forget(height)
        for duty in await self._due(view):
            await self._do(duty, height)
        await self._prepare_shares(view, height)
        return True

    async def _erase(self, view: Overlay) -> None:
        for key_id in await self._in_thread(self._members.key_ids):
            if is_over(view, key_id):
                await self._in_thread(self._members.erase, key_id)
                _log.info("committee secrets erased", key=key_id)

    async def _due(self, view: Overlay) -> list[Duty]:
        """Read what is owed and not on its way already."""
        key_ids = {*records.pool(view), *await self._in_thread(self._members.key_ids)}
        found = []
        for duty in duties(view, self._chain_id, self._validator, sorted(key_ids)):
            wanted = [slot for slot in duty.slots if self._outbox.is_due(_place(duty, slot))]
            if wanted and self._may_sign(duty):
                found.append(replace(duty, slots=tuple(wanted)))
        return found

    def _may_sign(self, duty: Duty) -> bool:
        if duty.committee_key == self._outbox.public_key:
            return True
        _log.error(
            "this node's committee key is not the one registered for its validator; its messages are refused",
            key=duty.key.key_id,
            registered=duty.committee_key.hex(),
            found=self._outbox.public_key.hex(),
        )
        return False

    async def _do(self, duty: Duty, height: int) -> None:
        """Compute and send; what cannot be computed is left until it would have been sent again."""
        try:
            data = await self._in_thread(answer, duty, self._members)
        except CryptoError as error:
            _log.error("committee duty not done", key=duty.key.key_id, reason=str(error))
            for slot in duty.slots:
                self._outbox.postpone(_place(duty, slot), height)
            return
        for slot, part in data.items():
            await self._outbox.send(_place(duty, slot), part, height)

    # ---- shares ----

    async def _prepare_shares(self, view: Overlay, height: int) -> None:
        """Compute the shares of the next votes before they are asked for; send those that no vote carries."""
        awaited = list(openings.awaited(view, self._validator))
        self._delivery.follow(view, awaited, height)
        self._shares.keep_only(self._delivery.owed())
        self.tally.follow(item.opening for item in awaited)
        await self._shares.get(view, awaited, 2 * MAX_SHARES)
        has_vote = self._validator in validators_at(view, height + 1)
        for run in runs_of(self._delivery.late(height, has_vote=has_vote), _SHARES_PER_MESSAGE):
            await self._send_shares(view, run, height)

    async def _send_shares(self, view: Overlay, run: Sequence[AwaitedShare], height: int) -> None:
        first = run[0]
        place: Place = (first.key_id, tx_pb2.COMMITTEE_PHASE_SHARES, first.member, first.opening)
        shares = await self._shares.get(view, run, len(run))
        if self._outbox.is_due(place) and len(shares) == len(run):
            data = b"".join(shares[item.opening] for item in run)
            if await self._outbox.send(place, data, height):
                self.tally.messaged([item.opening for item in run])

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._ceremonies, partial(work, *args, **kwargs))


def _place(duty: Duty, slot: int) -> Place:
    return duty.key.key_id, duty.phase, duty.member, slot
