"""`assayd` of a release to come: the real node, which knows one more version of the state.

newer.py assayd-arguments…

Version 2 differs by one parameter: a transaction may have twice as many messages.
"""

import sys

from assay.node.cli import main
from assay.proto.state_pb2 import Params
from assay.state.overlay import Overlay
from assay.state.rules import keys
from assay.state.upgrades import MIGRATIONS


def twice_as_many_messages(view: Overlay) -> None:
    """Turn a state of version 1 into one of version 2."""
    params = view.require(Params, keys.PARAMS)
    params.max_messages *= 2
    view.save(keys.PARAMS, params)


if __name__ == "__main__":
    MIGRATIONS[2] = twice_as_many_messages
    sys.argv = ["assayd", *sys.argv[1:]]
    main()
