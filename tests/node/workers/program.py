"""A worker that does what it is told, well or badly: ``python program.py GREETING [DIRECTORY]``."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from pathlib import Path

from assay.node.workers import frames
from assay.node.workers.frames import Message


def write(message: Message) -> None:
    os.write(1, b"".join(frames.encode(message)))


def answer(request: Message, held: dict[bytes, bytes], directory: Path) -> Message:
    count = request.parts[0][0]
    (verb, *arguments), (dropped, *sent) = request.parts[1 : 1 + count], request.parts[1 + count :]
    for start in range(0, len(dropped), 32):
        del held[dropped[start : start + 32]]
    held.update(zip(sent[::2], sent[1::2], strict=True))
    if (
        verb == b"sum"
    ):  # lengths of what it was told to read, and how many byte strings came with this request
        total = sum(len(held[digest]) for digest in arguments)
        return Message(request.ident, 0, (b"%d" % total, b"%d" % (len(sent) // 2), b"%d" % len(held)))
    if verb == b"once":  # badly the first time, well from then on
        mark = directory / hashlib.sha256(arguments[1]).hexdigest()
        if mark.exists():
            return Message(request.ident, 0, (arguments[1],))
        mark.touch()
        verb = arguments[0]
    misbehave(verb, request)
    return Message(request.ident, 0, tuple(arguments))


def misbehave(verb: bytes, request: Message) -> None:
    if verb == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if verb == b"hang":
        time.sleep(3600)
    if verb == b"nonsense":
        os.write(1, b"\xff" * 64)
        time.sleep(3600)
    if verb == b"fault":
        write(Message(request.ident, 1, (b"it did not work",)))
    if verb == b"stranger":
        write(Message(request.ident + 7, 0, (b"an answer to something else",)))


def main() -> None:
    greeting, directory = sys.argv[1], Path(sys.argv[2])
    if greeting == "dies":
        sys.exit(3)
    if greeting == "dies-once" and not (directory / "died").exists():
        (directory / "died").touch()
        sys.exit(3)
    if greeting == "silent":
        time.sleep(3600)
    if greeting == "refuses":
        write(Message(0, 1, (b"two and two made five",)))
        return
    write(Message(0, 0, ()))
    held: dict[bytes, bytes] = {}
    with open(0, "rb", closefd=False) as requests:
        while (request := frames.read(requests)) is not None:
            write(answer(request, held, directory))


if __name__ == "__main__":
    main()
