"""A disk that is full, and one that cannot be written to: the node says so, and goes on when it is mended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.long
def test_a_node_survives_a_full_and_a_read_only_disk(
    tmp_path: Path, pinned_cometbft: Path, repository: Path
) -> None:
    """Needs Linux's unprivileged user namespaces, in which it mounts a small disk."""
    command = [sys.executable, "-m", "tests.e2e.chain.small_disk", str(tmp_path), str(pinned_cometbft)]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", *command],
        cwd=repository, env=os.environ, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
