"""Encryption presets: ring, scale and masks, and the inequalities they must satisfy.

Everything here is integer arithmetic, because both sides of consensus derive
bounds from it. ``docs/encryption.md`` derives each inequality.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb, isqrt, prod
from typing import Final

from assay.crypto.errors import PresetError

#: Public vectors of the length checks have odd entries of absolute value below this.
RHO_BOUND: Final = 1 << 17
#: Root mean square of such an entry, rounded down: sqrt((RHO_BOUND^2 - 1) / 3).
RHO_RMS: Final = isqrt((RHO_BOUND * RHO_BOUND - 1) // 3)
#: Length checks a contributor.
LENGTH_CHECKS: Final = 8
#: Mask of a length check and the value beyond which it rejects, in units of rho's RMS.
LENGTH_MASK_UNITS: Final = 8
LENGTH_LIMIT_UNITS: Final = 15
#: A norm is accepted within unit / NORM_TOLERANCE of the unit.
NORM_TOLERANCE: Final = 1 << 8
#: Most contributors in one round; a committee has one of these sizes.
MAX_CONTRIBUTORS: Final = 64
COMMITTEE_SIZES: Final = (1, 4, 7, 10)
#: Most ciphertexts in one payload; the payload format counts them in 16 bits, the noise bound stops here.
MAX_CIPHERTEXTS: Final = 256
#: Least release mask, a seed, known to protect the key (docs/encryption.md).
SAFE_RELEASE_MASK: Final = 1 << 40
#: Longest modulus, in bits, with 128-bit security and a ternary secret (HomomorphicEncryption.org, 2018).
SECURITY_BITS: Final = {4096: 109, 8192: 218, 16384: 438, 32768: 881}
#: Centered binomial errors: difference of the sums of this many bits; variance ERROR_BITS / 2.
ERROR_BITS: Final = 21
#: An update that is longer, yet has norm 1 modulo Q, passes all length checks with probability 2^-this.
LENGTH_SOUNDNESS_BITS: Final = 40
_SIGMAS: Final = 12  # a Gaussian exceeds 12 standard deviations with probability 2^-107


@dataclass(frozen=True)
class Preset:
    """One accepted parameter set.

    Attributes
    ----------
    name : str
        Name on the command line and in genesis.
    wire_id : int
        Byte in the payload header and value of the protobuf enum ``Preset``.
    degree : int
        Ring degree N, a power of two.
    primes : tuple of int
        NTT primes in the order of SEAL's ``CoeffModulus::Create``: the
        ciphertext primes, then the special prime of key switching.
    scale : int
        Fixed-point scale of an update's entries.
    score_mask : int
        Bound of the mask of an opened score, all seeds together.
    release_mask : int
        Bound of the mask of a released coefficient, for each seed.
    """

    name: str
    wire_id: int
    degree: int
    primes: tuple[int, ...]
    scale: int
    score_mask: int
    release_mask: int

    @property
    def cipher_primes(self) -> tuple[int, ...]:
        """Primes of a ciphertext, whose product is Q."""
        return self.primes[:-1]

    @cached_property
    def modulus(self) -> int:
        """Q, the modulus of ciphertexts, shares and scalars."""
        return prod(self.cipher_primes)

    @property
    def unit(self) -> int:
        """Score of an update of length 1 with itself: 2 from the packing, 2 from the doubled product."""
        return 4 * self.scale * self.scale

    @property
    def capacity(self) -> int:
        """Parameters one ciphertext carries."""
        return self.degree // 2 - 1

    @property
    def length_unit(self) -> int:
        """Typical length scalar (one standard deviation) of an update of length 1."""
        return 4 * self.scale * RHO_RMS

    @property
    def length_mask(self) -> int:
        """Bound of the mask of a length scalar, all seeds together."""
        return LENGTH_MASK_UNITS * self.length_unit

    @property
    def length_limit(self) -> int:
        """Largest absolute length scalar that is accepted."""
        return LENGTH_LIMIT_UNITS * self.length_unit

    @property
    def polynomial_bytes(self) -> int:
        """Bytes of one polynomial modulo Q on the wire."""
        return len(self.cipher_primes) * self.degree * 8

    @property
    def ciphertext_bytes(self) -> int:
        """Bytes of one ciphertext on the wire: two polynomials."""
        return 2 * self.polynomial_bytes

    @property
    def safe_release(self) -> bool:
        """Whether the release mask protects the key by width alone; if not, for development chains only."""
        return self.release_mask >= SAFE_RELEASE_MASK

    def ciphertexts_for(self, parameters: int) -> int:
        """Ciphertexts that an update of so many parameters needs."""
        return -(-parameters // self.capacity)

    def score_mask_per_seed(self, committee_size: int) -> int:
        """Bound of one seed's part of a score mask."""
        return self.score_mask // seed_count(committee_size)

    def length_mask_per_seed(self, committee_size: int) -> int:
        """Bound of one seed's part of a length mask."""
        return self.length_mask // seed_count(committee_size)


