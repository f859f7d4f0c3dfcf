"""The snapshot connection as CometBFT drives it, between nodes with real stores."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.node.shell.test_shell import ALICE, Node, block, genesis, transfer

from assay.node.shell.snapshots import Snapshots
from assay.proto import abci_pb2 as abci
from assay.proto.state_pb2 import Account
from assay.state.rules import keys
from assay.state.snapshots import write as writing
from assay.state.snapshots.format import FORMAT, Manifest, encode_bulk

OFFER, APPLY = abci.ResponseOfferSnapshot, abci.ResponseApplySnapshotChunk


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[Any]:
    """Make nodes; the first has a chain of three blocks and a snapshot of several chunks."""
    made: list[Node] = []

    def make() -> Node:
        made.append(Node(tmp_path / f"node{len(made)}"))
        return made[-1]

    (tmp_path / "node0").mkdir()
    (tmp_path / "node1").mkdir()
    yield make
    for node in made:
        await node.close()


@pytest.fixture
async def source(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> Node:
    node: Node = nodes()
    await node.app.init_chain(genesis())
    for height in (1, 2, 3):
        await block(node, height, transfer(height - 1))
    monkeypatch.setattr(writing.write, "__defaults__", (lambda: None, 100))
    with node.store.freeze() as state:
        node.shelf.add(state, lambda: None)
    return node


async def offer_of(source: Node) -> abci.Snapshot:
    (found,) = (await source.app.list_snapshots(abci.RequestListSnapshots())).snapshots
    return found


async def offered(node: Node, snapshot: abci.Snapshot, app_hash: bytes) -> int:
    answer = await node.app.offer_snapshot(abci.RequestOfferSnapshot(snapshot=snapshot, app_hash=app_hash))
    return answer.result


async def chunks_of(source: Node) -> list[bytes]:
    snapshot = await offer_of(source)
    requests = [
        abci.RequestLoadSnapshotChunk(height=snapshot.height, format=snapshot.format, chunk=index)
        for index in range(snapshot.chunks)
    ]
    return [(await source.app.load_snapshot_chunk(request)).chunk for request in requests]


async def apply(node: Node, index: int, chunk: bytes, sender: str = "peer") -> APPLY:
    request = abci.RequestApplySnapshotChunk(index=index, chunk=chunk, sender=sender)
    return await node.app.apply_snapshot_chunk(request)


async def test_a_node_takes_the_state_of_another_and_goes_on(nodes: Any, source: Node) -> None:
    node, chunks = nodes(), await chunks_of(source)
    assert len(chunks) > 3
    assert await offered(node, await offer_of(source), source.store.root) == OFFER.ACCEPT
    for index, chunk in enumerate(chunks):
        assert node.chain.height == 0
        assert (await apply(node, index, chunk)).result == APPLY.ACCEPT
    info = await node.app.info(abci.RequestInfo())
    assert (info.last_block_height, info.last_block_app_hash) == (3, source.store.root)
    answers = [await block(each, 4, transfer(3)) for each in (node, source)]
    assert answers[0] == answers[1]
    assert answers[0].tx_results[0].code == 0
    query = abci.RequestQuery(path="/key", data=keys.account(ALICE.address), prove=True)
    assert await node.app.query(query) == await source.app.query(query)
    assert Account.FromString(node.store.get(keys.account(ALICE.address)) or b"").sequence == 4


async def test_a_corrupt_chunk_is_sent_again_without_its_sender(nodes: Any, source: Node) -> None:
    node, chunks = nodes(), await chunks_of(source)
    await offered(node, await offer_of(source), source.store.root)
    for index, chunk in enumerate(chunks):
        for bad in (chunk[:-1] + bytes([chunk[-1] ^ 1]), chunk[:-1], chunk + b"x", b"", bytes(5 << 20)):
            answer = await apply(node, index, bad, "liar")
            assert answer == APPLY(result=APPLY.RETRY, refetch_chunks=[index], reject_senders=["liar"])
        assert (await apply(node, index, chunk, "honest")) == APPLY(result=APPLY.ACCEPT)
    assert node.store.root == source.store.root


@pytest.mark.parametrize("number", [0, -1])
async def test_a_snapshot_that_lies_is_refused_at_its_first_wrong_chunk(
    nodes: Any, source: Node, number: int
) -> None:
    """Its manifest states the digests of what is sent, so only the app hash tells."""
    node, chunks = nodes(), await chunks_of(source)
    number %= len(chunks)
    (manifest,) = source.shelf.manifests()
    wrong = encode_bulk([b"other"]) if number >= manifest.record_chunks else chunks[1]
    lie = relabelled(manifest, number, wrong)
    assert await offered(node, described(lie), source.store.root) == OFFER.ACCEPT
    for index in range(number):
        await apply(node, index, chunks[index])
    answer = await apply(node, number, wrong, "liar")
    assert answer == APPLY(result=APPLY.REJECT_SNAPSHOT, reject_senders=["liar"])
    assert (await apply(node, number, chunks[number])).result == APPLY.ABORT
    # The honest one is still welcome.
    assert await offered(node, await offer_of(source), source.store.root) == OFFER.ACCEPT
    for index, chunk in enumerate(chunks):
        assert (await apply(node, index, chunk)).result == APPLY.ACCEPT
    assert node.store.root == source.store.root


def relabelled(manifest: Manifest, number: int, chunk: bytes) -> Manifest:
    from hashlib import sha256

    digests = list(manifest.digests)
    digests[number] = sha256(chunk).digest()
    return replace(manifest, digests=tuple(digests))


def described(manifest: Manifest) -> abci.Snapshot:
    encoded, count = manifest.encode(), len(manifest.digests)
    return abci.Snapshot(
        height=manifest.height, format=FORMAT, chunks=count, hash=manifest.hash, metadata=encoded
    )


async def test_offers_that_contradict_themselves_or_the_header_are_refused(nodes: Any, source: Node) -> None:
    node, good = nodes(), await offer_of(source)

    def changed(**fields: Any) -> abci.Snapshot:
        other = abci.Snapshot.FromString(good.SerializeToString())
        for name, value in fields.items():
            setattr(other, name, value)
        return other

    for bad in (
        changed(height=4),
        changed(chunks=good.chunks + 1),
        changed(hash=bytes(32)),
        changed(metadata=good.metadata[:-1]),
        changed(metadata=good.metadata[:-1] + b"x"),
        changed(metadata=b""),
    ):
        assert await offered(node, bad, source.store.root) == OFFER.REJECT_SENDER
    assert await offered(node, good, bytes(32)) == OFFER.REJECT_SENDER
    assert await offered(node, changed(format=2), source.store.root) == OFFER.REJECT_FORMAT
    assert (await apply(node, 0, b"")).result == APPLY.ABORT


async def test_a_node_with_a_state_of_its_own_takes_no_other(source: Node) -> None:
    assert await offered(source, await offer_of(source), source.store.root) == OFFER.ABORT
    assert source.chain.height == 3


async def test_a_node_killed_before_cometbft_knew_of_the_state_takes_one_again(
    nodes: Any, source: Node
) -> None:
    node, chunks, offer = nodes(), await chunks_of(source), await offer_of(source)
    for _ in range(2):
        assert await offered(node, offer, source.store.root) == OFFER.ACCEPT
        for index, chunk in enumerate(chunks):
            await apply(node, index, chunk)
        assert node.chain.height == 3
    await block(node, 4, transfer(3))
    assert await offered(node, offer, source.store.root) == OFFER.ABORT


async def test_another_offer_takes_the_place_of_one_that_was_given_up(nodes: Any, source: Node) -> None:
    node, chunks, offer = nodes(), await chunks_of(source), await offer_of(source)
    await offered(node, offer, source.store.root)
    await apply(node, 0, chunks[0])
    assert (await apply(node, 0, chunks[0])).result == APPLY.ACCEPT  # CometBFT has it twice: no harm
    assert (await apply(node, 2, chunks[2])).result == APPLY.ABORT
    await offered(node, offer, source.store.root)
    for index, chunk in enumerate(chunks):
        assert (await apply(node, index, chunk)).result == APPLY.ACCEPT
    assert node.store.root == source.store.root


async def test_what_a_killed_node_had_restored_is_removed(nodes: Any, source: Node, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "node0" / "store", tmp_path / "node1" / "restored")
    node = nodes()
    assert not (tmp_path / "node1" / "restored").exists()
    assert await offered(node, await offer_of(source), source.store.root) == OFFER.ACCEPT


async def test_a_snapshot_is_offered_when_all_nodes_should_have_it(source: Node, tmp_path: Path) -> None:
    later = Snapshots(source.chain, source.shelf, tmp_path / "unused", lag=2)
    for height, count in ((4, 0), (5, 1)):
        await block(source, height)
        assert len((await later.list_snapshots(abci.RequestListSnapshots())).snapshots) == count


async def test_there_are_no_chunks_of_another_format(source: Node) -> None:
    request = abci.RequestLoadSnapshotChunk(height=3, format=FORMAT + 1, chunk=0)
    assert (await source.app.load_snapshot_chunk(request)).chunk == b""
