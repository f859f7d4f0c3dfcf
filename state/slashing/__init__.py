"""Paying for misbehaviour with stake, and jail.

`burning` takes stake by the rule of infraction height, and `entries` what of it
has left its validator; `evidence` judges keys that signed against themselves,
`downtime` counts votes that are missing, and `jail` says who may come back. What
members of a committee did wrong is in `assay.state.faults`.
"""

from assay.state.slashing.burning import end_block, slash
from assay.state.slashing.signatures import begin_block

__all__ = ["begin_block", "end_block", "slash"]
