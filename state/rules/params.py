"""Chain parameters: defaults and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.proto.state_pb2 import PRESET_SMALL, PRESET_STANDARD, Params
from assay.state.rules import windows
from assay.state.rules.shares import BASIS_POINTS


@dataclass(frozen=True)
class Bound:
    """Least, default and greatest value of one numeric parameter."""

    least: int
    default: int
    greatest: int


BOUNDS: Final[dict[str, Bound]] = {
    "gas_price": Bound(0, 10, 10**9),
    "max_block_bytes": Bound(1 << 20, 8_000_000, 16 << 20),
    "max_block_gas": Bound(3 * 10**7, 400_000_000, 10**12),
    "max_tx_bytes": Bound(200_000, 1_500_000, 4 << 20),
    "max_messages": Bound(1, 100, 1000),
    "key_pool": Bound(1, 2, 16),
    "ceremony_window": Bound(3, 60, 10_000),
    "committee_block_bytes": Bound(200_000, 2_000_000, 8 << 20),
    "scoring_block_work": Bound(8, 512, 100_000),
    "min_contributors": Bound(1, 3, 64),
    "max_contributors": Bound(1, 64, 64),
    "max_ciphertexts": Bound(1, 2, 16),
    "min_bounty": Bound(1, 1_000_000, 2**62),
    "min_deposit": Bound(0, 100_000, 2**62),
    "min_scoring_fee": Bound(0, 1_000, 2**62),
    "max_window": Bound(10, 100_000, 10**7),
    "release_window": Bound(10, 1_000, 10**7),
    "absence_window": Bound(1, 600, 10**7),
    "unbonding_period": Bound(1, 500_000, 10**8),
    "max_validators": Bound(1, 100, 1000),
    "power_reduction": Bound(100, 1_000_000, 10**12),
    "min_self_delegation": Bound(1, 1_000_000, 2**62),
    "max_entries": Bound(1, 7, 100),
    "min_seat_stake": Bound(1, 1_000_000_000, 2**62),
    "inflation": Bound(0, 200, 5_000),
    "blocks_per_year": Bound(1_000, 25_000_000, 10**9),
    "community_tax": Bound(0, 200, 10_000),
    "base_proposer_reward": Bound(0, 100, 10_000),
    "bonus_proposer_reward": Bound(0, 400, 10_000),
    "committee_share": Bound(0, 100, 5_000),
    "signed_blocks_window": Bound(10, 5_000, 10_000),
    "min_signed": Bound(0, 5_000, 10_000),
    "downtime_jail": Bound(1, 600, 10**7),
    "committee_jail": Bound(1, 10_000, 10**7),
    "slash_double_sign": Bound(0, 500, 10_000),
    "slash_downtime": Bound(0, 1, 10_000),
    "slash_committee_fault": Bound(0, 500, 10_000),
    "slash_committee_silence": Bound(0, 1, 10_000),
    "slash_block_entries": Bound(1, 1_000, 10**6),
    "state_version": Bound(1, 1, 10**6),
    "upgrade_version": Bound(0, 0, 10**6),
    "upgrade_height": Bound(0, 0, 2**62),
    "upgrade_notice": Bound(1, 10_000, 10**7),
}
"""Bounds of the numeric parameters; `min_committee` and `preset` are choices."""

_DEVELOPMENT: Final = {
    "min_contributors": 1,
    # One machine that was busy for a while is not to wait for long, nor to be jailed for it.
    "absence_window": 30,
    "signed_blocks_window": 2_000,
    "min_signed": 500,
    "downtime_jail": 20,
    "committee_jail": 30,
    # Whoever tries it out wants the stake back today.
    "unbonding_period": 60,
    "min_seat_stake": 1_000_000,
    "upgrade_notice": 5,
}
"""What a development chain has otherwise."""

COMMITTEE_SIZES: Final = (1, 4, 7, 10)
LEAST_PAID: Final = 3
"""Contributors a round outside development must at least ask for."""


class BadParams(ValueError):
    """A set of parameters contradicts a bound."""


def default_params(*, development: bool = False) -> Params:
    """Return the default parameters of a chain, or of a development chain."""
    params = Params(development=development, preset=PRESET_STANDARD, min_committee=1 if development else 4)
    for name, bound in BOUNDS.items():
        setattr(params, name, bound.default)
    if development:
        for name, value in _DEVELOPMENT.items():
            setattr(params, name, value)
    return params


def validate_params(params: Params) -> None:
    """Refuse parameters outside their bounds.

    Raises
    ------
    BadParams
        With a sentence that names the parameter and what was expected.
    """
    for name, bound in BOUNDS.items():
        value = getattr(params, name)
        if not bound.least <= value <= bound.greatest:
            raise BadParams(f"{name} is {value}, expected {bound.least} to {bound.greatest}")
    if params.min_committee not in COMMITTEE_SIZES:
        raise BadParams(f"min_committee is {params.min_committee}, expected one of 1, 4, 7, 10")
    if params.preset not in (PRESET_STANDARD, PRESET_SMALL):
        raise BadParams("preset must be PRESET_STANDARD or PRESET_SMALL")
    if params.min_contributors > params.max_contributors:
        raise BadParams("min_contributors exceeds max_contributors")
    if params.max_tx_bytes > params.max_block_bytes // 2:
        raise BadParams("max_tx_bytes exceeds half of max_block_bytes, so a block could not hold a reveal")
    least = windows.least_ceremony_window(params)
    if params.ceremony_window < least:
        raise BadParams(
            f"ceremony_window is {params.ceremony_window} blocks; for key_pool {params.key_pool} and "
            f"committee_block_bytes {params.committee_block_bytes} it must be {least} or more"
        )
    if params.community_tax + params.base_proposer_reward + params.bonus_proposer_reward > BASIS_POINTS:
        raise BadParams("community_tax and the proposer's rewards exceed the whole together")
    if not params.development:
        _validate_production(params)


def longest_round(params: Params) -> int:
    """Return the most blocks for which a key's members answer for a round, from its opening on.

    The reference is judged in a scoring window of its own. What a round waits for others' work in the queue
    is not counted.
    """
    return 4 * params.max_window + params.release_window


def _validate_production(params: Params) -> None:
    if params.min_committee == 1:
        raise BadParams("min_committee 1 is for development chains: one member reads every update")
    if params.preset == PRESET_SMALL:
        raise BadParams("preset small is for development chains: it has no safe release")
    if params.min_contributors < LEAST_PAID:
        raise BadParams(f"min_contributors below {LEAST_PAID} is for development chains")
    if params.unbonding_period <= longest_round(params):
        raise BadParams(
            f"unbonding_period is {params.unbonding_period} blocks; a round may take "
            f"{longest_round(params)}, and its committee must not have left with its stake before it ends"
        )
