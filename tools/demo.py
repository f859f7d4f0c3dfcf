"""A whole round on a real chain with real data, told as it happens.

    tools/demo.py [--validators 4] [--folder out/demo]

Four validators, one of which is killed and returns, one model owner, four data owners. Every step is a
command that can be typed, and is shown. The folder is left as it is at the end, with the chain, everybody's
keys and the data; `summary.json` in it holds the figures, which tools/check_summary.py checks.
"""

import argparse
import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from demo_chain import first_key, pid_of, until_caught_up, until_revealing
from demo_data import DATA_OWNERS, FIRST, HELD_OUT, TARGET, Part, write_parts
from demo_stage import DemoFailed, Stage
from demo_summary import Results, gather, tell, write_summary

from assay.client import Client
from assay.client.errors import ClientError
from assay.node.chainstate import largest_committee
from assay.node.child import Child
from assay.node.home import Home
from assay.node.testnet import open_testnet

T = TypeVar("T")
PASSPHRASE: Final = "demo"  # noqa: S105
BLOCK_MILLISECONDS: Final = 300
RESTART_SECONDS: Final = 10
"""How long a validator that ended is away at least."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Demo:
    """What all chapters need.

    Attributes
    ----------
    stage
        Runs commands.
    folder
        Where everything is kept.
    files
        The data, by part.
    validators
        How many.
    began
        On the monotonic clock.
    """

    stage: Stage
    folder: Path
    files: dict[str, Path]
    validators: int
    began: float

    @property
    def testnet(self) -> Path:
        """Directory of the validators' homes."""
        return self.folder / "testnet"

    @property
    def log(self) -> Path:
        """What the validators say."""
        return self.folder / "validators.log"

    @property
    def rpc(self) -> str:
        """Where the first validator answers."""
        return open_testnet(self.testnet)[0].rpc_url()

    @property
    def victim(self) -> Path | None:
        """Home of the validator that is killed; None if the others could not go on without it."""
        return self.testnet / f"node{self.validators - 1}" if self.validators >= 4 else None

    def assay(self, person: str) -> tuple[object, ...]:
        """Return the beginning of somebody's command."""
        return "assay", "--home", self.folder / person

    def chapter(self, title: str, text: str = "") -> None:
        """Begin a chapter, and say why it is needed."""
        print(f"\n== {title} [{time.monotonic() - self.began:.0f} s]\n")
        if text:
            print(text, end="\n\n", flush=True)


# --- the chapters --------------------------------------------------------------


async def perform(demo: Demo) -> None:
    """Play everything, and leave the summary."""
    demo.chapter(f"A chain with {_counted(demo.validators, 'validator')}")
    print(f'$ export PATH="{demo.stage.programs}:$PATH" ASSAY_PASSPHRASE={PASSPHRASE}')
    options = ("--validators", demo.validators, "--base-port", 0, "--block-time", BLOCK_MILLISECONDS)
    await demo.stage.show("assayd", "testnet", "--dir", demo.testnet, *options)
    start = ("assayd", "testnet", "start", "--dir", demo.testnet, "--restart-after", RESTART_SECONDS)
    async with demo.stage.background(*start, log=demo.log) as network:
        print(f"$ export ASSAY_NODE={demo.rpc}")
        demo.stage.environment["ASSAY_NODE"] = demo.rpc
        results = await _while_running(network, _round(demo))
        await _verify(demo)
    write_summary(demo.folder / "summary.json", results)
    demo.chapter("What it came to")
    tell(results)


async def _round(demo: Demo) -> Results:
    """Play what people do: from their keys to the explanation."""
    await _first_block(demo.rpc)
    await _arrive(demo)
    model = await _post_model(demo)
    number = await _open_round(demo, model)
    await _contribute(demo, number)
    await _collect(demo, number)
    demo.chapter("Anybody recomputes the payout, from numbers proven against the chain's headers")
    await demo.stage.show(*demo.assay("newcomer"), "explain", number)
    results = await gather(demo.stage, demo.folder, demo.rpc, model, number)
    if demo.victim is not None:
        demo.chapter("The validator that was killed is back, and has what it missed")
        await until_caught_up(demo.victim, demo.rpc)
        await demo.stage.show("assayd", "--home", demo.victim, "status")
    return results


async def _verify(demo: Demo) -> None:
    whose = "It" if demo.victim is not None else "The validator"
    demo.chapter(f"{whose} recomputes its state from its records")
    await demo.stage.show("assayd", "--home", demo.victim or demo.testnet / "node0", "verify")


async def _arrive(demo: Demo) -> None:
    demo.chapter("Everybody makes a key, and takes tokens from the development chain's faucet")

    async def arrive(name: str, amount: str) -> None:
        await demo.stage.show(*demo.assay(name), "keys", "add", name, quiet=True)
        await demo.stage.show(*demo.assay(name), "faucet", name, amount, says=name)

    people = [("owner", "200asy"), *((part.name, "5asy") for part in DATA_OWNERS)]
    await _together(arrive(name, amount) for name, amount in people)


async def _post_model(demo: Demo) -> str:
    demo.chapter(
        "The owner posts a model",
        f"The owner has {FIRST.rows} labelled tumours to begin with, trains a first model on them, and\n"
        "posts its weights. The rows stay with the owner.",
    )
    owner, data = demo.assay("owner"), demo.files[FIRST.name]
    fields = ("--name", "breast-cancer", "--kind", "logistic", "--target", TARGET, "--train")
    await demo.stage.show(*owner, "--yes", "model", "post", data, *fields)
    return str((await demo.stage.ask(*owner, "model", "list"))[0]["model"])


