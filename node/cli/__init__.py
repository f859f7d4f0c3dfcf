"""The operator's command, `assayd`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `assayd`, or say what is missing when only the client is installed."""
    try:
        from assay.node.cli.commands import assayd
    except ModuleNotFoundError as error:
        sys.exit(f"assayd needs {error.name}, which the client alone does not: pip install 'assay[node]'")
    assayd()
