"""Chain parameters: defaults and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assay.proto.state_pb2 import PRESET_SMALL, PRESET_STANDARD, Params
from assay.state.rules import windows


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
}
"""Bounds of the numeric parameters; `min_committee` and `preset` are choices."""

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
        params.min_contributors = 1
        params.absence_window = 30  # one machine that was busy for a while is not to wait for long
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
    if not params.development:
        _validate_production(params)


def _validate_production(params: Params) -> None:
    if params.min_committee == 1:
        raise BadParams("min_committee 1 is for development chains: one member reads every update")
    if params.preset == PRESET_SMALL:
        raise BadParams("preset small is for development chains: it has no safe release")
    if params.min_contributors < LEAST_PAID:
        raise BadParams(f"min_contributors below {LEAST_PAID} is for development chains")
