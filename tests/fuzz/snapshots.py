"""Snapshots as peers send them: the manifest, and a chunk after honest ones."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.state.snapshots.states import Taken, take
from tests.state.world import world

from assay.state.snapshots.errors import BadChunk, BadSnapshot
from assay.state.snapshots.format import decode_bulk, decode_manifest, decode_records, encode_bulk
from assay.state.snapshots.frontier import Frontier, check
from assay.state.store import Store

_CHUNK_BYTES = 600


@cache
def _honest() -> Taken:
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    memory = world().chain.memory
    with Store.open(folder / "store", create=True) as store:
        store.commit(store.prepare(1, dict(memory.records), memory.bulk))
        return take(store, _CHUNK_BYTES)


@cache
def _frontiers() -> list[Frontier]:
    """Before each chunk of records."""
    honest, found = _honest(), [Frontier()]
    for chunk in honest.chunks[: honest.manifest.record_chunks - 1]:
        found.append(found[-1].after(decode_records(chunk).records))
    return found


def manifests(data: bytes) -> bool:
    """The metadata of an offer: read in one way, or refused."""
    try:
        manifest = decode_manifest(data)
    except BadSnapshot:
        return False
    assert manifest.encode() == data, "a manifest has two encodings"
    return True


def manifest_seeds() -> list[bytes]:
    return [_honest().manifest.encode()]


def record_chunks(data: bytes) -> bool:
    """A chunk of records after the honest ones before it; none but the honest one leads to the app hash."""
    honest = _honest()
    index = int.from_bytes(data[:2], "big") % len(_frontiers())
    last = index == len(_frontiers()) - 1
    try:
        chunk = decode_records(data[2:])
    except BadChunk:
        return False
    assert chunk.encode() == data[2:], "a chunk has two encodings"
    try:
        check(_frontiers()[index], chunk, honest.manifest.root, last=last)
    except BadChunk:
        return True
    assert data[2:] == honest.chunks[index], "another chunk leads to the app hash"
    return True


def record_seeds() -> list[bytes]:
    return [
        index.to_bytes(2, "big") + _honest().chunks[index]
        for index in (0, len(_frontiers()) // 2, len(_frontiers()) - 1)
    ]


def bulk_chunks(data: bytes) -> bool:
    """A chunk of bytes beside the tree: read in one way, or refused."""
    try:
        items = decode_bulk(data)
    except BadChunk:
        return False
    assert encode_bulk(items) == data, "a chunk has two encodings"
    return True


def bulk_seeds() -> list[bytes]:
    return [encode_bulk([b"one", b"other", bytes(100)])]
