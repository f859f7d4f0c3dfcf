"""`assayd` of a node whose snapshots are good and whose chunks are not: one bit of each is the other one.

corrupt.py assayd-arguments…
"""

import sys

from assay.node.cli import main
from assay.node.snapshots.shelf import Shelf

_honest = Shelf.load


def load(self: Shelf, height: int, index: int) -> bytes:
    data = _honest(self, height, index)
    return data[:-1] + bytes([data[-1] ^ 1]) if data else data


if __name__ == "__main__":
    Shelf.load = load  # type: ignore[method-assign]
    sys.argv[0] = "assayd"
    main()
