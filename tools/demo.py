"""A whole round on a real chain with real data, told as it happens.

    tools/demo.py [--validators 1] [--folder out/demo]

One validator, one model owner, four data owners. Every step is a command that can be typed, and is shown. The
folder is left as it is at the end, with the chain, everybody's keys and the data; `summary.json` in it holds
the figures, which tools/check_summary.py checks.
"""

import argparse
import asyncio
import shutil
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from demo_data import DATA_OWNERS, FIRST, HELD_OUT, TARGET, Part, write_parts
from demo_stage import DemoFailed, Stage
from demo_summary import Results, gather, tell, write_summary

from assay.client import Client
from assay.client.errors import ClientError
from assay.node.child import Child
from assay.node.home import Home, free_ports

T = TypeVar("T")
PASSPHRASE: Final = "demo"  # noqa: S105
BLOCK_MILLISECONDS: Final = 300
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
    rpc, p2p
        Where the validator listens.
    began
        On the monotonic clock.
    """

    stage: Stage
    folder: Path
    files: dict[str, Path]
    rpc: str
    p2p: str
    began: float

    @property
    def validator(self) -> Path:
        """The validator's home."""
        return self.folder / "validator"

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
    demo.chapter("A chain with one validator")
    print(f'$ export PATH="{demo.stage.programs}:$PATH" ASSAY_NODE={demo.rpc} ASSAY_PASSPHRASE={PASSPHRASE}')
    options = ("--rpc", demo.rpc, "--p2p", demo.p2p, "--block-time", BLOCK_MILLISECONDS)
    await demo.stage.show("assayd", "--home", demo.validator, "init", *options)
    start = ("assayd", "--home", demo.validator, "start")
    async with demo.stage.background(*start, log=demo.folder / "validator.log") as validator:
        results = await _while_running(validator, _round(demo))
        demo.chapter("The validator recomputes its state from its records")
        await demo.stage.show("assayd", "--home", demo.validator, "verify")
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
    return await gather(demo.stage, demo.folder, demo.rpc, model, number)


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
    await _first_key(demo.rpc)
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

    async def contribute(part: Part) -> None:
        words = ("contribute", number, demo.files[part.name], "--target", TARGET, "--reserve", "1asy")
        await demo.stage.show(*demo.assay(part.name), "--yes", *words, says=part.name)

    await _together(map(contribute, DATA_OWNERS))


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


async def _first_key(rpc: str) -> None:
    """Wait until the committee has made a key to encrypt under, which takes it some ten blocks."""
    async with Client(rpc) as client, aclosing(client.blocks.follow()) as heights:
        async for _ in heights:
            if (await client.query.chain()).ready_keys:
                print("The committee, here of one, has made a key to encrypt under.\n", flush=True)
                return


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


def _prepare(folder: Path) -> Demo:
    """Make the folder anew, and divide the data."""
    _clear(folder)
    files = write_parts(folder / "data", (FIRST, HELD_OUT, *DATA_OWNERS))
    rpc, p2p = (f"127.0.0.1:{port}" for port in free_ports(2))
    stage = Stage(environment={"ASSAY_NODE": rpc, "ASSAY_PASSPHRASE": PASSPHRASE})
    return Demo(stage, folder, files, rpc, p2p, time.monotonic())


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left; refuse to remove anything else, or under a running validator."""
    home = Home(folder / "validator")
    if folder.exists() and not (folder / "data" / f"{FIRST.name}.csv").exists() and any(folder.iterdir()):
        raise DemoFailed(f"{folder} holds something that no demo left there; name another with --folder")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(home.socket.absolute()))
        except OSError:  # nobody listens there
            shutil.rmtree(folder, ignore_errors=True)
            return
    raise DemoFailed(f"a validator is running from {home.path}; stop it first")


def _tell_how_to_go_on(demo: Demo) -> None:
    seconds = time.monotonic() - demo.began
    print(f"\nThe demo took {seconds:.0f} s. Everything is kept in {demo.folder}; to go on from there:\n")
    print(f"$ assayd --home {demo.validator} start &")
    print(f"$ assay --home {demo.folder}/clinic query account clinic")


async def _interruptible(work: Coroutine[Any, Any, None]) -> None:
    """Turn signals into a cancellation, so that everything started is stopped."""
    task = asyncio.ensure_future(work)
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


def main() -> int:
    """Play; 0 when all went well, 1 when not, 2 when it cannot be played so, 130 when interrupted."""
    parser = argparse.ArgumentParser(description="A whole round on a real chain with real data.")
    parser.add_argument("--validators", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("out/demo"))
    chosen = parser.parse_args()
    if chosen.validators != 1:
        print("The demo has one validator: a committee of more is not there yet.", file=sys.stderr)
        return 2
    try:
        demo = _prepare(chosen.folder)
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
