"""What goes on beside the blocks: old versions are forgotten, snapshots taken, and blocks released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from assay.node.home import Home
from assay.node.pruner import Pruner
from assay.node.retention import Retention, evidence_blocks, oldest_on
from assay.node.settings import Settings
from assay.node.shell.chain import Chain
from assay.node.shell.snapshots import Snapshots
from assay.node.snapshots.shelf import Shelf
from assay.node.snapshots.taker import Taker

_LAG_SHARE: Final = 10
"""Of the blocks between two snapshots, a tenth is time for all nodes to write one before it is offered."""


@dataclass(frozen=True)
class Background:
    """The work beside the blocks.

    Attributes
    ----------
    snapshots
        Deals in snapshots with peers.
    taker
        Takes them.
    failed
        Set with a sentence when the node has to stop for it.
    """

    snapshots: Snapshots
    taker: Taker
    failed: asyncio.Future[str]


@asynccontextmanager
async def beside_blocks(
    chain: Chain, home: Home, settings: Settings, genesis: Mapping[str, Any]
) -> AsyncIterator[Background]:
    """Begin the work beside the blocks of a chain, and end it before the store is closed."""
    shelf, interval = Shelf(home.snapshots), settings.snapshots.interval
    if not interval:
        shelf.forget(0)  # those that are left would be offered for ever, without the blocks that follow them
    pruner, taker = Pruner(chain.store), Taker(chain.store, shelf, settings.snapshots)
    snapshots = Snapshots(chain, shelf, home.restored, interval // _LAG_SHARE)
    chain.on_commit(pruner.committed)
    chain.on_commit(taker.committed)
    blocks, evidence = settings.store.retain_blocks, evidence_blocks(genesis)
    chain.retention = Retention(blocks, evidence, oldest_on(shelf, interval))
    try:
        yield Background(snapshots, taker, pruner.failed)
    finally:
        snapshots.close()
        await taker.close()
        await pruner.close()
