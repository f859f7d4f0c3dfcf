"""What an operator does to a node that is stopped: compaction, and going back by one height."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from assay.node import cometbft
from assay.node.chainstate import first_state
from assay.node.home import Home, HomeError
from assay.node.metrics.sizes import DiskUse
from assay.state.genesis import BadGenesis
from assay.state.store import Store, StoreError


@dataclass(frozen=True)
class RolledBack:
    """Where a node stands after it has gone back.

    Attributes
    ----------
    before, height
        Heights of the application, then and now.
    root
        The app hash now.
    """

    before: int
    height: int
    root: bytes


def compact(home: Home, binary: Path) -> dict[str, tuple[int, int]]:
    """Compact the application's store, CometBFT's blocks and its state; return their bytes before and after.

    Raises
    ------
    HomeError
        If the node is running.
    CometBFTError, StoreError
        If either cannot be compacted.
    """
    _check_stopped(home)
    before = DiskUse(home.store.parent).stores()
    with Store.open(home.store) as store:
        store.compact()
    cometbft.compact(binary, home.path)
    after = DiskUse(home.store.parent).stores()
    return {name: (size, after.get(name, 0)) for name, size in before.items()}


def rollback(home: Home, binary: Path, *, hard: bool) -> RolledBack:
    """Take CometBFT and the application back by one height, to the same height and app hash.

    Parameters
    ----------
    hard
        Whether CometBFT forgets the block too; else it executes it again at the next start. Where this node
        is the only validator, the block can only be made anew, so that it was signed is forgotten as well.

    Raises
    ------
    HomeError
        If the node is running.
    StoreError
        If the application does not keep the height before, or has another app hash there than CometBFT.
    CometBFTError
        If CometBFT refuses; nothing has happened then.
    """
    _check_stopped(home)
    with Store.open(home.store) as store:
        before = store.version
        if before <= store.oldest_version:
            raise StoreError(f"height {before} is the oldest that is kept: the node cannot go back from it")
        height, app_hash = cometbft.rollback(binary, home.path, hard=hard)
        while store.version > height:
            store.rollback()
        if store.version == height and store.root != app_hash:
            raise StoreError(
                f"at height {height} the application has app hash {store.root.hex().upper()}, and CometBFT "
                f"{app_hash.hex().upper()}: restore a backup, or `assayd reset` and have the chain from peers"
            )
        if hard and is_only_validator(home, cometbft.validator_key(binary, home.path)):
            cometbft.write_signed(home.path, height)
        _drop_snapshots(home, store.version)
        return RolledBack(before, store.version, store.root)


def is_only_validator(home: Home, key: bytes) -> bool:
    """Whether nobody else can have the chain's blocks, as its genesis has it."""
    try:
        _, validators = first_state(home.genesis())
    except BadGenesis:
        return False  # no block was ever made of it
    return [validator.public_key for validator in validators] == [key]


def _check_stopped(home: Home) -> None:
    if home.is_running():
        raise HomeError(f"a node is running in {home.path}: stop it first")


def _drop_snapshots(home: Home, height: int) -> None:
    """Remove snapshots of states that are no more; peers must not be given one."""
    if home.snapshots.is_dir():
        for place in home.snapshots.iterdir():
            if place.name.isdigit() and int(place.name) > height:
                shutil.rmtree(place)