async def _open_round(demo: Demo, model: str) -> int:
    demo.chapter(
        "The owner puts a bounty into escrow",
        f"{HELD_OUT.rows} held-out rows say in which direction the model should move. This direction goes\n"
        "to the chain encrypted, before anybody submits anything: an update is paid by how far it\n"
        "goes the same way.",
    )
    await first_key(demo.rpc)
    size = _counted(largest_committee(demo.validators), "member")
    print(f"The committee of {size} has made a key to encrypt under.\n", flush=True)
    owner, data = demo.assay("owner"), demo.files[HELD_OUT.name]
    terms = ("--bounty", "100asy", "--min-contributors", 2, "--max-contributors", len(DATA_OWNERS))
    await demo.stage.show(*owner, "--yes", "bounty", "open", model, data, *terms)
    return int((await demo.stage.ask(*owner, "bounty", "list"))[-1]["id"])


async def _contribute(demo: Demo, number: int) -> None:
    rows = "\n".join(f"  {part.name:<9}{part.rows:>4} rows, labels {part.labels}" for part in DATA_OWNERS)
    demo.chapter(
        "Four data owners take part, all at once",
        f"{rows}\n\n"
        "Each trains at home and encrypts what the training changed. All first commit to a hash,\n"
        "then reveal the encrypted update. The validators multiply ciphertexts, and the committee\n"
        "decrypts nothing but the scores.",
    )
    works = [_strike(demo, demo.victim, number)] if demo.victim is not None else []

    async def contribute(part: Part) -> None:
        words = ("contribute", number, demo.files[part.name], "--target", TARGET, "--reserve", "1asy")
        await demo.stage.show(*demo.assay(part.name), "--yes", *words, says=part.name)

    await _together([*works, *map(contribute, DATA_OWNERS)])


async def _strike(demo: Demo, victim: Path, number: int) -> None:
    """Kill a validator as soon as the round has all commitments."""
    await until_revealing(demo.rpc, number)
    pid = pid_of(victim, demo.log)
    print(
        f"$ kill -9 {pid}  # {victim.name}, one of {demo.validators} validators: the others go on", flush=True
    )
    os.kill(pid, signal.SIGKILL)


async def _collect(demo: Demo, number: int) -> None:
    demo.chapter(
        "The owner collects the sum of the paid updates",
        "Nobody sees a single update, not even the owner: only the sum is decrypted, and only for the owner.",
    )
    words = ("bounty", "collect", number, demo.files[HELD_OUT.name], "--save", demo.folder / "weights.json")
    await demo.stage.show(*demo.assay("owner"), *words)


# --- what chapters need --------------------------------------------------------


async def _first_block(rpc: str) -> None:
    """Wait until the chain goes on."""
    async with Client(rpc) as client:
        await client.blocks.until(1)


async def _together(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do things at once; when one fails, end the others and raise its reason."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _while_running(validator: Child, work: Coroutine[Any, Any, T]) -> T:
    """Do some work; give it up when the validator ends."""
    ended, working = asyncio.create_task(validator.wait()), asyncio.create_task(work)
    try:
        await asyncio.wait((ended, working), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise DemoFailed(f"the validator ended {ended.result()}")
        return working.result()
    finally:
        ended.cancel()
        working.cancel()
        await asyncio.gather(ended, working, return_exceptions=True)


# --- beginning and end ---------------------------------------------------------


def _prepare(folder: Path, validators: int) -> Demo:
    """Make the folder anew, and divide the data."""
    _clear(folder)
    files = write_parts(folder / "data", (FIRST, HELD_OUT, *DATA_OWNERS))
    stage = Stage(environment={"ASSAY_PASSPHRASE": PASSPHRASE})
    return Demo(stage, folder, files, validators, time.monotonic())


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left; refuse to remove anything else, or under a running validator."""
    if folder.exists() and not (folder / "data" / f"{FIRST.name}.csv").exists() and any(folder.iterdir()):
        raise DemoFailed(f"{folder} holds something that no demo left there; name another with --folder")
    for place in sorted((folder / "testnet").glob("node*")):
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):  # nobody listens there
            probe.connect(str(Home(place).socket.absolute()))
            raise DemoFailed(f"a validator is running from {place}; stop it first")
    shutil.rmtree(folder, ignore_errors=True)


def _counted(number: int, what: str) -> str:
    words = {1: "one", 4: "four", 7: "seven", 10: "ten"}
    return f"{words.get(number, number)} {what}{'s' if number > 1 else ''}"


def _tell_how_to_go_on(demo: Demo) -> None:
    seconds = time.monotonic() - demo.began
    print(f"\nThe demo took {seconds:.0f} s. Everything is kept in {demo.folder}; to go on from there:\n")
    print(f"$ assayd testnet start --dir {demo.testnet} &")
    print(f"$ assay --home {demo.folder}/clinic query account clinic")


async def _interruptible(work: Coroutine[Any, Any, None]) -> None:
    """Turn signals into a cancellation, so that everything started is stopped."""
    task = asyncio.ensure_future(work)
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


def main() -> int:
    """Play; 0 when all went well, 1 when not, 130 when interrupted."""
    parser = argparse.ArgumentParser(description="A whole round on a real chain with real data.")
    parser.add_argument("--validators", type=int, default=4)
    parser.add_argument("--folder", type=Path, default=Path("out/demo"))
    chosen = parser.parse_args()
    try:
        demo = _prepare(chosen.folder, chosen.validators)
        asyncio.run(_interruptible(perform(demo)))
    except (ClientError, DemoFailed) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        print("\nInterrupted; everything the demo started has been stopped.", file=sys.stderr)
        return 130
    _tell_how_to_go_on(demo)
    return 0


if __name__ == "__main__":
    sys.exit(main())
