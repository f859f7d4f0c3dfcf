"""Compile what worker processes run: ``python -m assay.node.workers.warm_up``, at set-up.

What numba compiles lies in its cache from then on, so that a node's first start is as short as the next.
"""

from __future__ import annotations

from assay.node.workers.main import Worker

if __name__ == "__main__":
    Worker().warm_up()
