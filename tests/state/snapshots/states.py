"""States to take snapshots of: records that call for bytes beside the tree, and others."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

from assay.proto import state_pb2 as pb
from assay.proto.state_pb2 import Key, Round
from assay.state.rules import keys
from assay.state.snapshots.format import Manifest
from assay.state.snapshots.restore import Restoration
from assay.state.snapshots.write import write
from assay.state.store import Store

Place = tuple[bytes, bytes]


@dataclass
class State:
    """What a store holds."""

    records: dict[bytes, bytes]
    bulk: dict[Place, bytes]


def random_state(rng: Random) -> State:
    """Accounts, some keys and rounds with their bytes; few of each, or many."""
    state = State({}, {})
    for _ in range(rng.choice([0, 1, 2, 30, 300])):
        state.records[keys.ACCOUNT + rng.randbytes(rng.choice([1, 20]))] = rng.randbytes(rng.randint(1, 60))
    for number in range(1, rng.choice([1, 2, 4])):
        key = Key(id=number, status=pb.KEY_STATUS_READY)
        key.public_key, key.relin_key = (_kept(state, rng, keys.key_scope(number)) for _ in range(2))
        state.records[keys.committee_key(number)] = key.SerializeToString()
        record = Round(id=number, status=pb.ROUND_STATUS_OPEN)
        record.reference = _kept(state, rng, keys.round_scope(number))
        state.records[keys.round_(number)] = record.SerializeToString()
    state.records.setdefault(keys.PARAMS, b"params")
    return state


def _kept(state: State, rng: Random, scope: bytes) -> bytes:
    data = rng.randbytes(rng.choice([1, 50, 700]))
    digest = sha256(data).digest()
    state.bulk[scope, digest] = data
    return digest


def stored(path: Path, state: State, height: int = 5) -> Store:
    """A store that holds a state at a height, and something else before."""
    store = Store.open(path, create=True)
    store.commit(store.prepare(height - 1, {b"before": b"it", **dict.fromkeys(state.records, b"before")}))
    store.commit(store.prepare(height, {b"before": None, **state.records}, state.bulk))
    return store


@dataclass
class Taken:
    """A snapshot in memory."""

    manifest: Manifest
    chunks: list[bytes] = field(default_factory=list)


def take(store: Store, chunk_bytes: int = 400) -> Taken:
    chunks: list[bytes] = []
    with store.freeze() as state:
        manifest = write(state, lambda _, chunk: chunks.append(chunk), chunk_bytes=chunk_bytes)
    return Taken(manifest, chunks)


def restore(taken: Taken, path: Path) -> Store:
    """The store that a snapshot becomes."""
    restoration = Restoration(taken.manifest, taken.manifest.root, taken.manifest.height, path)
    for index, chunk in enumerate(taken.chunks):
        restoration.apply(index, chunk)
    restoration.finish()
    return Store.open(path)