def threshold(committee_size: int) -> int:
    """Return t, the members that together learn nothing: n = 3t + 1.

    Raises
    ------
    PresetError
        The size is not 1, 4, 7 or 10.
    """
    if committee_size not in COMMITTEE_SIZES:
        raise PresetError(f"a committee has 1, 4, 7 or 10 members, not {committee_size}")
    return (committee_size - 1) // 3


def seed_count(committee_size: int) -> int:
    """Seeds of a committee's key: one for each t-subset of its n members."""
    return comb(committee_size, threshold(committee_size))


def noise_bound(preset: Preset, committee_size: int) -> int:
    """Bound of one coefficient of an honest ciphertext's noise ``e u + e0 + e1 s``.

    Twelve standard deviations. Key and key error are sums of one ternary
    (variance 2/3) and one binomial (variance ERROR_BITS / 2) piece a seed,
    so that both products have variance ``N * seeds * ERROR_BITS / 3``.
    """
    seeds = seed_count(committee_size)
    variance = 2 * preset.degree * seeds * ERROR_BITS // 3 + ERROR_BITS
    return _SIGMAS * (isqrt(variance) + 1)


def check(preset: Preset, committee_size: int, contributors: int, ciphertexts: int) -> None:
    """Refuse a preset, committee and round size that do not satisfy the inequalities.

    Parameters
    ----------
    preset : Preset
    committee_size : int
        Members n of the key's committee.
    contributors : int
        Most contributors the round admits.
    ciphertexts : int
        Ciphertexts in each of its payloads.

    Raises
    ------
    PresetError
        With a sentence that names the inequality and both of its sides.
    """
    if not 1 <= contributors <= MAX_CONTRIBUTORS:
        raise PresetError(f"a round has 1 to {MAX_CONTRIBUTORS} contributors, not {contributors}")
    if not 1 <= ciphertexts <= MAX_CIPHERTEXTS:
        raise PresetError(f"a payload has 1 to {MAX_CIPHERTEXTS} ciphertexts, not {ciphertexts}")
    _check_ring(preset)
    _check_masks(preset, committee_size)
    _check_scores(preset, committee_size, contributors)
    _check_lengths(preset, committee_size, ciphertexts)


def _require(left: int, right: int, what: str) -> None:
    if left > right:
        raise PresetError(f"{what}: needs at most {right}, has {left}; choose another preset or size")


def _check_ring(preset: Preset) -> None:
    limit = SECURITY_BITS.get(preset.degree, 0)
    _require(
        prod(preset.primes).bit_length(), limit, f"modulus bits for 128-bit security at N={preset.degree}"
    )
    for q in preset.primes:
        if q % (2 * preset.degree) != 1 or q >> 61:
            raise PresetError(f"prime {q} is not 1 modulo 2N or longer than 61 bits")
    _require(max(preset.cipher_primes).bit_length(), preset.primes[-1].bit_length(), "special prime length")


