"""Whether a node is alive, and whether it is of use."""

from __future__ import annotations

import time
from collections.abc import Callable

from assay.node.metrics.network import NetworkState
from assay.node.shell.chain import Chain
from assay.node.workers.pool import WorkerPool


class Health:
    """Watches the height, and says in a sentence what is wrong.

    Parameters
    ----------
    chain
        Its height is watched.
    pool
        The worker processes.
    patience
        Seconds for which the height may stand still.
    not_before
        Unix time before which no block is expected (the genesis time).
    steps
        Grows while a snapshot is taken in, which is progress too.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        chain: Chain,
        pool: WorkerPool,
        patience: float,
        not_before: float = 0.0,
        steps: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chain = chain
        self._pool = pool
        self._patience = patience
        self._not_before = not_before
        self._steps, self._seen = steps, steps()
        self._clock = clock
        self._advanced_at = clock()
        self._running = False
        chain.on_commit(self._advanced)

    def begin(self) -> None:
        """The node's parts run: from now on blocks are expected."""
        self._running = True
        self._advanced_at = self._clock() + max(0.0, self._not_before - time.time())

    def _advanced(self, _height: int) -> None:
        """Note that a block was committed."""
        self._advanced_at = self._clock()

    def still_seconds(self) -> float:
        """Return for how long the height has stood still, and nothing of a snapshot has come."""
        if self._steps() != self._seen:
            self._seen, self._advanced_at = self._steps(), self._clock()
        return max(0.0, self._clock() - self._advanced_at)

    def alive(self) -> tuple[bool, str]:
        """Tell whether the node lives: it starts, or its height advances."""
        if not self._running:
            return True, "the node is starting"
        still = self.still_seconds()
        if still <= self._patience:
            return True, f"height {self._chain.height}, {still:.1f} s ago"
        return False, (
            f"the height has stood still at {self._chain.height} for {still:.0f} s; data/cometbft.log in the "
            "node's home may say why, and `assayd doctor` looks for causes"
        )

    def ready(self, network: NetworkState | None) -> tuple[bool, str]:
        """Tell whether the node is of use: at the head of the chain, and its workers run."""
        reasons = []
        if not self._running or len(self._pool.pids) < self._pool.size:
            running, wanted = len(self._pool.pids), self._pool.size
            reasons.append(f"{running} of {wanted} worker processes have started and tested themselves")
        if network is None:
            reasons.append("CometBFT does not answer yet")
        elif network.catching_up:
            reasons.append(f"the node is catching up, at height {self._chain.height}")
        alive, sentence = self.alive()
        if not alive:
            reasons.append(sentence)
        return not reasons, "; ".join(reasons) or sentence
