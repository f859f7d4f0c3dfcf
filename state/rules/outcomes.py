"""Stable words kept in state: why a round or a key ended as it did.

What a division of the bounty ends with is in `assay.state.rules.payout.Outcome`.
"""

from __future__ import annotations

from typing import Final

# Rounds.
BAD_REFERENCE: Final = "bad reference: its length or norm is not that of a unit update"
TOO_FEW_COMMITTED: Final = "too few committed: fewer commitments than the round's minimum"
TOO_FEW_REVEALED: Final = "too few revealed: fewer reveals than the round's minimum"
TOO_FEW_ACCEPTED: Final = "too few accepted: fewer good submissions than the round's minimum"
NO_ANSWER: Final = "no answer: the committee did not open what it was asked in time"
CANCELLED: Final = "cancelled: by its owner, before any commitment"
CHAIN_ENDED: Final = "chain ended: its state was exported while the round was open"

# Keys.
KEY_NO_ANSWER: Final = "no answer"
KEY_PUBLIC_SHARES: Final = "public key shares disagree"
KEY_RELIN_SHARES: Final = "relinearisation key shares disagree"
KEY_SELF_TEST: Final = "self-test failed"
KEY_COMPLAINTS: Final = "seeds complained of"
KEY_MEMBERS: Final = "a member has left the validator set or lost its stake"
KEY_CHAIN_ENDED: Final = "chain ended"
