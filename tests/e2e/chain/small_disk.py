"""A node on a disk of its own, which gets full and read-only. Run in a mount namespace:

unshare --map-root-user --mount python -m tests.e2e.chain.small_disk DIRECTORY COMETBFT
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.chain import network
from tests.e2e.pages.page import cells, docs, sentences

MEGABYTES = 48
PAGE = docs(Path(__file__).resolve().parents[3], "recovery.md")


def mount(place: Path, options: str) -> None:
    """Mount the disk, or mount it again with other options."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True)


def fill(place: Path) -> Path:
    """Leave no room on the disk."""
    filler = place / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        return filler


def check_says(code: int, output: str, command: str) -> None:
    """A node that ended said what docs/recovery.md says, and nothing that only programmers read."""
    ((_, said),) = (row for row in cells(PAGE) if row[0] == command)
    assert code == 1, output
    assert re.search(f"^{sentences(said)[0]}$", output, re.MULTILINE), output
    assert "Traceback" not in output, output


def scenario(disk: Path, binary: Path) -> None:
    """Fill the disk of a running node, make it read-only, and have the node going again after each."""
    mount(disk, f"size={MEGABYTES}m")
    node = network.first_node(disk / "home", binary, "preset=small").start()
    node.wait_for_height(5)

    filler = fill(disk)
    code, output = node.wait(120)
    check_says(code, output, "`assayd start`, running")
    full = network.assayd(node.home.path, "start")
    check_says(full.returncode, full.stderr, "`assayd start`, again")

    filler.unlink()
    before = network.executed_app_hashes(node)
    last = max(before)
    node.start().wait_for_height(last + 5)
    decided = network.header_app_hashes(node, max(1, last - 3), last + 3)
    executed = before | network.executed_app_hashes(node)
    assert all(found.startswith(executed[height]) for height, found in decided.items()), (decided, executed)
    code, output = node.stop()
    assert code == 0, output

    mount(disk, f"remount,ro,size={MEGABYTES}m")
    refused = network.assayd(node.home.path, "start")
    check_says(refused.returncode, refused.stderr, "`assayd start`")

    mount(disk, f"remount,rw,size={MEGABYTES}m")
    height = node.start().wait_for_height(last + 6)
    node.wait_for_height(height + 3)
    code, output = node.stop()
    assert code == 0, output
    verified = network.assayd(node.home.path, "verify")
    assert verified.returncode == 0, verified


if __name__ == "__main__":
    scenario(Path(sys.argv[1]), Path(sys.argv[2]))
