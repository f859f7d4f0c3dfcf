"""Nodes killed at every stage from a decided block to the end of its commit, drawn from a seed.

    python -m tests.node.crash.run --seed 1 --kills 104

prints how often each stage was struck, and fails where a committed block is lost or has another result.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests import founding
from tests.node.abci.conftest import Peer
from tests.node.conformance.course import Course, first_run
from tests.node.crash.child import POINTS
from tests.node.shell.test_shell import genesis

from assay.node import logs
from assay.proto import abci_pb2 as abci

ROOT = Path(__file__).resolve().parents[3]


class Victim:
    """A node that is killed again and again, and what it has acknowledged.

    Attributes
    ----------
    committed
        The last height whose Commit was answered.
    """

    def __init__(self, course: Course, path: Path) -> None:
        self.course, self.path, self.committed = course, path, 0
        path.mkdir()

    async def live(self, point: str, times: int) -> None:
        """Start the node, lead it on until it is killed, and see where it stands."""
        with TemporaryDirectory() as folder:
            socket = f"{folder}/abci.sock"
            command = ("-m", "tests.node.crash.child", self.path, f"unix://{socket}", point, times)
            process = await asyncio.create_subprocess_exec(
                sys.executable, *map(str, command), cwd=ROOT, stdout=asyncio.subprocess.PIPE
            )
            assert process.stdout is not None
            while b"listening" not in await process.stdout.readline():
                assert not process.stdout.at_eof(), "the node did not start"
            peer = Peer(*await asyncio.open_unix_connection(socket))
            await self._lead(peer)
            peer.close()
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
        # 255: its end was noticed, but somebody else in this process had asked the kernel how it came.
        assert process.returncode in (-signal.SIGKILL, 255)
        assert self.committed < len(self.course.blocks), f"the node never came by: {point}"

    async def _lead(self, peer: Peer) -> None:
        """Go on with the course until the connection ends."""
        if await self._begin(peer):
            for block in self.course.blocks[self.committed :]:
                if not await self._height(peer, block):
                    return

    async def _begin(self, peer: Peer) -> bool:
        info = (await peer.ask(info=abci.RequestInfo())).info
        assert info.last_block_height in (self.committed, self.committed + 1), "a committed block is lost"
        self.committed = info.last_block_height
        if self.committed:
            assert info.last_block_app_hash == self.course.app_hash(self.committed)
            return True
        begun = await self._ask(peer, init_chain=genesis())
        assert begun is None or begun.init_chain.app_hash == self.course.genesis
        return begun is not None

    async def _height(self, peer: Peer, block: abci.RequestFinalizeBlock) -> bool:
        answer = await self._ask(peer, finalize_block=block)
        if answer is None:
            return False
        made = answer.finalize_block.SerializeToString(deterministic=True)
        assert made == self.course.answers[block.height - 1], f"block {block.height} has another result"
        if await self._ask(peer, commit=abci.RequestCommit()) is None:
            return False
        self.committed = block.height
        return True

    @staticmethod
    async def _ask(peer: Peer, **request: object) -> abci.Response | None:
        peer.send(peer.frame(**request), peer.frame(flush=abci.RequestFlush()))
        try:
            answer, flushed = await peer.receive(), await peer.receive()
        except ConnectionError:
            return None
        return answer if flushed is not None else None


async def killed_often(path: Path, kills: int, seed: int) -> Counter[str]:
    """Kill nodes so often, at each point in turn; begin another course when one has been gone through."""
    rng = Random(seed)
    course = await first_run(path / "first", founding.founder(0).operator.address, seed)
    victims = (Victim(course, path / f"victim{number}") for number in itertools.count())
    victim, counts = next(victims), Counter[str]()
    for point in itertools.islice(itertools.cycle(POINTS), kills):
        if victim.committed > len(course.blocks) - 4:
            victim = next(victims)
        await victim.live(point, rng.choice([1, 1, 2]))
        counts[point] += 1
    return counts


def main() -> None:
    """Make one run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=104)
    chosen = parser.parse_args()
    logs.configure("text", "error")
    with TemporaryDirectory() as folder:
        counts = asyncio.run(killed_often(Path(folder), chosen.kills, chosen.seed))
    print(f"{counts.total()} kills with seed {chosen.seed}, nothing committed is lost")
    for point in POINTS:
        print(f"{counts[point]:7} {point}")


if __name__ == "__main__":
    main()
