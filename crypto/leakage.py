"""How much of a key one round can give away, at the bounds of the proof, and how much a preset can spare.

A key of which t members know all pieces but one is protected by masks: one uniform piece of width W lies
over every opened integer. An integer whose part that depends on the unknown piece has standard deviation
sigma tells at most ``log(1 + sigma / W) + sigma / W`` nats of it. Here sigma is what a dishonest contributor
can reach: errors and randomness as large as a proof with them is ever accepted. Integers only, since an
owner's terms are refused by them. ``docs/noise.md`` derives everything here and says what is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt, prod
from typing import Final

from assay.crypto.errors import PresetError
from assay.crypto.presets import (
    ERROR_BITS,
    LENGTH_CHECKS,
    RHO_RMS,
    SECURITY_BITS,
    Preset,
)
from assay.crypto.proof import encryption
from assay.crypto.proof.challenge import pairs_for

#: Nobody makes more than 2^this attempts at one proof.
GRINDING_BITS: Final = 64
#: A proof that fails with probability ``exp(-x)`` is had in 2^64 attempts if x is below 64 ln 2 = 44.4.
_PATIENCE: Final = 45
#: Longest update, in units, whose norm counts as opened: it passes the length checks with probability 0.11,
#: and length times probability falls from 6 on.
_LONGEST: Final = 12
#: Bits of a modular or one-directional hint that weigh as much as one known coordinate; see the page.
_BITS_A_DIMENSION: Final = 100
#: Fixed point of `hint`: 2^-20 bits.
_BIT: Final = 1 << 20
#: log2(3), what a ternary coordinate holds, rounded down: 1.58496.
_LOG2_OF_3: Final = 1_661_953


@dataclass(frozen=True)
class Forged:
    """The key's unknown piece, as it stands in the decryption of the worst payload whose proof is accepted.

    Attributes
    ----------
    spread : int
        Euclidean length, over all coefficients of all ciphertexts, of what ``e u + e1 s`` multiplies
        the unknown piece by, each part times its standard deviation: a coefficient's deviation at worst.
    peak : int
        The same in one embedding: what a product with a message of length 1 moves by at worst.
    """

    spread: int
    peak: int


@lru_cache(maxsize=64)
def forged(preset: Preset, ciphertexts: int) -> Forged:
    """Bounds of a payload of so many ciphertexts that is made to read the key.

    ``c e1`` must stay within its bucket of 2^k at every coefficient, where it fails with
    probability ``|c e1| / 2^k``: so the sum of moduli is at most 45 buckets, and ``|c e1|^2`` at most 45
    squared ones. ``c u`` must stay in the range of the responses. A challenge has 2 kappa terms, hence
    multiplies lengths by ``sqrt(2 kappa)``.
    """
    layout, terms = encryption.layout(preset, ciphertexts), 2 * pairs_for(preset.degree)
    bucket, response = 1 << layout.buckets[1], 1 << (layout.widths[0] - 1)
    # Squared lengths, times `terms`: of e1, and of u over all ciphertexts.
    error, random = _PATIENCE * bucket**2, ciphertexts * preset.degree * response**2
    error_peak, random_peak = (_PATIENCE * bucket) ** 2, random * preset.degree // 2
    return Forged(_weighed(error, random, terms), _weighed(error_peak, random_peak, terms))


def _weighed(error: int, random: int, terms: int) -> int:
    """Length of e1 and u together, weighed by the deviations of s (2/3) and e (ERROR_BITS / 2) squared."""
    return isqrt((4 * error + 3 * ERROR_BITS * random) // (6 * terms)) + 1


@dataclass(frozen=True)
class Opened:
    """One kind of opened integers.

    Attributes
    ----------
    count : int
        How many a round opens at most.
    spread : int
        Standard deviation, at worst, of the part that depends on the unknown piece of the key.
    width : int
        Values of the unknown piece of the mask.
    """

    count: int
    spread: int
    width: int

    @property
    def bits(self) -> int:
        """What all of them tell at most, in units of 2^-20 bits."""
        return self.count * hint(self.spread, self.width)


def openings(preset: Preset, committee_size: int, contributors: int, ciphertexts: int) -> dict[str, Opened]:
    """Everything a key opens, by name: ``length``, ``norm``, ``alignment``, ``aggregate``, ``release``.

    All contributors but none are taken for one adversary's, and the reference too.
    """
    worst = forged(preset, ciphertexts)
    score = 2 * preset.score_mask_per_seed(committee_size) + 1
    length = 2 * preset.length_mask_per_seed(committee_size) + 1
    # 2 (m + v)^2 moves by 4 m v, m of length sqrt(2) * scale, and by 2 v^2, v of length peak * sqrt(N).
    linear = 4 * isqrt(2 * preset.scale**2 * worst.peak**2)
    square = 2 * worst.peak**2 * preset.degree
    # The public polynomial 2 rho has N coefficients of 2 RMS, and is drawn when the payload is fixed.
    through_rho = 2 * RHO_RMS * isqrt(preset.degree) * worst.spread
    # Folding adds two coefficients; all contributors may point the same way; K ciphertexts share the length.
    folded = contributors * isqrt(2 * worst.spread**2 // ciphertexts)
    return {
        "length": Opened(LENGTH_CHECKS * (contributors + 1), through_rho, length),
        "norm": Opened(contributors + 1, _LONGEST * linear + square, score),
        "alignment": Opened(contributors, linear + square, score),
        "aggregate": Opened(contributors, contributors * (linear + square), score),
        "release": Opened(preset.capacity * ciphertexts, folded, 2 * preset.release_mask + 1),
    }


def hint(spread: int, width: int) -> int:
    """Bound of what one opened integer tells, in units of 2^-20 bits.

    ``3 sigma / W`` bits for sigma below W, else ``log2(1 + 2 sigma / W) + 1.5``; both are above the
    bounds of the page.
    """
    if spread <= width:
        return -(-3 * spread * _BIT // width)
    # Whole bits of the logarithm, rounded up.
    return (2 * spread // width + 1).bit_length() * _BIT + 3 * _BIT // 2


def coordinates(preset: Preset, committee_size: int, contributors: int, ciphertexts: int) -> int:
    """Most coordinates of a key that one round can give away: bits of all openings, a coordinate log2 3.

    Attempts at proofs, 2^64 for each payload, add as many bits, in directions nobody can choose.
    """
    kinds = openings(preset, committee_size, contributors, ciphertexts).values()
    ground = (contributors + 1) * GRINDING_BITS // _BITS_A_DIMENSION + 1
    return -(-sum(kind.bits for kind in kinds) // _LOG2_OF_3) + ground


def margin(preset: Preset) -> int:
    """Coordinates of a key that may become known before security falls below 128 bits.

    At equal security N is proportional to the bits of the modulus.
    """
    limit = SECURITY_BITS[preset.degree]
    return preset.degree * (limit - prod(preset.primes).bit_length()) // limit


def check(preset: Preset, committee_size: int, contributors: int, ciphertexts: int) -> None:
    """Refuse a round that could give away more of its key than the preset can spare.

    A preset without a safe release has nothing to spare: it is for development, and nothing is refused.

    Raises
    ------
    PresetError
        With both sides.
    """
    if not preset.safe_release:
        return
    given, spare = coordinates(preset, committee_size, contributors, ciphertexts), margin(preset)
    if given > spare:
        raise PresetError(
            f"a round of {contributors} contributors with {ciphertexts} ciphertexts each could give away "
            f"{given} coordinates of its key, {spare} can be spared; "
            "admit fewer contributors or use a smaller model"
        )
