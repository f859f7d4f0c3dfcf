"""The operator's command, `assayd`."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError


def main() -> None:
    """Run `assayd`, or say what is missing when only the client is installed."""
    try:
        from assay.node.cli.commands import assayd
    except PackageNotFoundError as error:
        sys.exit(
            f"the package {error.name} was never installed here, only its files are on the path: run "
            "`make setup` in the checkout, or pip install -e '.[node]'"
        )
    except ModuleNotFoundError as error:
        if (error.name or "assay").partition(".")[0] == "assay":
            raise  # a file of ours is missing, and no extra brings it back
        sys.exit(
            f"assayd needs {error.name}, which the client alone does not: run `make setup` in the "
            "checkout, or pip install '.[node]'"
        )
    assayd()
