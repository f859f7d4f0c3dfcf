"""Making and retiring the committee's keys (design: the threshold committee).

`pool` says which seats make a key, `phases` leads one key through its ceremony,
`slots` says which messages are awaited from whom, `combine` turns the members'
shares into the key's parts, and `verdicts` finds out who cheated.
"""

from assay.state.ceremony.phases import end_block, self_test_computed, self_test_opened, wind_up
from assay.state.ceremony.pool import blocked
from assay.state.ceremony.slots import Awaited, awaited

__all__ = ["Awaited", "awaited", "blocked", "end_block", "self_test_computed", "self_test_opened", "wind_up"]
