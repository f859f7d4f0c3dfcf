"""What an operator does to a node that is stopped: compaction, and going back by one height."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from assay.node import cometbft
from assay.node.chainstate import first_state
from assay.node.home import Home, HomeError
from assay.node.metrics.sizes import DiskUse
from assay.node.store_copy import readable_store
from assay.proto.state_pb2 import ValidatorSets
from assay.state.genesis import BadGenesis
from assay.state.overlay import Overlay
from assay.state.rules import keys
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
        has always been the only validator, the block can only be made anew, so that it was signed is
        forgotten as well.

    Raises
    ------
    HomeError
        If the node is running.
    StoreError
        If the application does not keep the height before, stands elsewhere than CometBFT, or has another app
        hash there.
    CometBFTError
        If CometBFT refuses; nothing has happened then.
    """
    _check_stopped(home)
    with Store.open(home.store) as store:
        before = store.version
        if before <= store.oldest_version:
            raise StoreError(f"height {before} is the oldest that is kept: the node cannot go back from it")
        alone = hard and is_only_validator(home, cometbft.validator_key(binary, home.path), store)
        height, app_hash = cometbft.rollback(binary, home.path, hard=hard)
        while store.version > height:
            store.rollback()
        _check_agreement(store, height, app_hash)
        if before == height and not hard:
            raise StoreError(
                f"the application stood at height {height} already, and CometBFT agrees: start the node, "
                f"which executes block {height + 1} again; to go back further, run it with --hard"
            )
        if alone:
            cometbft.write_signed(home.path, height)
        _drop_snapshots(home, store.version)
        return RolledBack(before, store.version, store.root)


def _check_agreement(store: Store, height: int, app_hash: bytes) -> None:
    """Compare where the application stands with what CometBFT said about a height."""
    if store.version < height:
        raise StoreError(
            f"the application is at height {store.version}, and CometBFT at {height}: there is nothing to "
            "take back; start the node, which executes the blocks in between again"
        )
    if store.root != app_hash:
        raise StoreError(
            f"at height {height} the application has app hash {store.root.hex().upper()}, and CometBFT "
            f"{app_hash.hex().upper()}: restore a backup, or `assayd reset` and have the chain from peers"
        )


def is_only_validator(home: Home, key: bytes, store: Store) -> bool:
    """Whether the chain has had no validator but the one with a key, so that nobody else has votes of it.

    Genesis must say so, and the state: others may have joined since. A state that is older than what was
    signed does not know who has.
    """
    try:
        _, first = first_state(home.genesis())
    except BadGenesis:
        return False  # no block was ever made of it
    known = Overlay(store).load(ValidatorSets, keys.VALIDATOR_SETS)
    if known is None or cometbft.signed_height(home.path) > store.version + 1:
        return False
    sets = (first, *(each.validators for each in known.sets))
    return all([validator.public_key for validator in each] == [key] for each in sets)


def may_begin_anew(home: Home, binary: Path) -> bool:
    """Whether what a node's validator has signed is of no use once its chain is removed here."""
    try:
        with readable_store(home.store) as store:
            return is_only_validator(home, cometbft.validator_key(binary, home.path), store)
    except StoreError:
        return False


def _check_stopped(home: Home) -> None:
    if home.is_running():
        raise HomeError(f"a node is running in {home.path}: stop it first")


def _drop_snapshots(home: Home, height: int) -> None:
    """Remove snapshots of states that are no more; peers must not be given one."""
    if home.snapshots.is_dir():
        for place in home.snapshots.iterdir():
            if place.name.isdigit() and int(place.name) > height:
                shutil.rmtree(place)
