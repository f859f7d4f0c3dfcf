"""Which opened scalars are accepted: pure integer predicates, the same on both sides.

Scalars are signed integers with mask and noise in them. The unit is the score
of an update of length 1 with itself (`Preset.unit`). Tolerances exceed the
mask, 2^-10 of the unit, so that honest work is never rejected.
"""

from __future__ import annotations

from math import isqrt

from assay.crypto.presets import NORM_TOLERANCE, Preset


def slack(preset: Preset) -> int:
    """How far mask and noise together may move a score: 2^-8 of the unit."""
    return preset.unit // NORM_TOLERANCE


def length_ok(preset: Preset, scalar: int) -> bool:
    """Whether ``<g, rho_k>`` is within 15 times rho's RMS, as for an update of length 1, mask included."""
    return abs(scalar) <= preset.length_limit


def norm_ok(preset: Preset, norm: int) -> bool:
    """Whether ``n = <g, g>`` is within 2^-8 of the unit."""
    return abs(norm - preset.unit) <= slack(preset)


def alignment_ok(preset: Preset, alignment: int, norm: int, reference_norm: int) -> bool:
    """Whether ``a = <g, g_ref>`` satisfies Cauchy-Schwarz, ``|a| <= sqrt(n n_ref)``, within the slack."""
    if norm < 0 or reference_norm < 0:
        return False
    return abs(alignment) <= isqrt(norm * reference_norm) + slack(preset)


def aggregate_ok(preset: Preset, aggregate: int, accepted: int) -> bool:
    """Whether ``h = <g, G>`` is possible where G sums `accepted` updates, g among them.

    ``h`` is ``<g, g>`` plus ``accepted - 1`` products of two updates whose
    norms were accepted; each of those is at most unit plus slack.
    """
    others = (accepted - 1) * (preset.unit + slack(preset))
    return accepted >= 1 and abs(aggregate - preset.unit) <= others + 2 * slack(preset)
