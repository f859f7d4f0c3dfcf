"""The chain as this node has it: committed state, and the block being executed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assay.node.retention import Retention
from assay.proto.state_pb2 import Params, Validator
from assay.state import invariants, upgrades
from assay.state.genesis import write_genesis
from assay.state.overlay import Overlay
from assay.state.store import Prepared, Store
from assay.state.transition import Block, BlockResult, execute, read_params


class Chain:
    """Owns the store; nobody else writes to it.

    Parameters
    ----------
    store
        An open store.
    chain_id
        From the genesis file.
    check_invariants
        Whether to check every invariant after each block, which costs time
        proportional to the state. For tests.
    """

    def __init__(self, store: Store, chain_id: str, *, check_invariants: bool = False) -> None:
        self.store = store
        self.chain_id = chain_id
        self._check = check_invariants
        self._genesis: Overlay | None = None
        self._prepared: Prepared | None = None
        self.retention: Retention | None = None
        """Says which blocks CometBFT is to keep; all without it."""
        self._listeners: list[Callable[[int], None]] = []

    @property
    def height(self) -> int:
        """Last committed height, 0 before the first block."""
        return self.store.version

    def view(self, *, cache_reads: bool = False) -> Overlay:
        """Return a fresh overlay over the last committed state, or over genesis before the first block."""
        return Overlay(self._genesis or self.store, cache_reads=cache_reads)

    def params(self) -> Params:
        """Return the parameters in force."""
        return read_params(self.view())

    def require_known_version(self) -> None:
        """Raise `UpgradeNeeded` if the next block needs a program that is newer than this one."""
        if self.height:
            upgrades.require_known(self.params(), self.height + 1)

    def lowest_block(self) -> int:
        """Return the lowest block that CometBFT is to keep, 0 for all."""
        return self.retention.lowest(self.height, self.params()) if self.retention else 0

    def on_commit(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the height after each commit. It must not block."""
        self._listeners.append(listener)

    def init(self, app_state: bytes, initial_height: int) -> tuple[list[Validator], bytes]:
        """Build the genesis state in memory; may be repeated at height 0.

        Returns
        -------
        tuple
            The validators of the first block, and the app hash.
        """
        genesis = Overlay(self.store)
        validators = write_genesis(genesis, self.chain_id, app_state, initial_height)
        self._genesis = genesis
        return validators, self.store.prepare(initial_height, genesis.changes, {}, ()).root

    def execute(self, block: Block) -> tuple[BlockResult, bytes]:
        """Execute a decided block and return its results and app hash; nothing is written yet."""
        view = self.view(cache_reads=True)
        result = execute(view, self.chain_id, block)
        if self._check:
            invariants.check_all(view)
        changes = view.changes if self._genesis is None else {**self._genesis.changes, **view.changes}
        self._prepared = self.store.prepare(block.height, changes, view.bulk_puts, tuple(view.bulk_drops))
        return result, self._prepared.root

    def adopt(self, path: Path) -> None:
        """Take a state that was restored in another directory for this node's own; see `Store.replace`."""
        self.store.replace(path)
        self._prepared = self._genesis = None

    def commit(self) -> None:
        """Write the executed block in one synchronous batch."""
        if self._prepared is None:
            raise RuntimeError("Commit was called before FinalizeBlock")
        self.store.commit(self._prepared)
        self._prepared = self._genesis = None
        if self._check:
            invariants.check_bulk(self.store, self.store.bulk_places())
        for listener in self._listeners:
            listener(self.height)
