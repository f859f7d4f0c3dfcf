"""The snapshots that a node keeps.

::

    SHELF/1000/manifest    what the snapshot of height 1000 consists of
    SHELF/1000/0           its chunks, by number
    SHELF/2000.partial/    one that is being written, or was when the node ended
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

from assay.crypto.files import sync
from assay.node.room import check_spare
from assay.state.snapshots.errors import BadSnapshot
from assay.state.snapshots.format import Manifest, decode_manifest
from assay.state.snapshots.write import write
from assay.state.store import Frozen

_log = structlog.get_logger(__name__)

_MANIFEST: Final = "manifest"
_PARTIAL: Final = ".partial"


class Shelf:
    """Opens a directory of snapshots; what is not whole in it is removed.

    One thread at a time may add and forget; reading is open to all.

    Parameters
    ----------
    path
        The directory; made if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(mode=0o700, exist_ok=True)
        self._manifests: dict[int, Manifest] = {}
        for place in path.iterdir():
            manifest = _read_manifest(place)
            if manifest is None:
                shutil.rmtree(place, ignore_errors=True)
            else:
                self._manifests[manifest.height] = manifest

    def manifests(self) -> list[Manifest]:
        """Return what is kept, the newest first."""
        return [manifest for _, manifest in sorted(self._manifests.copy().items(), reverse=True)]

    def load(self, height: int, index: int) -> bytes:
        """Return a chunk; empty if it is not kept, or is not on disk as it was written."""
        manifest = self._manifests.get(height)
        if manifest is None or index >= len(manifest.digests):
            return b""
        try:
            data = (self._path / str(height) / str(index)).read_bytes()
        except OSError as error:
            _log.warning("a chunk of a snapshot cannot be read", height=height, chunk=index, error=str(error))
            return b""
        if sha256(data).digest() != manifest.digests[index]:
            _log.error("a chunk of a snapshot is damaged: look after the disk", height=height, chunk=index)
            return b""
        return data

    def add(self, state: Frozen, rest: Callable[[], None]) -> Manifest:
        """Write a version's snapshot to disk for good.

        Parameters
        ----------
        state
            The version.
        rest
            Called often; what it raises ends the work, and nothing is left of it.

        Raises
        ------
        DiskUnusable
            If too little room would be left for blocks.
        """
        partial = self._path / f"{state.version}{_PARTIAL}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        try:
            manifest = write(state, lambda index, chunk: self._put(partial / str(index), chunk), rest)
            _write(partial / _MANIFEST, manifest.encode())
            sync(partial)
            self._remove(state.version)
            partial.rename(self._path / str(state.version))
            sync(self._path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self._manifests[manifest.height] = manifest
        return manifest

    def _put(self, path: Path, chunk: bytes) -> None:
        check_spare(self._path, len(chunk))
        _write(path, chunk)

    def forget(self, keep: int) -> None:
        """Remove all snapshots but the newest."""
        for manifest in self.manifests()[keep:]:
            self._remove(manifest.height)

    def _remove(self, height: int) -> None:
        self._manifests.pop(height, None)
        shutil.rmtree(self._path / str(height), ignore_errors=True)


def _read_manifest(place: Path) -> Manifest | None:
    """Read what lies at a place; None if it is no whole snapshot under its own height."""
    try:
        manifest = decode_manifest((place / _MANIFEST).read_bytes())
    except (OSError, BadSnapshot):
        return None
    return manifest if place.name == str(manifest.height) else None


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    sync(path)
