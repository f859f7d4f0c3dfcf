"""A snapshot taken in, chunk by chunk, in order."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from assay.state.snapshots.errors import BadChunk, BadSnapshot
from assay.state.snapshots.format import (
    MAX_CHUNK_BYTES,
    Manifest,
    decode_bulk,
    decode_records,
)
from assay.state.snapshots.frontier import Frontier, check
from assay.state.snapshots.needed import Place, needed
from assay.state.store import Builder


class Restoration:
    """Builds a store of a snapshot's chunks. Nothing enters it that does not lead to the trusted root.

    Parameters
    ----------
    manifest
        From a stranger.
    root
        The state's root hash, from a header that is trusted.
    height
        The header's height less one.
    path
        An empty directory, or none.

    Attributes
    ----------
    applied
        How many chunks it has taken.

    Raises
    ------
    BadSnapshot
        If the manifest is of another state.
    """

    def __init__(self, manifest: Manifest, root: bytes, height: int, path: Path) -> None:
        if (manifest.root, manifest.height) != (root, height):
            raise BadSnapshot(
                f"the snapshot is of height {manifest.height} with app hash {manifest.root.hex()}, "
                f"not of height {height} with {root.hex()}"
            )
        self.applied = 0
        self._manifest = manifest
        self._frontier = Frontier()
        self._places: list[Place] | None = None
        self._taken = 0
        self._builder = Builder(path, height)

    @property
    def is_complete(self) -> bool:
        """Whether every chunk has been taken."""
        return self.applied == len(self._manifest.digests)

    def apply(self, index: int, data: bytes) -> None:
        """Take a chunk; one that is refused changes nothing.

        Parameters
        ----------
        index
            Its number; they come in order.
        data
            Untrusted.

        Raises
        ------
        BadChunk
            If it is not the chunk that the manifest names: another peer may have that.
        BadSnapshot
            If it is, and the state with the trusted root has no such part.
        """
        if index != self.applied or self.is_complete:
            raise BadChunk(f"chunk {index} is out of turn, expected {self.applied}")
        if len(data) > MAX_CHUNK_BYTES or sha256(data).digest() != self._manifest.digests[index]:
            raise BadChunk(f"chunk {index} does not have the digest that the snapshot states")
        try:
            self._take(index, data)
        except BadChunk as error:
            raise BadSnapshot(f"chunk {index} is not of the state it is offered for: {error}") from None
        self.applied += 1

    def finish(self) -> None:
        """Complete the store on disk.

        Raises
        ------
        BadSnapshot
            If bytes beside the tree are missing.
        """
        if not self.is_complete or self._taken != len(self._needed()):
            raise BadSnapshot(f"the snapshot lacks {len(self._needed()) - self._taken} byte strings")
        if self._builder.root != self._manifest.root:
            raise RuntimeError("the pages built from a snapshot have another root than its records")
        self._builder.finish()

    def close(self) -> None:
        """Give up; the directory is left to whoever named it."""
        self._builder.close()

    def _take(self, index: int, data: bytes) -> None:
        count = self._manifest.record_chunks
        if index < count:
            chunk = decode_records(data)
            self._frontier = check(self._frontier, chunk, self._manifest.root, last=index == count - 1)
            self._builder.add(chunk.records)
        else:
            self._take_bulk(decode_bulk(data))

    def _take_bulk(self, items: list[bytes]) -> None:
        places = self._needed()[self._taken : self._taken + len(items)]
        for place, item in zip(places, items, strict=False):
            if sha256(item).digest() != place[1]:
                raise BadChunk(f"other bytes stand for {place[1].hex()}")
        if len(places) < len(items):
            raise BadChunk("no record calls for some of the chunk's bytes")
        for (scope, digest), item in zip(places, items, strict=True):
            self._builder.add_bulk(scope, digest, item)
        self._taken += len(items)

    def _needed(self) -> list[Place]:
        """Return what the records call for; all records have been taken by now."""
        if self._places is None:
            self._places = needed(self._builder)
        return self._places