def _check_masks(preset: Preset, committee_size: int) -> None:
    """Each seed's mask must hide something, and the noise must not be what decides."""
    if min(preset.score_mask_per_seed(committee_size), preset.release_mask) < 1:
        raise PresetError("a seed's mask is empty: the preset's masks are too small for this committee")
    noise = noise_bound(preset, committee_size)
    _require(noise, preset.release_mask, "noise of a sum against the release mask")
    # The honest spread of a norm is mask plus noise of <g, v>, twice, each 4 * scale * v for |g| = 1.
    spread = preset.score_mask + 2 * 4 * preset.scale * noise
    _require(2 * spread, preset.unit // NORM_TOLERANCE, "mask and noise of a norm against its tolerance")


def _check_scores(preset: Preset, committee_size: int, contributors: int) -> None:
    """``|h| <= contributors * (1 + tolerance)`` units plus mask and noise must not wrap around Q / 2."""
    noise = 2 * contributors * 4 * preset.scale * noise_bound(preset, committee_size)
    largest = contributors * (preset.unit + 2 * preset.unit // NORM_TOLERANCE) + preset.score_mask + noise
    _require(largest, preset.modulus // 2, "largest honest score against Q/2")
    # A released coefficient: 2 * scale * (sum of entries), its noise, and a mask a seed for both halves.
    masks = 2 * seed_count(committee_size) * preset.release_mask
    _require(2 * contributors * preset.scale + noise + masks, preset.modulus // 2, "released sum against Q/2")


def _check_lengths(preset: Preset, committee_size: int, ciphertexts: int) -> None:
    """Honest work passes, and the next length with norm 1 modulo Q does not."""
    # Noise of a length scalar: 4 rho_j v_j over both halves of every ciphertext, as independent terms.
    spread = 4 * RHO_RMS * noise_bound(preset, committee_size) * (isqrt(preset.degree * ciphertexts) + 1)
    _require(2 * spread, preset.length_unit, "noise of a length check against half its unit")
    # Mask, that half, and 6.5 standard deviations of an honest scalar (exceeded with probability 2^-33).
    _require(2 * LENGTH_MASK_UNITS + 1 + 13, 2 * LENGTH_LIMIT_UNITS, "honest length checks against the limit")
    _require(preset.length_limit, preset.modulus // 2, "length limit against Q/2")
    # |L z + mask| <= limit has probability below 2 limit / (L sqrt(2 pi)), and sqrt(2 pi) > 5/2.
    length = isqrt(preset.modulus // preset.unit)
    passes = (4 * LENGTH_LIMIT_UNITS) ** LENGTH_CHECKS << LENGTH_SOUNDNESS_BITS
    _require(
        passes, (5 * length) ** LENGTH_CHECKS, "chance that an update too long passes every length check"
    )


STANDARD: Final = Preset(
    name="standard",
    wire_id=1,
    degree=8192,
    primes=(1152921504606683137, 1152921504606748673, 1152921504606830593),
    scale=1 << 50,
    score_mask=1 << 92,
    release_mask=1 << 40,
)

#: For tests and development chains: the same ratios as `STANDARD`, but no safe release.
SMALL: Final = Preset(
    name="small",
    wire_id=2,
    degree=4096,
    primes=(68719230977, 68719403009, 137438822401),
    scale=1 << 26,
    score_mask=1 << 44,
    release_mask=1 << 16,
)

PRESETS: Final = (STANDARD, SMALL)


def by_name(name: str) -> Preset:
    """Return the preset of that name, or raise `PresetError`."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise PresetError(f"there is no preset named {name!r}; there are {', '.join(p.name for p in PRESETS)}")


def by_wire_id(wire_id: int) -> Preset:
    """Return the preset with that wire id, or raise `PresetError`."""
    for preset in PRESETS:
        if preset.wire_id == wire_id:
            return preset
    raise PresetError(f"there is no preset with id {wire_id}; there are 1 (standard) and 2 (small)")
