"""The program of a worker process: ``python -m assay.node.workers.main``.

It reads requests from standard input and answers on what was its standard
output; whatever libraries print goes to standard error. It holds no secret,
opens no socket and no file, and ends with its parent.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from typing import BinaryIO, Final

import numpy as np

from assay.crypto.ckks import payload
from assay.crypto.errors import EngineMismatch
from assay.crypto.presets import PRESETS
from assay.crypto.proof_job import ProofWorker
from assay.crypto.scoring_job import LengthJob, ProductJob, ScoringWorker
from assay.node.workers import frames, jobs, proof_orders
from assay.node.workers.frames import Message
from assay.node.workers.pool import DONE
from assay.node.workers.process import READY

_FAULT: Final = 1
_REFUSED: Final = 1
_DIGEST_BYTES: Final = 32
_PR_SET_PDEATHSIG: Final = 1


class Worker:
    """Keeps the byte strings it was sent, and computes."""

    def __init__(self) -> None:
        self._held: dict[bytes, bytes] = {}
        self._engines = {preset.wire_id: ScoringWorker(preset) for preset in PRESETS}
        self._proofs = ProofWorker()

    def self_test(self) -> None:
        """Compare the engine with its known answers; raises `EngineMismatch`."""
        for worker in self._engines.values():
            worker.engine.self_test()

    def warm_up(self) -> None:
        """Compute one job of each kind, so that the first real one finds everything loaded and compiled."""
        for preset in PRESETS:
            worker, ones = self._engines[preset.wire_id], np.ones((1, 2, 2, preset.degree), dtype=np.uint64)
            sample = payload.encode_own(ones, preset)
            key = np.ones((2, 2, 3, preset.degree), dtype="<u8").tobytes()
            fetch = {b"payload": sample, b"key": key}.__getitem__
            worker.run(LengthJob(b"payload", 1, bytes(32), b"", 0), fetch)
            worker.run(ProductJob(b"key", b"payload", (b"payload",), 1), fetch)
            worker.forget_payloads()
        self._proofs.warm_up()

    def answer(self, request: Message) -> Message:
        """Compute one request."""
        count = request.parts[0][0]
        arguments, (dropped, *sent) = request.parts[1 : 1 + count], request.parts[1 + count :]
        for start in range(0, len(dropped), _DIGEST_BYTES):
            del self._held[dropped[start : start + _DIGEST_BYTES]]
        self._held.update(zip(sent[::2], sent[1::2], strict=True))
        return Message(request.ident, DONE, self._run(request.code, arguments))

    def _run(self, operation: int, arguments: tuple[bytes, ...]) -> tuple[bytes, ...]:
        if operation == proof_orders.PROOF:
            verdict = self._proofs.run(proof_orders.from_parts(arguments), self._held.__getitem__)
            return proof_orders.verdict_to_parts(verdict)
        if operation != jobs.SCORE:
            raise ValueError(f"there is no operation {operation}")
        order = jobs.ScoreOrder.from_parts(arguments)
        result = self._engines[order.preset].run(order.job, self._held.__getitem__)
        return jobs.to_parts(result, want_c1=order.want_c1)


def main() -> None:
    """Serve until the node closes the pipe."""
    _die_with_parent()
    sys.modules["scipy"] = None  # type: ignore[assignment]  # numba would load its BLAS, which no kernel calls
    requests, answers = _take_pipes()
    try:
        worker = Worker()
        worker.self_test()
        worker.warm_up()
    except EngineMismatch as error:
        _send(answers, Message(0, _REFUSED, (str(error).encode(),)))
        return
    gc.freeze()  # what is loaded now stays; collections need not go through it again and again
    _send(answers, Message(0, READY, ()))
    while (request := frames.read(requests)) is not None:
        _send(answers, _answer(worker, request))


def _send(answers: int, message: Message) -> None:
    for piece in frames.encode(message):
        left = memoryview(piece)
        while left:  # a pause (SIGSTOP) may end a write half way
            left = left[os.write(answers, left) :]


def _answer(worker: Worker, request: Message) -> Message:
    try:
        return worker.answer(request)
    except Exception as error:  # noqa: BLE001 - the node decides what a fault of ours means
        return Message(request.ident, _FAULT, (f"{type(error).__name__}: {error}".encode(),))


def _die_with_parent() -> None:
    """Have the kernel end this process when the node ends, whatever it is doing then.

    At its next read it would find the pipe closed anyway, but native code may compute for long or hang.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _take_pipes() -> tuple[BinaryIO, int]:
    """Return the pipes, and turn descriptor 1 into standard error for whatever prints."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(0, "rb", buffering=1 << 16, closefd=False), answers


if __name__ == "__main__":
    main()
