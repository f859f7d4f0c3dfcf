"""Following a page of docs/ as a newcomer does: its commands are run as they stand there."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def blocks(page: str, language: str) -> list[str]:
    """Return a page's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


class Newcomer:
    """Somebody with the command `assay` on the search path and an empty home.

    Parameters
    ----------
    folder
        Where the home and the command are made.
    addresses
        What a page calls a node's address, and what it is here.
    """

    def __init__(self, folder: Path, addresses: Mapping[str, str]) -> None:
        self.home, self._addresses = folder / "home", addresses
        command = folder / "bin" / "assay"
        command.parent.mkdir(parents=True)
        start = "import sys\nfrom assay.client.cli import main\nsys.exit(main())\n"
        command.write_text(f"#!{sys.executable}\n{start}")
        command.chmod(0o755)
        path = f"{command.parent}:{os.environ['PATH']}"
        node = {"ASSAY_NODE": addresses.get("http://127.0.0.1:26657", "")}
        self._environment = {
            **os.environ,
            **node,
            "PATH": path,
            "ASSAY_HOME": str(self.home),
            "COLUMNS": "160",
        }

    async def run(self, script: str) -> str:
        """Run commands that must succeed; return all that they print."""
        for written, real in self._addresses.items():
            script = script.replace(written, real)
        ran = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-euo", "pipefail", "-c", script],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout + ran.stderr
