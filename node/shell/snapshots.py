"""The snapshot connection: snapshots for peers, and one from them for this node."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from assay.node.shell.chain import Chain
from assay.node.snapshots.shelf import Shelf
from assay.proto import abci_pb2 as abci
from assay.state.snapshots.errors import BadChunk, BadSnapshot
from assay.state.snapshots.format import FORMAT, Manifest, decode_manifest
from assay.state.snapshots.restore import Restoration

_log = structlog.get_logger(__name__)

_Offer: Final = abci.ResponseOfferSnapshot
_Apply: Final = abci.ResponseApplySnapshotChunk


class Snapshots:
    """Answers CometBFT's snapshot connection.

    Parameters
    ----------
    chain
        Takes over a restored state.
    shelf
        The snapshots to offer.
    scratch
        Where a state is restored: a directory beside the store's, removed when it is not needed.
    lag
        How many blocks after its height a snapshot is offered. By then all nodes should have it: CometBFT
        asks each peer once, and a newcomer whose only peer with a snapshot lies waits for two minutes.
    """

    def __init__(self, chain: Chain, shelf: Shelf, scratch: Path, lag: int = 0) -> None:
        self._chain = chain
        self._shelf = shelf
        self._scratch, self._restored = scratch, scratch / "store"
        self._lag = lag
        self._restoration: Restoration | None = None
        self._busy = Lock()  # held by the thread that writes what is restored
        self.steps = 0
        """How many snapshots and chunks were taken in; it grows while a state comes from peers."""
        self._discard()

    # --- for peers -----------------------------------------------------------

    async def list_snapshots(self, request: abci.RequestListSnapshots) -> abci.ResponseListSnapshots:
        """Name the snapshots on the shelf."""
        settled = self._chain.height - self._lag
        offered = [_described(each) for each in self._shelf.manifests() if each.height <= settled]
        return abci.ResponseListSnapshots(snapshots=offered)

    async def load_snapshot_chunk(
        self, request: abci.RequestLoadSnapshotChunk
    ) -> abci.ResponseLoadSnapshotChunk:
        """Return a chunk; an empty one means that there is none."""
        if request.format != FORMAT:
            return abci.ResponseLoadSnapshotChunk()
        chunk = await asyncio.to_thread(self._shelf.load, request.height, request.chunk)
        return abci.ResponseLoadSnapshotChunk(chunk=chunk)

    # --- from peers ----------------------------------------------------------

    async def offer_snapshot(self, request: abci.RequestOfferSnapshot) -> abci.ResponseOfferSnapshot:
        """Accept a snapshot that may be of the state with the app hash that the light client has verified."""
        offered = request.snapshot
        if offered.format != FORMAT:
            return _Offer(result=_Offer.REJECT_FORMAT)
        if not self._chain.store.is_fresh:
            _log.error(
                "a snapshot is offered, but this node has a state of its own: to take another, run "
                "`assayd reset` first",
                height=self._chain.height,
            )
            return _Offer(result=_Offer.ABORT)
        self._discard()
        try:
            manifest = _agreed(offered)
            self._restoration = Restoration(manifest, request.app_hash, offered.height, self._restored)
        except BadSnapshot as error:
            _log.warning("snapshot refused, with all who offer it", height=offered.height, reason=str(error))
            return _Offer(result=_Offer.REJECT_SENDER)
        self.steps += 1
        _log.info("restoring a snapshot", height=offered.height, chunks=offered.chunks)
        return _Offer(result=_Offer.ACCEPT)

    async def apply_snapshot_chunk(
        self, request: abci.RequestApplySnapshotChunk
    ) -> abci.ResponseApplySnapshotChunk:
        """Take a chunk, or have it sent again by somebody else; with the last the state is this node's."""
        restoration = self._restoration
        if restoration is None or request.index > restoration.applied:
            return _Apply(result=_Apply.ABORT)
        if request.index < restoration.applied:
            return _Apply(result=_Apply.ACCEPT)
        chunk, sender = request.index, request.sender
        try:
            await asyncio.to_thread(self._take, restoration, chunk, request.chunk)
        except BadChunk as error:
            _log.warning("chunk refused, with its sender", chunk=chunk, sender=sender, reason=str(error))
            return _Apply(result=_Apply.RETRY, refetch_chunks=[chunk], reject_senders=[sender])
        except BadSnapshot as error:
            _log.warning("snapshot refused, with a sender", chunk=chunk, sender=sender, reason=str(error))
            self._discard()
            return _Apply(result=_Apply.REJECT_SNAPSHOT, reject_senders=[sender])
        self.steps += 1
        if restoration.is_complete:
            self._restoration = None
            self._chain.adopt(self._restored)
            self._discard()
            _log.info("state restored", height=self._chain.height, app_hash=self._chain.store.root.hex()[:12])
        return _Apply(result=_Apply.ACCEPT)

    def close(self) -> None:
        """Give up a restoration that is under way."""
        self._discard()

    def _discard(self) -> None:
        with self._busy:
            if self._restoration is not None:
                self._restoration.close()
                self._restoration = None
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _take(self, restoration: Restoration, index: int, data: bytes) -> None:
        with self._busy:
            restoration.apply(index, data)
            if restoration.is_complete:
                restoration.finish()


def _described(manifest: Manifest) -> abci.Snapshot:
    return abci.Snapshot(
        height=manifest.height,
        format=FORMAT,
        chunks=len(manifest.digests),
        hash=manifest.hash,
        metadata=manifest.encode(),
    )


def _agreed(offered: abci.Snapshot) -> Manifest:
    """Return the manifest of an offer; raise `BadSnapshot` if the offer says something else."""
    manifest = decode_manifest(offered.metadata)
    if offered != _described(manifest):
        raise BadSnapshot("the offer contradicts its manifest")
    return manifest
