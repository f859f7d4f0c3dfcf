"""What the demo waits for, and which process is which."""

import asyncio
import re
from contextlib import aclosing
from pathlib import Path

from demo_stage import DemoFailed

from assay.client import Client
from assay.client.errors import ClientError
from assay.node.home import Home
from assay.proto import state_pb2 as pb

_WAITING = (pb.ROUND_STATUS_PENDING, pb.ROUND_STATUS_OPEN)


async def first_key(rpc: str) -> None:
    """Wait until the committee has made a key to encrypt under, which takes it some ten blocks."""
    async with Client(rpc) as client, aclosing(client.blocks.follow()) as heights:
        async for _ in heights:
            if (await client.query.chain()).ready_keys:
                return


async def until_revealing(rpc: str, number: int) -> None:
    """Wait until a round has all its commitments."""
    async with Client(rpc) as client, aclosing(client.blocks.follow()) as heights:
        async for _ in heights:
            if (await client.query.round(number)).value.status not in _WAITING:
                return


async def until_caught_up(home: Path, rpc: str) -> None:
    """Wait until a node that was away has the block that the others have now."""
    async with Client(rpc) as client:
        goal = int((await client.rpc.call("status"))["sync_info"]["latest_block_height"])
    async with Client(Home(home).rpc_url()) as client:
        while True:
            try:
                sync = (await client.rpc.call("status"))["sync_info"]
                if int(sync["latest_block_height"]) >= goal and not sync["catching_up"]:
                    return
            except ClientError:  # it does not answer yet
                pass
            await asyncio.sleep(0.5)


def pid_of(home: Path, log: Path) -> int:
    """Return the process that runs a node now, by what the network's log says."""
    found = re.findall(rf"node starts +node={home.name} pid=(\d+)", log.read_text(encoding="utf-8"))
    if not found:
        raise DemoFailed(f"{log} does not say which process runs {home.name}")
    return int(found[-1])
