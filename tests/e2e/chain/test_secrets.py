"""What is left of a key's secrets on a node's disk when its round is over."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.chain import network
from tests.e2e.chain.people import ASY, contribute, opened_sum, people, post_model, write_parts
from tests.e2e.conftest import RunningNode
from tests.node.committee.home_secrets import files_with, secret_bytes

from assay.client import Client
from assay.client.bounty import Terms
from assay.client.release import acknowledge
from assay.crypto.committee.secrets import CommitteeFiles, MemberSecrets
from assay.proto import state_pb2 as pb

pytestmark = pytest.mark.e2e

TERMS = Terms(bounty=10 * ASY, deposit=100_000, min_contributors=2, max_contributors=2)


async def test_no_file_of_a_home_holds_the_secrets_of_a_key_whose_round_is_over(
    first_node: Callable[..., RunningNode], tmp_path: Path
) -> None:
    """Neither store, snapshots, write-ahead logs nor the node's log, in any spelling."""
    node = first_node("preset=small", "key_pool=1").start()
    node.wait_for_key()
    async with Client(node.rpc_url, network.CHAIN_ID) as client:
        secrets = await whole_round(client, node, tmp_path)
    node.close()
    wanted = secret_bytes(secrets)
    assert files_with(node.home.path, wanted) == set()
    assert not any(secret.hex() in node.output_file.read_text() for secret in wanted)


async def whole_round(client: Client, node: RunningNode, folder: Path) -> MemberSecrets:
    """Hold a round to its very end; return what its key's only member kept secret meanwhile."""
    owner, *crowd = await people(client, folder, ["owner", "first", "second"])
    held_out, *parts = write_parts(folder, [100, 60, 60])
    bounty = await post_model(client, owner, held_out)
    opened = await bounty.open(client, TERMS)
    secrets = secrets_of(node.home.path / "committee", opened.key_id, folder / "copy")
    assert files_with(node.home.path / "committee", secret_bytes(secrets)) == {f"key-{opened.key_id}.json"}
    await asyncio.gather(
        *(contribute(client, person, opened.id, data) for person, data in zip(crowd, parts, strict=True))
    )
    await opened_sum(client, owner, opened.id)
    result = await acknowledge(client, owner.account, opened.id)
    await client.blocks.until(result.height + 3)
    assert (await client.query.key(opened.key_id)).value.status == pb.KEY_STATUS_RETIRED
    return secrets


def secrets_of(directory: Path, key_id: int, copy: Path) -> MemberSecrets:
    """Read a committee file from a copy: the directory belongs to the node that runs."""
    files = CommitteeFiles(copy)
    shutil.copy2(directory / f"key-{key_id}.json", copy)
    return files.load(key_id)
