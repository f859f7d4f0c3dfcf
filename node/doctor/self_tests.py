"""Known answers: a machine that computes something else must not run a node."""

from __future__ import annotations

import time
from collections.abc import Iterator

from assay.crypto.ed25519_rules import SignatureRulesDiffer, check_rules
from assay.node.doctor.findings import Finding, good, wrong
from assay.node.workers.pool import PoolLimits, WorkerFailed, WorkerPool
from assay.node.workers.process import WorkerRefused


def signatures() -> Iterator[Finding]:
    """Judge borderline signatures."""
    try:
        check_rules()
    except SignatureRulesDiffer as error:
        yield wrong("self-test", str(error).rstrip("."), "install PyNaCl's own wheel: its libsodium decides")
    else:
        yield good("self-test", "Ed25519 judges borderline signatures as the chain does")


async def engine() -> list[Finding]:
    """Start a worker process, which compares the homomorphic engine and the proofs with known answers."""
    began, pool = time.monotonic(), WorkerPool(PoolLimits(workers=1))
    try:
        await pool.start()
    except (WorkerRefused, WorkerFailed) as error:
        remedy = (
            "`make setup` installs the versions that work; if they are there, suspect memory or processor"
        )
        return [wrong("self-test", str(error).rstrip("."), remedy)]
    finally:
        await pool.close()
    seconds = time.monotonic() - began
    return [good("self-test", f"the homomorphic engine gives the known answers, ready in {seconds:.1f} s")]
