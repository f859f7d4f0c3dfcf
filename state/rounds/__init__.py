"""The bounty round, from its opening to the release of the sum (docs/round.md).

`records` and `escrow` are the ground; `terms` and `payloads` say what is
admitted; `lifecycle` holds what people do, `scoring` what the committee's
answers do, `settlement`, `ending` and `release` how a round ends, `winding_up` how all do.
"""

from assay.state.rounds.deadlines import end_block
from assay.state.rounds.scoring import coin_opened, job_computed, scalar_opened
from assay.state.rounds.winding_up import wind_up

__all__ = ["coin_opened", "end_block", "job_computed", "scalar_opened", "wind_up"]
