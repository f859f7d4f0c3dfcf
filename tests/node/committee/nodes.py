"""Nodes of a committee on a chain in memory: real runtimes and workers, a network that a test controls."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from tests.state.chain import Chain
from tests.state.conftest import CHAIN_ID

from assay.node.committee import identity
from assay.node.committee.runtime import CommitteeRuntime
from assay.node.scoring import ScoringScheduler
from assay.node.workers.pool import WorkerPool
from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key, Validator, ValidatorSet, ValidatorSets
from assay.proto.tx_pb2 import CommitteeBody, CommitteeTx
from assay.state import openings
from assay.state.envelope import CommitteeMessage, decode
from assay.state.extensions import parse_extension
from assay.state.handlers import committee
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.rules.errors import AssayError

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


class Node:
    """One validator's node, as far as its committee work goes.

    Attributes
    ----------
    votes, late
        Whether it votes, and whether its votes come too late for every commit.
    """

    def __init__(self, home: Path, validator: bytes, pool: WorkerPool) -> None:
        self.home, self.validator, self.pool = home, validator, pool
        self.caught_up = True
        self.online = True
        self.votes, self.late = True, False
        self.sent: list[bytes] = []
        self.on_broadcast: Callable[[bytes], None] = _ignore
        self.start()

    def start(self) -> None:
        """Begin with nothing but what is on disk."""
        self.scheduler = ScoringScheduler(self.pool)
        self.runtime = CommitteeRuntime(
            self.home, CHAIN_ID, self.validator, self.scheduler, self._broadcast, self._is_caught_up
        )

    async def _is_caught_up(self) -> bool:
        return self.caught_up

    async def _broadcast(self, raw: bytes) -> None:
        if not self.online:
            raise ConnectionError("no route")
        self.on_broadcast(raw)
        self.sent.append(raw)

    def bodies(self) -> list[CommitteeBody]:
        """What it has sent so far."""
        return [CommitteeBody.FromString(CommitteeTx.FromString(raw).body) for raw in self.sent]


def _ignore(_: bytes) -> None:
    """Let a message pass."""


class Nodes:
    """A chain whose committee is made of nodes.

    Attributes
    ----------
    refused
        Why committee messages were refused, all in all.
    """

    def __init__(
        self, run: Run[Any], pool: WorkerPool, directory: Path, seats: int = 1, **params: Any
    ) -> None:
        self.run, self.pool = run, pool
        self.chain = Chain(seats, **params)
        self.chain.computes = False
        self.refused: list[AssayError] = []
        self.nodes: list[Node] = []
        for number, seat in enumerate(self.chain.seats):
            home = directory / f"node{number}"
            self.chain.register(number, identity.create_committee_key(home).public_key)
            self.nodes.append(Node(home, seat.validator, pool))
        self._votes: list[tuple[bytes, bytes]] = []
        self._taken = [0] * seats

    def keep_out(self) -> None:
        """Say that a stranger signs for now, and the chain's validators much later."""
        sets = self.chain.view.require(ValidatorSets, keys.VALIDATOR_SETS)
        stranger = Validator(address=b"\xff" * keys.ADDRESS_BYTES, power=1)
        sets.sets[-1].first_height = 1_000_000
        sets.sets.insert(0, ValidatorSet(first_height=1, validators=[stranger]))
        self.chain.view.save(keys.VALIDATOR_SETS, sets)

    def committed(self) -> Overlay:
        return Overlay(self.chain.memory)

    def block(self, count: int = 1) -> None:
        """Vote on and execute a block, then let every node see the new state; so often."""
        for _ in range(count):
            self._block()

    def _block(self) -> None:
        view, height = self.committed(), self.chain.height
        voting = [node for node in self.nodes if node.votes]
        signed = [(node, self.run(node.runtime.extension(view, height))) for node in voting]
        votes = [(node.validator, extension) for node, extension in signed if not node.late]
        self._complete_jobs(view)
        for validator, extension in self._votes:
            if extension:
                openings.record_extension(self.chain.ctx, validator, parse_extension(extension))
        self._deliver()
        self.chain.end_block()
        self._votes = votes
        for node in self.nodes:
            self.run(node.runtime.after_commit(self.committed(), height))

    def _complete_jobs(self, view: Overlay) -> None:
        jobs = openings.due_jobs(view, self.chain.params)
        found = [self.run(node.scheduler.results(view, jobs)) for node in self.nodes]
        assert all(result == found[0] for result in found)
        for opening, (constant, digest) in found[0].items():
            openings.complete_job(self.chain.ctx, opening, constant, digest)

    def _deliver(self) -> None:
        """Execute what nodes have sent since the last block."""
        for number, node in enumerate(self.nodes):
            for raw in node.sent[self._taken[number] :]:
                self._execute(raw)
            self._taken[number] = len(node.sent)

    def _execute(self, raw: bytes) -> None:
        message = decode(raw, CHAIN_ID, 1 << 20)
        assert isinstance(message, CommitteeMessage)
        block_view = self.chain.ctx.view
        self.chain.ctx.view = Overlay(block_view)
        try:
            committee.execute(self.chain.ctx, message)
            self.chain.ctx.view.flush_into(block_view)
        except AssayError as error:
            self.refused.append(error)
        finally:
            self.chain.ctx.view = block_view

    def all_keys(self) -> list[Key]:
        return [Key.FromString(data) for _, data in self.committed().iterate(keys.KEY)]

    def key(self, status: int, limit: int = 12) -> Key:
        """Execute blocks until some key has a status; return it."""
        for _ in range(limit):
            for key in self.all_keys():
                if key.status == status:
                    return key
            self.block()
        raise AssertionError(f"no key has status {status} after {limit} blocks: {self.all_keys()}")

    def make_key(self) -> Key:
        return self.key(pb.KEY_STATUS_READY)
